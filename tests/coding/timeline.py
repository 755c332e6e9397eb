"""Administrations by the hours of a day, and visits coded under rules that cite themselves: which decision stands
behind a line can be read from its citations."""

from datetime import datetime, timedelta, timezone

from msgspec.structs import replace

from fhir_adapter.coding import Administration, Finding, Visit, code_visit
from fhir_adapter.coding.rulebook import PolicySource
from fhir_adapter.rulebooks import load_rulebook

CHICAGO = timezone(timedelta(hours=-5))
CHEMO, THERAPEUTIC, FLUID = "chemotherapy", "therapeutic", "hydration"


def gave(name, times, kind=THERAPEUTIC, technique="infusion", *, day=4, **more):
    """`09:00-10:30` on 2026-05-04; a stop before the start is on the next day, and without one there is none."""
    start, _, stop = times.partition("-")
    began, ended = _at(day, start), _at(day, stop) if stop else None
    if ended is not None and ended < began:
        ended += timedelta(days=1)
    named = {"drug": name, "drug_class": kind, "technique": technique} | more
    return Administration(id=name, start=began, stop=ended, **named)


def self_citing(**policies):
    """`cpt-2026` with these policies; each decision and each policy cites its own name."""
    rulebook = load_rulebook("cpt-2026", {name.replace("_", "-"): value for name, value in policies.items()})
    readings = (
        replace(
            reading,
            sources={name: PolicySource(source.means, (name,)) for name, source in reading.sources.items()},
            decisions={name: (name,) for name in reading.decisions},
        )
        for reading in rulebook.readings
    )
    return replace(rulebook, readings=tuple(readings))


def coded(*administrations, setting="facility", reason=None, **policies):
    visit = Visit(id="v", setting=setting, administrations=administrations, primary_reason=reason)
    return code_visit(visit, self_citing(**policies))


def lines(result):
    """(code with modifiers, day of the month, units, minutes, because, citations) of each line."""
    return [
        (
            "-".join((line.code, *line.modifiers)),
            line.date.day,
            line.units,
            line.minutes,
            line.because,
            " ".join(line.citations),
        )
        for line in result.lines
    ]


def found(result, *ids):
    return [finding for finding in result.findings if finding.id in ids]


def stop_missing(severity):
    """What is told of `d`, whose end nobody documented."""
    return [
        Finding(
            id="stop-time-missing",
            severity=severity,
            administrations=("d",),
            message="d has no documented stop, so its minutes are not known.",
            fix="Document when the infusion ended.",
        )
    ]


def _at(day, clock):
    hour, minute = map(int, clock.split(":"))
    return datetime(2026, 5, day, hour, minute, tzinfo=CHICAGO)
