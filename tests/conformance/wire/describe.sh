# describe, with the events of the object.
deployment web | k apply -f -
uid=$(k get deployment web -o 'jsonpath={.metadata.uid}')
k apply -f - <<EOF
apiVersion: v1
kind: Event
metadata: {name: web.1}
involvedObject: {apiVersion: apps/v1, kind: Deployment, name: web, namespace: $NS, uid: $uid}
type: Normal
reason: ScalingReplicaSet
message: Scaled up replica set web-1 to 2
count: 2
firstTimestamp: "2026-01-01T00:00:00Z"
lastTimestamp: "2026-01-01T00:05:00Z"
EOF
want "StrategyType:           RollingUpdate" k describe deployment web
want "25% max unavailable, 25% max surge" k describe deployment web
want "Scaled up replica set web-1 to 2" k describe deployment web
config_map settings | k apply -f -
want "key:
----
1" k describe configmap settings
want "Status:       Active" k describe namespace "$NS"
want "ScalingReplicaSet" k get events
printf 'apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {key: geheim}\n' | k apply -f -
want "key:  6 bytes" k describe secret s
lacks "geheim" k describe secret s
