# What cannot be forwarded to, and why.
fails 'pods "nope" not found' k port-forward pod/nope :80
printf 'apiVersion: v1\nkind: Pod\nmetadata: {name: waits}\nspec: {containers: [{name: c, image: "nowhere.invalid/c:1"}]}\n' |
  k apply -f -
fails "unable to forward port because pod is not running" k port-forward pod/waits :80
fails "unable to forward port because pod is not running" k get --raw "/api/v1/namespaces/$NS/pods/waits/portforward"
want '"pods/portforward"' k get --raw /api/v1
k delete pod waits --wait=false
