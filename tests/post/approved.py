"""Charges whose ChargeItem was read by a person once and kept whole: `fixtures/charge_items/NAME.json`."""

from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path

from fhir_adapter.post import Names
from fhir_adapter.reconcile import Charge, ChargeKey, Place, Provenance, Reason

FIXTURES = Path(__file__).parents[2] / "fixtures" / "charge_items"
NAMES = Names(base="https://example.org/fhir-adapter", source="main")
ENTERED = datetime(2026, 5, 4, 20, 15, 30, 999, tzinfo=UTC)
CENTRAL = timezone(timedelta(hours=-5))
PLACE = Place(
    subject="Patient/p1",
    accounts=("Account/ac1",),
    performer="Organization/riverside",
    reasons=(
        Reason(
            codings=(("http://hl7.org/fhir/sid/icd-10-cm", "C83.30", "Diffuse large B-cell lymphoma"),), text="lymphoma"
        ),
    ),
)


def charge(code="96413", *, modifiers=(), ndc=None, **changes):
    key = ChargeKey(source="main", encounter="e1", date=date(2026, 5, 4), code=code, modifiers=modifiers, ndc=ndc)
    fields = {
        "key": key,
        "system": "CPT" if code.isdigit() else "HCPCS",
        "units": 1,
        "administrations": ("a1",),
        "start": datetime(2026, 5, 4, 9, 0, tzinfo=CENTRAL),
        "stop": datetime(2026, 5, 4, 13, 0, tzinfo=CENTRAL),
        "because": "The first hour of rituximab, 240 minutes by vein.",
        "citations": ("R2.2", "R4.1"),
        "minutes": 240,
        "rulebook": "cpt-2026",
        "provenance": Provenance(
            rulebook_hash="sha256:0123456789abcdef0123", data_hash="sha256:fedcba9876543210", engine="1.4.0"
        ),
        "place": PLACE,
    }
    return Charge(**(fields | changes))


CASES = {
    "infusion": (charge(), "billable", NAMES),
    "push": (
        charge("96375", stop=None, minutes=None, administrations=("a2", "a3"), place=Place(subject="Patient/p1")),
        "billable",
        NAMES,
    ),
    "drug": (
        charge("J9312", units=68, modifiers=("59", "JZ"), ndc="50242005306", minutes=None),
        "billable",
        NAMES,
    ),
    "reversed": (charge(units=3), "entered-in-error", NAMES),
    "sandbox-run": (
        charge(),
        "billable",
        Names(base="https://example.org/fhir-adapter/", source="main", enterer="Device/adapter", run="run-7"),
    ),
}
