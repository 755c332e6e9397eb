"""One visit as it is kept, and a clock that stands: what the tests of the desk look at."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import msgspec

from fhir_adapter.coding.model import Administration, Finding, Line, Quantity, Share, Visit, VisitResult
from fhir_adapter.derive import Difference, SecondOpinion
from fhir_adapter.store import due, visits
from fhir_adapter.store.visits import CodedVisit

NOW = datetime(2026, 5, 4, 20, 0, tzinfo=UTC)
DAY = date(2026, 5, 4)


class Clock:
    """Stands until it is moved."""

    def __init__(self):
        self.now = NOW

    def __call__(self):
        return self.now

    def move(self, **length):
        self.now += timedelta(**length)


def at(text):
    return datetime.fromisoformat(f"2026-05-{text}:00-05:00")


def given(name, technique, start, stop=None, **fields):
    return Administration(id=name, technique=technique, start=at(start), stop=at(stop) if stop else None, **fields)


ADMINISTRATIONS = (
    given("a1", "infusion", "04T09:00", "04T13:00", drug="rituximab", dose=Quantity(Decimal("675"), "mg"), site="left"),
    given("a2", "infusion", "04T12:30", "04T13:30", drug="ondansetron", dose=Quantity(Decimal("8"), "mg"), site="left"),
    given("a3", "push", "04T13:40", drug="vincristine <b>", dose=Quantity(Decimal("2"), "mg")),
    given("a4", "infusion", "04T14:00", drug="cyclophosphamide", dose=Quantity(Decimal("1350"), "mg"), site="left"),
    given("a5", "pump", "04T15:00", "06T13:00", drug="fluorouracil", dose=Quantity(Decimal("4800"), "mg")),
)
VISIT = Visit(id="e1/2026-05-04", setting="facility", payer="medicare", administrations=ADMINISTRATIONS)


def line(code, units, administrations, **fields):
    system = "CPT" if code.isdigit() else "HCPCS"
    shares = (Share("e1", units),)
    fields = {"because": f"why {code}", "citations": ("R2.2",)} | fields
    return Line(
        code=code, system=system, units=units, date=DAY, shares=shares, administrations=administrations, **fields
    )


def coded(rulebook, lines, findings=()):
    return VisitResult(
        id=VISIT.id, rulebook=rulebook, rulebook_hash="sha256:" + "a" * 64, data_hash="sha256:" + "b" * 64,
        engine="0.1.0", disposition="held", lines=lines, findings=findings,
    )  # fmt: skip


RESULT = coded(
    "carecost-96417",
    (
        line("96413", 1, ("a1",), minutes=60),
        line("96415", 3, ("a1",), minutes=180),
        line("96417", 1, ("a3",)),
        line("J9312", 68, ("a1",), ndc="50242005306"),
    ),
    (
        Finding(
            id="stop-time-missing", severity="error", administrations=("a4",),
            message="The infusion has no stop.", fix="Chart when it stopped.",
        ),
    ),
)  # fmt: skip
OTHER = coded("cpt-2026", (line("96413", 1, ("a1",)), line("96415", 3, ("a1",)), line("96411", 1, ("a3",))))
OPINION = SecondOpinion(
    result=OTHER,
    differences=(
        Difference(
            code="96411", modifiers=(), date=DAY, units=0, other_units=1, policies=("sequential-chemo-push",),
            because="A push of a further drug is 96411.", citations=("R6.1",),
        ),
    ),
)  # fmt: skip


def kept(key=VISIT.id, result=RESULT, **changes):
    fields = {
        "key": key, "rulebook": result.rulebook, "rulebook_hash": result.rulebook_hash, "data_hash": result.data_hash,
        "engine": result.engine, "disposition": result.disposition, "state": "held", "held_by": ("stop-time-missing",),
        "lines": len(result.lines), "result": msgspec.json.encode(result),
        "second_opinion": msgspec.json.encode(OPINION),
        "chart": msgspec.json.encode({"patient": "Patient/p1", "visit": VISIT, "setting_known": True}),
    }  # fmt: skip
    return CodedVisit(**(fields | changes))


def keep(conn, *coded_visits, patient="Patient/p1"):
    """As the pipeline does, for a claimed patient."""
    due.mark(conn, "main", patient, settle=timedelta(0), max_wait=timedelta(0))
    (claim,) = due.claim(conn, slots=1, lease=timedelta(minutes=1), max_attempts=5)
    numbers = [visits.keep(conn, claim, visit) for visit in coded_visits]
    due.finish(conn, claim)
    return numbers
