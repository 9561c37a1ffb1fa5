# A namespace takes everything in it along.
printf 'apiVersion: v1\nkind: Namespace\nmetadata: {name: doomed}\n' | k apply -f -
deployment web | k apply -n doomed -f -
k wait -n doomed --for=condition=available deployment/web --timeout=60s
want 'namespace "doomed" deleted' k delete namespace doomed
fails "NotFound" k get namespace doomed
same "No resources found in doomed namespace." k get pods -n doomed
