"""Where a visit was, why, and who pays: of its first encounter, or of all where they agree."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from fhir_adapter.fhir_r4 import Chart
from fhir_adapter.normalize import trouble
from fhir_adapter.normalize.coverage import payer_of
from fhir_adapter.normalize.lexicon import Lexicon
from fhir_adapter.normalize.notes import Notes
from fhir_adapter.normalize.setting import reason_of, setting_of
from fhir_adapter.normalize.sittings import Sitting
from fhir_adapter.vocabulary import Reason, Setting

HELD_SETTING: Setting = "facility"
"""Stands in a visit whose setting is not known; nothing is derived from it."""


def circumstances_of(
    sitting: Sitting, keys: tuple[str, ...], is_alive: bool, chart: Chart, lexicon: Lexicon, notes: Notes
) -> tuple[Setting | None, Reason | None, str | None]:
    if not is_alive or sitting.kind in ("inpatient", "cancelled"):
        return None, None, None
    first = chart.encounters[keys[0]]
    if sitting.kind == "unknown":
        notes.findings.append(trouble.unknown_class(first.class_.code if first.class_ else None, notes.about))
        return None, None, None
    setting = setting_of(first, chart, lexicon, notes)
    day = min(sitting.days) if sitting.days else None
    reasons = (reason_of(chart.encounters[key], lexicon, notes) for key in keys)
    return setting, next(filter(None, reasons), None), _one_payer(keys, day, chart, lexicon, notes)


def _one_payer(keys: Iterable[str], day: date | None, chart: Chart, lexicon: Lexicon, notes: Notes) -> str | None:
    payers = {payer_of(chart.encounters[key], day, chart, lexicon, notes) for key in keys}
    if len(payers) > 1:
        notes.find("payer-unknown", "The encounters of the visit have different payers.", severity="warning")
    return payers.pop() if len(payers) == 1 else None
