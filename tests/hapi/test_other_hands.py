"""Other people's ChargeItems, and what other people do to ours: held or left alone, and said; never overwritten."""

import pytest
from hapi.conftest import until
from hapi.expected import R_CHOP, told
from hapi.ward import label, place

pytestmark = pytest.mark.real
CPT = "http://www.ama-assn.org/go/cpt"


def by_hand(charted, code, **elements):
    return charted.server.post(
        {
            "resourceType": "ChargeItem",
            "status": "billable",
            "code": {"coding": [{"system": CPT, "code": code}]},
            "subject": {"reference": charted.patient},
            "context": {"reference": charted.encounter},
            "occurrenceDateTime": "2026-05-04T12:00:00-05:00",
            "quantity": {"value": 1},
        }
        | elements
    )


def item_of(charted, code):
    (found,) = [item for item in charted.charges() if label(item) == code]
    return found


def test_someone_elses_charge_holds_the_visit(server, listening, visit):
    charted = visit().open()
    theirs = by_hand(charted, "96413")
    charted.chart().finish()
    until(lambda: "already-charged" in listening.findings(charted))
    until(listening.is_quiet)
    assert charted.charges() == [theirs]
    server.change(place(theirs), status="entered-in-error")
    charted.stop("rituximab", "2026-05-04T13:00:30-05:00")
    until(lambda: charted.standing() == R_CHOP)
    assert len(server.history(place(theirs))) == 2


def test_a_billed_item_is_not_touched(server, listening, charged):
    billed = server.change(place(item_of(charged, "J9370")), status="billed")
    server.change(charged.given["vincristine"], status="entered-in-error")
    until(lambda: charged.standing().get("96417") == 2)
    until(lambda: "charge-item-billed" in listening.findings(charged))
    until(listening.is_quiet)
    assert item_of(charged, "J9370") == billed


def test_an_item_edited_by_hand_is_not_touched(server, listening, charged):
    edited = server.change(place(item_of(charged, "96415")), quantity={"value": 5})
    charged.stop("rituximab", "2026-05-04T12:25:00-05:00")
    until(lambda: told(charged)["96413"][-1][1] == "2")
    until(lambda: "charge-item-edited" in listening.findings(charged))
    until(listening.is_quiet)
    assert item_of(charged, "96415") == edited


def test_an_edit_between_reading_and_writing_is_a_409(server, listening, charged):
    """Posting is paused while the chart changes; somebody edits the item that an order waits for."""
    with listening.paused():
        charged.stop("rituximab", "2026-05-04T12:25:00-05:00")
        until(lambda: listening.figures("outbox").get('state="pending"', 0) >= 3)
        edited = server.change(place(item_of(charged, "96415")), quantity={"value": 5})
    until(lambda: "charge-item-edited" in listening.findings(charged))
    until(listening.is_quiet)
    assert item_of(charged, "96415") == edited
    assert told(charged)["96413"][-1][1] == "2"
    stale = server.http.put(f"/{place(edited)}", json=edited, headers={"If-Match": 'W/"1"'})
    assert stale.status_code == 409


def test_two_items_under_our_identifier_are_a_412(server, listening, visit):
    charted = visit().open().chart()
    system = "https://example.org/fhir-adapter/charge-line/hapi"
    identifier = [{"system": system, "value": f"{charted.name}.2026-05-04.96413.."}]
    with listening.paused():
        charted.finish()
        until(lambda: listening.figures("outbox").get('state="pending"', 0) >= len(R_CHOP))
        theirs = [by_hand(charted, "96413", identifier=identifier) for _ in range(2)]
    until(lambda: "charge-item-duplicated" in listening.findings(charted))
    until(listening.is_quiet)
    assert [item for item in charted.charges() if label(item) == "96413"] == theirs
    search = {"If-None-Exist": f"identifier={system}|{identifier[0]['value']}".replace("|", "%7C")}
    assert server.http.post("/ChargeItem", json=theirs[0], headers=search).status_code == 412
