# kubectl apply, wait, logs, get, describe and delete of a Job.
cat <<EOF | k apply -f -
apiVersion: batch/v1
kind: Job
metadata: {name: hello}
spec:
  template:
    spec:
      restartPolicy: Never
      containers: [{name: hello, image: "weir-demo:v1", command: [/demo-server, env, HOSTNAME]}]
EOF
want "condition met" k wait --for=condition=complete job/hello --timeout=60s
want "hello-" k logs job/hello
want "1/1" k get jobs
want "Completed" k get pods -l job-name=hello
want "Succeeded" k describe job hello
want "Job completed" k describe job hello
want 'job.batch "hello" deleted' k delete job hello
soon "No resources found" k get pods -l job-name=hello
