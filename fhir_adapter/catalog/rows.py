"""One row of a table file → one fact. A date, number or class that is none is refused with the row's key."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import get_args

from fhir_adapter.catalog.book import Label, Product, Units
from fhir_adapter.catalog.codes import Code, Kind
from fhir_adapter.catalog.crosswalk import CrosswalkRelease
from fhir_adapter.catalog.meanings import Dated
from fhir_adapter.coding.model import Quantity
from fhir_adapter.coding.release_text import ReleaseText
from fhir_adapter.errors import RulebookError
from fhir_adapter.vocabulary import Container

_KINDS: dict[str, Kind] = {kind: kind for kind in get_args(Kind)}
_CONTAINERS: dict[str, Container] = {"single-dose": "single-dose", "multi-dose": "multi-dose"}


def code_of(row: dict[str, str]) -> Code:
    """A row of `codes.csv`."""
    precise_rxcui, _, precise_name = row["precise"].partition(":")
    try:
        return Code(
            code=row["code"],
            first=_day(row["from"]),
            dated_by=row["dated_by"],
            last=_day(row["to"]),
            unit=Quantity(Decimal(row["amount"]), row["unit"]) if row["amount"] else None,
            kind=_kind(row["class"]),
            payers_differ=row.get("payers_differ") == "yes",
            routes=frozenset(row["route"].split("/")) if row["route"] else frozenset(),
            marks=tuple(row["marks"].split()),
            rxcui=row["rxcui"],
            ingredient=row["ingredient"],
            precise_rxcui=precise_rxcui,
            precise_name=precise_name,
            descriptor=row["descriptor"],
        )
    except (ValueError, ArithmeticError):
        raise _wrong("codes.csv", row["code"]) from None


def crosswalk_of(name: str, text: ReleaseText) -> CrosswalkRelease:
    covers = tuple((first, last) for first, _, last in (line.partition("-") for line in text.covers))
    codes = {row["ndc"]: tuple(row["codes"].split()) for row in text.rows}
    units = {row["ndc"]: row["units"] for row in text.rows if row.get("units")}
    if not all(codes.values()):
        raise RulebookError(f"{name}: an NDC has no code")
    return CrosswalkRelease(text.edition, covers, codes, {row["ndc"]: row["name"] for row in text.rows}, units)


def dated_of(name: str, text: ReleaseText) -> Iterator[Dated]:
    for row in text.rows:
        try:
            yield Dated(row["code"], date.fromisoformat(row["from"]), _day(row["to"]), row["descriptor"])
        except ValueError:
            raise _wrong(name, row["code"]) from None


def units_of(name: str, text: ReleaseText) -> Units:
    try:
        return Units(
            text.edition,
            {row["code"]: Quantity(Decimal(row["amount"]), row["unit"]) for row in text.rows if row["amount"]},
        )
    except ArithmeticError:
        raise RulebookError(f"{name}: an amount is no number") from None


def labels_of(name: str, text: ReleaseText) -> Iterator[tuple[str, Label]]:
    source = f"{text.edition.table} {text.edition.name}"
    for row in text.rows:
        try:
            yield (
                row["ndc"],
                Label(
                    row["brand"], row["generic"], row["form"], row["route"],
                    _CONTAINERS.get(row["container"]), _day(row["ends"]), source,
                ),
            )  # fmt: skip
        except ValueError:
            raise _wrong(name, row["ndc"]) from None


def products_of(text: ReleaseText) -> dict[str, Product]:
    """Of the shipped table, with codes; of an import, with NDCs."""
    return {
        row["rxcui"]: Product(
            tuple(row.get("codes", "").split()), row["name"], text.edition, tuple(row.get("ndcs", "").split())
        )
        for row in text.rows
    }


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


def _kind(text: str) -> Kind:
    if text not in _KINDS:
        raise ValueError(text)
    return _KINDS[text]


def _wrong(file: str, key: str) -> RulebookError:
    return RulebookError(f"{file}: the row of {key} has a date, number or class that is none")
