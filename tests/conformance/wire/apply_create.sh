# apply makes what is missing, changes what differs, and leaves the rest alone.
{ deployment web; echo ---; config_map settings; } >web.yaml
same "deployment.apps/web created
configmap/settings created" k apply -f web.yaml
same "deployment.apps/web unchanged
configmap/settings unchanged" k apply -f web.yaml
sed -i 's/replicas: 2/replicas: 3/; s/key: "1"/key: "2"/' web.yaml
same "deployment.apps/web configured
configmap/settings configured" k apply -f web.yaml
same "3" k get deploy web -o "jsonpath={.spec.replicas}"
same "2" k get cm settings -o "jsonpath={.data.key}"
want "spec:" k apply view-last-applied deployment/web
