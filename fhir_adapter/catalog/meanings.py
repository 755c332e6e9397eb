"""The days of a code by CMS's own file, laid over the catalog's: new, ended and re-used codes.

The problem: the file shows one meaning of each code, the newest. J1440 was filgrastim 300 mcg; since 2023-07-01 it is
another drug, and a visit of 2013 must still find the first.

Worked examples. The catalog's J9035 from 2005-01-01, the file's too: its last day is taken from the file. The catalog's
J1299 began `after J1300` (inferred), the file says 2025-04-01: the file's day. A code that had ended and is added again
later is another drug: the row before it stays as a former meaning, and the new one has no class, no ingredient and no
unit until a table says them; a visit with it is held rather than billed as what the code once was.

Decided: releases are laid on oldest first. A later first day without an end before it is a correction, not a new use.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta

import msgspec

from fhir_adapter.catalog.codes import Code


class Dated(msgspec.Struct, frozen=True):
    """A row of a CMS file: one meaning of a code and its days."""

    code: str
    first: date
    last: date | None
    descriptor: str


class Meanings(msgspec.Struct, frozen=True):
    codes: Mapping[str, Code]
    former: Mapping[str, tuple[Code, ...]]


def laid_over(codes: Mapping[str, Code], releases: Iterable[Iterable[Dated]]) -> Meanings:
    """The catalog's codes with the days of these releases, the oldest first."""
    newest = dict(codes)
    former: dict[str, tuple[Code, ...]] = {}
    for release in releases:
        for row in release:
            before = newest.get(row.code)
            if before is None:
                newest[row.code] = new_code(row)
            elif before.last is not None and before.last < row.first:
                former[row.code] = (before, *former.get(row.code, ()))
                newest[row.code] = new_code(row)
            elif row.last is not None and before.first is not None and row.last < before.first:
                former[row.code] = (*former.get(row.code, ()), new_code(row))
            else:
                newest[row.code] = msgspec.structs.replace(before, first=row.first, dated_by="", last=row.last)
    return Meanings(newest, former)


def seen_first(codes: Mapping[str, Code], seen: Iterable[str], first: date, release: str) -> dict[str, Code]:
    """Codes that a crosswalk has and the catalog lacks: in force from its quarter on, of unknown class."""
    new = {code for code in seen if code not in codes}
    row = Dated("", first, None, "")
    return {
        code: msgspec.structs.replace(new_code(row), code=code, dated_by=f"first seen in {release}") for code in new
    }


def new_code(row: Dated) -> Code:
    return Code(
        code=row.code,
        first=row.first,
        dated_by="",
        last=None if row.last is None else max(row.last, row.first - timedelta(days=1)),
        unit=None,
        kind="",
        routes=frozenset(),
        marks=(),
        rxcui="",
        ingredient="",
        precise_rxcui="",
        precise_name="",
        descriptor=row.descriptor,
    )
