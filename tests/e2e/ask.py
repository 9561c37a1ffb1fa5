"""ask.py PORT FILE: asks for / over and over; how often each status came, when first, when last."""
import http.client, json, os, sys, time
connection, seen = http.client.HTTPConnection("127.0.0.1", int(sys.argv[1]), timeout=10), {}
while True:
    try:
        connection.request("GET", "/")
        status = connection.getresponse()
        status.read()
        status = status.status
    except OSError:
        status = 0
        connection.close()
    time.sleep(0.002)
    now = time.monotonic()
    one = seen.setdefault(str(status), {"count": 0, "first": now})
    one["count"], one["last"] = one["count"] + 1, now
    if one["count"] % 10 == 1:
        with open(sys.argv[2] + ".next", "w") as file:
            json.dump(seen, file)
        os.rename(sys.argv[2] + ".next", sys.argv[2])
