"""When the demo goes on: not before the charges are those of the chart as it is now."""

from decimal import Decimal

import pytest

from fhir_adapter.demo.waiting import Watch

START, WAS, NOW = "2026-05-04T09:00:00-05:00", "2026-05-04T13:00:00-05:00", "2026-05-04T12:25:00-05:00"


def administration(status="completed"):
    """As the EHR has it, its stop corrected."""
    return {"id": "a1", "status": status, "effectivePeriod": {"start": START, "end": NOW}}


def item(version, units):
    return {
        "id": "7",
        "meta": {"versionId": str(version)},
        "status": "billable",
        "code": {"coding": [{"code": "96415"}]},
        "quantity": {"value": Decimal(units)},
    }


def sheet(stop, version, units, *, pending=False):
    charge = {"item": "7", "version": str(version), "code": "96415", "units": units, "status": "billable"}
    given = [] if stop is None else [{"id": "a1", "start": START, "stop": stop}]
    return {"newest": 1, "administrations": given, "charges": [charge | {"pending": pending}]}


class Ehr:
    def __init__(self, charted, *items):
        self.charted, self.items = charted, list(items)

    def search(self, kind, **_):
        if kind == "MedicationAdministration":
            return [self.charted]
        return [self.items.pop(0) if len(self.items) > 1 else self.items[0]]


class Desk:
    def __init__(self, *sheets):
        self.sheets = list(sheets)

    def visits(self):
        return [{"id": 1, "key": "e1/2026-05-04"}]

    def visit(self, number):
        return self.sheets.pop(0)


@pytest.mark.parametrize(
    ("items", "too_early"),
    [
        ([item(1, 3), item(2, 2)], sheet(WAS, 1, 3)),  # both agree, on the chart as it was
        ([item(1, 3), item(2, 2)], sheet(NOW, 1, 2, pending=True)),  # coded, the amendment is on its way
        ([item(1, 3), item(2, 2)], sheet(NOW, 2, 2)),  # sent, and this search was before it
    ],
)
def test_it_waits_until_the_charges_are_those_of_the_chart(items, too_early):
    desk = Desk(too_early, sheet(NOW, 2, 2))
    settled = Watch(Ehr(administration(), *items), desk, must_live=lambda: None).settled("e1")
    assert (desk.sheets, [(line.version, line.units) for line in settled.charges]) == ([], [(2, 2)])


def test_what_was_entered_in_error_has_to_be_gone_from_the_coded_chart():
    desk = Desk(sheet(NOW, 2, 2), sheet(None, 2, 2))
    Watch(Ehr(administration("entered-in-error"), item(2, 2)), desk, must_live=lambda: None).settled("e1")
    assert desk.sheets == []
