"""Rates by setting and date; packaged lines are worth nothing; a line without a rate says so."""

from datetime import date
from decimal import Decimal

import pytest

from fhir_adapter.catalog.prices import load_rates, worth
from fhir_adapter.coding.model import Line, Share

DAY = date(2026, 5, 4)


def line(code, units=1, on=DAY):
    return Line(
        code=code, system="CPT", units=units, date=on, shares=(Share("e1", units),), administrations=("a",),
        because="", citations=(),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("code", "setting", "on", "dollars"),
    [
        ("96365", "facility", DAY, "217.31"),
        ("96365", "office", DAY, "67.14"),
        ("96365", "office", date(2025, 12, 31), "57.90"),
        ("96360", "facility", date(2025, 6, 1), "210.69"),
        ("96376", "facility", DAY, "0"),
        ("96376", "office", DAY, None),
        ("96365", "facility", date(2024, 5, 4), None),
        ("96365", "facility", date(2027, 1, 1), None),
        ("A9573", "office", date(2026, 7, 1), "3.152"),
        ("A9573", "office", date(2026, 11, 1), "3.152"),
        ("A9573", "office", date(2026, 6, 30), None),
        ("Z0000", "facility", DAY, None),
    ],
)
def test_one_unit(code, setting, on, dollars):
    assert load_rates()(code, setting, on) == (None if dollars is None else Decimal(dollars))


def amounts(*lines):
    return [(one.code, one.amount) for one in worth(lines, "facility", load_rates())]


def test_a_line_is_packaged_beside_another_and_paid_alone():
    assert amounts(line("96372")) == [("96372", Decimal("73.56"))]
    assert amounts(line("96372"), line("96413"))[0] == ("96372", Decimal(0))
    assert amounts(line("96372"), line("96413", on=date(2026, 5, 5)))[0] == ("96372", Decimal("73.56"))


def test_units_count_and_the_reason_names_the_table():
    packaged, paid, unknown = worth((line("96376", 2), line("96366", 3), line("J0000")), "facility", load_rates())
    assert (packaged.amount, packaged.why) == (Decimal(0), "packaged (status N, OPPS CY2026)")
    assert (paid.amount, paid.why) == (Decimal("143.52"), "47.84 a unit (OPPS CY2026)")
    assert (unknown.amount, unknown.why) == (None, "no rate is known for 2026-05-04")


def test_every_rate_that_ships_is_a_price():
    tables = load_rates().tables
    assert {name for name in tables} == {"OPPS", "MPFS", "ASP payment limits"}
    for releases in tables.values():
        for release in releases:
            assert all(amount is None or amount > 0 for _, amount in release.rates.values())
