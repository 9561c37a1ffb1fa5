# get -w prints what is, then each change as it comes.
config_map first | k apply -f -
k get configmaps -w >changes 2>&1 &
watch=$!
trap 'kill $watch' EXIT
soon "first" cat changes
config_map second | k apply -f -
soon "second   1      " cat changes
k patch configmap second --type=merge -p '{"data":{"more":"1"}}'
soon "second   2      " cat changes
k delete configmap second
config_map third | k apply -f -
soon "third    1      " cat changes
same "1" grep -c "^NAME " changes
# One object, with the kinds of changes.
k get configmap first -w --output-watch-events >events 2>&1 &
watch="$watch $!"
soon "ADDED      first" cat events
k label configmap first x=y
soon "MODIFIED   first" cat events
k delete configmap first
soon "DELETED    first" cat events
