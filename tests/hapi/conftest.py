"""An adapter as it runs in a hospital, `serve` as a process, beside a HAPI server that tells it by its own hook."""

import time
from contextlib import contextmanager

import pytest
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


@pytest.fixture
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
    """A running `serve` and its log."""

    def __init__(self, process):
        self.process = process
        self.hooks, self.desk = process.until("hooks "), process.until("desk ")
        process.until("ready")
        self.door = f"{self.hooks}/hooks/hapi"

    def swept(self):
        """What each sweep said that it found."""
        return [line["count"] for line in self.process.log if line["event"] == "swept"]

    def told(self):
        """How many notifications it has kept."""
        return sum(line["event"] == "notification kept" for line in self.process.log)


@pytest.fixture
def serve(hapi, tmp_path):
    """`with serve() as adapter`; started again, it has the data that it had, and the address where it is told."""
    ports = {}

    @contextmanager
    def serve(mode="post", settle=0.3, more=""):
        config = tmp_path / "adapter.toml"
        said = {"base": hapi, "mode": mode, "settle": settle, "more": more, "port": ports.get("hooks", 0)}
        config.write_text(CONFIGURATION.format(**said), "utf-8")
        with started(tmp_path, "serve", "--config", str(config)) as process:
            adapter = Adapter(process)
            ports["hooks"] = adapter.hooks.rpartition(":")[2]
            yield adapter

    return serve


@pytest.fixture
def subscribe(server):
    """`subscribe(adapter)`: HAPI tells the adapter of everything from now on, until the test is over."""
    made = []

    def subscribe(adapter, payload="application/fhir+json"):
        for criteria in ("MedicationAdministration?", "Encounter?"):
            made.append(place(server.post(_subscription(criteria, adapter.door, payload))))
        until(lambda: all(server.read(one)["status"] == "active" for one in made))

    yield subscribe
    for one in made:
        server.delete(one)


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
