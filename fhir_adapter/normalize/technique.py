"""How a drug was given: what the record says of it, and the documented time only where the record leaves it open.

Several elements speak: dosage.method, the action of the medication record, the device, dosage.route. Each says a
technique or, a route, only the way in. They are put together in that order; what fits narrows, what does not fit is a
contradiction, and nobody guesses which of the two is right.

    route intravenous, method "IV Push"                 → push
    route intravenous, 09:00 to 10:00, no method        → infusion: 16 minutes or more by vein
    route intravenous, 09:00 to 09:05, no method        → unknown: a short infusion and a push look the same
    method "IV Push", action New Bag                    → unknown: they contradict

Decided: a long time does not contradict a push (the rulebook has a policy for it), and "Given" says nothing about how.
A pump, refill or flush is one only by the source's own words: a method, the dosage text, or the type of the device.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache, lru_cache
from typing import Literal

from fhir_adapter.fhir_r4 import Chart, CodeableConcept, Dosage, MedicationAdministration, Reference
from fhir_adapter.fhir_r4.reading import decode
from fhir_adapter.fhir_r4.resources import Device
from fhir_adapter.normalize.lexicon import Lexicon
from fhir_adapter.normalize.mar_actions import Action
from fhir_adapter.normalize.notes import Notes
from fhir_adapter.normalize.timing import Timing
from fhir_adapter.vocabulary import ActionClass, PumpKind, Technique, Way

INFUSION_FROM = 16
"""Whole documented minutes by vein that are an infusion where nothing else says how."""

_VEIN: tuple[Way, ...] = ("infusion", "push", "pump", "pump-refill", "flush")
_CAVITIES: tuple[Way, ...] = ("intrathecal", "intralesional", "intraperitoneal", "intrapleural")
_TOGETHER: dict[frozenset[Way], Way] = {
    **{frozenset[Way]({way, "iv"}): way for way in _VEIN},
    **{frozenset[Way]({"infusion", way}): way for way in ("pump", "pump-refill", "flush", *_CAVITIES)},
    **{frozenset[Way]({"push", way}): way for way in ("flush", *_CAVITIES)},
    **{frozenset[Way]({"sc-infusion", way}): "sc-infusion" for way in ("infusion", "sc")},
    frozenset({"infusion", "sc"}): "sc-infusion",
    frozenset({"infusion", "intra-arterial"}): "intra-arterial-infusion",
    frozenset({"push", "intra-arterial"}): "intra-arterial-push",
    **{
        frozenset[Way]({"intra-arterial-infusion", way}): "intra-arterial-infusion"
        for way in ("infusion", "intra-arterial")
    },
    **{frozenset[Way]({"intra-arterial-push", way}): "intra-arterial-push" for way in ("push", "intra-arterial")},
}
_BY_ACTION: dict[ActionClass, Way] = {
    "start": "infusion",
    "continue": "infusion",
    "pause": "infusion",
    "stop": "infusion",
    "bolus": "push",
}
_NO_TECHNIQUE = (None, "iv", "intra-arterial", "contradiction")
_NOTHING_SAID = Dosage()
Statement = tuple[str, Way | Literal["contradiction"]]
"""The element that speaks, and what it says."""


def technique_of(
    given: MedicationAdministration, action: Action | None, timing: Timing, chart: Chart, lexicon: Lexicon, notes: Notes
) -> Technique | None:
    """None, with a finding, when nothing decides or two elements contradict."""
    said = _statements(given, action, chart, lexicon)
    together = agreed([way for _, way in said])
    if together not in _NO_TECHNIQUE:
        notes.read("technique", together, _paths(said))
        return together  # type: ignore[return-value]
    if together == "iv" and timing.minutes is not None and timing.minutes >= INFUSION_FROM:
        notes.read("technique", "infusion", f"{_paths(said)} and effectivePeriod ({timing.minutes} minutes)")
        return "infusion"
    heard = ", ".join(f"{path} says {way}" for path, way in said)
    notes.read("technique", None, None, heard)
    notes.find("technique-unknown", _why(together, heard, timing), "Document the method: infusion, push, injection.")
    return None


def spoken(
    given: MedicationAdministration, action: Action | None, chart: Chart, lexicon: Lexicon
) -> Way | Literal["contradiction"] | None:
    """What the chart says of how the drug was given, without its time."""
    return agreed([way for _, way in _statements(given, action, chart, lexicon)])


def _paths(said: Iterable[Statement]) -> str:
    return " and ".join([path for path, _ in said])


def _why(together: Way | Literal["contradiction"] | None, heard: str, timing: Timing) -> str:
    if together == "contradiction":
        return f"The chart contradicts itself on how the drug was given: {heard}."
    documented = "no documented minutes" if timing.minutes is None else f"{timing.minutes} documented minutes"
    return f"The chart does not say how the drug was given ({heard or 'neither method nor route'}; {documented})."


def agreed(ways: Iterable[Way | Literal["contradiction"]]) -> Way | Literal["contradiction"] | None:
    """What several statements say together; None when there is none."""
    together: Way | Literal["contradiction"] | None = None
    for way in ways:
        if together is None or together == way:
            together = way
        elif together == "contradiction" or way == "contradiction":
            return "contradiction"
        else:
            together = _of_two(together, way)
    return together


@cache
def _of_two(one: Way, other: Way) -> Way | Literal["contradiction"]:
    return _TOGETHER.get(frozenset((one, other)), "contradiction")


def _statements(
    given: MedicationAdministration, action: Action | None, chart: Chart, lexicon: Lexicon
) -> list[Statement]:
    dosage = given.dosage or _NOTHING_SAID
    said: list[Statement] = []
    if dosage.method is not None and (method := _method(dosage.method, lexicon)) is not None:
        said.append(("dosage.method", method))
    if dosage.text and dosage.text.strip().lower() in lexicon.own_methods:
        said.append(("dosage.text", lexicon.own_methods[dosage.text.strip().lower()]))
    if action is not None and action.word.lower() != "given" and action.kind in _BY_ACTION:
        said.append((action.path, _BY_ACTION[action.kind]))
    if given.device and pump_kind_of(given, chart, lexicon) is not None:
        said.append(("device", "pump"))
    if dosage.route is not None and (route := _route(dosage.route, lexicon)) is not None:
        said.append(("dosage.route", route))
    return said


@lru_cache(maxsize=4096)
def _method(concept: CodeableConcept, lexicon: Lexicon) -> Way | Literal["contradiction"] | None:
    return agreed(lexicon.methods[word] for word in concept.words if word in lexicon.methods)


@lru_cache(maxsize=4096)
def _route(concept: CodeableConcept, lexicon: Lexicon) -> Way | Literal["contradiction"] | None:
    return agreed(lexicon.routes[word] for word in concept.words if word in lexicon.routes)


def pump_kind_of(given: MedicationAdministration, chart: Chart, lexicon: Lexicon) -> PumpKind | None:
    """The kind of pump that a device of the administration is, None when none is one that the source lists."""
    for reference in given.device:
        words = set(_device_words(reference, given, chart))
        if words & lexicon.implanted_pumps:
            return "implantable"
        if words & lexicon.portable_pumps:
            return "portable"
    return None


def _device_words(reference: Reference, given: MedicationAdministration, chart: Chart) -> tuple[str, ...]:
    key = chart.key(reference) or ""
    device = chart.devices.get(key)
    if key.startswith("#"):
        contained = (decode(raw, Device, key)[0] for raw in given.contained)
        device = next((each for each in contained if each is not None and each.id == key[1:]), None)
    shown = (reference.display.strip().lower(),) if reference.display else ()
    return (*shown, *(device.type.words if device and device.type else ()))
