"""Drug lines: which code, how many units, what was wasted (D30-D32)."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date, datetime
from decimal import Decimal
from math import ceil

from tests.properties.obvious_coder import facts
from tests.properties.obvious_coder.reading import Notes

NO_DRUG = ("oral", "flush", "pump-refill")
Lines = Counter[tuple[str, tuple[str, ...], date, str | None]]


def drug_lines(visit: dict, policies: dict[str, str], notes: Notes) -> tuple[Lines, dict]:
    """Units by code, modifiers, date and NDC, and the shares of each line by encounter."""
    given: dict[tuple[str, date], list[tuple[dict, Decimal, facts.Drug]]] = defaultdict(list)
    for one in visit["administrations"]:
        if one["technique"] in NO_DRUG:
            continue
        drug = _coded(one, notes)
        if drug is None or drug.code is None:
            continue
        amount = _units(one, one.get("dose"), drug, notes)
        if amount is not None:
            day = datetime.fromisoformat(one["start"]).date()
            given[(drug.code, day)].append((one, amount, drug))
    lines: Lines = Counter()
    shares: dict = {}
    for (code, day), rows in given.items():
        modifier, wasted = _waste(rows, visit, policies, notes)
        marks = (modifier,) if modifier else ()
        amounts = [amount for _, amount, _ in rows]
        units = ceil(sum(amounts))
        _spread(rows, amounts, units, units, (code, marks, day), lines, shares)
        if wasted:
            waste = [_wasted(one, drug) for one, _, drug in rows]
            _spread(rows, waste, int(sum(waste) // 1), wasted, (code, ("JW",), day), lines, shares)
    return lines, shares


def _coded(one: dict, notes: Notes) -> facts.Drug | None:
    name = frozenset({one["id"]})
    if one.get("ndc"):
        code = facts.NDCS.get(str(one["ndc"]).replace("-", ""))
        if code is None:
            notes.add("drug-code-unknown", "warning", name)
        return facts.NDC_DRUGS[code] if code else None
    drug = facts.DRUGS.get((one.get("drug") or "").strip().lower())
    if drug is None or one["start"][:10] < drug.since:
        notes.add("drug-code-unknown", "warning", name)
        return None
    if drug.code == "several":
        notes.add("drug-code-ambiguous", "warning", name)
        return None
    return drug


def _units(one: dict, dose: dict | None, drug: facts.Drug, notes: Notes) -> Decimal | None:
    name = frozenset({one["id"]})
    if dose is None and one.get("resumed"):
        return None
    if dose is None:
        notes.add("dose-missing", "info", name)
        return None
    amount = _amount(dose, drug)
    if amount is None:
        notes.add("dose-unit-mismatch", "error", name)
    elif drug.left_out and not one.get("ndc"):
        notes.add("drug-code-by-name", "info", name)
    return amount


def _amount(dose: dict | None, drug: facts.Drug) -> Decimal | None:
    """In billing units, not rounded."""
    if dose is None or dose["unit"] not in facts.FACTORS:
        return None
    return Decimal(str(dose["value"])) * facts.FACTORS[dose["unit"]] / (Decimal(drug.amount) * facts.FACTORS[drug.unit])


def _up(amount: Decimal) -> int:
    return ceil(amount)


def _waste(rows: list, visit: dict, policies: dict[str, str], notes: Notes) -> tuple[str, int]:
    """The modifier of the drug line, and the units of its JW line."""
    payer = policies["jw-lines"] == "any-payer" or (
        policies["jw-lines"] == "medicare" and visit.get("payer") == "medicare"
    )
    if not payer or (visit["setting"] == "facility" and rows[0][2].packaged):
        return "", 0
    if visit["setting"] == "facility" and rows[0][2].unlisted:
        notes.add("payability-unknown", "info", frozenset(one["id"] for one, _, _ in rows))
    for one, _, _ in rows:
        if one.get("container") is None:
            notes.add("container-missing", "warning", frozenset({one["id"]}))
    single = [(one, drug) for one, _, drug in rows if one.get("container") == "single-dose"]
    silent = [one for one, _ in single if one.get("discarded") is None]
    for one in silent:
        notes.add("waste-undocumented", "error", frozenset({one["id"]}))
    used = sum((amount for _, amount, _ in rows), Decimal(0))
    wasted = sum((_wasted(one, drug) for one, drug in single), Decimal(0))
    units = min(int(wasted // 1), int((used + wasted) // 1) - _up(used))
    if units > 0:
        return "", units
    whole = len(single) == len(rows) and not silent
    return ("JZ" if whole else ""), 0


def _wasted(one: dict, drug: facts.Drug) -> Decimal:
    """What a single-dose container lost."""
    single = one.get("container") == "single-dose"
    return (_amount(one.get("discarded"), drug) if single else None) or Decimal(0)


def _spread(rows: list, amounts: list[Decimal], whole: int, total: int, key: tuple, lines: Lines, shares: dict) -> None:
    """`whole` units by NDC, the missing ones to the largest fractions; less what `total` leaves out; shares."""
    code, marks, day = key
    by_ndc: dict[str | None, list[int]] = defaultdict(list)
    for n, (one, _, _) in enumerate(rows):
        ndc = str(one["ndc"]).replace("-", "") if one.get("ndc") else None
        if amounts[n]:
            by_ndc[ndc].append(n)
    own = {ndc: sum((amounts[n] for n in ns), Decimal(0)) for ndc, ns in by_ndc.items()}
    units = {ndc: int(amount // 1) for ndc, amount in own.items()}
    order = sorted(by_ndc, key=lambda ndc: (-(own[ndc] % 1), min(_when(rows[n][0], n) for n in by_ndc[ndc])))
    for ndc in order:
        if sum(units.values()) < whole:
            units[ndc] += 1
    while sum(units.values()) > total:
        last = next(ndc for ndc in reversed(order) if units[ndc])
        units[last] -= 1
    for ndc, count in units.items():
        if count:
            lines[(code, marks, day, ndc)] += count
            shares[(code, marks, day, ndc)] = _shares(rows, amounts, by_ndc[ndc], count)


def _when(one: dict, n: int) -> tuple[datetime, int]:
    return datetime.fromisoformat(one["start"]), n


def _shares(rows: list, amounts: list[Decimal], mine: list[int], count: int) -> list[tuple[str | None, int]]:
    by_encounter: dict[str | None, Decimal] = {}
    for n in sorted(mine, key=lambda n: _when(rows[n][0], n)):
        encounter = rows[n][0].get("encounter")
        by_encounter[encounter] = by_encounter.get(encounter, Decimal(0)) + amounts[n]
    shares = []
    for encounter, amount in by_encounter.items():
        taken = min(_up(amount), count)
        count -= taken
        if taken:
            shares.append((encounter, taken))
    return shares
