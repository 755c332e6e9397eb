"""A visit of the demo, as its file says it: who came, what was given when and how much, and what the document printed.

One TOML file per visit; the files of a folder are played in the order of their names. Doses are decimals, times have
their offset. Refuses an unknown key, a time without an offset, a correction of a drug that was not given.
"""

from __future__ import annotations

import tomllib
from datetime import date, datetime
from decimal import Decimal
from importlib.resources import as_file, files
from pathlib import Path
from typing import Annotated, Literal

import msgspec

from fhir_adapter.errors import ConfigurationError

Way = Literal["infusion", "push", "pump", "oral"]
Instant = Annotated[datetime, msgspec.Meta(tz=True)]


class Person(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    family: str
    given: str
    gender: Literal["female", "male", "other", "unknown"]
    birth_date: date


class Given(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    drug: str
    rxnorm: str
    way: Way
    start: Instant
    mg: Decimal
    ndc: str | None = None
    stop: Instant | None = None


class Correction(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The stop that should have been charted."""

    drug: str
    stop: Instant


class Withdrawal(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What was charted by mistake."""

    drug: str


class PrintedDrug(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A drug line of the document: its units, and the billing unit that it names itself."""

    code: str
    drug: str
    units: int
    unit_mg: Decimal
    note: str | None = None

    @property
    def mg(self) -> Decimal:
        return self.units * self.unit_mg


class Document(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    lines: dict[str, int] = {}
    drugs: tuple[PrintedDrug, ...] = ()


class VisitFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: str
    about: str
    class_: str = msgspec.field(name="class")
    start: Instant
    stop: Instant
    payer: str
    patient: Person
    given: Annotated[tuple[Given, ...], msgspec.Meta(min_length=1)]
    correction: Correction | None = None
    withdrawal: Withdrawal | None = None
    document: Document = Document()


def visits_in(folder: Path | None) -> tuple[VisitFile, ...]:
    """The visits of a folder; without one, those that come with the product."""
    with as_file(files(__package__) / "visits") as own:
        found = tuple(_read(path) for path in sorted((folder or own).glob("*.toml")))
    if not found:
        raise ConfigurationError(f"{folder}: there is no visit (*.toml) in this folder")
    return found


def _read(path: Path) -> VisitFile:
    try:
        raw = tomllib.loads(path.read_text("utf-8"), parse_float=Decimal)
        visit = msgspec.convert(raw, VisitFile)
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError, msgspec.ValidationError) as error:
        raise ConfigurationError(f"{path}: {error}") from None
    drugs = {one.drug for one in visit.given}
    for name, change in (("correction", visit.correction), ("withdrawal", visit.withdrawal)):
        if change and change.drug not in drugs:
            raise ConfigurationError(f"{path}: {name}.drug: {change.drug!r} was not given in this visit")
    return visit
