# label and annotate.
deployment web | k apply -f -
same "deployment.apps/web labeled" k label deployment/web x=y
fails "already has a value" k label deployment/web x=z
want "labeled" k label deployment/web x=z --overwrite
same "z" k get deployment web -o 'jsonpath={.metadata.labels.x}'
want "label" k label deployment/web x-
same "" k get deployment web -o 'jsonpath={.metadata.labels.x}'
want "deployment.apps/web annotate" k annotate deployment/web note=hello
same "hello" k get deployment web -o 'jsonpath={.metadata.annotations.note}'
