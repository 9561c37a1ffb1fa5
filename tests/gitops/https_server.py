"""Git over HTTP for tests: `git http-backend` behind Python's own server, good or bad on purpose.

https_server.py ROOT [--tls CERTIFICATE KEY] [--user NAME:PASSWORD] [--bearer TOKEN] [--bad HOW]

Prints its port. HOW: stall (the pack's first half, then nothing), close (half, then the end),
garbage (no HTTP at all), corrupt:SEED (the pack with changed bytes), redirect:URL, endless (refs
without end), echo (the error repeats the credentials).
"""
import argparse
import base64
import http.server
import os
import random
import ssl
import subprocess
import threading

options = argparse.ArgumentParser()
options.add_argument("root")
options.add_argument("--tls", nargs=2)
options.add_argument("--user")
options.add_argument("--bearer")
options.add_argument("--bad", default="")
options = options.parse_args()
how, _, what = options.bad.partition(":")


def wanted_authorization():
    if options.user:
        return "Basic " + base64.b64encode(options.user.encode()).decode()
    return "Bearer " + options.bearer if options.bearer else None


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self):
        sent = self.headers.get("Authorization")
        if how == "garbage":
            self.connection.sendall(b"\x00\xff no HTTP " * 100)
            self.close_connection = True
            return
        if how == "redirect":
            return self.reply(302, b"", {"Location": what + self.path})
        if wanted_authorization() not in (None, sent):
            if how == "echo" and sent:
                return self.reply(500, b"", {}, "no: " + sent)
            return self.reply(401, b"", {"WWW-Authenticate": 'Basic realm="git"'})
        status, headers, body = self.backend()
        self.spoil(status, headers, body)

    do_GET = do_POST = answer

    def reply(self, status, body, headers, message=None):
        self.send_response(status, message)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def spoil(self, status, headers, body):
        if how == "endless" and "/info/refs" in self.path:
            self.send_response(200)
            self.send_header("Content-Type", headers["Content-Type"])
            self.end_headers()
            self.wfile.write(b"001e# service=git-upload-pack\n0000")
            line = b"1" * 40 + b" refs/heads/%030d\n"
            number = 0
            while True:
                one = line % number
                self.wfile.write(b"%04x" % (len(one) + 4) + one)
                number += 1
        if self.command == "GET" or not how:
            return self.reply(status, body, headers)
        if how in ("stall", "close"):
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body[: len(body) // 2])
            if how == "stall":
                threading.Event().wait()
            self.close_connection = True
            return
        if how == "corrupt":
            chance = random.Random(int(what))
            spoiled = bytearray(body)
            for _ in range(chance.randint(1, 8)):
                spoiled[chance.randrange(len(spoiled))] = chance.randrange(256)
            body = bytes(spoiled)
        self.reply(status, body, headers)

    def backend(self):
        path, _, query = self.path.partition("?")
        length = int(self.headers.get("Content-Length") or 0)
        environment = {
            "PATH": os.environ["PATH"], "GIT_PROJECT_ROOT": options.root, "GIT_HTTP_EXPORT_ALL": "1",
            "GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "safe.directory", "GIT_CONFIG_VALUE_0": "*",
            "REQUEST_METHOD": self.command, "PATH_INFO": path, "QUERY_STRING": query,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""), "CONTENT_LENGTH": str(length),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""), "REMOTE_USER": "a",
        }
        done = subprocess.run(["git", "http-backend"], input=self.rfile.read(length),
                              env=environment, capture_output=True, check=False)
        head, _, body = done.stdout.partition(b"\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n") if ": " in line)
        return int(headers.pop("Status", "200").split()[0]), headers, body


class Server(http.server.ThreadingHTTPServer):
    def handle_error(self, *_):
        pass  # clients that go away are what is tested


server = Server(("127.0.0.1", 0), Handler)
if options.tls:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*options.tls)
    server.socket = context.wrap_socket(server.socket, server_side=True)
print(server.server_address[1], flush=True)
server.serve_forever()
