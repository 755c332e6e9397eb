"""On a real HAPI server: how fast charges are written beside a bare httpx loop, and how soon one follows the chart.

The same server, the same ChargeItems, the same number of connections, one after the other. Posting is paused until all
orders wait, then goes on: what is timed is reading the outbox, writing, and keeping what came of it. HAPI is the one of
the tests; where it was not built (`make test`, `make hapi`) there are no figures.
"""

import statistics
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path

import httpx

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from hapi.conftest import serving, subscribed, until
from hapi.expected import R_CHOP
from hapi.ward import FHIR, Server, Visit
from real.hapi_server import QUICK, running
from real.maven import have_java, is_built

VISITS, SOON, CONNECTIONS = 20, 10, 4


def rows():
    if not have_java() or not is_built("hapi"):
        yield "on HAPI", "not built", ""
        return
    with running(notify_every=QUICK) as base, tempfile.TemporaryDirectory() as folder:
        server = Server(base)
        with serving(Path(folder), base, settle=0) as adapter, subscribed(server, adapter):
            yield "from the end of a visit in HAPI to its last ChargeItem, s (median)", f"{_soon(server):.2f}", ""
            written, took = _written_back(server, adapter)
        yield "charges written back to HAPI a second", f"{written / took:.0f}", "≥ 90 % of the loop below"
        yield "ChargeItems a bare httpx loop creates there a second", f"{_bare(server, written):.0f}", ""


def _soon(server):
    """By HAPI's own stamps; HAPI itself tells every 0.2 s."""
    return statistics.median(_seconds(Visit(server, f"soon-{number}")) for number in range(SOON))


def _seconds(visit):
    visit.open().chart().finish()
    until(lambda: visit.standing() == R_CHOP)
    ended = _stamped(visit.server.read(visit.encounter))
    return (max(map(_stamped, visit.charges())) - ended).total_seconds()


def _stamped(resource):
    return datetime.fromisoformat(resource["meta"]["lastUpdated"])


def _written_back(server, adapter):
    expected = VISITS * len(R_CHOP)
    with adapter.paused():
        for number in range(VISITS):
            Visit(server, f"many-{number}").open().chart().finish()
        until(lambda: _waiting(adapter) == expected)
    start = time.perf_counter()
    until(lambda: _waiting(adapter) == 0)
    return expected, time.perf_counter() - start


def _waiting(adapter):
    return adapter.figures("outbox").get('state="pending"', 0)


def _bare(server, count):
    (one, *_) = Visit(server, "many-0").charges()
    with (
        httpx.Client(base_url=server.base, headers=FHIR, timeout=30) as client,
        ThreadPoolExecutor(CONNECTIONS) as pool,
    ):
        start = time.perf_counter()
        list(pool.map(lambda number: _create(client, one, number), range(count)))
        return count / (time.perf_counter() - start)


def _create(client, item, number):
    (identifier,) = item["identifier"]
    value = f"bare-{number}"
    body = item | {"identifier": [identifier | {"value": value}]}
    where = {"If-None-Exist": f"identifier={identifier['system']}%7C{value}"}
    client.post("/ChargeItem", json=body, headers=where).raise_for_status()
