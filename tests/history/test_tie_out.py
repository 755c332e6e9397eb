"""Ledger beside EHR: each way in which they can differ, and those that are no difference."""

from datetime import UTC, date, datetime

import pytest

from fhir_adapter.history.tie_out import tie_out
from fhir_adapter.reconcile import Charge, ChargeKey, LedgerEntry, SeenItem
from fhir_adapter.reconcile.charge import Place, Provenance

DAY = date(2026, 5, 4)
NAME = "e1.2026-05-04.96413.."


def entry(code="96413", units=1, status="billable", **more):
    charge = Charge(
        key=ChargeKey(source="main", encounter="e1", date=DAY, code=code),
        system="CPT",
        units=units,
        administrations=("a",),
        start=datetime(2026, 5, 4, 15, tzinfo=UTC),
        because="a chemotherapy infusion",
        citations=("cpt",),
        rulebook="cpt-2026",
        provenance=Provenance(rulebook_hash="r", data_hash="d", engine="1"),
        place=Place(subject="Patient/p1"),
    )
    return LedgerEntry(patient="Patient/p1", charge=charge, status=status, item="i1", version="1", **more)


def item(name="i1", status="billable", units="1", identifier=NAME):
    return SeenItem(
        id=name,
        version="1",
        status=status,
        encounter="e1",
        codes=("96413",),
        date=DAY,
        units=units,
        identifier=identifier,
    )


@pytest.mark.parametrize(
    ("entries", "items", "kinds"),
    [
        ([entry()], [item()], []),
        ([entry()], [item(status="billed")], []),
        ([entry()], [], ["missing"]),
        ([entry()], [item(), item("i2")], ["doubled"]),
        ([entry()], [item(units="2")], ["units"]),
        ([entry()], [item(status="billed", units="2")], ["units"]),
        ([entry()], [item(status="aborted")], ["status"]),
        ([entry()], [item(status="entered-in-error")], ["status"]),
        ([entry(status="entered-in-error")], [item()], ["standing"]),
        ([entry(status="entered-in-error")], [item(status="entered-in-error")], []),
        ([entry(status="entered-in-error")], [], []),
        ([], [item()], ["unknown"]),
        ([], [item(status="entered-in-error")], []),
        ([], [item(identifier=None)], []),
        ([entry(pending=True)], [], []),
    ],
)
def test_what_ties_and_what_does_not(entries, items, kinds):
    assert [one.kind for one in tie_out("main", DAY, entries, items).differences] == kinds


def test_counts_both_sides_and_names_what_is_on_its_way():
    tied = tie_out("main", DAY, [entry(), entry(code="J9312", units=68, pending=True)], [item(status="billed")])
    assert (tied.ledger, tied.ehr, tied.on_its_way) == (1, 1, ("e1.2026-05-04.J9312..",))
    assert tied.tied


def test_a_difference_says_what_each_side_has():
    (one,) = tie_out("main", DAY, [entry(units=3)], [item(units="1")]).differences
    assert (one.ledger, one.ehr, one.words) == ("billable ×3", "i1 billable ×1", "the EHR has other units")
