# rollout status, history, undo.
deployment web weir-demo:v1 >web.yaml
k apply -f web.yaml
want 'deployment "web" successfully rolled out' k rollout status deployment/web --timeout=60s
k annotate deployment/web kubernetes.io/change-cause="second" --overwrite
k set image deployment/web web=weir-demo:v2
want 'deployment "web" successfully rolled out' k rollout status deployment/web --timeout=60s
want "REVISION  CHANGE-CAUSE" k rollout history deployment/web
want "2         second" k rollout history deployment/web
want "weir-demo:v1" k rollout history deployment/web --revision=1
same "deployment.apps/web rolled back" k rollout undo deployment/web
want 'successfully rolled out' k rollout status deployment/web --timeout=60s
same "weir-demo:v1" k get deployment web -o 'jsonpath={..image}'
fails "unable to find" k rollout undo deployment/web --to-revision=9
