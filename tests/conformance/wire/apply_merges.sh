# apply keeps what others have set, and removes what left the file: a three-way merge.
cat >web.yaml <<EOF
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: web
        image: weir-demo:v1
        env: [{name: A, value: "1"}, {name: B, value: "2"}]
        ports: [{containerPort: 8080}, {containerPort: 8081}]
EOF
k apply -f web.yaml
k scale deployment web --replicas=4
k label deployment web other=kept
sed -i 's/, {name: B, value: "2"}//; s/, {containerPort: 8081}//' web.yaml
want "configured" k apply -f web.yaml
c='{.spec.template.spec.containers[0]'
same "A" k get deploy web -o "jsonpath=$c.env[*].name}"
same "8080" k get deploy web -o "jsonpath=$c.ports[*].containerPort}"
same "4 kept" k get deploy web -o 'jsonpath={.spec.replicas} {.metadata.labels.other}'
