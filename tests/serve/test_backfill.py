"""`source backfill` against a running `serve` and an EHR that exports over HTTP."""

import json

import pytest
from real.answering import Quiet, answering
from serve.conftest import until

pytestmark = pytest.mark.real
ENCOUNTER = {"resourceType": "Encounter", "id": "e1", "subject": {"reference": "Patient/p1"}}


class Ehr(Quiet):
    """Exports one encounter; it is ready when asked the second time."""

    asked = 0

    def do_GET(self):
        base = f"http://{self.headers['Host']}/fhir"
        if "$export" in self.path:
            self.say(202, b"", **{"Content-Location": f"{base}/poll"})
        elif self.path.endswith("/poll"):
            Ehr.asked += 1
            files = json.dumps({"output": [{"type": "Encounter", "url": f"{base}/file"}]}).encode()
            self.say(202, b"", **{"Retry-After": "1"}) if Ehr.asked < 2 else self.say(200, files)
        elif self.path.endswith("/file"):
            self.say(200, json.dumps(ENCOUNTER).encode())
        else:
            self.say(503, b"")

    def do_DELETE(self):
        self.say(202, b"")


def test_a_backfill_is_asked_for_and_done_by_serve(start, configure, run):
    with answering(Ehr) as base:
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
