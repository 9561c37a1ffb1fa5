# explain, from the schemas that the server gives.
want "VERSION:" k explain deployment
want "How many pods." k explain deployment.spec.replicas
want "revisionHistoryLimit" k explain deployment.spec
want "image" k explain pod.spec.containers
want "maxSurge" k explain deployment --recursive
fails "does not exist" k explain deployment.spec.nope
