"""Which of several HCPCS codes a drug has when no NDC decides (D30).

The problem: CMS gives one ingredient many codes – by maker, biosimilar, form and route – and a name is none of these.

Worked examples. "rituximab" on 2026-05-04: J9310 ended in 2018; Q5115, Q5119 and Q5123 are biosimilars, which a plain
name does not mean but does not exclude either; J9312 is left, is used, and the three are named (`drug-code-by-name`).
"cyclophosphamide" on 2024-03-31: J8530 is oral, J9071 and J9072 are one maker's; J9070 is left. A day later J9070 has
ended and J9075 is left.

Decided: an oral code and one of another route are left out first, since the chart excludes them; a route that the
source does not state excludes nothing. The charted route chooses between codes and never empties the choice, because
the catalog's routes are the least certain of its columns. Then every marked code is left out. One left: it is used;
several: ambiguous; none: unknown, and what was left out is named, so that a person can give the NDC.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Literal

import msgspec

from fhir_adapter.catalog.codes import Code
from fhir_adapter.vocabulary import Technique

_INJECTED = frozenset({"IV", "SC", "IM", "IT", "intrathecal", "intralesional", "intra-arterial (hepatic)"})
_IV = frozenset({"IV"})
_SC = frozenset({"SC"})
_ARTERIAL = frozenset({"IV", "intra-arterial (hepatic)"})
_CHARTED: dict[Technique, frozenset[str]] = {
    "infusion": _IV,
    "push": _IV,
    "pump": _IV,
    "intraperitoneal": _IV,
    "intrapleural": _IV,
    "im": frozenset({"IM"}),
    "sc": _SC,
    "sc-infusion": _SC,
    "intra-arterial-push": _ARTERIAL,
    "intra-arterial-infusion": _ARTERIAL,
    "intrathecal": frozenset({"IT", "intrathecal"}),
    "intralesional": frozenset({"intralesional"}),
}


class Choice(msgspec.Struct, frozen=True):
    """The code, or why there is none."""

    code: Code | None
    problem: Literal["drug-code-unknown", "drug-code-ambiguous"] | None
    candidates: tuple[Code, ...] = ()
    """Ambiguous: the codes that are left. Unknown: those that only an NDC can choose."""
    set_aside: tuple[Code, ...] = ()


def choose(codes: Sequence[Code], on: date, technique: Technique | None) -> Choice:
    """The one code in force that these rows leave."""
    possible = of_route([code for code in codes if code.in_force(on)], technique)
    plain = tuple(code for code in possible if not code.marks)
    marked = tuple(code for code in possible if code.marks)
    if len(plain) == 1:
        return Choice(plain[0], None, (), marked)
    if plain:
        return Choice(None, "drug-code-ambiguous", plain)
    return Choice(None, "drug-code-unknown", marked)


def of_route(codes: Sequence[Code], technique: Technique | None) -> tuple[Code, ...]:
    """The codes of the charted route; without one, or if none is stated for it, all that are injected."""
    injected = tuple(code for code in codes if not code.routes or code.routes & _INJECTED)
    charted = _CHARTED.get(technique) if technique is not None else None
    if charted is None:
        return injected
    return tuple(code for code in injected if not code.routes or code.routes & charted) or injected


def has_several_formulations(codes: Sequence[Code], on: date) -> bool:
    """Whether one ingredient stands for several products that neither maker nor biosimilar status explains (D6)."""
    explained = {"manufacturer", "biosimilar", "verify"}
    possible = of_route([code for code in codes if code.in_force(on)], None)
    return len([code for code in possible if not explained.intersection(code.marks)]) > 1


def why_not(code: Code, on: date, technique: Technique | None) -> str:
    """Why a name does not choose a code, in words; empty: nothing speaks against it."""
    if code.first is not None and on < code.first:
        return f"begins {code.first}"
    if code.last is not None and on > code.last:
        return f"ended {code.last}"
    if not of_route([code], technique):
        return "not injected"
    return ", ".join(code.marks)
