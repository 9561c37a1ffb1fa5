# A rollout that cannot end says so with its exit code, and the old pods serve on.
deployment web | k apply -f -
want "successfully rolled out" k rollout status deployment/web --timeout=60s
k patch deployment web -p '{"spec":{"progressDeadlineSeconds":3,"template":{"spec":{"containers":[
  {"name":"web","image":"weir-demo:nowhere","imagePullPolicy":"Never"}]}}}}'
fails 'deployment "web" exceeded its progress deadline' k rollout status deployment/web --timeout=60s
want "2/2" k get deployment web
