"""Everything that is no infusion or push by vein: pumps, injections, arteries, spaces, refills (D22, D23).

Worked examples. Fluorouracil on a portable pump for 46 hours is one start of a pump, untimed. Leuprolide by
intramuscular injection is 96402, denosumab 96372. Immunoglobulin under the skin for 75 minutes is 96369.

Decided: what the table does not name has no code, and `no-code` says so.
"""

from __future__ import annotations

from fhir_adapter.coding.given import Charge, Given, Outcome, SiteKey
from fhir_adapter.coding.hours import beyond_first_hour, hour_charges
from fhir_adapter.coding.model import Finding
from fhir_adapter.coding.policies import Policies
from fhir_adapter.coding.rulebook import Reading
from fhir_adapter.coding.spans import MINUTE
from fhir_adapter.coding.technique import LONGEST_PUSH, stop_missing
from fhir_adapter.vocabulary import Setting, Technique

MOST_LESIONS_OF_96405 = 7
INJECTION = {"chemotherapy": "96401", "hormonal": "96402", "therapeutic": "96372"}
BY_ROUTE: dict[str, dict[str, str]] = {
    "im": INJECTION,
    "sc": INJECTION,
    "intra-arterial-push": {"chemotherapy": "96420", "therapeutic": "96373"},
    "intrathecal": {"chemotherapy": "96450"},
    "intraperitoneal": {"chemotherapy": "96446"},
    "intrapleural": {"chemotherapy": "96440"},
}
TIMED: dict[tuple[str, str], tuple[str, str, str]] = {
    ("sc-infusion", "therapeutic"): ("96369", "96370", "96372"),
    ("intra-arterial-infusion", "chemotherapy"): ("96422", "96423", "96420"),
}
"""Base code, additional hour, and the code of 15 minutes or less."""
UNDER_THE_SKIN = "96370"
"""Its hours always need more than 30 minutes: `additional-hour-at-exactly-90` names other codes (D25)."""

GIVEN: dict[Technique, str] = {
    "im": "injected into a muscle",
    "sc": "injected under the skin",
    "pump": "begun on a pump",
    "pump-refill": "filled into a pump again",
    "intra-arterial-push": "pushed into an artery",
    "intrathecal": "given into the spinal fluid",
    "intralesional": "injected into lesions",
    "intraperitoneal": "given into the abdomen",
    "intrapleural": "given into the chest",
}


def route_charges(given: Given, site: SiteKey, setting: Setting, reading: Reading) -> list[Outcome]:
    """The charges, or the finding, of one administration by another way."""
    kind = "hormonal" if given.hormonal else given.family
    timed = TIMED.get((given.technique, kind))
    if timed is not None:
        return _timed(given, timed, site, reading)
    code, policy = _code(given, kind, setting, reading)
    if code is None:
        return [_no_code(given)]
    because = f"{given.name} was {GIVEN[given.technique]}, one service whatever its time."
    return [_charge(code, given, site, because, reading.cite(policy))]


def _code(given: Given, kind: str, setting: Setting, reading: Reading) -> tuple[str | None, str]:
    if given.technique == "pump":
        if given.family == "chemotherapy":
            return reading.policies.pump_start, "pump-start"
        return ("C8957" if setting == "facility" and given.family == "therapeutic" else None), "pump"
    if given.technique == "pump-refill":
        return ("96522" if given.members[0].pump_kind == "implantable" else "96521"), "refill"
    if given.technique == "intralesional":
        return _lesions(given, kind), "route"
    return BY_ROUTE.get(given.technique, {}).get(kind), "route"


def _lesions(given: Given, kind: str) -> str | None:
    lesions = given.members[0].lesions
    if kind != "chemotherapy" or lesions is None:
        return None
    return "96405" if lesions <= MOST_LESIONS_OF_96405 else "96406"


def _timed(given: Given, codes: tuple[str, str, str], site: SiteKey, reading: Reading) -> list[Outcome]:
    base, hour, short = codes
    if given.stop is None:
        finding = stop_missing(given, reading.policies)
        if reading.policies.missing_stop == "hold":
            return [finding]
        because = f"{given.name} has no documented stop and is coded as given at its start."
        return [finding, _charge(short, given, site, because, reading.cite("missing-stop"))]
    ran = (given.stop - given.start) // MINUTE
    because = f"{given.name} ran {ran} minutes."
    if ran <= LONGEST_PUSH:
        return [_charge(short, given, site, because, reading.cite("push"), ran)]
    hours = range(1, 1 + _hours_beyond(hour, ran, reading.policies))
    charges: list[Outcome] = [_charge(base, given, site, because, reading.cite("infusion"), ran)]
    charges += hour_charges(hour, (given,), (given.span,), hours, reading=reading, site=site, because=because)
    return charges


def _hours_beyond(hour: str, ran: int, policies: Policies) -> int:
    return max(0, (ran - 31) // 60) if hour == UNDER_THE_SKIN else beyond_first_hour(ran, policies)


def _charge(
    code: str, given: Given, site: SiteKey, because: str, cites: tuple[str, ...], ran: int | None = None
) -> Charge:
    return Charge(code=code, date=given.on, givens=(given,), site=site, because=because, cites=cites, minutes=ran)


def _no_code(given: Given) -> Finding:
    return Finding(
        id="no-code",
        severity="warning",
        administrations=given.ids,
        message=f"{given.name}: no administration code for this drug by {given.technique.replace('-', ' ')}.",
    )
