"""A rulebook in text, for a person: policies with their dates, meanings and sources, payers, tables, rules."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from functools import partial

from fhir_adapter.coding.finding_ids import FINDING_IDS
from fhir_adapter.coding.rulebook import PolicyChange, Reading, Rule, Rulebook
from fhir_adapter.coding.tables import Tables
from fhir_adapter.errors import RulebookError
from fhir_adapter.rulebooks.timelines import over_time, told


def described(book: Rulebook, on: date | None = None, payer: str | None = None) -> str:
    """All of a rulebook, or what holds on a day, for a payer."""
    readings = _readings(book, on, payer)
    rows = [f"{book.name}: {book.title}", book.hash, "", _heading(book, on, payer)]
    for name, changes in book.payer_policies.get(payer or "", book.policies).items():
        rows += _policy(name, [change for change in changes if on is None or _holds(change, on)])
    rows += ["", "payers", *_payers(book)] if book.payers else []
    classes = list(_classes(readings))
    rows += ["", "drug classes", *classes] if classes else []
    rows += ["", "tables", *_tables(book.tables, readings)]
    rows += ["", "rules", *(_rule(rule) for rule in book.rules.values() if on is None or rule.in_force(on))]
    rows += ["", "findings", *(f"  {id_}: {says}" for id_, says in FINDING_IDS.items())]
    return "\n".join(rows)


def _readings(book: Rulebook, on: date | None, payer: str | None) -> tuple[Reading, ...]:
    if on is None:
        return book.payer_readings.get(payer or "", book.readings)
    reading = book.reading(on, payer)
    if reading is None:
        raise RulebookError(f"{book.name} has no rule in force on {on}; its rules begin on {book.readings[0].first}")
    return (reading,)


def _heading(book: Rulebook, on: date | None, payer: str | None) -> str:
    said = f"policies on {on}" if on else "policies"
    if payer is None:
        return said
    return f"{said} for {book.payers[payer].title}" if payer in book.payers else f"{said} for {payer}: as for everyone"


def _holds(change: PolicyChange, on: date) -> bool:
    return change.first <= on and (change.last is None or on <= change.last)


def _policy(name: str, changes: list[PolicyChange]) -> Iterator[str]:
    for change in changes:
        until = f" to {change.last}" if change.last else ""
        yield f"  {name} = {change.value}  (from {change.first}{until})"
        yield f"    {change.source.means} [{', '.join(change.source.cites)}]"


def _payers(book: Rulebook) -> Iterator[str]:
    for key, payer in book.payers.items():
        own = [policy for policy, changes in book.payer_policies[key].items() if changes != book.policies[policy]]
        reads = f"reads {', '.join(own)} otherwise" if own else "reads the policies as everyone"
        yield f"  {key}: {payer.title}; {reads} [{', '.join(payer.rules)}]"


def _classes(readings: tuple[Reading, ...]) -> Iterator[str]:
    for drug in sorted({drug for reading in readings for drug in reading.drug_classes}):
        yield f"  {drug}: {told(over_time(readings, partial(_class, drug)))}"


def _class(drug: str, reading: Reading) -> str:
    return reading.drug_classes.get(drug, "by the catalog")


def _tables(tables: Tables, readings: tuple[Reading, ...]) -> Iterator[str]:
    kinds = (tables.add_ons, tables.mues, tables.ptps, tables.opps)
    for edition in (release.edition for kind in kinds for release in kind):
        yield f"  {edition.table} {edition.name}  ({edition.first} to {edition.last})"
    for code in sorted({code for reading in readings for code in reading.parents}):
        yield f"  {code} {told(over_time(readings, partial(_primaries, code)))}"
    yield f"  {tables.hash}"


def _primaries(code: str, reading: Reading) -> str:
    own = reading.parents.get(code)
    return f"may follow {' or '.join(own)}, whatever the table says" if own else "follows the table"


def _rule(rule: Rule) -> str:
    until = f" to {rule.last}" if rule.last else ""
    return f"  {rule.id} {rule.title}: {rule.says} ({rule.source}; from {rule.first}{until})"
