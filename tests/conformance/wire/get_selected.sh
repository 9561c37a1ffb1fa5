# Selectors by labels and fields.
for name in a b c; do config_map $name | k apply -f -; done
k label configmap b app=y --overwrite
k label configmap c app- tier=front
names() { k get cm -o name "$@"; }
same "configmap/a" names -l app=x
same "configmap/a
configmap/b" names -l 'app in (x,y)'
same "configmap/c" names -l '!app'
same "configmap/b
configmap/c" names -l 'app!=x'
same "configmap/c" names -l 'tier=front,app notin (x)'
same "configmap/b" names --field-selector metadata.name=b
same "configmap/a
configmap/c" names --field-selector metadata.name!=b
fails "unable to parse requirement" names -l 'app in x'
