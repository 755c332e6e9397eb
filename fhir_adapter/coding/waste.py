"""What was discarded: JW units, JZ, or neither, decided per code and date over all NDCs (D32).

The problem: Medicare pays for the rest of a single-dose vial if it is claimed (JW), and wants it said when there was
none (JZ). Claiming what was not thrown away is a false claim; saying neither is a returned one.

Worked examples. 675 mg given, 25 mg discarded, unit 10 mg: 67.5 units are billed as 68, and 70 whole units were opened,
so 2 are JW; the drug line has no modifier. 75 mg given, 25 mg discarded, unit 100 mg: the one unit billed is the whole
vial, no JW is left, the drug line is JZ.

Decided: only single-dose containers count; JW is what whole units remain of given and discarded together after the
billed ones. A discard or container that is not documented leaves the line without a modifier and says so. In a
facility a code that OPPS packages (N) takes neither. Left out: whether a payer beyond `jw-lines` wants them.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

import msgspec

from fhir_adapter.coding.amounts import Amount, names_of, started_units, whole_units
from fhir_adapter.coding.model import Finding, Visit
from fhir_adapter.coding.rulebook import Reading
from fhir_adapter.coding.tables import Tables
from fhir_adapter.vocabulary import Severity


class Waste(msgspec.Struct, frozen=True):
    """What becomes of the rest of the vials of one code on one date."""

    documented: tuple[Amount, ...] = ()
    """The single-dose amounts whose discard is written down."""
    jw_units: int = 0
    jz: bool = False
    findings: tuple[Finding, ...] = ()


_NO_CLAIM = Waste()


def waste_of(amounts: Sequence[Amount], on: date, visit: Visit, reading: Reading, tables: Tables) -> Waste:
    """JW, JZ or neither for the amounts of one code on one date."""
    if not _claims_waste(visit.payer, reading):
        return _NO_CLAIM
    findings: list[Finding] = []
    if visit.setting == "facility":
        status = tables.opps_status(amounts[0].code, on)
        if status == "N":
            return _NO_CLAIM
        findings = [_payability_unknown(amounts)] if status is None else []
    single = [amount for amount in amounts if amount.container == "single-dose"]
    documented = tuple(amount for amount in single if amount.discarded is not None)
    findings += [*_container_missing(amounts), *_waste_undocumented(single)]
    unit = amounts[0].unit
    given = sum((amount.given for amount in amounts), Decimal())
    discarded = sum((amount.discarded or Decimal() for amount in documented), Decimal())
    jw_units = max(whole_units(given + discarded, unit) - started_units(given, unit), 0)
    jz = not jw_units and len(documented) == len(amounts)
    return Waste(documented, jw_units, jz, tuple(findings))


def _claims_waste(payer: str | None, reading: Reading) -> bool:
    policy = reading.policies.jw_lines
    return policy == "any-payer" or (policy == "medicare" and payer == "medicare")


def _payability_unknown(amounts: Sequence[Amount]) -> Finding:
    return _finding(
        "payability-unknown", "info", amounts,
        f"The OPPS table has no status for {amounts[0].code}; it is treated as paid separately, so JW and JZ apply.",
        "Look the code up in Addendum B: a packaged one (N) takes neither.",
    )  # fmt: skip


def _container_missing(amounts: Sequence[Amount]) -> list[Finding]:
    unknown = [amount for amount in amounts if amount.container is None]
    if not unknown:
        return []
    message = f"It is not known whether {names_of(unknown)} came from single-dose containers, so there is no JW or JZ."
    fix = "Document the container, or set it for the product in the configuration (containers)."
    return [_finding("container-missing", "warning", unknown, message, fix)]


def _waste_undocumented(single: Sequence[Amount]) -> list[Finding]:
    silent = [amount for amount in single if amount.discarded is None]
    if not silent:
        return []
    message = f"What was discarded of {names_of(silent)} is not documented; the payer wants JW or JZ."
    return [_finding("waste-undocumented", "error", silent, message, "Document the discarded amount, zero included.")]


def _finding(id_: str, severity: Severity, amounts: Sequence[Amount], message: str, fix: str) -> Finding:
    named = tuple(amount.administration.id for amount in amounts)
    return Finding(id=id_, severity=severity, administrations=named, message=message, fix=fix)
