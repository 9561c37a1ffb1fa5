"""Git over HTTP for tests: `git http-backend` behind Python's own server, good or bad on purpose.

https_server.py ROOT [--tls CERTIFICATE KEY] [--user NAME:PASSWORD] [--bearer TOKEN] [--bad HOW]

Prints its port. HOW: stall (the pack's first half, then nothing), close (half, then the end),
garbage (no HTTP at all), redirect:URL, endless (refs without end), echo (the error repeats the
credentials). By a seed, which each pack increases: corrupt:SEED (the pack with changed bytes),
invent:SEED (a pack of made-up objects, lies about their sizes, and deltas of anything).
"""
import argparse
import base64
import hashlib
import http.server
import itertools
import os
import random
import ssl
import subprocess
import threading
import zlib

options = argparse.ArgumentParser()
options.add_argument("root")
options.add_argument("--tls", nargs=2)
options.add_argument("--user")
options.add_argument("--bearer")
options.add_argument("--bad", default="")
options = options.parse_args()
how, _, what = options.bad.partition(":")
seeds = itertools.count(int(what)) if how in ("corrupt", "invent") else None


def varint(number):
    out = bytearray()
    while True:
        out.append(number & 0x7F | (0x80 if number > 0x7F else 0))
        number >>= 7
        if number == 0:
            return bytes(out)


def invented_delta(chance):
    """Base size, result size, then copies and inserts: some within bounds, some not."""
    sizes = [chance.choice([0, 1, 20, 1000, 1 << 20, 1 << 31, 1 << 62]) for _ in range(2)]
    out = b"".join(varint(size) for size in sizes)
    for _ in range(chance.randint(0, 6)):
        if chance.random() < 0.5:
            out += bytes([0x80 | chance.randrange(128)]) + chance.randbytes(chance.randint(0, 7))
        else:
            out += bytes([chance.randrange(128)]) + chance.randbytes(chance.randint(0, 100))
    return out


def invented_object(chance, at):
    """As a pack has it; `at` is its offset."""
    kind = chance.choice([1, 2, 3, 4, 6, 6, 7, 7, 0, 5])
    body = chance.choice([
        b"tree " + b"0" * 40 + b"\n\n", b"100644 a\0" + chance.randbytes(20), b"40000 ..\0",
        b"object " + b"1" * 40 + b"\ntype tag\ntag x\n", chance.randbytes(50), b"", b"x" * 5000])
    if kind in (6, 7):
        body = invented_delta(chance)
    size = len(body)
    if chance.random() < 0.2:
        size = chance.choice([0, 1, size + 1, 1 << 20, 1 << 31, (1 << 63) - 1, (1 << 64) - 1])
    out = bytearray([kind << 4 | size & 15 | (0x80 if size > 15 else 0)])
    if size > 15:
        out += varint(size >> 4)
    if kind == 6:
        out += bytes([chance.choice([0, 1, at & 0x7F, 0x7F])])
    if kind == 7:
        out += chance.choice([b"\0" * 20, hashlib.sha1(b"blob 0\0").digest()])
    return bytes(out) + zlib.compress(body) + (b"\0" if chance.random() < 0.05 else b"")


def invented_pack(chance):
    objects = b""
    count = chance.randint(1, 12)
    for _ in range(count):
        objects += invented_object(chance, 12 + len(objects))
    if chance.random() < 0.1:
        count = chance.choice([0, count + 1, 0xFFFFFFFF])
    pack = b"PACK\0\0\0\2" + count.to_bytes(4, "big") + objects
    pack += hashlib.sha1(pack).digest()
    return b"0008NAK\n" + b"%04x\1" % (len(pack) + 5) + pack + b"0000"


def wanted_authorization():
    if options.user:
        return "Basic " + base64.b64encode(options.user.encode()).decode()
    return "Bearer " + options.bearer if options.bearer else None


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

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
                said = ("ERR no: " + sent + base64.b64decode(sent[6:]).decode()).encode()
                return self.reply(200, b"001e# service=git-upload-pack\n0000"
                                  + b"%04x" % (len(said) + 4) + said,
                                  {"Content-Type": "application/x-git-upload-pack-advertisement"})
            return self.reply(401, b"", {"WWW-Authenticate": 'Basic realm="git"'})
        status, headers, body = self.backend()
        self.spoil(status, headers, body)

    do_GET = do_POST = answer

    def reply(self, status, body, headers):
        self.send_response(status)
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
        if how == "invent":
            body = invented_pack(random.Random(next(seeds)))
        if how == "corrupt":
            chance = random.Random(next(seeds))
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
