"""The chart of a charged visit changes in HAPI, and its own rest-hook tells. What stands afterwards is exactly the
right set; how it came there is read from HAPI's `_history` of each ChargeItem.
"""

import pytest
from hapi.conftest import until
from hapi.ward import label, place

pytestmark = pytest.mark.real
R_CHOP = {
    "96413": 1, "96415": 3, "96417": 3, "96375": 2,
    "J9312": 68, "J9075": 270, "J9000": 9, "J9370": 2, "J1200": 1, "J2919": 20,
}  # fmt: skip

DRUGS = (
    "acetaminophen", "diphenhydramine", "methylprednisolone",
    "rituximab", "cyclophosphamide", "doxorubicin", "vincristine",
)  # fmt: skip


@pytest.fixture
def charged(listening, visit):
    """A finished R-CHOP whose charges stand."""
    charted = visit().open().chart().finish()
    until(lambda: charted.standing() == R_CHOP)
    return charted


def told(server, charted):
    """Code → what HAPI says happened to its one item: (verb, version, status, units)."""
    items = charted.charges()
    assert len({label(item) for item in items}) == len(items), "one item for each line"
    return {label(item): [_event(*event) for event in server.history(place(item))] for item in items}


def _event(verb, item):
    return verb, item["meta"]["versionId"], item["status"], item["quantity"]["value"]


def stands(units, *, since="1", verb="POST"):
    return verb, since, "billable", units


CHARGED = {code: [stands(units)] for code, units in R_CHOP.items()}
WITHOUT_VINCRISTINE = CHARGED | {
    "J9370": [stands(2), ("PUT", "2", "entered-in-error", 2)],
    "96417": [stands(3), stands(2, verb="PUT", since="2")],
}


def test_a_corrected_stop_is_the_next_version_of_the_same_item(server, charged):
    charged.stop("rituximab", "2026-05-04T12:25:00-05:00")
    until(lambda: charged.standing() == R_CHOP | {"96415": 2})
    happened = told(server, charged)
    assert happened.pop("96415") == [stands(3), stands(2, verb="PUT", since="2")]
    for code in ("96413", "J9312"):  # other minutes, another time; the same units
        assert happened.pop(code) == [stands(R_CHOP[code]), stands(R_CHOP[code], verb="PUT", since="2")]
    assert happened == {code: CHARGED[code] for code in happened}


def test_an_added_drug_is_a_new_item_beside_the_others(server, listening, visit):
    charted = visit().open().chart(*(drug for drug in DRUGS if drug != "vincristine")).finish()
    before = {code: units for code, units in R_CHOP.items() if code != "J9370"} | {"96417": 2}
    until(lambda: charted.standing() == before)
    charted.chart("vincristine")
    until(lambda: charted.standing() == R_CHOP)
    assert told(server, charted) == CHARGED | {"96417": [stands(2), stands(3, verb="PUT", since="2")]}


def test_a_drug_entered_in_error_is_reversed(server, charged):
    server.change(charged.given["vincristine"], status="entered-in-error")
    until(lambda: "J9370" not in charged.standing() and charged.standing()["96417"] == 2)
    assert told(server, charged) == WITHOUT_VINCRISTINE


def test_a_deleted_administration_is_reversed(server, charged):
    server.delete(charged.given["vincristine"])
    until(lambda: "J9370" not in charged.standing() and charged.standing()["96417"] == 2)
    assert told(server, charged) == WITHOUT_VINCRISTINE


def test_a_cancelled_encounter_leaves_nothing_to_bill(server, charged):
    server.change(charged.encounter, status="cancelled")
    until(lambda: charged.standing() == {})
    reversed_ = {code: [stands(units), ("PUT", "2", "entered-in-error", units)] for code, units in R_CHOP.items()}
    assert told(server, charged) == reversed_


def test_an_administration_moved_to_the_other_encounter(server, charged):
    other = f"{charged.name}-other"
    charged.open_encounter(other).finish(other)
    server.change(charged.given["vincristine"], context={"reference": f"Encounter/{other}"})
    until(lambda: charged.standing(f"Encounter/{other}") == {"96409-59": 1, "J9370": 2})
    until(lambda: "J9370" not in charged.standing() and charged.standing()["96417"] == 2)
    assert told(server, charged) == WITHOUT_VINCRISTINE
    moved = charged.charges(f"Encounter/{other}")
    assert [len(server.history(place(item))) for item in moved] == [1, 1]
