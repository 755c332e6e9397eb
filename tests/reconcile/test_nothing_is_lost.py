"""What a charge, a step and a finding carry: nothing is lost on the way from a line to what a person reads."""

import json
from datetime import UTC
from zoneinfo import ZoneInfo

import msgspec
import pytest
from reconcile.charges import PROVENANCE, charge, entry, ours, theirs, visit

from fhir_adapter.coding.model import Administration, Line, Share, Visit, VisitResult
from fhir_adapter.errors import InputFaults
from fhir_adapter.fhir_r4 import CodeableConcept, Coding, Encounter
from fhir_adapter.reconcile import Amend, Keep, Post, Void, charges_of, reconcile, seen_item

BASE = charge()
OPEN = {"is_open": True, "is_previewed": True}


def test_a_charge_says_all_that_its_line_says():
    given = Administration(id="a1", technique="push", start=BASE.start)
    line = Line(
        code="J9312",
        system="HCPCS",
        units=3,
        date=BASE.key.date,
        ndc="50242005121",
        modifiers=("JZ",),
        shares=(Share(None, 3),),
        administrations=("a1",),
        minutes=61,
        because="it was given",
        citations=("R9.1",),
    )
    result = VisitResult(
        id="v",
        rulebook="cpt-2026",
        rulebook_hash=PROVENANCE.rulebook_hash,
        data_hash=PROVENANCE.data_hash,
        engine=PROVENANCE.engine,
        disposition="billable",
        lines=(line,),
        findings=(),
    )
    reason = CodeableConcept(coding=(Coding(system="icd ", code=" C83.3", display=" a lymphoma "),), text=" lymphoma ")
    encounters = {"": Encounter(id="e1", reason_code=(reason,))}
    (made,) = charges_of(result, Visit(id="v", setting="facility", administrations=(given,)), encounters, "riverside")
    assert msgspec.to_builtins(made.key) == {
        "source": "riverside",
        "encounter": "e1",
        "date": "2026-05-04",
        "code": "J9312",
        "modifiers": ("JZ",),
        "ndc": "50242005121",
    }
    assert (made.system, made.units, made.minutes, made.because) == ("HCPCS", 3, 61, "it was given")
    assert (made.citations, made.rulebook, made.provenance) == (("R9.1",), "cpt-2026", PROVENANCE)
    assert (made.start, made.stop, made.place.subject) == (BASE.start, None, "")
    (told,) = made.place.reasons
    assert (told.codings, told.text) == ((("icd", "C83.3", "a lymphoma"),), "lymphoma")


def test_a_step_names_the_charge_and_the_entry_that_it_is_about():
    planned = entry(BASE, status="planned")
    more = charge(units=2)
    steps = [
        reconcile([visit(BASE, **OPEN)], [], []).steps,
        reconcile([visit(BASE, **OPEN)], [planned], []).steps,
        reconcile([visit(more, **OPEN)], [planned], []).steps,
        reconcile([visit(given=("a1",))], [entry(BASE)], []).steps,
        reconcile([visit(given=("a1",))], [entry(BASE, version="8")], [ours(BASE)]).steps,
    ]
    left = msgspec.structs.replace(entry(BASE, version="8"), trouble="edited")
    assert [step for (step,) in steps] == [
        Post(BASE, status="planned"),
        Keep(BASE, planned, "unchanged"),
        Amend(more, planned, status="planned"),
        Void(BASE, entry(BASE)),
        Keep(BASE, left, "untouchable"),
    ]


@pytest.mark.parametrize(("units", "shown"), [("7", "×7"), (None, "×?")])
def test_somebody_elses_charge_is_told_with_what_to_do(units, shown):
    (found,) = reconcile([visit(BASE)], [], [theirs("96413", units=units)]).visits[0].findings
    assert found.administrations == ("a1",)
    assert found.message == (
        f"96413 on 2026-05-04 would be ×1 of ours, and ChargeItem other-1 (billable, {shown}), which is not ours, "
        "has it; nothing of the visit is posted"
    )
    assert found.fix == "keep one of the two: enter the other item in error, or leave this visit unposted"


def test_trouble_is_told_with_what_to_do():
    plan = reconcile([visit(BASE)], [entry(BASE)], [ours(BASE, version="9")])
    (found,) = plan.visits[0].findings
    assert (found.id, found.administrations) == ("charge-item-edited", ("a1",))
    assert found.message == (
        "the ChargeItem of 96413 on 2026-05-04 was changed by somebody else since it was written; "
        "it is not touched any more"
    )
    assert found.fix == "decide which of the two is right, then restore the item or enter it in error"


def test_an_item_without_status_or_context_is_read_and_counts():
    body = json.dumps({"resourceType": "ChargeItem", "id": "c1", "quantity": {"value": 1000000}}).encode()
    item = seen_item(body, our_system="s", zone=ZoneInfo("America/Chicago"))
    assert (item.id, item.status, item.encounter, item.units) == ("c1", "unknown", "", "1000000")


def test_what_is_no_charge_item_is_told_by_its_place():
    with pytest.raises(InputFaults) as refused:
        seen_item(b"[]", our_system="s", zone=UTC)
    assert [(fault.path, fault.message) for fault in refused.value.faults] == [
        ("$", "not a ChargeItem that can be read")
    ]
