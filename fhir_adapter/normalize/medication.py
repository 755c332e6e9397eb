"""Which drug it is: the codes and the name that the chart gives, never one that it does not.

A coded concept in the administration, or a Medication it points to: contained in it, or read beside it. NDC and
RxNorm are both kept where both stand; the catalog decides between them. A Medication that is itself coded is one
product, whatever is in it. Without a code of its own, several active ingredients are one bag with a member each:

    Medication{ingredient: [ondansetron 8 mg/50 mL, dexamethasone 10 mg/50 mL]}  → two drugs of one bag
    Medication{code: NDC 50242-108-01, ingredient: [rituximab, hyaluronidase]}   → one product

Two different NDCs on one administration name no product: neither is used, and a finding says so.
"""

from __future__ import annotations

from functools import cached_property, lru_cache
from typing import TypeVar

import msgspec

from fhir_adapter.fhir_r4 import Chart, CodeableConcept, Medication, MedicationAdministration, Ratio
from fhir_adapter.fhir_r4.reading import Head, decode
from fhir_adapter.fhir_r4.resources import MedicationIngredient, Substance
from fhir_adapter.normalize.notes import Notes
from fhir_adapter.vocabulary import HCPCS, NDC, RXNORM

_NAMELESS = CodeableConcept()


class Drug(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """A drug as the chart names it, and the strength of the product where it is given."""

    name: str | None = None
    rxcui: str | None = None
    ndc: str | None = None
    hcpcs: str | None = None
    strength: Ratio | None = None
    said: tuple[str, ...] = ()
    """Every code and text of the concept, as written: what a site's own table may name it by."""

    @cached_property
    def is_named(self) -> bool:
        return bool(self.name or self.rxcui or self.ndc)

    @cached_property
    def keys(self) -> tuple[str, ...]:
        """What a source's tables may name it by: RxCUI, NDC (11 digits, else as written), HCPCS."""
        ndc = eleven_digits(self.ndc) if self.ndc else None
        return tuple(key for key in (self.rxcui, ndc, self.hcpcs) if key)


@lru_cache(maxsize=4096)
def eleven_digits(ndc: str) -> str:
    """A hyphenated NDC of 4-4-2, 5-3-2, 5-4-1 or 5-4-2 digits in the form of billing; another as it is."""
    parts = ndc.split("-")
    if [len(part) for part in parts] not in ([4, 4, 2], [5, 3, 2], [5, 4, 1], [5, 4, 2]):
        return ndc
    return parts[0].zfill(5) + parts[1].zfill(4) + parts[2].zfill(2)


def by_site(drug: Drug, table: dict[str, str], notes: Notes) -> Drug:
    """The drug with the NDC or RxCUI that the site gives its own code or name; a chart's NDC goes before it."""
    if not table or drug.ndc is not None:
        return drug
    key = next((table[word] for word in drug.said if word in table), None)
    if key is None:
        return drug
    field = "rxcui" if key.isdigit() and len(key) < 9 else "ndc"
    notes.read(field, key, "the source's table (drugs)")
    return msgspec.structs.replace(drug, **{field: key})


def drugs_of(given: MedicationAdministration, chart: Chart, notes: Notes) -> tuple[Drug, ...]:
    """One drug, or the members of a mixed bag."""
    concept, reference = given.medication_codeable_concept, given.medication_reference
    if reference is None:
        return (_drug(concept or _NAMELESS, None, "medicationCodeableConcept", notes),)
    medication = _medication(given, chart, notes)
    if medication is None:
        shown = CodeableConcept(text=reference.display)
        return (_drug(concept or shown, None, "medicationReference.display", notes),)
    beside = (*medication.contained, *given.contained)
    return _of_medication(medication, beside, chart, CodeableConcept(text=reference.display), notes)


def _of_medication(
    medication: Medication, beside: tuple[msgspec.Raw, ...], chart: Chart, shown: CodeableConcept, notes: Notes
) -> tuple[Drug, ...]:
    active = [each for each in medication.ingredient if each.is_active is not False]
    code = medication.code or _NAMELESS
    is_product = bool(code.codes(NDC) or code.codes(RXNORM))
    if is_product or not active:
        strength = active[0].strength if len(active) == 1 else None
        return (_drug(code if code.name else shown, strength, "Medication.code", notes),)
    inside = [(_ingredient(each, beside, chart, notes), each.strength) for each in active]
    if len(inside) == 1 and not inside[0][0].name:
        inside = [(code if code.name else shown, inside[0][1])]
    return tuple(_drug(concept, strength, "Medication.ingredient", notes) for concept, strength in inside)


def _drug(concept: CodeableConcept, strength: Ratio | None, path: str, notes: Notes) -> Drug:
    drug, ndcs = _named(concept)
    if ndcs > 1:
        notes.find("drug-code-ambiguous", f"{path} has {ndcs} different NDCs; none is used.", severity="warning")
    if notes.traced:
        notes.read("drug", drug.name, path if drug.name else None)
        notes.read("rxcui", drug.rxcui, f"{path}.coding" if drug.rxcui else None, *_further(concept))
        notes.read("ndc", drug.ndc, f"{path}.coding" if drug.ndc else None)
    return drug if strength is None else msgspec.structs.replace(drug, strength=strength)


@lru_cache(maxsize=4096)
def _named(concept: CodeableConcept) -> tuple[Drug, int]:
    """The drug that a concept names, and how many NDCs of different products it has."""
    ndcs = tuple(dict.fromkeys(concept.codes(NDC)))
    rxcuis = concept.codes(RXNORM)
    hcpcs = concept.codes(HCPCS)
    different = len(ndcs) if len({eleven_digits(ndc) for ndc in ndcs}) > 1 else min(len(ndcs), 1)
    drug = Drug(
        name=concept.name,
        rxcui=rxcuis[0] if rxcuis else None,
        ndc=ndcs[0] if different == 1 else None,
        hcpcs=hcpcs[0] if hcpcs else None,
        said=tuple(text.strip() for one in concept.coding for text in (one.code, one.display) if text)
        + ((concept.text.strip(),) if concept.text else ()),
    )
    return drug, different


def _further(concept: CodeableConcept) -> tuple[str, ...]:
    return tuple(f"RxNorm {each}: a further code" for each in concept.codes(RXNORM)[1:])


def _medication(given: MedicationAdministration, chart: Chart, notes: Notes) -> Medication | None:
    key = chart.key(given.medication_reference)
    if key is None:
        return None
    if key.startswith("#"):
        return _contained(given.contained, key[1:], Medication, notes)
    return chart.medications.get(key)


def _ingredient(
    part: MedicationIngredient, beside: tuple[msgspec.Raw, ...], chart: Chart, notes: Notes
) -> CodeableConcept:
    """What is in a bag: a concept, or the Substance or Medication that is pointed to."""
    if part.item_codeable_concept is not None:
        return part.item_codeable_concept
    key, shown = chart.key(part.item_reference), part.item_reference.display if part.item_reference else None
    pointed: Medication | Substance | None = chart.medications.get(key or "")
    if key is not None and key.startswith("#"):
        pointed = _contained(beside, key[1:], Substance, notes) or _contained(beside, key[1:], Medication, notes)
    return pointed.code if pointed is not None and pointed.code is not None else CodeableConcept(text=shown)


T = TypeVar("T", Medication, Substance)


def _contained(inside: tuple[msgspec.Raw, ...], name: str, view: type[T], notes: Notes) -> T | None:
    for raw in inside:
        head = _head(raw)
        if head.id == name and head.resourceType == view.__name__:
            found, faults = decode(raw, view, f"{notes.resource}#{name}")
            for fault in faults:
                notes.find("field-unreadable", f"{fault.resource} {fault.path}: {fault.message}.")
            return found
    return None


def _head(raw: msgspec.Raw) -> Head:
    try:
        return msgspec.json.decode(raw, type=Head)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return Head()
