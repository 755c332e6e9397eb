"""How much was given: exact decimals, never a binary float, never from an order or a rate.

A volume becomes an amount only by the strength of the product that the chart gives:

    67.5 mL of 10 mg / 1 mL  → 675 mg
    250 mL of a bag with 500 mg / 250 mL and 20 meq / 1 L → 500 mg and 5 meq

It is multiplied before it is divided: 50 mL of 300 mg / 150 mL are 100 mg and not 99.99….

Per m² and per kg pass as they are: nothing converts them, and coding says so. An amount below zero or with a
comparator (`<`) is no amount.
"""

from __future__ import annotations

from decimal import Decimal

from fhir_adapter.coding.model import Quantity
from fhir_adapter.fhir_r4 import Quantity as Written
from fhir_adapter.fhir_r4 import Ratio, canonical_system
from fhir_adapter.normalize.notes import Notes
from fhir_adapter.vocabulary import UCUM

_LITRE = {"mL": Decimal(1), "ml": Decimal(1), "L": Decimal(1000), "l": Decimal(1000)}


def dose_of(written: Written | None, strength: Ratio | None, is_one_of_several: bool, notes: Notes) -> Quantity | None:
    """The dose of one drug; of one of several in a bag only by its strength."""
    amount = amount_of(written, "dose", notes)
    if amount is None:
        return None
    by_strength = through(strength, amount)
    if by_strength is not None:
        notes.read("dose", _shown(by_strength), "dosage.dose × strength")
        return by_strength
    if is_one_of_several:
        notes.read("dose", None, None, f"dosage.dose {_shown(amount)}: of the whole bag, and no strength divides it")
        return None
    if notes.traced:
        notes.read("dose", _shown(amount), "dosage.dose")
    return amount


def amount_of(written: Written | None, field: str, notes: Notes) -> Quantity | None:
    """A quantity as it stands, its UCUM code over its printed unit; None, with a finding, when it is no amount."""
    if written is None or written.value is None:
        notes.read(field, None, None)
        return None
    if written.comparator or written.value < 0:
        notes.read(field, None, None, "an amount below zero or with a comparator is none")
        notes.find("dose-unreadable", f"The {field} is below zero or has a comparator: it is no amount.")
        return None
    return Quantity(written.value, unit_of(written))


def unit_of(written: Written) -> str:
    coded = written.code if canonical_system(written.system) == UCUM or not written.unit else None
    return (coded or written.unit or "").strip()


def through(strength: Ratio | None, amount: Quantity) -> Quantity | None:
    """What `amount` of the product holds, None when the strength is not given per such an amount."""
    if strength is None:
        return None
    top, bottom = strength.numerator, strength.denominator
    if top is None or bottom is None or top.value is None or not bottom.value:
        return None
    per = unit_of(bottom)
    if amount.unit in _LITRE and per in _LITRE:
        above, below = amount.value * _LITRE[amount.unit], bottom.value * _LITRE[per]
    elif amount.unit == per:
        above, below = amount.value, bottom.value
    else:
        return None
    return Quantity(_plain(above * top.value / below), unit_of(top))


def _plain(value: Decimal) -> Decimal:
    """Without trailing zeros and without an exponent above zero: 500, not 5E+2."""
    short = value.normalize()
    return short.quantize(Decimal(1)) if short == short.to_integral_value() else short


def _shown(amount: Quantity) -> str:
    return f"{amount.value} {amount.unit}"
