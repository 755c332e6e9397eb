"""Worked visits: small files that say what a visit is and which lines somebody worked out for it, by rulebook.

    title = "Ninety-one minutes of one drug"
    [visit]                       as in docs/visit.md, times as TOML writes them
    [[expected]]
    rulebook = "cpt-2026"
    policies = []                 NAME=VALUE of the run
    lines = ["96413 x1", "96415 x1", "96365-59 x1 on 2026-05-04"]
    complete = true               no other administration line may be there

They are tests, documentation (`docs/rules`) and what `rulebook compare` runs when it is given no visits. Nothing in
the program can write one. Refuses a line that it cannot read, and a visit that breaks the contract.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import msgspec

from fhir_adapter.coding.contract import read_visits
from fhir_adapter.coding.model import Visit
from fhir_adapter.errors import InputFaults, RulebookError

_JSON = msgspec.json.Encoder(decimal_format="number")
_LINE = re.compile(r"([A-Z0-9]{5})((?:-[A-Z0-9]{2})*) x(\d+)(?: on (\d{4}-\d\d-\d\d))?(?: ndc (\d{11}))?")


class ExpectedLine(msgspec.Struct, frozen=True):
    code: str
    modifiers: tuple[str, ...]
    units: int
    on: date | None
    ndc: str | None


class Expectation(msgspec.Struct, frozen=True, kw_only=True):
    """What one rulebook makes of the visit."""

    rulebook: str
    trust: str
    """printed or published; derived: what this rulebook makes of a visit that others printed; own; or doubts."""
    policies: Mapping[str, str]
    lines: tuple[ExpectedLine, ...]
    drug_lines: tuple[ExpectedLine, ...]
    complete: bool
    must_not: tuple[str, ...]
    carc: tuple[str, ...]
    edits: tuple[str, ...]
    """Findings of the CMS tables: add-on-without-primary, mue-exceeded, ncci-ptp, payability-unknown."""
    why: str | None
    """The arithmetic or the reason, in one sentence."""


class Worked(msgspec.Struct, frozen=True, kw_only=True):
    decision: str
    """The folder."""
    name: str
    title: str
    source: Mapping[str, str]
    visit: Visit
    expected: tuple[Expectation, ...]


def worked_folder() -> Path:
    """Where the shipped cases are: beside this module in an installation, in fixtures in a checkout."""
    installed = Path(str(resources.files("fhir_adapter.rulebooks"))) / "cases"
    return installed if installed.is_dir() else Path(__file__).parents[2] / "fixtures" / "cases"


@cache
def worked_visits(folder: Path | None = None) -> tuple[Worked, ...]:
    """Every case of every decision, in the order of their names."""
    files = sorted((folder or worked_folder()).glob("*/*.toml"))
    return tuple(worked for file in files if file.name != "decision.toml" for worked in _read(file))


def _read(file: Path) -> Iterator[Worked]:
    """A file is one case, or `[[cases]]` of a few lines each."""
    raw = tomllib.loads(file.read_text("utf-8"), parse_float=Decimal)
    for place, one in enumerate(raw.get("cases", [raw])):
        name = f"{file.stem}-{place + 1:02}" if "cases" in raw else file.stem
        source = raw.get("source", {}) | one.get("source", {})
        yield Worked(
            decision=file.parent.name,
            name=name,
            title=one["title"],
            source=source,
            visit=_visit(one["visit"], name, file.name),
            expected=tuple(_expected(said, file.name) for said in one["expected"]),
        )


def _visit(raw: dict[str, Any], name: str, file: str) -> Visit:
    try:
        (visit,), _ = read_visits(_JSON.encode({"id": name} | raw))
    except InputFaults as faults:
        raise RulebookError(f"{file}: {faults}") from None
    return visit


def _expected(raw: dict[str, Any], file: str) -> Expectation:
    return Expectation(
        rulebook=raw["rulebook"],
        trust=raw.get("trust", "own"),
        policies=dict(policy.split("=") for policy in raw.get("policies", ())),
        lines=tuple(_line(text, file) for text in raw.get("lines", ())),
        drug_lines=tuple(_line(text, file) for text in raw.get("drug_lines", ())),
        complete=raw.get("complete", False),
        must_not=tuple(raw.get("must_not", ())),
        carc=tuple(raw.get("carc", ())),
        edits=tuple(raw.get("edits", ())),
        why=raw.get("why"),
    )


def _line(text: str, file: str) -> ExpectedLine:
    read = _LINE.fullmatch(text)
    if read is None:
        raise RulebookError(f"{file}: {text!r} is no line such as '96413-59 x1 on 2026-05-04'")
    code, modifiers, units, on, ndc = read.groups()
    spelled = tuple(sorted(modifiers.split("-")[1:]))
    return ExpectedLine(code, spelled, int(units), date.fromisoformat(on) if on else None, ndc)
