# patch of all three types.
deployment web | k apply -f -
replicas() { k get deployment web -o 'jsonpath={.spec.replicas}'; }
same "deployment.apps/web patched" k patch deployment web -p '{"spec":{"replicas":3}}'
same "3" replicas
k patch deployment web --type=merge -p '{"spec":{"replicas":4}}'
same "4" replicas
k patch deployment web --type=json -p '[{"op":"replace","path":"/spec/replicas","value":5}]'
same "5" replicas
# kubectl compares what it read before with the answer: a controller may write the status in between.
soon "deployment.apps/web patched (no change)" k patch deployment web -p '{"spec":{"replicas":5}}'
fails "is invalid" k patch deployment web -p '{"spec":{"replicas":-5}}'
k patch deployment web -p '{"spec":{"template":{"spec":{"containers":[{"name":"web","image":"weir-demo:v3"}]}}}}'
same "weir-demo:v3 8080" k get deployment web -o 'jsonpath={..image} {..containerPort}'
