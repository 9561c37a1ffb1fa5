# A dry run says what would be, and changes nothing.
deployment web >web.yaml
want "created (server dry run)" k apply --dry-run=server -f web.yaml
fails "NotFound" k get deployment web
k apply -f web.yaml
sed -i 's/replicas: 2/replicas: 7/' web.yaml
want "replicas: 7" k apply --dry-run=server -f web.yaml -o yaml
fails "+  replicas: 7" k diff -f web.yaml
same "2" k get deployment web -o 'jsonpath={.spec.replicas}'
