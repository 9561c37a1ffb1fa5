# The pods of a deployment: columns, logs, wait, delete.
deployment web | k apply -f -
want "condition met" k wait --for=condition=available deployment/web --timeout=60s
want "1/1     Running   0   " k get pods -l app=web
want "IP " k get pods -o wide
pod=$(k get pods -l app=web -o name | head -1)
soon "Started" k describe "$pod"
want "listens on port" k logs "$pod"
want "listens on port" k logs deployment/web
same "1" sh -c "'$KUBECTL' -n $NS logs $pod --tail=1 | wc -l | tr -d ' '"
want "T" k logs "$pod" --timestamps --tail=1
want "condition met" k wait --for=condition=ready "$pod" --timeout=10s
want "deleted" k delete "$pod"
fails "NotFound" k get "$pod"
soon "2/2" k get deployment web
k scale deployment web --replicas=0
soon "0/0" k get deployment web
want "deleted" k delete deployment web
soon "No resources found" k get replicasets
