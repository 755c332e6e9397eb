"""From charges to lines: one per code, modifiers and date, with summed units, in the contract's order (D31, D36)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from functools import lru_cache

from fhir_adapter.coding.given import Charge, ids_of
from fhir_adapter.coding.model import Line, Share

ADMINISTRATION_HCPCS = frozenset({"G0498", "C8957"})


def lines_of(charges: list[Charge]) -> tuple[Line, ...]:
    by_key: dict[tuple[date, str, tuple[str, ...]], list[Charge]] = {}
    for charge in charges:
        by_key.setdefault((charge.date, charge.code, charge.modifiers), []).append(charge)
    return tuple(_line(same) for _, same in sorted(by_key.items()))


def in_order(lines: tuple[Line, ...]) -> tuple[Line, ...]:
    """By date, administration codes before drug codes, then by code."""
    return tuple(
        sorted(lines, key=lambda line: (line.date, is_drug(line.code), line.code, line.modifiers, line.ndc or ""))
    )


@lru_cache(maxsize=4096)
def is_drug(code: str) -> bool:
    return not code.isdigit() and code not in ADMINISTRATION_HCPCS


def _line(charges: list[Charge]) -> Line:
    ordered = sorted(charges, key=lambda charge: charge.first)
    first = ordered[0]
    minutes = [charge.minutes for charge in _distinct(ordered) if charge.minutes is not None]
    return Line(
        code=first.code,
        system="CPT" if first.code.isdigit() else "HCPCS",
        units=sum([charge.units for charge in ordered]),
        modifiers=first.modifiers,
        date=first.date,
        shares=_shares(ordered),
        administrations=ids_of(tuple([given for charge in ordered for given in charge.givens])),
        minutes=sum(minutes) if minutes else None,
        because=_one_sentence([charge.because for charge in ordered]),
        citations=tuple(dict.fromkeys([cite for charge in ordered for cite in charge.cites])),
    )


def _one_sentence(clauses: Iterable[str]) -> str:
    return "; ".join(dict.fromkeys([clause.removesuffix(".") for clause in clauses])) + "."


def _distinct(charges: list[Charge]) -> list[Charge]:
    """The hours of one infusion rest on the same minutes: they are counted once."""
    return list({charge.givens: charge for charge in charges}.values())


def _shares(charges: list[Charge]) -> tuple[Share, ...]:
    units: dict[str | None, int] = {}
    for charge in charges:
        units[charge.site[0]] = units.get(charge.site[0], 0) + charge.units
    return tuple([Share(encounter, count) for encounter, count in units.items()])
