# A misspelt or broken document is refused with the place of the mistake, and nothing changes.
deployment web | sed 's/replicas:/replicaz:/' >typo.yaml
fails 'replicaz' k apply -f typo.yaml
fails 'NotFound' k get deployment web
deployment web | sed 's/replicas: 2/replicas: -1/' >negative.yaml
fails 'The Deployment "web" is invalid: spec.replicas: Invalid value: -1' k apply -f negative.yaml
deployment web | sed 's/matchLabels: {app: web}/matchLabels: {app: other}/' >selector.yaml
fails '`selector` does not match template `labels`' k apply -f selector.yaml
# One broken document does not keep the others from being applied.
{ config_map good; echo ---; cat negative.yaml; } >both.yaml
fails 'configmap/good created' k apply -f both.yaml
want "good" k get configmap good
