"""What Medicare pays for each line, by setting and date: for people who judge a visit, never for a ChargeItem.

The problem: the same line is paid by three lists, some lines are paid inside others, and a missing rate is no zero.

Worked examples, 2026. 96413 ×1 in a facility: OPPS status S, 344.22 from the hospital's list. 96368 there: status N,
paid inside the others, 0. J9035 ×68 in an office on 2026-08-03: the payment limit of 2026Q3 times 68. 96415 of 2024:
no list of 2024 was loaded, so there is no amount, and the line says so.

Decided: a code with status Q1 is paid inside a line of the same date with status S, T or V. A list of another year is
never used for an administration code; a drug's payment limit of an earlier quarter is used and named. Left out:
sequestration, wage index, copayment, contracts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal

import msgspec

from fhir_adapter.coding.model import Line
from fhir_adapter.coding.release_text import Edition
from fhir_adapter.coding.tables import by_preference
from fhir_adapter.vocabulary import Setting

_BESIDE = frozenset({"S", "T", "V"})
_NOTHING_PAID = "is not paid under this list"


class Rate(msgspec.Struct, frozen=True):
    """A row of a price list; `rate` is None where the list gives none."""

    status: str
    rate: Decimal | None
    basis: str


class PriceList(msgspec.Struct, frozen=True):
    """A dated list; with `whole_year`, it says nothing about another year."""

    edition: Edition
    rates: Mapping[str, Rate]
    whole_year: bool = False

    def rate(self, code: str, on: date) -> Rate | None:
        if on < self.edition.first or (self.whole_year and on.year != self.edition.first.year):
            return None
        return self.rates.get(code)


class Price(msgspec.Struct, frozen=True, kw_only=True):
    """What one line is paid; `amount` is None where no list says it, and `note` says why."""

    code: str
    modifiers: tuple[str, ...]
    date: date
    units: int
    amount: Decimal | None
    rate: Decimal | None
    basis: str
    note: str = ""


class Payment(msgspec.Struct, frozen=True, kw_only=True):
    """All lines of a visit, in their order. `total` is over those that have an amount."""

    lines: tuple[Price, ...]
    total: Decimal
    without_rate: int


class Prices(msgspec.Struct, frozen=True):
    """Price lists, each kind newest first."""

    facility: tuple[PriceList, ...]
    office: tuple[PriceList, ...]

    def payment(self, lines: Sequence[Line], setting: Setting) -> Payment:
        """What the lines of one visit are paid in this setting."""
        found = [self._rate(line, setting) for line in lines]
        beside = {line.date for line, rate in zip(lines, found, strict=True) if rate and rate.status in _BESIDE}
        prices = tuple(_price(line, rate, setting, beside) for line, rate in zip(lines, found, strict=True))
        amounts = [one.amount for one in prices if one.amount is not None]
        return Payment(lines=prices, total=sum(amounts, Decimal()), without_rate=len(prices) - len(amounts))

    def _rate(self, line: Line, setting: Setting) -> Rate | None:
        lists = self.facility if setting == "facility" else self.office
        found = (one.rate(line.code, line.date) for one in by_preference(lists, line.date))
        return next((rate for rate in found if rate is not None), None)


def _price(line: Line, rate: Rate | None, setting: Setting, beside: set[date]) -> Price:
    if rate is None:
        where = "the hospital's list (OPPS)" if setting == "facility" else "the fee schedule or payment limits"
        return _of(line, None, None, "", f"no rate on {line.date} in {where} that is loaded")
    if setting == "facility" and rate.status == "N":
        return _of(line, Decimal(), None, rate.basis, "packaged: paid inside other lines")
    if setting == "facility" and rate.status == "Q1" and line.date in beside:
        return _of(line, Decimal(), rate.rate, rate.basis, "packaged beside a line with status S, T or V")
    if rate.rate is None:
        return _of(line, None, None, rate.basis, f"status {rate.status} {_NOTHING_PAID}")
    return _of(line, rate.rate * line.units, rate.rate, rate.basis, "")


def _of(line: Line, amount: Decimal | None, rate: Decimal | None, basis: str, note: str) -> Price:
    rounded = None if amount is None else amount.quantize(Decimal("0.01"))
    return Price(
        code=line.code,
        modifiers=line.modifiers,
        date=line.date,
        units=line.units,
        amount=rounded,
        rate=rate,
        basis=basis,
        note=note,
    )
