"""The facts that FHIR has no element for, where a source says in which extension it keeps them.

Which line, whether a second site was needed, how much was thrown away, how many lesions: never inferred, and read
only from extensions that the source's configuration names.
"""

from __future__ import annotations

from typing import get_args

from fhir_adapter.fhir_r4 import Extension, MedicationAdministration
from fhir_adapter.normalize.lexicon import Lexicon
from fhir_adapter.normalize.notes import Notes
from fhir_adapter.vocabulary import ExtensionMeaning, PumpKind


def extension_of(given: MedicationAdministration, meaning: ExtensionMeaning, lexicon: Lexicon) -> Extension | None:
    """The first extension, of the administration or its dosage, that the source says means this."""
    on_dosage = given.dosage.extension if given.dosage else ()
    if not (given.extension or on_dosage) or not lexicon.words.extensions:
        return None
    return next((each for each in (*given.extension, *on_dosage) if lexicon.meaning(each) == meaning), None)


def site_of(given: MedicationAdministration, lexicon: Lexicon, notes: Notes) -> str | None:
    """dosage.site, else the source's line extension; None is the one usual site."""
    charted = given.dosage.site.name if given.dosage and given.dosage.site else None
    line = extension_of(given, "line", lexicon)
    label = charted or (line.text if line else None)
    notes.read("site", label, ("dosage.site" if charted else "extension") if label else None)
    return label


def is_site_required(given: MedicationAdministration, lexicon: Lexicon) -> bool:
    extension = extension_of(given, "site-required", lexicon)
    return extension is not None and extension.value_boolean is True


def lesions_of(given: MedicationAdministration, lexicon: Lexicon) -> int | None:
    extension = extension_of(given, "lesions", lexicon)
    count = extension.value_integer if extension else None
    return count if count is not None and count >= 0 else None


def pump_kind_said(given: MedicationAdministration, lexicon: Lexicon) -> PumpKind | None:
    extension = extension_of(given, "pump-kind", lexicon)
    if extension is None:
        return None
    return next((kind for kind in get_args(PumpKind) if kind == extension.text), None)


def planned_duration_of(given: MedicationAdministration, lexicon: Lexicon) -> str | None:
    """How long it was to run, or took, as the source writes it: evidence for a person, never a stop."""
    extension = extension_of(given, "planned-duration", lexicon)
    if extension is None:
        return None
    amount = extension.value_quantity or extension.value_duration
    return f"{amount.value} {amount.unit or amount.code or ''}".strip() if amount else extension.text


def order_of(given: MedicationAdministration, request: str | None, lexicon: Lexicon, notes: Notes) -> str | None:
    """The request, else the identifier of the order that the source names."""
    order = request or _identified(given, lexicon.words.order_system)
    notes.read("order", order, ("request" if request else "identifier") if order else None)
    return order


def _identified(given: MedicationAdministration, system: str | None) -> str | None:
    if system is None:
        return None
    return next((each.value for each in given.identifier if system and each.system == system and each.value), None)
