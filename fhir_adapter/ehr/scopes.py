"""Was everything granted that we asked for? A server may drop a scope without a word, so the two are compared.

    asked system/Encounter.rs              granted system/*.cruds                → nothing missing
    asked system/ChargeItem.crus           granted system/ChargeItem.read        → system/ChargeItem.crus
    asked system/Encounter.read (SMART 1)  granted system/Encounter.rs (SMART 2) → nothing missing

SMART 1's read is r and s, write is c, u and d. A scope that is granted with a condition (`?status=finished`) covers
only the same asked with the same. No `scope` in the answer means that nobody says what was granted: all is missing.
Source: https://hl7.org/fhir/smart-app-launch/scopes-and-launch-context.html.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

_SCOPE = re.compile(r"system/(?P<type>\*|[A-Za-z]+)\.(?P<rights>read|write|\*|[cruds]+)(?P<condition>\?\S+)?")
_RIGHTS = {"read": frozenset("rs"), "write": frozenset("cud"), "*": frozenset("cruds")}


class _Scope(NamedTuple):
    type: str
    rights: frozenset[str]
    condition: str | None


def missing_scopes(asked: Iterable[str], granted: str | None) -> tuple[str, ...]:
    """Those of `asked` that `granted`, the token server's own text, does not cover."""
    given = [scope for scope in map(_read, (granted or "").split()) if scope is not None]
    return tuple(one for one in asked if not _covered(one, given))


def _covered(asked: str, given: list[_Scope]) -> bool:
    wanted = _read(asked)
    if wanted is None:
        return False
    covering = [scope for scope in given if _may_cover(scope, wanted)]
    return wanted.rights <= frozenset().union(*(scope.rights for scope in covering))


def _may_cover(scope: _Scope, wanted: _Scope) -> bool:
    return scope.type in ("*", wanted.type) and scope.condition in (None, wanted.condition)


def _read(text: str) -> _Scope | None:
    found = _SCOPE.fullmatch(text)
    if found is None:
        return None
    rights = _RIGHTS.get(found["rights"], frozenset(found["rights"]))
    return _Scope(found["type"], rights, found["condition"])
