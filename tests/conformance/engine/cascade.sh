# Deleting in the background, in the foreground, and leaving orphans.
deployment web | k apply -f -
k wait --for=condition=available deployment/web --timeout=60s
k delete deployment web --cascade=orphan
want "web-" k get replicasets
want "2" k get replicasets
k delete replicaset -l app=web
soon "No resources found" k get pods
deployment api | k apply -f -
k wait --for=condition=available deployment/api --timeout=60s
k delete deployment api --cascade=foreground
same "No resources found in $NS namespace." k get pods
