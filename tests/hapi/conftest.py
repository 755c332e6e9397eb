"""An adapter as it runs in a hospital, `serve` as a process, beside a HAPI server that tells it by its own hook."""

import os
import socket
import subprocess
import sys
import time
from contextlib import closing, contextmanager

import httpx
import pytest
from hapi.expected import R_CHOP
from hapi.ward import Server, Visit, place
from serve.conftest import TOKEN, started

PATIENCE = 60
CONFIGURATION = """
canonical_base = "https://example.org/fhir-adapter"
[listen]
hooks = "127.0.0.1:{port}"
desk = "127.0.0.1:0"
[sources.hapi]
base_url = "{base}"
mode = "{mode}"
rulebook = "carecost-96417"
second_opinion = "cpt-2026"
hook_token = "env:HOOK_TOKEN"
settle = {settle}
max_wait = 10
{more}
[sources.hapi.words]
time_zone = "America/Chicago"
facilities = {{ "Location/infusion-suite" = "office" }}
payers = {{ "Commercial PPO" = "commercial" }}
methods = {{ "Ambulatory pump" = "pump" }}
"""
DELETIONS = "http://hapifhir.io/fhir/StructureDefinition/subscription-send-delete-messages"


@pytest.fixture(scope="session")
def server(hapi):
    server = Server(hapi)
    yield server
    server.http.close()


@pytest.fixture
def visit(server, request):
    """`visit(file)`: a visit whose ids are those of this test alone."""
    begin = request.node.name.removeprefix("test_").partition("[")[0].replace("_", "-")[:40]
    made = []

    def visit(file="1-r-chop", name=None):
        made.append(Visit(server, name or f"{begin}-{len(made) + 1}", file))
        return made[-1]

    return visit


class Adapter:
    """A running `serve`: its log, its figures, and what its desk shows."""

    def __init__(self, process, folder):
        self.process, self.folder = process, folder
        self.hooks, desk = process.until("hooks "), process.until("desk ")
        process.until("ready")
        self.door, self.port = f"{self.hooks}/hooks/hapi", self.hooks.rpartition(":")[2]
        self._person = httpx.Client(base_url=desk.partition("/login")[0], follow_redirects=True)
        assert self._person.get(desk).is_success

    def close(self):
        self._person.close()

    def hears(self, method, path="", body=b"", headers=None):
        """As a sender would tell it; the answer."""
        sent = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/fhir+json"} | (headers or {})
        return httpx.request(method, self.door + path, content=body, headers=sent)

    def swept(self):
        """What each sweep said that it found."""
        return [line["count"] for line in self.process.log if line["event"] == "swept"]

    def shapes(self):
        """Of the notifications that it kept: method and shape of each."""
        kept = [line for line in self.process.log if line["event"] == "notification kept"]
        return [(line["method"], line["shape"]) for line in kept]

    def figures(self, name):
        """The figures of /metrics under a name, by their labels."""
        lines = httpx.get(f"{self.hooks}/metrics").text.splitlines()
        told = [line.removeprefix(f"fhir_adapter_{name}{{").split("} ") for line in lines if f"_{name}{{" in line]
        return {labels: float(value) for labels, value in told}

    def is_quiet(self):
        """Nobody's work is older than the facts that it has, and no question is open."""
        behind = {labels: count for labels, count in self.figures("patients_behind").items() if "settled" not in labels}
        return not sum(behind.values()) and not self.figures("inbox").get('state="received"')

    def sheet(self, visit):
        """The latest coding of the visit, from the API of the desk; None before there is one."""
        rows = self._person.get("/api/visits").json()
        numbers = [row["id"] for row in rows if row["key"].startswith(f"{visit.name}/")]
        return self._person.get(f"/api/visits/{numbers[0]}").json() if numbers else None

    def state(self, visit):
        sheet = self.sheet(visit)
        return sheet and sheet["visit"]["state"]

    def given(self, visit):
        """The administrations that it has read."""
        sheet = self.sheet(visit)
        return sheet["administrations"] if sheet else []

    def findings(self, visit):
        sheet = self.sheet(visit)
        return {finding["id"]: finding for finding in sheet["result"]["findings"]} if sheet else {}

    @contextmanager
    def paused(self):
        """Posting is stopped, as a person stops it, and goes on afterwards."""
        self.commanded("pause", "hapi", "--why", "a test")
        yield
        self.commanded("resume", "hapi")

    def commanded(self, *arguments):
        """What a person does at the command line."""
        done = self.asked(*arguments)
        assert done.returncode == 0, done.stdout + done.stderr

    def asked(self, *arguments):
        """A command with what it said, whatever its exit status."""
        command = [sys.executable, "-m", "fhir_adapter", *arguments, "--config", "adapter.toml"]
        return subprocess.run(
            command, cwd=self.folder, env=os.environ | {"HOOK_TOKEN": TOKEN}, capture_output=True, text=True,
            timeout=PATIENCE, check=False,
        )  # fmt: skip


@contextmanager
def serving(folder, base, *, port=0, mode="post", settle=0.3, more=""):
    config = folder / "adapter.toml"
    said = {"base": base, "mode": mode, "settle": settle, "more": more, "port": port}
    config.write_text(CONFIGURATION.format(**said), "utf-8")
    with started(folder, "serve", "--config", str(config)) as process, closing(Adapter(process, folder)) as adapter:
        yield adapter


@contextmanager
def subscribed(server, adapter, payload="application/fhir+json"):
    """HAPI tells the adapter of everything: both types, whatever their status, deletions too."""
    made = [
        place(server.post(_subscription(criteria, adapter.door, payload)))
        for criteria in ("MedicationAdministration?", "Encounter?")
    ]
    until(lambda: all(server.read(one)["status"] == "active" for one in made))
    yield adapter
    for one in made:
        server.delete(one)


@pytest.fixture(scope="module")
def listening(server, tmp_path_factory):
    """One adapter for the tests of a module, which has had itself subscribed: rest-hooks with the resource in them."""
    port = _free_port()
    hook_url = f'hook_url = "http://127.0.0.1:{port}"'
    with serving(tmp_path_factory.mktemp("listening"), server.base, port=port, more=hook_url) as adapter:
        adapter.commanded("source", "subscribe", "hapi")
        yield adapter
        adapter.commanded("source", "unsubscribe", "hapi")


def _free_port():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


@pytest.fixture
def charged(listening, visit):
    """A finished R-CHOP whose charges stand."""
    charted = visit().open().chart().finish()
    until(lambda: charted.standing() == R_CHOP)
    return charted


def _subscription(criteria, endpoint, payload):
    channel = {
        "type": "rest-hook",
        "endpoint": endpoint,
        "header": [f"Authorization: Bearer {TOKEN}"],
        "extension": [{"url": DELETIONS, "valueBoolean": True}],
    }
    if payload:
        channel["payload"] = payload
    subscription = {"resourceType": "Subscription", "status": "requested", "reason": "charges", "criteria": criteria}
    return subscription | {"channel": channel}


def until(look, patience=PATIENCE):
    """What `look` gives as soon as it gives something."""
    latest = time.monotonic() + patience
    while not (found := look()):
        assert time.monotonic() < latest, "waited in vain"
        time.sleep(0.1)
    return found
