# kubectl create, run and expose without a file: up to 1.31 they send JSON, from then on protobuf.
printf '\000\377' >blob
echo 'a: "1"' >plain
same "deployment.apps/web created" k create deployment web --image=weir-demo:v1 --replicas=3 --port=8080
same "3 weir-demo:v1 8080 web" k get deployment web -o 'jsonpath={.spec.replicas} {.spec.template.spec.containers[0].image} {.spec.template.spec.containers[0].ports[0].containerPort} {.spec.selector.matchLabels.app}'
same "deployment.apps/none created" k create deployment none --image=weir-demo:v1 --replicas=0
same "0" k get deployment none -o 'jsonpath={.spec.replicas}'
same "deployment.apps/two created" k create deployment two --image=weir-demo:v1 -- sh -c 'echo "ä"'
same '["sh","-c","echo \"ä\""]' k get deployment two -o 'jsonpath={.spec.template.spec.containers[0].command}'
same "configmap/settings created" k create configmap settings --from-literal=a=1 --from-literal=empty= --from-file=blob --from-file=plain
same '{"a":"1","empty":"","plain":"a: \"1\"\n"} {"blob":"AP8="}' k get configmap settings -o 'jsonpath={.data} {.binaryData}'
same "secret/key created" k create secret generic key --from-literal=password=s3cret --from-file=blob --from-literal=empty=
same '{"blob":"AP8=","empty":"","password":"czNjcmV0"} Opaque' k get secret key -o 'jsonpath={.data} {.type}'
same "secret/registry created" k create secret docker-registry registry --docker-server=r.example --docker-username=me --docker-password=secret
same kubernetes.io/dockerconfigjson k get secret registry -o 'jsonpath={.type}'
same "service/front created" k create service clusterip front --tcp=80:8080 --tcp=443:https
same '80 8080 443 https front' k get service front -o 'jsonpath={.spec.ports[0].port} {.spec.ports[0].targetPort} {.spec.ports[1].port} {.spec.ports[1].targetPort} {.spec.selector.app}'
same "service/outside created" k create service nodeport outside --tcp=80 --node-port=30987
same 'NodePort 30987' k get service outside -o 'jsonpath={.spec.type} {.spec.ports[0].nodePort}'
same "service/far created" k create service externalname far --external-name=far.example --tcp=80
same 'ExternalName far.example' k get service far -o 'jsonpath={.spec.type} {.spec.externalName}'
same "ingress.networking.k8s.io/edge created" k create ingress edge --rule='a.example/x*=front:80' --rule='b.example/=front:http' --default-backend=front:80
same 'a.example /x Prefix 80 Exact http front' k get ingress edge -o 'jsonpath={.spec.rules[0].host} {.spec.rules[0].http.paths[0].path} {.spec.rules[0].http.paths[0].pathType} {.spec.rules[0].http.paths[0].backend.service.port.number} {.spec.rules[1].http.paths[0].pathType} {.spec.rules[1].http.paths[0].backend.service.port.name} {.spec.defaultBackend.service.name}'
same "job.batch/once created" k create job once --image=weir-demo:v1 -- true
same 'weir-demo:v1 Never ["true"]' k get job once -o 'jsonpath={.spec.template.spec.containers[0].image} {.spec.template.spec.restartPolicy} {.spec.template.spec.containers[0].command}'
same "namespace/$NS-more created" k create namespace "$NS-more"
same "namespace/$NS-more" k get namespace "$NS-more" -o name

same "pod/one created" k run one --image=weir-demo:v1 --port=8080 --env=A=1 --labels=app=one
same '[{"name":"A","value":"1"}] one Always' k get pod one -o 'jsonpath={.spec.containers[0].env} {.metadata.labels.app} {.spec.restartPolicy}'
same "service/one exposed" k expose pod one --port=80 --target-port=8080
same '80 8080' k get service one -o 'jsonpath={.spec.ports[0].port} {.spec.ports[0].targetPort}'

fails "already exists" k create deployment web --image=weir-demo:v1
fails 'Invalid value: "No"' k create deployment No --image=weir-demo:v1
fails "not found" k create configmap settings -n none
fails "spec.ports[0].nodePort" k create service nodeport again --tcp=80 --node-port=1
k delete deployment,service,ingress,job,pod --all --wait=false
k delete namespace "$NS-more" --wait=false
