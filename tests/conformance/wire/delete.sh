# delete by name, by file, by label, all; and what is not there.
for name in a b c d; do config_map $name | k apply -f -; done
want 'configmap "a" deleted' k delete configmap a
config_map b | want 'configmap "b" deleted' k delete -f -
k label configmap c app=y --overwrite
want 'configmap "c" deleted' k delete configmap -l app=y
want 'configmap "d" deleted' k delete configmap --all
fails 'configmaps "a" not found' k delete configmap a
same "" k delete configmap a --ignore-not-found
fails "this namespace may not be deleted" k delete namespace default
