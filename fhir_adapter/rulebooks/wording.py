"""What is written in a rulebook file has to say something: no blank source or title, no code that nobody knows.

    source = " "                     → own.toml:7: policies.pump-start[0].source: is blank
    parents = ["96413", "9641"]      → own.toml:4: tables.add-ons[0].parents: '9641' is no CPT or HCPCS code
    name = "cpt-2026"                → own.toml:1: name: 'cpt-2026' is the name of a rulebook that ships; …

Decided: a code must be in the form of CPT or HCPCS and stand in a CMS table that ships; a name must be the file's own,
since lines are cited and visits are kept under it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache

from fhir_adapter.rulebooks.chain import rulebook_names
from fhir_adapter.rulebooks.file import Dated, ParentsText, Path, PayerText, PolicyText
from fhir_adapter.rulebooks.form import Flaw, Source
from fhir_adapter.rulebooks.tables import load_tables

TABLES = ("add-ons",)
_CODE = re.compile(r"[0-9]{5}|[0-9]{4}[A-Z]|[A-Z][0-9]{4}")


def wording_faults(source: Source, below: Sequence[str]) -> Iterator[Flaw]:
    """`below` has the names of the files that it extends."""
    yield from _name_faults(source, below)
    yield from _day_faults(source)
    for id_, rule in source.file.rules.items():
        yield from _blank(source, ("rules", id_), {"title": rule.title, "says": rule.says, "source": rule.source})
        if rule.source is None:
            yield source.fault(("rules", id_), "has no source")
    for policy, meanings in source.file.values.items():
        for value, meant in meanings.items():
            yield from _blank(source, ("values", policy, value), {"means": meant.means})
    yield from _readings(source, ("policies",), source.file.policies)
    for place, row in enumerate(source.file.drug_classes):
        yield from _entry(source, ("drug_classes", place), row, {"drug": row.drug})
    for place, parents in enumerate(source.file.add_ons):
        yield from _add_on(source, ("tables", "add-ons", place), parents)
    for key, payer in source.file.payers.items():
        yield from _payer(source, key, payer)


def _name_faults(source: Source, below: Sequence[str]) -> Iterator[Flaw]:
    file = source.file
    yield from _blank(source, (), {key: said for key, said in (("name", file.name), ("title", file.title))
                                   if not source.lost_in(key)})  # fmt: skip
    if file.name != file.name.strip() and file.name.strip():
        yield source.fault(("name",), "begins or ends with a blank")
    if file.name in rulebook_names() and source.name != f"{file.name}.toml":
        yield source.fault(("name",), f"{file.name!r} is the name of a rulebook that ships; give yours its own")
    elif file.name and file.name in below:
        yield source.fault(("name",), f"{file.name!r} is the name of what it extends too; each file has its own")


def _day_faults(source: Source) -> Iterator[Flaw]:
    file = source.file
    if file.from_ is not None and file.to is not None and file.to < file.from_:
        yield source.fault(("to",), f"{file.to} is before its from, {file.from_}")
    for key, day in (("from", file.from_), ("to", file.to)):
        if file.extends is not None and day is not None:
            yield source.fault((key,), "the base has the first and last day; write the days at each reading")


def _readings(source: Source, at: Path, policies: Mapping[str, Sequence[PolicyText]]) -> Iterator[Flaw]:
    for policy, readings in policies.items():
        for place, reading in enumerate(readings):
            yield from _entry(source, (*at, policy, place), reading, {"means": reading.means})


def _entry(source: Source, path: Path, entry: Dated, texts: Mapping[str, str | None]) -> Iterator[Flaw]:
    yield from _blank(source, path, {"source": entry.source, **texts})


def _add_on(source: Source, path: Path, row: ParentsText) -> Iterator[Flaw]:
    yield from _entry(source, path, row, {})
    for key, codes in (("code", (row.code,)), ("parents", row.parents)):
        for code in codes:
            if wrong := _code_fault(code):
                yield source.fault((*path, key), wrong)
    if not row.parents:
        yield source.fault((*path, "parents"), "names no primary")
    if row.code in row.parents:
        yield source.fault((*path, "parents"), f"{row.code} cannot be its own primary")


def _payer(source: Source, key: str, payer: PayerText) -> Iterator[Flaw]:
    path: Path = ("payers", key)
    if not key.strip() or key != key.strip():
        yield source.fault(path, f"{key!r} is no payer of a visit: it is blank, or begins or ends with a blank")
    if not source.lost_in(*path):
        yield from _blank(source, path, {"title": payer.title})
    yield from _readings(source, (*path, "policies"), payer.policies)
    for place, row in enumerate(payer.drug_classes):
        yield from _entry(source, (*path, "drug_classes", place), row, {"drug": row.drug})


def _blank(source: Source, path: Path, texts: Mapping[str, str | None]) -> Iterator[Flaw]:
    for key, text in texts.items():
        if text is not None and not text.strip():
            yield source.fault((*path, key), "is blank")


def _code_fault(code: str) -> str | None:
    if _CODE.fullmatch(code) is None:
        return f"{code!r} is no CPT or HCPCS code: five characters, such as 96417 or G0498"
    return None if code in _known_codes() else f"{code} stands in no CMS table of add-ons or units (MUE)"


@cache
def _known_codes() -> frozenset[str]:
    tables = load_tables()
    units: Iterable[str] = (code for mue in tables.mues for code in (*mue.facility, *mue.practitioner))
    rows = [(code, row) for release in tables.add_ons for code, row in release.add_ons.items()]
    add_ons = (code for own, row in rows for code in (own, *row.parents, *row.practitioner_parents))
    return frozenset((*units, *add_ons))
