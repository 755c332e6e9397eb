"""From the lines of a coded visit to its charges: one for each share that a line has in an encounter.

Worked example: J9312 ×68 with the shares enc-1 ×50 and enc-2 ×18 gives two charges, each resting on the rituximab that
its own encounter gave. Two labels of one Encounter that share a key (the same add-on on both sides of a long gap) are
one charge with the summed units, because the EHR knows one Encounter.

It rests on MedicationAdministrations, each named once. When a charge occurred is what the administrations of its share
document: an infusion from start to stop, everything else at its start. One moment is a point, several are the period
from the first to the last. Refuses (`ValueError`) a line of an encounter that is not among `encounters`: charges are
made from charts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

import msgspec

from fhir_adapter.coding.model import Administration, Line, Share, Visit, VisitResult
from fhir_adapter.fhir_r4 import CodeableConcept, Encounter, Reference
from fhir_adapter.reconcile.charge import Charge, ChargeKey, Place, Provenance, Reason

_TIMED = ("infusion", "sc-infusion", "intra-arterial-infusion")


def charges_of(
    result: VisitResult, visit: Visit, encounters: Mapping[str, Encounter], source: str
) -> tuple[Charge, ...]:
    """`encounters` are the visit's own, by their label."""
    given = {administration.id: administration for administration in visit.administrations}
    provenance = Provenance(rulebook_hash=result.rulebook_hash, data_hash=result.data_hash, engine=result.engine)
    charges: dict[ChargeKey, Charge] = {}
    for line in result.lines:
        for share in line.shares:
            charge = _charge(line, share, given, encounters, (source, result.rulebook, provenance))
            met = charges.get(charge.key)
            charges[charge.key] = _together(met, charge) if met else charge
    return tuple(charges.values())


def _charge(
    line: Line,
    share: Share,
    given: Mapping[str, Administration],
    encounters: Mapping[str, Encounter],
    under: tuple[str, str, Provenance],
) -> Charge:
    source, rulebook, provenance = under
    encounter = encounters.get(share.encounter or "")
    if encounter is None:
        raise ValueError(f"line {line.code}: a share in an encounter that the visit does not have")
    all_of_line = [given[name] for name in line.administrations]
    rests_on = [one for one in all_of_line if one.encounter == share.encounter] or all_of_line
    start, stop = _occurrence(rests_on)
    return Charge(
        key=ChargeKey(
            source=source,
            encounter=encounter.id,
            date=line.date,
            code=line.code,
            modifiers=line.modifiers,
            ndc=line.ndc,
        ),
        system=line.system,
        units=share.units,
        administrations=resources_of(one.id for one in rests_on),
        start=start,
        stop=stop,
        minutes=line.minutes,
        because=line.because,
        citations=line.citations,
        rulebook=rulebook,
        provenance=provenance,
        place=place_of(encounter),
    )


def resources_of(administrations: Iterable[str]) -> tuple[str, ...]:
    """The MedicationAdministrations behind administrations: `a1#2` is the second drug of the mixture `a1`."""
    return tuple(dict.fromkeys(name.partition("#")[0] for name in administrations))


def _occurrence(administrations: Iterable[Administration]) -> tuple[datetime, datetime | None]:
    moments = [moment for administration in administrations for moment in _moments(administration)]
    first, last = min(moments), max(moments)
    return first, last if last > first else None


def _moments(administration: Administration) -> tuple[datetime, ...]:
    if administration.technique in _TIMED and administration.stop:
        return administration.start, administration.stop
    return (administration.start,)


def _together(one: Charge, other: Charge) -> Charge:
    first, last = min(one.start, other.start), max(one.stop or one.start, other.stop or other.start)
    return msgspec.structs.replace(
        one,
        units=one.units + other.units,
        administrations=tuple(dict.fromkeys(one.administrations + other.administrations)),
        start=first,
        stop=last if last > first else None,
    )


def place_of(encounter: Encounter) -> Place:
    return Place(
        subject=_written(encounter.subject) or "",
        accounts=tuple(filter(None, map(_written, encounter.account))),
        performer=_written(encounter.service_provider),
        reasons=tuple(map(_reason, encounter.reason_code)),
    )


def _written(reference: Reference | None) -> str | None:
    return reference.reference if reference else None


def _reason(concept: CodeableConcept) -> Reason:
    """Without outer blanks, which FHIR refuses in a code."""
    codings = tuple((_bare(coding.system), _bare(coding.code), _bare(coding.display)) for coding in concept.coding)
    return Reason(codings=codings, text=_bare(concept.text))


def _bare(text: str | None) -> str | None:
    return (text or "").strip() or None
