"""What nobody told of: the adapter was down while the chart changed, or there are no Subscriptions at all."""

import time

import pytest
from hapi.conftest import serving, subscribed, until
from hapi.expected import CHARGED, R_CHOP, WITHOUT_VINCRISTINE, stands, told

pytestmark = pytest.mark.real
ONCE, OFTEN = "sweep_every = 3600", "sweep_every = 1"
HANDED_OVER = 2
"""Seconds in which HAPI has tried to tell what changed last."""


def test_the_sweep_after_a_start_finds_what_was_missed(server, visit, tmp_path):
    """Without a payload HAPI tells once and then never again."""
    charted, later = visit(), visit()
    with serving(tmp_path, server.base) as adapter, subscribed(server, adapter, payload=None):
        charted.open().chart().finish()
        until(lambda: charted.standing() == R_CHOP)
        until(adapter.is_quiet)
        adapter.process.end()
        charted.stop("rituximab", "2026-05-04T12:25:00-05:00")
        server.delete(charted.given["vincristine"])
        later.open().chart().finish()
        time.sleep(HANDED_OVER)
        assert later.charges() == []
        with serving(tmp_path, server.base, port=adapter.port, more=ONCE) as again:
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
