"""Which rules were in force when the visit took place (D38).

A visit that spans a change of rules is read encounter by encounter: the first service date of an encounter picks its
reading. A service date without a rule makes the whole visit wait: a finding, no lines, never another year's rule.
"""

from __future__ import annotations

from datetime import date
from operator import attrgetter

from fhir_adapter.coding.model import Finding, Visit
from fhir_adapter.coding.rulebook import Reading, Rulebook

_START = attrgetter("start")


def readings_of(visit: Visit, rulebook: Rulebook) -> dict[str | None, Reading] | Finding:
    """The reading of each encounter, or why there is none."""
    readings: dict[str | None, Reading] = {}
    by_date: dict[date, Reading] = {}
    for administration in sorted(visit.administrations, key=_START):
        on = administration.service_date
        if on not in by_date:
            reading = rulebook.reading(on, visit.payer)
            if reading is None:
                return _no_rule(visit, rulebook, on.isoformat())
            by_date[on] = reading
        readings.setdefault(administration.encounter, by_date[on])
    return readings


def _no_rule(visit: Visit, rulebook: Rulebook, on: str) -> Finding:
    first, last = rulebook.readings[0].first, rulebook.readings[-1].last
    dates = f"begin on {first.isoformat()}" + (f" and end on {last.isoformat()}" if last else "")
    return Finding(
        id="no-rule-in-force",
        severity="error",
        administrations=tuple(administration.id for administration in visit.administrations),
        message=f"The rulebook {rulebook.name} has no rule in force on {on}; its rules {dates}.",
        fix="Code the visit under a rulebook whose dates cover all of its service dates.",
    )
