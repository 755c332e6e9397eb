"""What a rulebook reads otherwise than `cpt-2026`, which codes as the CPT book and CMS say.

A hospital may charge by such a rulebook; it must know what CMS would call false. The list is taken from the rulebooks
themselves: each policy whose value differs today, with what both values mean. Under `carecost-96417` it begins with
the codes: a code reported for something that the authorities report otherwise.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

import msgspec

from fhir_adapter.coding.rulebook import Reading, Rulebook

AUTHORITY = "cpt-2026"
_CODE = re.compile(r"\d{5}|[A-Z]\d{4}")


class Divergence(msgspec.Struct, frozen=True):
    """One policy read otherwise."""

    policy: str
    ours: str
    means: str
    theirs: str
    theirs_means: str

    @property
    def code(self) -> str | None:
        """The code that is reported where the authorities report another one."""
        return self.ours if _CODE.fullmatch(self.ours) else None

    def __str__(self) -> str:
        return f"{self.policy} = {self.ours}: {self.means} {AUTHORITY} has {self.theirs}: {self.theirs_means}"


def divergences(rulebook: Rulebook, authority: Rulebook, on: date) -> tuple[Divergence, ...]:
    """Those that report a code first."""
    ours, theirs = rulebook.reading(on, None), authority.reading(on, None)
    if ours is None or theirs is None:
        return ()
    return tuple(sorted(_compared(ours, theirs), key=lambda one: one.code is None))


def warning(rulebook: Rulebook, found: tuple[Divergence, ...]) -> str | None:
    """The text for the start of the log and for the page; None where nothing differs."""
    if not found:
        return None
    codes = [one for one in found if one.code]
    head = f"rulebook {rulebook.name} reads {len(found)} policies otherwise than {AUTHORITY} (the CPT book and CMS)."
    false = f" CMS would call false: {', '.join(f'{one.code} ({one.policy})' for one in codes)}." if codes else ""
    return head + false


def _compared(ours: Reading, theirs: Reading) -> Iterator[Divergence]:
    own, other = msgspec.to_builtins(ours.policies), msgspec.to_builtins(theirs.policies)
    for policy, value in own.items():
        if value != other[policy]:
            means, theirs_means = ours.sources[policy].means, theirs.sources[policy].means
            yield Divergence(policy, value, means, other[policy], theirs_means)
