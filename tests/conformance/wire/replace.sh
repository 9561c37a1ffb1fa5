# create -f, replace, edit.
config_map a >a.yaml
same "configmap/a created" k create -f a.yaml
fails 'configmaps "a" already exists' k create -f a.yaml
config_map a 2 >a.yaml
same "configmap/a replaced" k replace -f a.yaml
same "2" k get configmap a -o 'jsonpath={.data.key}'
want 'configmap/a replaced' k replace --force -f a.yaml
export KUBE_EDITOR='sed -i s/"key:.*"/"key: edited"/'
same "configmap/a edited" k edit configmap a
same "edited" k get configmap a -o 'jsonpath={.data.key}'
