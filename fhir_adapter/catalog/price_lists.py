"""Reads the price lists of `data/` and those that a site has installed: `rates`, `opps` and `limits` files.

A rate that is no number is refused with its code (`RulebookError`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import lru_cache

from fhir_adapter.catalog.load import shipped_texts
from fhir_adapter.catalog.prices import PriceList, Prices, Rate
from fhir_adapter.coding.release_text import Edition, ReleaseText, read_release
from fhir_adapter.coding.tables import newest_first
from fhir_adapter.errors import RulebookError


def load_prices(releases: Mapping[str, str] | None = None) -> Prices:
    """The price lists that ship, with a site's releases (table texts by file name)."""
    return _prices(tuple(sorted((releases or {}).items())))


@lru_cache(maxsize=4)
def _prices(releases: tuple[tuple[str, str], ...]) -> Prices:
    facility: list[PriceList] = []
    office: list[PriceList] = []
    for name, text in {**shipped_texts(), **dict(releases)}.items():
        kind = name.partition(".")[0].partition("-")[0]
        if kind == "rates":
            facility += _yearly(name, read_release(text, name), "opps")
            office += _yearly(name, read_release(text, name), "mpfs")
        elif kind == "opps":
            facility.append(_opps(name, read_release(text, name)))
        elif kind == "limits":
            office.append(_limits(name, read_release(text, name)))
    return Prices(newest_first(facility), newest_first(office))


def _yearly(name: str, text: ReleaseText, system: str) -> Iterator[PriceList]:
    rows = [row for row in text.rows if row["system"] == system]
    for year in sorted({row["year"] for row in rows}):
        edition = Edition(text.edition.table, year, date(int(year), 1, 1), date(int(year), 12, 31))
        rates = {row["code"]: _yearly_rate(name, row) for row in rows if row["year"] == year}
        yield PriceList(edition, rates, whole_year=True)


def _yearly_rate(name: str, row: Mapping[str, str]) -> Rate:
    apc = f", APC {row['apc']}" if row["apc"] else ""
    status = f", status {row['status']}" if row["status"] else ""
    list_ = "OPPS" if row["system"] == "opps" else "physician fee schedule"
    return Rate(row["status"], _amount(name, row, "rate"), f"{list_} {row['year']}{status}{apc} ({row['source']})")


def _opps(name: str, text: ReleaseText) -> PriceList:
    said = f"OPPS {text.edition.name}"
    rates = {r["code"]: Rate(r["status"], _amount(name, r, "rate"), f"{said}, status {r['status']}") for r in text.rows}
    return PriceList(text.edition, rates, whole_year=True)


def _limits(name: str, text: ReleaseText) -> PriceList:
    said = f"payment limit {text.edition.name}"
    return PriceList(text.edition, {row["code"]: Rate("", _amount(name, row, "limit"), said) for row in text.rows})


def _amount(name: str, row: Mapping[str, str], column: str) -> Decimal | None:
    try:
        return Decimal(row[column]) if row[column] else None
    except InvalidOperation:
        raise RulebookError(f"{name}: the {column} of {row['code']} is no number") from None
