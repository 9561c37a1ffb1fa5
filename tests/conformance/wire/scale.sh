# scale, with and without a condition.
deployment web | k apply -f -
same "deployment.apps/web scaled" k scale deployment web --replicas=4
same "4" k get deployment web -o 'jsonpath={.spec.replicas}'
same "deployment.apps/web scaled" k scale deployment web --current-replicas=4 --replicas=1
fails "Expected replicas to be 4, was 1" k scale deployment web --current-replicas=4 --replicas=2
