"""Web servers with faults, on free ports of this machine, for as long as standard input is open.

Prints one line of JSON: the ports of `http`, `https` and of the HTTPS servers whose certificates are by a `stranger` and `misnamed`, a port that is `dead`,
and the file `ca` with the authority to trust.
"""

import collections
import gzip
import hashlib
import http.server
import json
import pathlib
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import urllib.parse

lock = threading.Lock()
kept = {}
asked = collections.defaultdict(list)
gates = set()
seen = collections.Counter()
connections = 0
turnstile = threading.Condition(lock)
inside, peak, is_open = 0, 0, False


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def setup(self):
        global connections
        with lock:
            connections += 1
        super().setup()

    def log_message(self, *arguments):
        pass

    body = b""

    def do_POST(self):
        self.body = self.rfile.read(int(self.headers["Content-Length"]))
        self.do_GET()

    def do_GET(self):
        url = urllib.parse.urlsplit(self.path)
        with lock:
            seen[url.path] += 1
        name, _, rest = url.path[1:].partition("/")
        answer = getattr(self, "answer_" + name.replace("-", "_"), None)
        if answer is None:
            return self.send(404, b"nothing here")
        return answer(rest, dict(urllib.parse.parse_qsl(url.query)))

    def send(self, status, body, **headers):
        self.send_response(status)
        for header, value in headers.items():
            self.send_header(header.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def answer_ok(self, rest, query):
        self.send(200, b"hello", Content_Type="text/plain; charset=utf-8")

    def answer_bytes(self, count, query):
        self.send(200, b"x" * int(count), Content_Type="application/octet-stream")

    def answer_head(self, rest, query):
        self.send(200, str(self.headers).encode(), Content_Type="text/plain")

    def answer_echo(self, rest, query):
        self.send(200, f"{self.command}\r\n{self.headers}".encode() + self.body)

    def answer_kept(self, name, query):
        """What was posted here last; `tagged`: with a tag, and not to whom it is known, nor where nothing was posted; `asked` tells the statuses."""
        if self.command == "POST":
            kept[name] = self.body
        if "tagged" in query:
            tag = f'"{hashlib.sha256(kept[name]).hexdigest()}"'
            status = 404 if not kept[name] else 304 if self.headers["If-None-Match"] == tag else 200
            asked[name].append(status)
            return self.send(status, kept[name] if status == 200 else b"", Content_Type="text/plain", ETag=tag)
        self.send(200 if name in kept else 404, kept.get(name, b""), Content_Type="application/json")

    def answer_rerank(self, fault, query):
        """Ranks documents by the number that each is; `fault`: what is wrong with the answer."""
        asked = json.loads(self.body)
        numbers = sorted(((float(text), index) for index, text in enumerate(asked["documents"])), reverse=True)
        results = [{"index": index, "relevance_score": score} for score, index in numbers[: asked["top_n"]]]
        if fault == "hang":
            return self.wait_for_client()
        if fault == "key" and self.headers["Authorization"] != "Bearer secret":
            return self.send(401, b"")
        if fault == "short":
            results = results[:1]
        elif fault == "more":
            results += results
        elif fault == "range":
            results[0]["index"] = len(numbers)
        elif fault == "negative":
            results[0]["index"] = -1
        elif fault == "fraction":
            results[0]["index"] = 0.5
        elif fault == "duplicate":
            results[0]["index"] = results[1]["index"]
        elif fault == "nan":
            results[0]["relevance_score"] = float("nan")
        elif fault == "infinite":
            return self.send(200, json.dumps({"results": results}).replace(str(results[0]["relevance_score"]), "1e999", 1).encode())
        elif fault == "unordered":
            results.reverse()
        elif fault == "scoreless":
            del results[0]["relevance_score"]
        elif fault == "text":
            return self.send(200, b"<html>")
        self.send(200, json.dumps({"id": "x", "results": results, "meta": {}}).encode())

    def answer_embed(self, rest, query):
        """An embedding endpoint; the first part of the path: what is wrong with it. Vectors are of four numbers, and not of length 1."""
        fault = rest.partition("/")[0]
        request = json.loads(self.body)
        texts = request["input"]
        with lock:
            asked[query.get("name", fault)].append(request)
        data = [{"object": "embedding", "index": i, "embedding": embedding(text)} for i, text in enumerate(texts)]
        if fault == "hang":
            return self.wait_for_client()
        if fault == "key" and self.headers["Authorization"] != "Bearer secret":
            return self.send(401, b"")
        if fault == "gate" and "gate" not in gates:
            return self.send(503, b"")
        if fault == "rest":
            return self.send(429, b"", Retry_After="30")
        if fault == "refuse-all" or fault in ("refuse", "gate") and any("unembeddable" in text for text in texts):
            return self.send(400, b'{"error": {"message": "no"}}')
        if fault == "small" and len(texts) > 2:
            return self.send(413, b"")
        if fault == "no-vector":
            for entry, text in zip(data, texts):
                if "unembeddable" in text:
                    entry["embedding"] = [None] * 4
        if fault == "short":
            data = data[:-1]
        elif fault == "more":
            data.append({"index": len(data), "embedding": [1, 0, 0, 0]})
        elif fault == "unordered":
            data.reverse()
        elif fault == "twice":
            data[0]["index"] = data[-1]["index"] if len(data) > 1 else 1
        elif fault == "range":
            data[0]["index"] = len(texts)
        elif fault == "negative":
            data[0]["index"] = -1
        elif fault == "no-index":
            del data[0]["index"]
        elif fault == "dimension":
            data[0]["embedding"].append(1)
        elif fault == "no-array":
            data[0]["embedding"] = "AACAPwAAAAA="
        elif fault == "strings":
            data[0]["embedding"] = ["1", "0", "0", "0"]
        elif fault == "nan":
            data[0]["embedding"][0] = float("nan")
        elif fault == "null":
            data[0]["embedding"][0] = None
        elif fault == "zero":
            data[0]["embedding"] = [0, 0, 0, 0]
        elif fault == "object":
            data = {"0": data}
        elif fault == "text":
            return self.send(200, b"<html>")
        body = json.dumps({"object": "list", "data": data, "model": "m", "usage": {"total_tokens": 3}})
        if fault == "infinite":
            body = body.replace(str(data[0]["embedding"][0]), "1e999", 1)
        if fault == "large":
            body += " " * 1_000_000
        self.send(200, body.encode())

    def answer_asked(self, name, query):
        """The requests that an embedding endpoint of this name was sent."""
        with lock:
            self.send(200, json.dumps(asked[name]).encode())

    def answer_gate(self, name, query):
        """Opens it."""
        gates.add(name)
        self.answer_ok("", query)

    def answer_status(self, status, query):
        headers = {"Retry-After": query["after"]} if "after" in query else {}
        self.send(int(status), b"x" * int(query.get("bytes", 0)), **headers)

    def answer_redirect(self, status, query):
        headers = {"Location": query["to"]} if "to" in query else {}
        self.send(int(status), b"", **headers)

    def answer_loop(self, rest, query):
        self.send(302, b"", Location="/loop/")

    def answer_chain(self, length, query):
        if int(length) == 0:
            self.answer_ok("", query)
        else:
            self.send(302, b"", Location=f"/chain/{int(length) - 1}")

    def answer_seen(self, rest, query):
        with lock:
            self.send(200, str(seen["/" + rest]).encode())

    def answer_connections(self, rest, query):
        with lock:
            self.send(200, str(connections).encode())

    # Faults

    def answer_hang(self, rest, query):
        self.wait_for_client()

    def answer_drip(self, rest, query):
        self.send_response(200)
        self.send_header("Content-Length", "1000000")
        self.end_headers()
        pause = threading.Event()
        while not pause.wait(0.02):
            self.wfile.write(b"x")

    def answer_endless(self, status, query):
        self.send_response(int(status))
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        while True:
            self.wfile.write(b"1000\r\n" + b"x" * 4096 + b"\r\n")

    def answer_endless_head(self, rest, query):
        self.wfile.write(b"HTTP/1.1 200 OK\r\n")
        while True:
            self.wfile.write(b"X-Filler: " + b"x" * 1000 + b"\r\n")

    def answer_announced(self, count, query):
        self.send_response(200)
        self.send_header("Content-Length", count)
        self.end_headers()
        self.wfile.write(b"x")
        self.wait_for_client()

    def answer_cut(self, rest, query):
        self.send_response(200)
        self.send_header("Content-Length", "100")
        self.end_headers()
        self.wfile.write(b"half")
        self.close_connection = True

    def answer_garbage(self, rest, query):
        self.wfile.write(b"\x00\xff what is this\r\n\r\n" * 10)
        self.close_connection = True

    def answer_nothing(self, rest, query):
        self.close_connection = True

    def answer_bomb(self, rest, query):
        self.send(200, gzip.compress(b"\0" * 16_000_000), Content_Type="text/plain", Content_Encoding="gzip")

    def answer_transfer(self, encoding, query):
        body = gzip.compress(b"\0" * 16_000_000)
        self.send_response(200)
        self.send_header("transfer-ENCODING", encoding)
        self.end_headers()
        self.wfile.write(b"%x\r\n" % len(body) + body + b"\r\n0\r\n\r\n")

    # Concurrency: who passes the turnstile waits inside until it is opened.

    def answer_turnstile(self, rest, query):
        global inside, peak
        with turnstile:
            inside += 1
            peak = max(peak, inside)
            turnstile.notify_all()
            turnstile.wait_for(lambda: is_open)
            inside -= 1
        self.answer_ok(rest, query)

    def answer_open(self, count, query):
        """Opens it once so many are inside; tells the most that ever were, at the next request."""
        global is_open
        with turnstile:
            turnstile.wait_for(lambda: inside >= int(count))
            is_open = True
            turnstile.notify_all()
        self.answer_ok("", query)

    def answer_peak(self, rest, query):
        with lock:
            self.send(200, str(peak).encode())

    def wait_for_client(self):
        self.rfile.read(1)
        self.close_connection = True


def embedding(text):
    state = 0
    for byte in text.encode():
        state = (state * 31 + byte) & 0xFFFF
    return [(state >> shift & 15) - 7.5 for shift in (0, 4, 8, 12)]


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, certificate=None):
        super().__init__(("127.0.0.1", 0), Handler)
        self.context = None
        if certificate:
            self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.context.load_cert_chain(certificate)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def get_request(self):
        connection, address = super().get_request()
        if self.context:
            # The handshake is left to the thread of the connection.
            connection = self.context.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
        return connection, address

    def handle_error(self, request, address):
        pass


def make_certificate(folder, name, alternative, authority=None):
    """One file with key and certificate."""
    key, certificate = folder / f"{name}.key", folder / f"{name}.crt"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", f"/CN={name}"]
    command += ["-keyout", str(key), "-out", str(certificate)]
    if alternative:
        command += ["-addext", f"subjectAltName={alternative}"]
    if authority:
        command += ["-CA", str(folder / f"{authority}.crt"), "-CAkey", str(folder / f"{authority}.key")]
    subprocess.run(command, check=True, capture_output=True)
    both = folder / f"{name}.pem"
    both.write_bytes(key.read_bytes() + certificate.read_bytes())
    return both


def main():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        here = "DNS:localhost,IP:127.0.0.1"
        make_certificate(folder, "ca", None)
        dead = socket.socket()
        dead.bind(("127.0.0.1", 0))
        places = {
            "http": Server().server_port,
            "https": Server(make_certificate(folder, "good", here, "ca")).server_port,
            "stranger": Server(make_certificate(folder, "stranger", here)).server_port,
            "misnamed": Server(make_certificate(folder, "misnamed", "DNS:elsewhere.example", "ca")).server_port,
            # Bound and not listening: whoever connects is refused.
            "dead": dead.getsockname()[1],
            "ca": str(folder / "ca.crt"),
        }
        print(json.dumps(places), flush=True)
        sys.stdin.read()


main()
