"""`source backfill` against a running `serve` and an EHR that exports over HTTP."""

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from serve.conftest import until

pytestmark = pytest.mark.real
ENCOUNTER = {"resourceType": "Encounter", "id": "e1", "subject": {"reference": "Patient/p1"}}


class Ehr(BaseHTTPRequestHandler):
    """Exports one encounter; it is ready when asked the second time."""

    asked = 0

    def do_GET(self):
        base = f"http://{self.headers['Host']}/fhir"
        if "$export" in self.path:
            self._say(202, b"", **{"Content-Location": f"{base}/poll"})
        elif self.path.endswith("/poll"):
            Ehr.asked += 1
            files = json.dumps({"output": [{"type": "Encounter", "url": f"{base}/file"}]}).encode()
            self._say(202, b"", **{"Retry-After": "1"}) if Ehr.asked < 2 else self._say(200, files)
        elif self.path.endswith("/file"):
            self._say(200, json.dumps(ENCOUNTER).encode())
        else:
            self._say(503, b"")

    def do_DELETE(self):
        self._say(202, b"")

    def _say(self, status, body, **headers):
        self.send_response(status)
        for name, value in (headers | {"Content-Length": str(len(body))}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *anything):
        pass


@contextmanager
def exporting():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Ehr)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/fhir"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_a_backfill_is_asked_for_and_done_by_serve(start, configure, run):
    with exporting() as base:
        path = configure(base)
        assert run("source", "backfill", "main", "--since", "2026-03-01", "--config", path)[0] == 0
        status, said, _ = run("source", "backfill", "main", "--config", path)
        assert (status, said.splitlines()) == (
            0,
            ["main: a backfill is under way, and goes on", "main: asked, 0 resources kept"],
        )
        with start("serve", "--config", path) as adapter:
            adapter.until("ready")
            ask = ("source", "backfill", "main", "--status", "--config", path)
            done = until(lambda: said if "done" in (said := run(*ask)[1]) else None)
            assert done == "main: done, 1 resources kept, file 1 of 1\n"
            assert "export" in run("inbox", "--config", path)[1]
            assert adapter.end() == 0


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("other",), "SOURCE: the configuration has no such source; it has main\n"),
        (("main", "--since", "yesterday"), "--since: allowed: a day such as 2026-06-01\n"),
    ],
)
def test_a_wrong_call_is_one_clear_line(configure, run, arguments, complaint):
    status, said, complained = run("source", "backfill", *arguments, "--config", configure())
    assert (status, said, complained) == (2, "", complaint)
