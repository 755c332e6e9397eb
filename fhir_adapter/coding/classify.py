"""What kind of drug each administration gave, and which bags are one administration (D6, D27, D28).

The problem: the class decides the code family, two drugs mixed in a bag are one infusion, and a drug that nobody can
classify must hold the visit without disturbing what is known of the others.

Worked examples. Ondansetron and dexamethasone in one bag: one therapeutic administration, from the earliest start to
the latest stop. Potassium in saline: the bag is potassium, its carrier is not a drug of its own.

Decided: a class that the visit gives wins, then the rulebook's word for the payer, then the catalog's. Oral drugs and
flushes are not asked for a class, because none would change anything. Left out: what an ingredient's class ought to be.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from msgspec.structs import replace

from fhir_adapter.coding.drugs import DrugFacts, DrugTables
from fhir_adapter.coding.given import DrugKey, Given
from fhir_adapter.coding.model import Administration, Finding, Visit
from fhir_adapter.coding.rulebook import Reading
from fhir_adapter.coding.same_drug import drug_numbers
from fhir_adapter.vocabulary import DrugClass, Reason, Technique

RANK: dict[DrugClass, int] = {
    "not-reported": 0,
    "hydration": 1,
    "therapeutic": 2,
    "hormonal-antineoplastic": 3,
    "chemotherapy": 4,
}
FAMILY: dict[DrugClass, Reason] = {
    "not-reported": "therapeutic",
    "hydration": "hydration",
    "therapeutic": "therapeutic",
    "hormonal-antineoplastic": "chemotherapy",
    "chemotherapy": "chemotherapy",
}
NEEDS_STOP_AFTER_START: frozenset[Technique] = frozenset({"infusion", "sc-infusion", "intra-arterial-infusion", "pump"})
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


def givens_of(
    visit: Visit, readings: dict[str | None, Reading], drugs: DrugTables
) -> tuple[list[Given], list[Finding]]:
    """The administrations and bags that take part in coding, and a finding for each one that does not."""
    administrations = visit.administrations
    facts = [_facts(administration, drugs) for administration in administrations]
    numbers = drug_numbers(administrations, facts)
    classes = [_class(a, known, readings[a.encounter]) for a, known in zip(administrations, facts, strict=True)]
    givens: list[Given] = []
    findings: list[Finding] = []
    for places in _bags(administrations):
        members = [(place, administrations[place], kind) for place in places if (kind := classes[place]) is not None]
        findings += [_class_unknown(administrations[place]) for place in places if classes[place] is None]
        if not members:
            continue
        given, kind = _given(members, numbers)
        outside = _outside_the_family(given, kind)
        if outside is None:
            givens.append(given)
        else:
            findings.append(outside)
    return givens, findings


def _facts(administration: Administration, drugs: DrugTables) -> DrugFacts | None:
    """The catalog is asked only where its answer can matter."""
    if administration.drug_class is not None and administration.rxcui is None and administration.ndc is None:
        return None
    return drugs.look_up(
        ndc=administration.ndc,
        rxcui=administration.rxcui,
        name=administration.drug,
        on=administration.service_date,
    )


def _class(administration: Administration, known: DrugFacts | None, reading: Reading) -> DrugClass | None:
    if administration.drug_class is not None:
        return administration.drug_class
    if (key := reading.class_key(administration)) is not None:
        return reading.drug_classes[key]
    found = None if known is None else known.drug_class
    if found is None and administration.technique in ("oral", "flush"):
        return "not-reported"
    return found


def _class_unknown(administration: Administration) -> Finding:
    return Finding(
        id="drug-class-unknown",
        severity="error",
        administrations=(administration.id,),
        message=f"It is not known whether {_name(administration)} is chemotherapy, another drug or a fluid, "
        "so it has no administration line.",
        fix="Give the drug's class in the configuration (drug_class), or its NDC or RxCUI in the chart.",
    )


def _bags(administrations: Sequence[Administration]) -> list[list[int]]:
    """Places in the file, those of one mixed bag together."""
    place_of = {administration.id: place for place, administration in enumerate(administrations)}
    bag_of = list(range(len(administrations)))
    for place, administration in enumerate(administrations):
        if administration.same_bag_as is not None:
            joined = {bag_of[place], bag_of[place_of[administration.same_bag_as]]}
            bag_of = [min(joined) if bag in joined else bag for bag in bag_of]
    bags: dict[int, list[int]] = {}
    for place, bag in enumerate(bag_of):
        bags.setdefault(bag, []).append(place)
    return list(bags.values())


def _given(members: list[tuple[int, Administration, DrugClass]], numbers: list[int]) -> tuple[Given, DrugClass]:
    place, first, kind = members[0]
    if len(members) > 1:
        return _mixed(members, numbers)
    return _one(place, first, kind, numbers[place]), kind


def _one(place: int, member: Administration, kind: DrugClass, drug: DrugKey) -> Given:
    return Given(
        place=place,
        members=(member,),
        drug=drug,
        name=_name(member),
        family=FAMILY[kind],
        hormonal=kind == "hormonal-antineoplastic",
        technique=member.technique,
        encounter=member.encounter,
        start=(member.start - EPOCH) // MICROSECOND,
        stop=_stop(member),
        offset=_microseconds(member.start.utcoffset()),
        discontinued=member.discontinued,
    )


def _mixed(members: list[tuple[int, Administration, DrugClass]], numbers: list[int]) -> tuple[Given, DrugClass]:
    """A bag: as its earliest member, from the first start to the last stop, of the highest class in it."""
    kind = max((kind for _, _, kind in members), key=RANK.__getitem__)
    drugs = [(place, member) for place, member, its in members if its != "hydration" or kind == "hydration"]
    earliest = min((member for _, member, _ in members), key=lambda member: member.start)
    stops = [stop for _, member, _ in members if (stop := _stop(member)) is not None]
    bag = replace(
        _one(members[0][0], earliest, kind, _drug_key({numbers[place] for place, _ in drugs})),
        members=tuple(member for _, member, _ in members),
        name=" with ".join(dict.fromkeys(_name(member) for _, member in drugs)),
        stop=max(stops) if stops else None,
        discontinued=any(member.discontinued for _, member, _ in members),
    )
    return bag, kind


@lru_cache(maxsize=128)
def _microseconds(offset: timedelta | None) -> int:
    return (offset or timedelta()) // MICROSECOND


def _drug_key(numbers: set[int]) -> DrugKey:
    return next(iter(numbers)) if len(numbers) == 1 else frozenset(numbers)


def _stop(administration: Administration) -> int | None:
    """An infusion that stops when it starts has no documented stop (D19)."""
    if administration.stop is None:
        return None
    if administration.stop == administration.start and administration.technique in NEEDS_STOP_AFTER_START:
        return None
    return (administration.stop - EPOCH) // MICROSECOND


def _name(administration: Administration) -> str:
    return administration.drug or administration.ndc or administration.rxcui or "the drug"


def _outside_the_family(given: Given, kind: DrugClass) -> Finding | None:
    """What has no infusion or injection code at all, whatever its time."""
    if given.technique == "flush" or (given.technique != "oral" and kind != "not-reported"):
        return None
    reason = "was given by mouth" if given.technique == "oral" else "is of a kind that is not reported"
    return Finding(
        id="not-in-family",
        administrations=given.ids,
        message=f"{given.name} {reason}, so it has no administration line.",
    )
