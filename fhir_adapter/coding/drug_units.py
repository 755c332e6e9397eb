"""The drug lines: HCPCS units of what was given, and of what was discarded, by date, NDC and encounter (D31, D32).

The problem: a unit is bought once. Amounts of one code on one date are added over bags, pump and encounters, and
rounded up once; the whole units must then be told apart again by NDC, and by encounter for the ChargeItems.

Worked examples. Of a 10 mg code, NDC A gave 29 mg and NDC B 2 mg: 3.1 units are 4. A keeps its 2 and B its 0 whole
units; the two that are missing go to the largest fractions, one to A (0.9), one to B (0.2): 3 and 1. Two encounters
gave 12 mg each: 2.4 units are 3; a share is its encounter's amount rounded up as far as the line reaches: 2 and 1.

Decided: ties go to the earlier start, then to the file's order. JW units are divided likewise; a unit over the cap of
`waste` comes off the smallest fraction, the last first. An NDC or encounter without a unit is left out. Left out:
package arithmetic; CMS's units per package do not multiply out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Context, Decimal, localcontext
from functools import lru_cache

import msgspec

from fhir_adapter.coding.amounts import (
    WITHOUT_DRUG_LINE,
    Amount,
    amount_of,
    name_of,
    names_of,
    plain,
    started_units,
    whole_units,
)
from fhir_adapter.coding.drugs import DrugFacts, DrugTables, Release
from fhir_adapter.coding.model import Finding, Line, Quantity, Share, Visit
from fhir_adapter.coding.rulebook import Reading
from fhir_adapter.coding.tables import Tables
from fhir_adapter.coding.waste import Waste, waste_of

_EXACT = Context(prec=100)
"""No documented amount has so many digits: sums are exact."""
_NOTHING = Decimal()


class DrugLines(msgspec.Struct, frozen=True):
    """Lines and findings about drugs, and the crosswalk releases that were asked."""

    lines: tuple[Line, ...]
    findings: tuple[Finding, ...]
    releases: tuple[Release, ...]


def drug_lines(visit: Visit, drugs: DrugTables, reading: Reading, tables: Tables) -> DrugLines:
    """The drug lines of a visit. Not for `professional-in-facility`, which has none (D2)."""
    with localcontext(_EXACT):
        return _drug_lines(visit, drugs, reading, tables)


def _drug_lines(visit: Visit, drugs: DrugTables, reading: Reading, tables: Tables) -> DrugLines:
    amounts: list[Amount] = []
    findings: list[Finding] = []
    releases: dict[Release, None] = {}
    for place, administration in enumerate(visit.administrations):
        if administration.technique in WITHOUT_DRUG_LINE:
            continue
        facts = drugs.look_up(
            ndc=administration.ndc,
            rxcui=administration.rxcui,
            name=administration.drug,
            on=administration.service_date,
            technique=administration.technique,
        )
        for release in facts.releases:
            releases[release] = None
        if administration.resumed and administration.dose is None and facts.code is not None:
            continue
        found = amount_of(administration, place, facts)
        if isinstance(found, Amount):
            amounts.append(found)
            findings += _by_name(found, facts) if facts.set_aside else []
        else:
            findings.append(found)
    lines: list[Line] = []
    for on, of_code in _by_code_and_date(amounts):
        waste = waste_of(of_code, on, visit, reading, tables)
        findings += waste.findings
        lines += _lines(of_code, on, waste, reading)
    return DrugLines(tuple(lines), merged(findings), tuple(releases))


def merged(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Findings that say the same of several administrations, said once."""
    found: dict[tuple[str, str], Finding] = {}
    for finding in findings:
        key = finding.id, finding.message
        before = found[key].administrations if key in found else ()
        named = tuple(dict.fromkeys((*before, *finding.administrations)))
        found[key] = msgspec.structs.replace(finding, administrations=named)
    return tuple(found.values())


def _by_name(amount: Amount, facts: DrugFacts) -> list[Finding]:
    message = (
        f"{amount.code} was chosen for {name_of(amount.administration)} without an NDC; "
        f"the chart does not exclude {', '.join(facts.set_aside)}."
    )
    fix = "Give the NDC of the product that was used."
    return [Finding(id="drug-code-by-name", administrations=(amount.administration.id,), message=message, fix=fix)]


def _by_code_and_date(amounts: Iterable[Amount]) -> list[tuple[date, list[Amount]]]:
    by_key: dict[tuple[date, str], list[Amount]] = {}
    for amount in amounts:
        by_key.setdefault((amount.administration.service_date, amount.code), []).append(amount)
    return [(key[0], sorted(of_code, key=lambda amount: amount.when)) for key, of_code in sorted(by_key.items())]


def _lines(amounts: Sequence[Amount], on: date, waste: Waste, reading: Reading) -> list[Line]:
    given = {amount: amount.given for amount in amounts}
    unit, total = amounts[0].unit, sum(given.values(), _NOTHING)
    units, because = _billed(names_of(amounts), total, unit)
    batch = _Batch(
        unit=unit,
        on=on,
        modifiers=("JZ",) if waste.jz else (),
        because=because + ("; no whole unit was discarded." if waste.jz else "."),
        citations=reading.cite("drug-units", "jw-lines") if waste.jz else reading.cite("drug-units"),
    )
    lines = _by_ndc(given, units, units, batch)
    if not waste.jw_units:
        return lines
    discarded = {amount: amount.discarded or _NOTHING for amount in waste.documented}
    rest = sum(discarded.values(), _NOTHING)
    jw = msgspec.structs.replace(
        batch,
        modifiers=("JW",),
        because=f"{_sum(names_of(waste.documented), rest, unit)} was discarded from single-dose containers, "
        f"{_counted(rest, unit)} billing units; {waste.jw_units} whole ones are left beside the {units} billed.",
        citations=reading.cite("drug-units", "jw-lines"),
    )
    return lines + _by_ndc(discarded, whole_units(rest, unit), waste.jw_units, jw)


class _Batch(msgspec.Struct, frozen=True):
    """What the lines of one code and date have in common."""

    unit: Quantity
    on: date
    modifiers: tuple[str, ...]
    because: str
    citations: tuple[str, ...]


def _by_ndc(amounts: Mapping[Amount, Decimal], whole: int, billed: int, batch: _Batch) -> list[Line]:
    by_ndc: dict[str | None, dict[Amount, Decimal]] = {}
    for amount, value in amounts.items():
        if value:
            by_ndc.setdefault(amount.ndc, {})[amount] = value
    sums = [sum(its.values(), _NOTHING) for its in by_ndc.values()]
    counts = divided(sums, batch.unit, whole, billed)
    lines = []
    for its, count in zip(by_ndc.values(), counts, strict=True):
        if count:
            note = f" Of the {billed} units {count} are of this NDC." if count != billed else ""
            lines.append(_line(its, count, batch, note))
    return lines


def divided(amounts: Sequence[Decimal], unit: Quantity, whole: int, billed: int) -> list[int]:
    """Each amount's part of the `whole` units by largest fraction (ties: the earlier), less those over `billed`."""
    units = [whole_units(amount, unit) for amount in amounts]
    by_fraction = sorted(range(len(amounts)), key=lambda place: -(amounts[place] % unit.value))
    for place in by_fraction[: whole - sum(units)]:
        units[place] += 1
    for place in reversed(by_fraction):
        if sum(units) > billed and units[place]:
            units[place] -= 1
    return units


def _line(amounts: Mapping[Amount, Decimal], count: int, batch: _Batch, note: str) -> Line:
    first = next(iter(amounts))
    return Line(
        code=first.code,
        system="HCPCS",
        units=count,
        modifiers=batch.modifiers,
        date=batch.on,
        ndc=first.ndc,
        shares=shares_of(amounts, batch.unit, count),
        administrations=tuple([amount.administration.id for amount in amounts]),
        because=batch.because + note,
        citations=batch.citations,
    )


def shares_of(amounts: Mapping[Amount, Decimal], unit: Quantity, units: int) -> tuple[Share, ...]:
    """A line's units by encounter: each amount rounded up, as far as the units reach."""
    by_encounter: dict[str | None, Decimal] = {}
    for amount, value in amounts.items():
        encounter = amount.administration.encounter
        by_encounter[encounter] = by_encounter.get(encounter, _NOTHING) + value
    shares: list[Share] = []
    left = units
    for encounter, value in by_encounter.items():
        share = min(started_units(value, unit), left)
        if share:
            shares.append(Share(encounter, share))
        left -= share
    return tuple(shares)


@lru_cache(maxsize=16_384)
def _billed(names: str, total: Decimal, unit: Quantity) -> tuple[int, str]:
    """The units that an amount is billed as, with the sentence: kept, since a day gives the same doses again."""
    units = started_units(total, unit)
    return units, f"{_sum(names, total, unit)} is {_counted(total, unit)} billing units, rounded up once to {units}"


def _sum(names: str, total: Decimal, unit: Quantity) -> str:
    """`675 mg of rituximab`, in the unit of the code."""
    return f"{plain(total)} {unit.unit} of {names} at {plain(unit.value)} {unit.unit} a unit"


def _counted(amount: Decimal, unit: Quantity) -> str:
    """How many billing units it is, to four places."""
    exact = amount / unit.value
    rounded = round(exact, 4)
    return plain(rounded) if rounded == exact else f"about {plain(rounded)}"
