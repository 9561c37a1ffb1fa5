# The rollout verbs that only write: pause, resume, restart.
deployment web | k apply -f -
same "deployment.apps/web paused" k rollout pause deployment/web
fails "deployments.apps \"web\" is already paused" k rollout pause deployment/web
fails "can't restart paused deployment" k rollout restart deployment/web
same "deployment.apps/web resumed" k rollout resume deployment/web
fails "deployments.apps \"web\" is not paused" k rollout resume deployment/web
same "deployment.apps/web restarted" k rollout restart deployment/web
want "kubectl.kubernetes.io/restartedAt" k get deployment web -o yaml
