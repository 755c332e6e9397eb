"""On a real HAPI server: how soon a charge follows the chart, and how fast charges are written (`write_back`).

HAPI is the one of the tests; where it was not built (`make test`, `make hapi`) there are no figures.
"""

import statistics
import sys
import tempfile
from datetime import datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from hapi.conftest import serving, subscribed, until
from hapi.expected import R_CHOP
from hapi.ward import Server, Visit
from real.hapi_server import QUICK, running
from real.maven import have_java, is_built

from benchmarks import write_back

SOON = 10


def rows():
    if not have_java() or not is_built("hapi"):
        yield "on HAPI", "not built", ""
        return
    with running(notify_every=QUICK) as base, tempfile.TemporaryDirectory() as folder:
        server = Server(base)
        with serving(Path(folder), base, settle=0) as adapter, subscribed(server, adapter):
            yield "from the end of a visit in HAPI to its last ChargeItem, s (median)", f"{_soon(server):.2f}", ""
        yield from write_back.rows(server)


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
