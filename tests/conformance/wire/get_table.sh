# get prints kubectl's columns for every kind.
deployment web | k apply -f -
config_map settings | k apply -f -
want "NAME   READY   UP-TO-DATE   AVAILABLE   AGE" k get deployments
want "/2     " k get deploy web
want "CONTAINERS   IMAGES         SELECTOR" k get deploy -o wide
want "web          weir-demo:v1   app=web" k get deploy -o wide
want "DATA   AGE" k get configmaps
want "STATUS" k get namespaces
want "Active   " k get namespace default
want "NAMESPACE   " k get cm -A
want "LABELS" k get deploy --show-labels
want "APP" k get deploy -L app
lacks "NAME" k get deploy --no-headers
same "No resources found in $NS namespace." k get secrets
want "settings" k get deploy,cm
want "deployment.apps/web" k get all
