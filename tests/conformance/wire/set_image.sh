# set image, env and resources change the template and nothing else.
deployment web | k apply -f -
same "deployment.apps/web image updated" k set image deployment/web web=weir-demo:v2
same "weir-demo:v2 8080" k get deployment web -o 'jsonpath={..image} {..containerPort}'
same "deployment.apps/web env updated" k set env deployment/web A=B
want "A=B" k set env deployment/web --list
same "deployment.apps/web resource requirements updated" k set resources deployment/web --limits=cpu=100m
same "100m weir-demo:v2" k get deployment web -o 'jsonpath={..limits.cpu} {..image}'
fails "unable to find container" k set image deployment/web nope=x
