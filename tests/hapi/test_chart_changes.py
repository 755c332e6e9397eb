"""The chart of a charged visit changes in HAPI, and its own rest-hook tells. What stands afterwards is exactly the
right set; how it came there is read from HAPI's `_history` of each ChargeItem.
"""

import pytest
from hapi.conftest import until
from hapi.expected import CHARGED, R_CHOP, REVERSED, WITHOUT_VINCRISTINE, stands, told
from hapi.ward import label, place

pytestmark = pytest.mark.real


def without_vincristine(charged):
    standing = charged.standing()
    return "J9370" not in standing and standing["96417"] == 2


def test_a_corrected_stop_is_the_next_version_of_the_same_item(charged):
    charged.stop("rituximab", "2026-05-04T12:25:00-05:00")
    until(lambda: charged.standing() == R_CHOP | {"96415": 2})
    happened = told(charged)
    assert happened.pop("96415") == [stands(3), stands(2, verb="PUT", since="2")]
    for code in ("96413", "J9312"):  # other minutes, another time; the same units
        assert happened.pop(code) == [stands(R_CHOP[code]), stands(R_CHOP[code], verb="PUT", since="2")]
    assert happened == {code: CHARGED[code] for code in happened}


def test_an_added_drug_is_a_new_item_beside_the_others(listening, visit):
    charted = visit().open()
    charted.chart(*(one["drug"] for one in charted.told["given"] if one["drug"] != "vincristine")).finish()
    before = {code: units for code, units in R_CHOP.items() if code != "J9370"} | {"96417": 2}
    until(lambda: charted.standing() == before)
    charted.chart("vincristine")
    until(lambda: charted.standing() == R_CHOP)
    assert told(charted) == CHARGED | {"96417": [stands(2), stands(3, verb="PUT", since="2")]}


def test_a_drug_entered_in_error_is_reversed(server, charged):
    server.change(charged.given["vincristine"], status="entered-in-error")
    until(lambda: without_vincristine(charged))
    assert told(charged) == WITHOUT_VINCRISTINE


def test_a_deleted_administration_is_reversed(server, listening, charged):
    server.delete(charged.given["vincristine"])
    until(lambda: without_vincristine(charged))
    assert told(charged) == WITHOUT_VINCRISTINE
    assert ("DELETE", "deletion") in listening.shapes()


def test_a_cancelled_encounter_leaves_nothing_to_bill(server, charged):
    server.change(charged.encounter, status="cancelled")
    until(lambda: charged.standing() == {})
    assert told(charged) == REVERSED


def test_a_visit_that_is_deleted_with_its_encounter_leaves_nothing_to_bill(server, charged):
    """A reversal names the encounter, which HAPI knows to be gone, and finds some of its charges by it no more."""
    for administration in charged.given.values():
        server.delete(administration)
    server.delete(charged.encounter)
    ends = dict.fromkeys(R_CHOP, "entered-in-error")
    until(
        lambda: {label(item): item["status"] for item in server.search("ChargeItem", subject=charged.patient)} == ends
    )


def test_an_administration_moved_to_the_other_encounter(server, charged):
    other = f"{charged.name}-other"
    charged.open_encounter(other).finish(other)
    server.change(charged.given["vincristine"], context={"reference": f"Encounter/{other}"})
    until(lambda: charged.standing(f"Encounter/{other}") == {"96409-59": 1, "J9370": 2})
    until(lambda: without_vincristine(charged))
    assert told(charged) == WITHOUT_VINCRISTINE
    moved = charged.charges(f"Encounter/{other}")
    assert [len(server.history(place(item))) for item in moved] == [1, 1]
