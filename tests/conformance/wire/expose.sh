# kubectl expose: a Service made from what a Deployment, a ReplicaSet or a Pod says of itself.
deployment web | k apply -f -
same "service/web exposed" k expose deployment web --port=80 --target-port=8080
same '{"app":"web"} 80 8080 ClusterIP' k get service web -o 'jsonpath={.spec.selector} {.spec.ports[0].port} {.spec.ports[0].targetPort} {.spec.type}'
same "service/front exposed" k expose deployment web --name=front --port=443 --target-port=http --type=NodePort --session-affinity=ClientIP
same 'NodePort http ClientIP' k get service front -o 'jsonpath={.spec.type} {.spec.ports[0].targetPort} {.spec.sessionAffinity}'
fails "already exists" k expose deployment web --port=80
k delete service web front
