# A rollout that cannot end says so with its exit code.
deployment web weir-demo:v1 | sed 's/^  replicas/  progressDeadlineSeconds: 5\n  replicas/' | k apply -f -
k rollout status deployment/web --timeout=60s
k set image deployment/web web=weir-demo:nowhere
fails 'deployment "web" exceeded its progress deadline' k rollout status deployment/web --timeout=60s
want "2/2" k get deployment web
