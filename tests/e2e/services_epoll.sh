# services.sh on the other data path.
WEIR_IO=epoll NODE_PORT=30280 NAME_SERVER=192.0.2.2
. "$ROOT/tests/e2e/services.sh"
