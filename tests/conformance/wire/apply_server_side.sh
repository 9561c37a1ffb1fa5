# Server-side apply: created, unchanged, changed; conflicts between managers, and force.
deployment web >web.yaml
want "deployment.apps/web serverside-applied" k apply --server-side -f web.yaml
want "serverside-applied" k apply --server-side -f web.yaml
# Of a kind whose status nobody writes meanwhile.
config_map settings >map.yaml
want "configmap/settings serverside-applied" k apply --server-side -f map.yaml
before=$(k get configmap settings -o 'jsonpath={.metadata.resourceVersion}')
want "serverside-applied" k apply --server-side -f map.yaml
same "$before" k get configmap settings -o 'jsonpath={.metadata.resourceVersion}'
sed -i 's/replicas: 2/replicas: 5/' web.yaml
fails 'conflict with "kubectl"' k apply --server-side --field-manager=other -f web.yaml
want "serverside-applied" k apply --server-side --field-manager=other --force-conflicts -f web.yaml
same "5" k get deployment web -o 'jsonpath={.spec.replicas}'
# What was applied by the client before can be applied by the server.
config_map migrated | k apply -f -
config_map migrated 2 | k apply --server-side -f -
same "2" k get configmap migrated -o 'jsonpath={.data.key}'
