"""What nobody told of: the adapter was down while the chart changed, or there are no Subscriptions at all."""

import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from hapi.conftest import serving, subscribed, until
from hapi.expected import CHARGED, R_CHOP, WITHOUT_VINCRISTINE, stands, told

pytestmark = pytest.mark.real
ONCE, OFTEN = "sweep_every = 3600", "sweep_every = 1"
UNREAD = 8
"""Seconds in which no coding reads the deletion before the sweep comes to it."""
TOLD_IN_VAIN = 1 + 1 + 9
"""A stop, a deletion, and a visit: opened, seven drugs, finished."""


class Refusal(BaseHTTPRequestHandler):
    def do_POST(self):
        self.server.refused.append(self.path)
        self.send_error(503)

    do_PUT = do_DELETE = do_POST

    def log_message(self, *_):
        pass


@contextmanager
def refusing(port):
    """What stands in for an adapter that is down, and knows when the server has tried to tell it everything."""
    with HTTPServer(("127.0.0.1", int(port)), Refusal) as down:
        down.refused = []
        thread = threading.Thread(target=down.serve_forever, args=(0.05,))
        thread.start()
        yield down.refused
        down.shutdown()
        thread.join()


def test_the_sweep_after_a_start_finds_what_was_missed(server, visit, tmp_path):
    """Without a payload HAPI tells once and then never again."""
    charted, later = visit(), visit()
    with serving(tmp_path, server.base) as adapter, subscribed(server, adapter, payload=None):
        charted.open().chart().finish()
        until(lambda: charted.standing() == R_CHOP)
        until(adapter.is_quiet)
        adapter.process.end()
        with refusing(adapter.port) as refused:
            charted.stop("rituximab", "2026-05-04T12:25:00-05:00")
            server.delete(charted.given["vincristine"])
            later.open().chart().finish()
            until(lambda: len(refused) == TOLD_IN_VAIN)
        assert later.charges() == []
        with serving(tmp_path, server.base, port=adapter.port, settle=UNREAD, more=ONCE) as again:
            until(lambda: later.standing() == R_CHOP and charted.standing()["96417"] == 2)
            until(again.is_quiet)
            assert again.swept()[0] == 1 + 1 + 8, "a stop, a deletion, and a visit of seven drugs"
    assert told(later) == CHARGED
    changed = [stands(3), stands(2, verb="PUT", since="2")]
    assert told(charted)["96415"] == changed
    assert {code: told(charted)[code] for code in ("J9370", "96417")} == {
        code: WITHOUT_VINCRISTINE[code] for code in ("J9370", "96417")
    }


def test_sweeping_alone_is_enough_to_charge(server, visit, tmp_path):
    with serving(tmp_path, server.base, more=OFTEN) as adapter:
        charted = visit().open().chart().finish()
        until(lambda: charted.standing() == R_CHOP)
        server.delete(charted.given["vincristine"])
        until(lambda: "J9370" not in charted.standing() and charted.standing()["96417"] == 2)
        until(adapter.is_quiet)
        assert adapter.shapes() == []
    assert told(charted) == WITHOUT_VINCRISTINE


def test_sweeping_alone_in_shadow_shows_and_writes_nothing(server, visit, tmp_path):
    with serving(tmp_path, server.base, mode="shadow", more=OFTEN) as adapter:
        charted = visit().open().chart().finish()
        until(lambda: _shown(adapter, charted) == R_CHOP)
        charted.stop("rituximab", "2026-05-04T12:25:00-05:00")
        until(lambda: _shown(adapter, charted) == R_CHOP | {"96415": 2})
        server.delete(charted.given["vincristine"])
        until(lambda: "J9370" not in _shown(adapter, charted))
        assert adapter.state(charted) == "shadow"
    assert charted.charges() == []


def _shown(adapter, charted):
    sheet = adapter.sheet(charted)
    return {line["code"]: line["units"] for line in sheet["result"]["lines"]} if sheet else {}
