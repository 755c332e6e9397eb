"""From what a person says about a coded visit to a decision that can be kept.

Refused (`InputFaults`, naming the field): an unknown kind, an administration that the visit does not have, a value
that is none of its kind, no reason, a release of a visit that was coded again since.
"""

from __future__ import annotations

from typing import cast, get_args

import msgspec

from fhir_adapter.coding.model import Administration, Visit, VisitResult
from fhir_adapter.errors import Fault, InputFaults
from fhir_adapter.normalize.decided import ABOUT_A_VISIT, Kind, check_value, drug_of
from fhir_adapter.pipeline.review import lines_digest
from fhir_adapter.store.decisions import Wish
from fhir_adapter.store.visits import Kept


class Said(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A person's word about one coding of a visit. `administration` and `value` only where the kind has them."""

    kind: str
    why: str
    administration: str | None = None
    value: str = ""


class _Charted(msgspec.Struct):
    visit: Visit


def wish_of(kept: Kept, said: Said, who: str) -> Wish:
    kind = _kind(said.kind)
    if not said.why.strip():
        raise InputFaults((Fault("why", "a reason is needed"),))
    given = None if kind in ABOUT_A_VISIT else _administration(kept, said.administration)
    check_value(kind, said.value)
    return Wish(
        source=kept.summary.source,
        patient=kept.summary.patient,
        kind=kind,
        about=given.id if given else kept.summary.key,
        value=_released(kept) if kind == "release" else said.value,
        drug=drug_of(given) if given else "",
        why=said.why.strip(),
        who=who,
    )


def _kind(kind: str) -> Kind:
    if kind not in get_args(Kind):
        raise InputFaults((Fault("kind", f"{kind!r} is none of {', '.join(get_args(Kind))}"),))
    return cast(Kind, kind)


def _administration(kept: Kept, name: str | None) -> Administration:
    given = msgspec.json.decode(kept.visit.chart, type=_Charted).visit.administrations
    for one in given:
        if one.id == name:
            return one
    has = ", ".join(one.id for one in given) or "none"
    raise InputFaults((Fault("administration", f"the visit has no {name or 'such'} administration; it has {has}"),))


def _released(kept: Kept) -> str:
    if not kept.summary.latest:
        raise InputFaults((Fault("visit", "it was coded again since; look at the latest coding"),))
    return lines_digest(msgspec.json.decode(kept.visit.result, type=VisitResult))
