"""What people decided about a visit, laid over what its chart says.

The problem: a chart lacks a stop time, and the nurse's paper has it; a drug has no code that is known, and the
pharmacist knows it. A person may say so, with a name and a reason. It must survive every re-coding and never hide a
chart that says otherwise.

Worked examples. The infusion a1 has no stop; somebody decided 12:00 from the pump's log: it is coded to 12:00, and
`decided` says by whose word. The next day the nurse charts the stop at 11:30: the chart now contradicts the decision,
so nothing is decided silently – the chart's 11:30 stands and `decision-contradicted` holds the visit until a person
takes the decision back. Had she charted 12:00, the decision would have nothing left to say.

    stop-time    an instant with its offset                     where the chart has no stop
    product      `ndc:…` or `rxcui:…`                           where the chart has none of that kind, for the drug then
    class        a class of drug                                for the drug that the chart had when it was decided
    site         a label: a line that was medically necessary   where the chart has no label, or this one
    hold         –                                              nothing of the visit is posted
    release      the lines that were released                   only where a source posts after review

Left out: doses and starts, which nobody may say but the chart. Refused (`InputFaults`, naming the field): a value that
is none of its kind.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Literal, get_args

import msgspec
from msgspec.structs import replace

from fhir_adapter.coding.model import Administration, Finding
from fhir_adapter.errors import Fault, InputFaults
from fhir_adapter.normalize.model import ChartVisit
from fhir_adapter.vocabulary import DrugClass

Kind = Literal["stop-time", "product", "class", "site", "hold", "release"]
ABOUT_A_VISIT = ("hold", "release")


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """One person's word. `about` is an administration's id, or the visit's key for `hold` and `release`; `drug` is
    what the chart called the drug when it was decided."""

    number: int
    kind: Kind
    about: str
    value: str = ""
    drug: str = ""
    why: str
    who: str
    at: datetime


def check_value(kind: Kind, value: str) -> None:
    """Refuses a value that is none of its kind."""
    wrong = _WRONG[kind](value)
    if wrong:
        raise InputFaults((Fault("value", wrong),))


def _wrong_time(value: str) -> str | None:
    try:
        return None if datetime.fromisoformat(value).tzinfo else "needs an offset, like 2026-05-04T12:00:00-05:00"
    except ValueError:
        return "is no time like 2026-05-04T12:00:00-05:00"


def _wrong_product(value: str) -> str | None:
    system, _, code = value.partition(":")
    digits = {"ndc": 11, "rxcui": len(code)}.get(system)
    right = digits is not None and code.isdigit() and len(code) == digits
    return None if right else "is neither ndc: with eleven digits nor rxcui: with a number"


def _wrong_class(value: str) -> str | None:
    known = get_args(DrugClass)
    return None if value in known else f"is none of {', '.join(known)}"


def _nothing_wrong(value: str) -> str | None:
    return None


_WRONG: dict[Kind, Callable[[str], str | None]] = {
    "stop-time": _wrong_time,
    "product": _wrong_product,
    "class": _wrong_class,
    "site": lambda value: None if value.strip() else "is empty",
    "hold": _nothing_wrong,
    "release": _nothing_wrong,
}


def drug_of(given: Administration) -> str:
    """What the chart calls the drug: a decision about a class holds for that drug only."""
    return given.rxcui or given.ndc or given.drug or ""


def with_decisions(charted: ChartVisit, decisions: Sequence[Decision]) -> ChartVisit:
    """The visit as people completed it, with a finding for each decision that is used, contradicted or holds."""
    findings = list(charted.findings)
    given = list(charted.visit.administrations)
    for decision in decisions:
        if decision.kind == "hold" and _is_about(decision, charted):
            findings.append(_held(decision))
        for place, one in enumerate(given):
            if one.id == decision.about and decision.kind not in ABOUT_A_VISIT:
                given[place], finding = _decided(one, decision)
                findings += [finding] if finding else []
    visit = replace(charted.visit, administrations=tuple(given))
    return replace(charted, visit=visit, findings=tuple(findings), is_open=_is_open(charted, given))


def _is_about(decision: Decision, charted: ChartVisit) -> bool:
    """The visit has this key, or has it no more because an earlier administration joined it."""
    encounter, _, day = decision.about.rpartition("/")
    days = {given.service_date.isoformat() for given in charted.visit.administrations}
    here = any(one.id == encounter for one in charted.encounters.values())
    return decision.about == charted.key or (here and day in days)


def _is_open(charted: ChartVisit, given: Sequence[Administration]) -> bool:
    """A stop that a person decided is not waited for any more; an encounter is, and what the chart calls running."""
    before = charted.visit.administrations
    stopped = {new.id for old, new in zip(before, given, strict=True) if old.stop is None and new.stop is not None}
    if not charted.running or not stopped.issuperset(charted.running):
        return charted.is_open
    return charted.awaits_encounter


def _decided(given: Administration, decision: Decision) -> tuple[Administration, Finding | None]:
    field, value, charted = _field(given, decision)
    if charted is not None and charted != value:
        return given, _contradicted(decision, f"the chart now says {_written(charted)}")
    if charted == value:
        return given, None
    if decision.kind in ("class", "product") and decision.drug != drug_of(given):
        return given, _contradicted(decision, f"the drug is {drug_of(given) or 'unnamed'} now, not {decision.drug}")
    completed = replace(given, **{field: value})
    if decision.kind == "site":
        completed = replace(completed, site_required=True)
    return completed, _used(decision)


def _field(given: Administration, decision: Decision) -> tuple[str, object, object]:
    """The field that is decided, the value it gets, and what the chart has there."""
    match decision.kind:
        case "stop-time":
            return "stop", datetime.fromisoformat(decision.value), given.stop
        case "product":
            system, _, code = decision.value.partition(":")
            return system, code, getattr(given, system)
        case "class":
            return "drug_class", decision.value, None
        case _:
            charted = None if given.site == decision.value and not given.site_required else given.site
            return "site", decision.value, charted


def _written(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _used(decision: Decision) -> Finding:
    said = f"{decision.who} decided the {decision.kind} {decision.value}: {decision.why} (decision {decision.number})."
    return Finding(id="decided", administrations=(decision.about,), message=said)


def _contradicted(decision: Decision, how: str) -> Finding:
    return Finding(
        id="decision-contradicted",
        severity="error",
        administrations=(decision.about,),
        message=f"{decision.who} decided the {decision.kind} {decision.value}, and {how}.",
        fix=f"Take decision {decision.number} back, or correct the chart.",
    )


def _held(decision: Decision) -> Finding:
    return Finding(
        id="held-by-person",
        severity="error",
        message=f"{decision.who} holds the visit: {decision.why}.",
        fix=f"Take decision {decision.number} back.",
    )
