"""A door before a server: every request passes, but for one that is held until the test lets it go on."""

import threading
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

import httpx

PATIENCE = 60


class _Door(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def _pass(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        gate = self.server.gate
        held = gate.holds(self.command, self.path)
        if held:
            gate.reached.set()
            gate.go_on.wait(PATIENCE)
        kept = {name: value for name, value in self.headers.items() if name.lower() != "connection"}
        answer = gate.server.request(self.command, gate.origin + self.path, content=body, headers=kept)
        if held:
            gate.passed.set()
        self.send_response(answer.status_code)
        for name in ("content-type", "etag", "location", "content-location"):
            if name in answer.headers:
                self.send_header(name, answer.headers[name])
        self.send_header("Content-Length", str(len(answer.content)))
        self.end_headers()
        with suppress(ConnectionError):
            self.wfile.write(answer.content)

    do_GET = do_POST = do_PUT = do_DELETE = _pass

    def log_message(self, *_):
        pass


class Gate:
    """`base` is the server's base address, through the door."""

    def __init__(self, base, holds, address):
        parts = urlsplit(base)
        self.origin, self.base = f"{parts.scheme}://{parts.netloc}", f"{address}{parts.path}"
        self.holds, self.reached, self.go_on, self.passed = holds, *(threading.Event() for _ in range(3))
        self.server = httpx.Client(timeout=PATIENCE, trust_env=False)


@contextmanager
def gate_before(base, holds=lambda method, path: False):
    door = ThreadingHTTPServer(("127.0.0.1", 0), _Door)
    door.gate = Gate(base, holds, f"http://127.0.0.1:{door.server_port}")
    thread = threading.Thread(target=door.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield door.gate
    finally:
        door.gate.go_on.set()
        door.shutdown()
        thread.join()
        door.server_close()
        door.gate.server.close()
