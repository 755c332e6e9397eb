"""Who pays first: the primary coverage of the encounter's account, else the patient's one active coverage.

None or two of them is a warning, not a hold: the administration codes of most payers are the same, and what a payer
changes is then not applied.
"""

from __future__ import annotations

from datetime import date

from fhir_adapter.fhir_r4 import Chart, Coverage, Encounter
from fhir_adapter.normalize.lexicon import Lexicon
from fhir_adapter.normalize.notes import Notes
from fhir_adapter.normalize.timing import in_force


def payer_of(encounter: Encounter, on: date | None, chart: Chart, lexicon: Lexicon, notes: Notes) -> str | None:
    """The payer's key in the source's table; None, with a warning, when it is not known."""
    path, found = _of_account(encounter, chart)
    if not found:
        path, found = "Coverage of the patient", _of_patient(encounter, on, chart, lexicon)
    if len(found) != 1:
        _unknown(f"{len(found) or 'no'} primary coverages were found", notes)
        return None
    for word in _words(found[0], chart):
        if word in lexicon.words.payers:
            notes.read("payer", lexicon.words.payers[word], path)
            return lexicon.words.payers[word]
    _unknown("the source's table names neither the payor nor the type of the coverage", notes)
    return None


def _of_account(encounter: Encounter, chart: Chart) -> tuple[str, list[Coverage]]:
    keys = [chart.key(each) for each in encounter.account]
    listed = [line for key in keys if key in chart.accounts for line in chart.accounts[key].coverage]
    first = [line for line in listed if line.priority == 1] or (listed if len(listed) == 1 else [])
    if listed and not first:
        first = listed
    found = {key: chart.coverages[key] for line in first if (key := chart.key(line.coverage)) in chart.coverages}
    return "account.coverage", list(found.values())


def _of_patient(encounter: Encounter, on: date | None, chart: Chart, lexicon: Lexicon) -> list[Coverage]:
    patient = chart.key(encounter.subject)
    active = [each for each in chart.coverages.values() if chart.key(each.beneficiary) == patient]
    active = [each for each in active if each.status == "active" and _is_in_force(each, on, lexicon)]
    first = [each for each in active if each.order == 1]
    return first or active


def _is_in_force(coverage: Coverage, on: date | None, lexicon: Lexicon) -> bool:
    return on is None or in_force(coverage.period, on, lexicon.zone)


def _words(coverage: Coverage, chart: Chart) -> list[str]:
    """What the table may name it by: payor reference, the payor's display, a code or text of its type."""
    of_payor = [word for each in coverage.payor for word in (chart.key(each), each.display)]
    of_type = coverage.type
    coded = [each.code for each in of_type.coding] + [of_type.text] if of_type else []
    return [word for word in (*of_payor, *coded) if word]


def _unknown(why: str, notes: Notes) -> None:
    notes.read("payer", None, None, why)
    fix = "Correct the coverages of the encounter's account, or name the payer under words.payers of the source."
    notes.find("payer-unknown", f"The payer is not known: {why}.", fix, severity="warning")
