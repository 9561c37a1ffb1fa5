# get in every form of output.
deployment web | k apply -f -
same "deployment.apps/web" k get deploy -o name
want "kind: Deployment" k get deploy web -o yaml
want '"kind": "Deployment"' k get deploy web -o json
want '"kind": "List"' k get deploy -o json
same "web weir-demo:v1" k get deploy web -o 'jsonpath={.metadata.name} {..image}'
same "N
web" k get deploy -o custom-columns=N:.metadata.name
same "web" k get deploy -o 'go-template={{range .items}}{{.metadata.name}}{{end}}'
want '"kind":"DeploymentList"' k get --raw "/apis/apps/v1/namespaces/$NS/deployments?limit=1"
want "web" k get deploy --sort-by=.metadata.creationTimestamp
