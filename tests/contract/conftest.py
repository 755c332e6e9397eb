"""R4 servers to hold to one contract, and an address where their notifications arrive."""

import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace

import httpx
import pytest

PATIENCE = 60


@pytest.fixture(scope="session")
def sandbox():
    """As a person starts it: a process of its own."""
    command = [sys.executable, "-m", "fhir_adapter", "sandbox", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        yield process.stdout.readline().split()[1]
        process.terminate()


@pytest.fixture
def base(request):
    """The base address of the server that the test was given by name."""
    return request.getfixturevalue(request.param)


@pytest.fixture
def fhir(base):
    """A plain client of it."""
    headers = {"Content-Type": "application/fhir+json", "Cache-Control": "no-cache"}
    with httpx.Client(base_url=f"{base}/", headers=headers, timeout=PATIENCE, trust_env=False) as client:
        yield client


class Receiver(BaseHTTPRequestHandler):
    def do_PUT(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        told = SimpleNamespace(method=self.command, path=self.path, headers=self.headers, body=body)
        self.server.heard.append(told)
        self.send_response(204)
        self.end_headers()

    do_DELETE = do_POST = do_PUT

    def log_message(self, *_):
        pass


@pytest.fixture
def receiver():
    """`address`, and what was heard there."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    server.heard, server.address = [], f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def until():
    def until(look):
        """What `look` gives as soon as it gives something."""
        latest = time.monotonic() + PATIENCE
        while not (found := look()):
            assert time.monotonic() < latest, "waited in vain"
            time.sleep(0.02)
        return found

    return until
