"""The payer's own checks, run before the payer runs them: MUE, PTP pairs, and tables past their quarter (D38, D39).

The problem: a line may be right and still be denied, and a table may be older than the visit. Neither changes a line:
the chart says what was done. A person is told.

Worked examples. 96417 ×4 on one date: the MUE is 3, indicator 3, a warning; 96368 ×2: the MUE is 1, indicator 2
(policy), an error that holds the visit. 96413 beside 96523 is PTP indicator 0: an error, no modifier helps; beside
96372 it is 1: a warning unless one of the two has 59, XE, XS, XP or XU.

Decided: units are summed per code and date over modifiers and NDCs, JW left out. Only pairs whose column-1 code lies
in a file that was read are looked up. Left out: adding a modifier to satisfy an edit; that would state a fact.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

import msgspec

from fhir_adapter.coding.drugs import Release
from fhir_adapter.coding.model import Finding, Line
from fhir_adapter.coding.tables import POLICY, Mue, Tables
from fhir_adapter.vocabulary import Setting

NCCI_MODIFIERS = frozenset({"59", "XE", "XP", "XS", "XU"})


class Edits(msgspec.Struct, frozen=True):
    findings: tuple[Finding, ...]
    releases: tuple[Release, ...]
    """What was looked up."""


def edit_findings(lines: Sequence[Line], setting: Setting, tables: Tables) -> Edits:
    """MUE and PTP over the lines of a visit."""
    by_date: dict[date, dict[str, list[Line]]] = {}
    for line in lines:
        by_date.setdefault(line.date, {}).setdefault(line.code, []).append(line)
    findings: list[Finding] = []
    releases: dict[Release, None] = {}
    for on, by_code in by_date.items():
        for found, release in (*_mues(by_code, on, setting, tables), *_ptps(by_code, on, setting, tables)):
            if found is not None:
                findings.append(found)
            if release is not None:
                releases[release] = None
    return Edits(tuple(findings), tuple(releases))


_Looked = tuple[Finding | None, Release | None]


def _mues(by_code: dict[str, list[Line]], on: date, setting: Setting, tables: Tables) -> list[_Looked]:
    looked: list[_Looked] = []
    for code, lines in by_code.items():
        units = sum([line.units for line in lines if "JW" not in line.modifiers])
        mue, release = tables.mue(code, setting, on)
        finding = None if mue is None or units <= mue.units else _mue_exceeded(code, units, mue, lines, on)
        looked.append((finding, release))
    return looked


def _mue_exceeded(code: str, units: int, mue: Mue, lines: Sequence[Line], on: date) -> Finding:
    is_policy = mue.indicator == POLICY
    return Finding(
        id="mue-exceeded",
        severity="error" if is_policy else "warning",
        carc="151",
        administrations=_named(lines),
        message=f"{code} has {units} units on {on}; the most that CMS expects on one date is {mue.units}.",
        fix="Compare the times and doses with the record."
        + ("" if is_policy else " If they are right, the record supports the units on appeal."),
        appeal=None if is_policy else f"The record supports {code} ×{units} on {on}.",
    )


def _ptps(by_code: dict[str, list[Line]], on: date, setting: Setting, tables: Tables) -> list[_Looked]:
    looked: list[_Looked] = []
    if len(by_code) < 2:
        return looked
    for column1 in by_code:
        answer = tables.ptp_pairs(column1, setting, on)
        if answer is None:
            continue
        pairs, release = answer
        looked.append((None, release))
        looked += [(_pair(by_code, column1, code, pairs[code], on), None) for code in by_code if code in pairs]
    return looked


def _pair(by_code: dict[str, list[Line]], column1: str, column2: str, indicator: int, on: date) -> Finding | None:
    if indicator == 1:
        bare = [_without_modifier(by_code[code]) for code in (column1, column2)]
        return _ptp(column1, column2, (*bare[0], *bare[1]), on, allowed=True) if all(bare) else None
    if indicator == 0:
        return _ptp(column1, column2, (*by_code[column1], *by_code[column2]), on, allowed=False)
    return None


def _without_modifier(lines: Sequence[Line]) -> list[Line]:
    return [line for line in lines if not NCCI_MODIFIERS.intersection(line.modifiers)]


def _ptp(column1: str, column2: str, lines: Sequence[Line], on: date, *, allowed: bool) -> Finding:
    if allowed:
        message = f"CMS pays {column1} and not {column2} on {on}, unless a modifier says that they are distinct."
        fix = "If the record shows a separate encounter, site or service, add XE, XS, XP, XU or 59; else leave it out."
    else:
        message = f"CMS pays {column1} and never {column2} beside it on {on}."
        fix = f"Look whether {column2} is part of {column1}; no modifier makes both payable."
    return Finding(
        id="ncci-ptp",
        severity="warning" if allowed else "error",
        administrations=_named(lines),
        message=message,
        fix=fix,
    )


def _named(lines: Iterable[Line]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(id_ for line in lines for id_ in line.administrations))


def out_of_date_findings(releases: Iterable[Release]) -> tuple[Finding, ...]:
    """One finding per table and release that was looked up for a date outside its quarter."""
    worst: dict[tuple[str, str], Release] = {}
    for release in releases:
        key = release.table, release.name
        if abs(release.age_days) > (abs(worst[key].age_days) if key in worst else 0):
            worst[key] = release
    return tuple(Finding(id="table-out-of-date", message=_age(release)) for release in worst.values())


def _age(release: Release) -> str:
    days = f"{abs(release.age_days)} day{'s' * (abs(release.age_days) != 1)}"
    if release.age_days < 0:
        return f"The oldest {release.table} table is {release.name}, which begins {days} after the service date."
    return f"The newest {release.table} table for the service date is {release.name}, {days} past its quarter."
