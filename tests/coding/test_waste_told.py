"""D32: the whole answer about what was discarded: which amounts count, JW units, JZ, and each sentence."""

from datetime import date

import pytest
from drugs_by_hand import gave, quantity, reading_of, visit_of

from fhir_adapter.coding.amounts import amount_of
from fhir_adapter.coding.drugs import DrugFacts
from fhir_adapter.coding.model import Finding
from fhir_adapter.coding.release_text import Edition
from fhir_adapter.coding.tables import OppsRelease, Tables
from fhir_adapter.coding.waste import Waste, waste_of

MAY = date(2026, 5, 4)
FACTS = DrugFacts(code="J0100", unit=quantity("100 mg"))
OLD, NEW = (Edition("OPPS status", "a quarter", date(year, 1, 1), date(year, 3, 31)) for year in (2025, 2026))


def tables(status):
    """The code has this status, or none, from 2026 on; before, it was packaged."""
    new = OppsRelease(NEW, {} if status is None else {"J0100": status})
    return Tables(hash="", opps=(new, OppsRelease(OLD, {"J0100": "N"})))


def waste(*administrations, setting="office", status="K", on=MAY):
    amounts = [amount_of(one, place, FACTS) for place, one in enumerate(administrations)]
    answer = waste_of(amounts, on, visit_of(*administrations, setting=setting), reading_of(), tables(status))
    return answer, amounts


def missing(names, *ids):
    return Finding(
        id="container-missing",
        severity="warning",
        administrations=ids,
        message=f"It is not known whether {names} came from single-dose containers, so there is no JW or JZ.",
        fix="Document the container, or set it for the product in the configuration (containers).",
    )


def undocumented(names, *ids):
    return Finding(
        id="waste-undocumented",
        severity="error",
        administrations=ids,
        message=f"What was discarded of {names} is not documented; the payer wants JW or JZ.",
        fix="Document the discarded amount, zero included.",
    )


PAID_UNKNOWN = Finding(
    id="payability-unknown",
    severity="info",
    administrations=("a", "b"),
    message="The OPPS table has no status for J0100; it is treated as paid separately, so JW and JZ apply.",
    fix="Look the code up in Addendum B: a packaged one (N) takes neither.",
)


def test_every_amount_documented_is_jw_or_jz():
    # 150 mg = 2 units, 150 + 150 = 300 whole 3, 3 - 2 = 1
    found, amounts = waste(gave("a", "x", "75 mg", discarded="75 mg"), gave("b", "x", "75 mg", discarded="75 mg"))
    assert found == Waste(tuple(amounts), jw_units=1, jz=False, findings=())
    # 75 mg = 1 unit, 75 + 25 = 100 whole 1, nothing is left
    found, amounts = waste(gave("a", "x", "75 mg", discarded="25 mg"))
    assert found == Waste(tuple(amounts), jw_units=0, jz=True, findings=())


def test_what_is_not_known_of_one_amount_takes_jz_from_all_and_is_named():
    found, amounts = waste(
        gave("a", "x", "100 mg", discarded="0 mg"),
        gave("b", "y", "100 mg", container=None),
        gave("c", "z", "100 mg", container="single-dose"),
        gave("d", "y", "100 mg", container=None),
        gave("e", "x", "100 mg", container="single-dose"),
        gave("f", "w", "100 mg", container="multi-dose", discarded="100 mg"),
    )
    findings = (missing("y", "b", "d"), undocumented("z and x", "c", "e"))
    assert found == Waste((amounts[0],), jw_units=0, jz=False, findings=findings)


def test_only_single_dose_containers_leave_waste():
    # given 200 mg = 2; only the single-dose 100 mg counts: 300 whole 3, 3 - 2 = 1
    found, amounts = waste(
        gave("a", "x", "100 mg", discarded="100 mg"),
        gave("b", "x", "100 mg", container="multi-dose", discarded="300 mg"),
    )
    assert found == Waste((amounts[0],), jw_units=1, jz=False, findings=())


@pytest.mark.parametrize(
    ("setting", "status", "on", "answer"),
    [
        ("facility", "N", MAY, (False, ())),  # packaged
        ("office", "N", MAY, (True, ())),  # only a facility is paid under OPPS
        ("facility", "K", MAY, (True, ())),
        ("facility", "K", date(2025, 5, 4), (False, ())),  # packaged on that date
    ],
)
def test_a_code_that_opps_packages_takes_neither(setting, status, on, answer):
    found, _ = waste(gave("a", "x", "100 mg", discarded="0 mg"), setting=setting, status=status, on=on)
    assert (found.jz, found.findings) == answer


def test_a_code_without_a_status_is_taken_as_paid_and_is_said_first():
    found, amounts = waste(
        gave("a", "x", "100 mg", discarded="0 mg"),
        gave("b", "y", "100 mg", container=None),
        setting="facility",
        status=None,
    )
    assert found == Waste((amounts[0],), jw_units=0, jz=False, findings=(PAID_UNKNOWN, missing("y", "b")))


def test_where_nobody_wants_it_nothing_is_said():
    given = gave("a", "x", "100 mg", container=None)
    amounts = [amount_of(given, 0, FACTS)]
    other = visit_of(given, payer="aetna", setting="facility")
    assert waste_of(amounts, MAY, other, reading_of(), Tables(hash="")) == Waste((), 0, False, ())
