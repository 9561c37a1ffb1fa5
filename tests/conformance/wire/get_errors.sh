# What is not there, in kubectl's words.
fails 'Error from server (NotFound): deployments.apps "nope" not found' k get deploy nope
fails "the server doesn't have a resource type \"nopes\"" k get nopes
fails 'Error from server (NotFound): configmaps "nope" not found' k get cm nope
fails 'Error from server (NotFound): namespaces "nope" not found' k get ns nope
config_map a | fails 'Error from server (NotFound)' k apply --namespace nope -f -
