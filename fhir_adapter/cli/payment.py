"""What the lines of a coded visit are worth, as `code` shows it: national rates, for people, never in a ChargeItem."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fhir_adapter.catalog.prices import Rates
    from fhir_adapter.coding import VisitResult
    from fhir_adapter.vocabulary import Setting


def with_payment(result: VisitResult, setting: Setting, rates: Rates) -> dict[str, Any]:
    """The result as its contract has it, and `payment`: one row per line in their order, and the sum."""
    import msgspec

    from fhir_adapter.catalog.prices import worth

    lines = worth(result.lines, setting, rates)
    total, unknown = summed([one.amount for one in lines])
    return {**msgspec.to_builtins(result), "payment": {"lines": lines, "total": total, "without_rate": unknown}}


def payment_told(result: VisitResult, setting: Setting, rates: Rates) -> str:
    """A table below the lines."""
    from fhir_adapter.catalog.prices import worth

    priced = worth(result.lines, setting, rates)
    total, unknown = summed([one.amount for one in priced])
    rows = ["  national rates (no charge, no contract):"] if priced else []
    for line, one in zip(result.lines, priced, strict=True):
        amount = "no rate" if one.amount is None else f"{one.amount:,.2f}"
        code = "-".join((line.code, *line.modifiers))
        rows.append(f"  {line.date}  {code:<12} x{line.units:<4} {amount:>12}  {one.why}")
    if priced:
        rows.append(f"  {'sum':<29} {total:>12,.2f}" + (f"  without {unknown} without a rate" if unknown else ""))
    return "\n".join(rows)


def summed(amounts: list[Decimal | None]) -> tuple[Decimal, int]:
    """The sum of what is known, and how many lines are not."""
    known = [amount for amount in amounts if amount is not None]
    return sum(known, Decimal()), len(amounts) - len(known)
