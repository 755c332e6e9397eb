"""How much of which billed code each administration gave, exactly (D31), or why it has no drug line.

The problem: a dose is written in the unit of the ward and billed in the unit of the code, and neither a rounded
number nor a guessed unit may reach a claim.

Worked examples. 0.3 mg of a code of 0.1 mg a unit: exactly 3 units, as decimals and never as binary floats.
1500 mg/m2: an order's basis, not an amount; `dose-unit-mismatch`, no drug line.

Decided: amounts are kept in the unit of the code (mg, say) and never divided before they are summed, so that nothing
is rounded on the way. g, mg, ug (also mcg) and ng convert, L and mL convert, every other unit equals only itself.
What was not given by a needle (oral, flush, pump refill) has no drug line. Left out: what the code ought to be.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

import msgspec

from fhir_adapter.coding.drugs import DrugFacts
from fhir_adapter.coding.model import Administration, Finding, Quantity
from fhir_adapter.vocabulary import Container, Severity, Technique

WITHOUT_DRUG_LINE: frozenset[Technique] = frozenset({"oral", "flush", "pump-refill"})

_POWERS_OF_TEN = ({"g": 0, "mg": -3, "ug": -6, "mcg": -6, "ng": -9}, {"L": 0, "l": 0, "mL": -3, "ml": -3})


class Amount(msgspec.Struct, frozen=True, eq=False, kw_only=True):
    """What one administration adds to a code, in the unit of the code."""

    administration: Administration
    place: int
    """In the file."""
    code: str
    unit: Quantity
    ndc: str | None
    container: Container | None
    given: Decimal
    discarded: Decimal | None

    @property
    def when(self) -> tuple[datetime, int]:
        """For orders by time, then by place in the file."""
        return self.administration.start, self.place


def amount_of(administration: Administration, place: int, facts: DrugFacts) -> Amount | Finding:
    """The administration's amount, or the finding that says why it has none."""
    if facts.code is None:
        return _no_code(administration, facts)
    dose = administration.dose
    if dose is None or not dose.value:
        message = f"{name_of(administration)} has no dose, so no drug line."
        return _finding(administration, "dose-missing", "info", message, "Document the dose that was given.")
    if facts.unit is None or (given := converted(dose, facts.unit)) is None:
        return _mismatch(administration, facts, dose)
    discarded = administration.discarded
    wasted = None if discarded is None else converted(discarded, facts.unit)
    if discarded is not None and wasted is None:
        return _mismatch(administration, facts, discarded)
    return Amount(
        administration=administration,
        place=place,
        code=facts.code,
        unit=facts.unit,
        ndc=facts.ndc,
        container=administration.container or facts.container,
        given=given,
        discarded=wasted,
    )


def converted(amount: Quantity, unit: Quantity) -> Decimal | None:
    """An amount in the unit of a billing unit; None: it does not convert."""
    if amount.unit == unit.unit:
        return amount.value
    for powers in _POWERS_OF_TEN:
        if amount.unit in powers and unit.unit in powers:
            return amount.value.scaleb(powers[amount.unit] - powers[unit.unit])
    return None


def whole_units(amount: Decimal, unit: Quantity) -> int:
    """The billing units that an amount fills."""
    return int(amount // unit.value)


def started_units(amount: Decimal, unit: Quantity) -> int:
    """The billing units that an amount fills or begins."""
    return int(amount // unit.value) + (amount % unit.value > 0)


def name_of(administration: Administration) -> str:
    """What a sentence calls the drug."""
    if administration.drug:
        return administration.drug
    if administration.ndc:
        return f"the drug with NDC {administration.ndc}"
    return f"the drug with RxCUI {administration.rxcui}"


def names_of(amounts: Iterable[Amount]) -> str:
    """What a sentence calls the drugs of several amounts, each once."""
    return " and ".join(dict.fromkeys([name_of(amount.administration) for amount in amounts]))


def plain(number: Decimal) -> str:
    """A number as a person writes it: no exponent, no zeros at its end."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _no_code(administration: Administration, facts: DrugFacts) -> Finding:
    name, on = name_of(administration), administration.service_date.isoformat()
    candidates = ", ".join(facts.candidates)
    if facts.problem == "drug-code-ambiguous":
        message = f"{name} may be {candidates} on {on}; nothing given decides between them, so it has no drug line."
        return _finding(administration, "drug-code-ambiguous", "warning", message, _GIVE_NDC)
    if facts.ndc_readings:
        message = (
            f"The NDC of {name} has ten digits without hyphens and may be {', '.join(facts.ndc_readings)}; "
            "it has no drug line."
        )
    elif administration.ndc and facts.ndc is None:
        message = f"The NDC of {name} is malformed: 11 digits, or three parts with hyphens; it has no drug line."
    else:
        message = f"No HCPCS code in force on {on} is known for {name}, so it has no drug line."
    if candidates:
        message += f" Only an NDC chooses {candidates}."
    return _finding(administration, "drug-code-unknown", "warning", message, _GIVE_NDC)


_GIVE_NDC = "Give the NDC of the product that was used, or the site's own code for it (drug_code)."


def _mismatch(administration: Administration, facts: DrugFacts, amount: Quantity) -> Finding:
    billed = f"billed by {plain(facts.unit.value)} {facts.unit.unit}" if facts.unit else "not billed by one quantity"
    return _finding(
        administration, "dose-unit-mismatch", "error",
        f"{facts.code} is {billed}; {plain(amount.value)} {amount.unit} of {name_of(administration)} does not convert, "
        "so it has no drug line.",
        "Document the amount in the unit of the code.",
    )  # fmt: skip


def _finding(administration: Administration, id_: str, severity: Severity, message: str, fix: str) -> Finding:
    return Finding(id=id_, severity=severity, administrations=(administration.id,), message=message, fix=fix)
