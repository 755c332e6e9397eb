"""Administrations whose encounter nobody knows: they hold the visits of their day, or make a visit of their own."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from fhir_adapter.coding.model import Visit
from fhir_adapter.fhir_r4 import Chart
from fhir_adapter.normalize import trouble
from fhir_adapter.normalize.circumstances import HELD_SETTING
from fhir_adapter.normalize.model import ChartVisit
from fhir_adapter.normalize.placed import Placed
from fhir_adapter.normalize.sittings import Sitting


def perhaps_here(sitting: Sitting, lost: list[Placed]) -> list[Placed]:
    """Administrations without an encounter that were given to the patient on a day of this visit."""
    if sitting.kind not in ("outpatient", "observation", "unknown"):
        return []
    return [each for each in lost if each.patient == sitting.patient and each.day in sitting.days]


def unplaced(lost: list[Placed], chart: Chart) -> Iterator[ChartVisit]:
    """Visits of the administrations whose visit nobody knows: held, or only reversed."""
    by_day: dict[tuple[str, date | None], list[Placed]] = {}
    for each in lost:
        by_day.setdefault((each.patient, each.day), []).append(each)
    for (patient, day), together in by_day.items():
        alive = [each for each in together if each.state != "reversed"]
        key = f"unplaced/{patient.removeprefix('Patient/')}/{day or '-'}"
        yield ChartVisit(
            key=key,
            patient=patient,
            visit=Visit(id=key, setting=HELD_SETTING, administrations=()),
            setting_known=not alive,
            findings=(*map(trouble.without_encounter, alive), *(trouble.unreadable(chart, ()) if alive else ())),
            encounters={},
            is_open=False,
            reversed_ids=tuple(each.given.id for each in together if each.state == "reversed"),
        )
