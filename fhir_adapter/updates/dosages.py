"""The dosage of a code as CMS writes it → amount and unit, where it is one quantity.

`10 MG`, `UP TO 80 MG`, `.625 GM` and `1,000 UNITS` are; `3 MG & 3 MG`, `PER VIAL` and `300 MCG (1500 IU)` are not, and
stay text. `UNITS` stays out: whose units they are, the dosage does not say (the shipped catalog says it by hand).
"""

from __future__ import annotations

import re

_FORM = re.compile(r"(?:UP TO |PER )?(\d{1,3}(?:,\d{3})+|\d*\.?\d+) ?([A-Z. ]+)")
_UCUM = {"MG": "mg", "GM": "g", "G": "g", "MCG": "ug", "ML": "mL", "CC": "mL", "SQ CM": "cm2", "MEQ": "meq"}


def quantity(dosage: str) -> tuple[str, str]:
    """Amount and UCUM unit; two blanks: it is not one quantity in a unit that is known."""
    found = _FORM.fullmatch(" ".join(dosage.upper().split()))
    unit = _UCUM.get(found[2].strip()) if found else None
    if found is None or unit is None:
        return "", ""
    amount = found[1].replace(",", "")
    return (f"0{amount}" if amount.startswith(".") else amount), unit


def one_quantity(dosages: set[str]) -> tuple[str, str]:
    """The quantity on which all texts of one code agree, else blanks."""
    found = {quantity(text) for text in dosages}
    return next(iter(found)) if len(found) == 1 else ("", "")
