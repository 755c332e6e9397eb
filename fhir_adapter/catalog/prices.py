"""What a line is worth under the published national rates: for reports and people, never for a ChargeItem.

    facility      OPPS Addendum B of the year, administrations and drugs
    office        MPFS total of the year for administrations; ASP payment limits of the quarter for drugs

Worked examples, 2026. Hospital, 96413 ×1 and 96375 ×1: each at its rate. 96376 ×1 there: status N, packaged, 0. 96372
×1 beside 96413: status Q1 beside a status S line, packaged, 0; alone on its date it has its rate. A hospital's J1100:
packaged, 0. An office's drug on a date before the first quarter that is here: no rate, and it says so.

Decided: rates are used on the dates they were published for, a later date is without a rate rather than with an old
one, save payment limits, whose newest earlier quarter is used and named. Left out: wage index, sequester, 340B, a
payer's contract, multiple procedures. Source: docs/data.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from functools import lru_cache
from importlib.resources import files

import msgspec

from fhir_adapter.coding.lines import is_drug
from fhir_adapter.coding.model import Line
from fhir_adapter.coding.release_text import Edition, ReleaseText, read_release
from fhir_adapter.coding.tables import newest_first
from fhir_adapter.vocabulary import Setting

PACKAGED = frozenset({"N"})
PACKAGED_BESIDE = {"Q1": frozenset({"S", "T", "V"}), "Q2": frozenset({"T"})}
"""OPPS status → the statuses beside which it is packaged."""
NOTHING = Decimal(0)
_INSTALLED = {"limits": "ASP payment limits", "opps": "OPPS"}
"""How the file of an imported table begins → the table here."""


class Rate(msgspec.Struct, frozen=True, kw_only=True):
    """`amount` in dollars a unit; None: the table has the code and no rate for it."""

    amount: Decimal | None
    status: str
    table: str
    """Table and release, `OPPS CY2026`."""


class Worth(msgspec.Struct, frozen=True, kw_only=True):
    """What one line is worth in dollars; None with the reason in `why`."""

    code: str
    units: int
    amount: Decimal | None
    why: str


class RateTable(msgspec.Struct, frozen=True, kw_only=True):
    edition: Edition
    rates: Mapping[str, tuple[str, Decimal | None]]
    """Code → OPPS or MPFS status, dollars a unit."""


class Rates(msgspec.Struct, frozen=True, kw_only=True):
    """Every release, by table, the newest first."""

    tables: Mapping[str, Sequence[RateTable]]

    def __call__(self, code: str, setting: Setting, on: date) -> Decimal | None:
        """Dollars a unit, as if nothing were beside it; None where no rate is known."""
        rate = self.of(code, setting, on)
        if rate is None:
            return None
        return NOTHING if rate.status in PACKAGED else rate.amount

    def of(self, code: str, setting: Setting, on: date) -> Rate | None:
        table = "OPPS" if setting == "facility" else "ASP payment limits" if is_drug(code) else "MPFS"
        for release in self.tables.get(table, ()):
            usable = release.edition.first <= on and (table.startswith("ASP") or on <= release.edition.last)
            if usable and code in release.rates:
                status, amount = release.rates[code]
                return Rate(amount=amount, status=status, table=f"{release.edition.table} {release.edition.name}")
        return None


def worth(lines: Iterable[Line], setting: Setting, rates: Rates) -> tuple[Worth, ...]:
    """Each line of one visit, in order."""
    chosen = tuple(lines)
    statuses: dict[date, set[str]] = {}
    for line in chosen:
        if found := rates.of(line.code, setting, line.date):
            statuses.setdefault(line.date, set()).add(found.status)
    return tuple(
        _worth(line, rates.of(line.code, setting, line.date), statuses.get(line.date, set())) for line in chosen
    )


def _worth(line: Line, rate: Rate | None, beside: set[str]) -> Worth:
    amount, why = _judged(line, rate, beside)
    return Worth(code=line.code, units=line.units, amount=amount, why=why)


def _judged(line: Line, rate: Rate | None, beside: set[str]) -> tuple[Decimal | None, str]:
    if rate is None:
        return None, f"no rate is known for {line.date}"
    if rate.status in PACKAGED or PACKAGED_BESIDE.get(rate.status, frozenset()) & beside:
        return NOTHING, f"packaged (status {rate.status}, {rate.table})"
    if rate.amount is None:
        return None, f"{rate.table} has no rate for it"
    return rate.amount * line.units, f"{rate.amount} a unit ({rate.table})"


def load_rates(releases: Mapping[str, str] | None = None) -> Rates:
    """The rates that ship; with a site's installed releases (texts by file name), its `limits` and `opps` over them."""
    own = {name: text for name, text in (releases or {}).items() if name.startswith(tuple(_INSTALLED))}
    return _rates_over(tuple(sorted(own.items())))


def shipped_rates() -> tuple[str, ...]:
    """Each table of rates that ships, with its days and where its rows came from."""
    texts = (read_release(text, name) for name, text in _shipped())
    return tuple(
        f"rates {text.edition.table} {text.edition.name}: {text.edition.first} to {text.edition.last}, {text.source}"
        for text in texts
    )


def _shipped() -> list[tuple[str, str]]:
    folder = files(__package__) / "rates"
    return sorted((file.name, file.read_text("utf-8")) for file in folder.iterdir() if file.name.endswith(".csv"))


@lru_cache(maxsize=4)
def _rates_over(own: tuple[tuple[str, str], ...]) -> Rates:
    tables = [_table(read_release(text, name)) for name, text in _shipped()]
    tables += [_installed(name, read_release(text, name)) for name, text in own]
    by_table: dict[str, list[RateTable]] = {}
    for table in tables:
        by_table.setdefault(table.edition.table, []).append(table)
    return Rates(tables={name: newest_first(found) for name, found in by_table.items()})


def _table(text: ReleaseText) -> RateTable:
    return RateTable(edition=text.edition, rates={r["code"]: (r["status"], _dollars(r["rate"])) for r in text.rows})


def _installed(name: str, text: ReleaseText) -> RateTable:
    """An imported table; Addendum B counts until the end of its year."""
    edition = msgspec.structs.replace(text.edition, table=_INSTALLED[name.partition("-")[0]])
    if name.startswith("opps"):
        rates = {row["code"]: (row["status"], _dollars(row["rate"])) for row in text.rows}
        return RateTable(edition=msgspec.structs.replace(edition, last=date(edition.last.year, 12, 31)), rates=rates)
    return RateTable(edition=edition, rates={row["code"]: ("", _dollars(row["limit"])) for row in text.rows})


def _dollars(text: str) -> Decimal | None:
    return Decimal(text) if text else None
