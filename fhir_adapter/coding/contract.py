"""Reads visit files: plain JSON in, visits out, or every fault at once with its path (docs/visit.md; D37).

    [{"id": "v", "setting": "ward", "administrations": [{"id": "a", "technique": "push", "start": "09:00"}]}]
        $[0].setting: Invalid enum value 'ward'
        $[0].administrations[0].start: needs a date, a time and an offset
        $[0].administrations[0]: needs one of drug, rxcui, ndc

Decided: a faulty file is refused as a whole. Decimals are read from the digits of the file.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any, get_type_hints

import msgspec

from fhir_adapter.coding.model import Administration, AuthorizedLine, BilledLine, Quantity, Visit
from fhir_adapter.errors import Fault, InputFaults

_JSON = msgspec.json.Decoder(Any, float_hook=Decimal)
YEARS = range(1900, 2200)
LARGEST = Decimal(10) ** 12
"""Above it an amount of any drug in any unit is a slip, and arithmetic on it is no longer exact."""
DIGITS = 20
_PARTS: dict[str, type[msgspec.Struct]] = {
    "administrations": Administration,
    "billed": BilledLine,
    "authorized": AuthorizedLine,
}


def read_visits(text: bytes) -> tuple[tuple[Visit, ...], bool]:
    """The visits of a file, and whether it was a list. `InputFaults` has every fault, in the order of the file."""
    try:
        raw = _JSON.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InputFaults((Fault("$", f"not JSON: {error}"),)) from None
    many = isinstance(raw, list)
    places: list[tuple[str, Any]] = [("$", raw)]
    if isinstance(raw, list):
        places = [(f"$[{index}]", one) for index, one in enumerate(raw)]
    faults = [Fault(path, "stands twice") for path in _twice(text)]
    faults += [fault for path, one in places for fault in _visit_faults(one, path)]
    if faults:
        raise InputFaults(tuple(faults))
    return tuple(msgspec.convert(one, Visit) for _, one in places), many


class _Object(dict[str, Any]):
    """A JSON object that knows which of its keys stood more than once."""

    def __init__(self, pairs: list[tuple[str, Any]]) -> None:
        super().__init__(pairs)
        counts = Counter(key for key, _ in pairs) if len(self) < len(pairs) else Counter()
        self.twice = [key for key, count in counts.items() if count > 1]


def _twice(text: bytes) -> Iterator[str]:
    """Paths of the keys that one object has twice: of two values nobody knows which is meant."""
    yield from _twice_in(json.loads(text, object_pairs_hook=_Object, parse_int=str, parse_float=str), "$")


def _twice_in(raw: Any, path: str) -> Iterator[str]:
    if isinstance(raw, _Object):
        yield from (f"{path}.{key}" for key in raw.twice)
        for key, one in raw.items():
            yield from _twice_in(one, f"{path}.{key}")
    elif isinstance(raw, list):
        for index, one in enumerate(raw):
            yield from _twice_in(one, f"{path}[{index}]")


def _visit_faults(raw: Any, path: str) -> Iterator[Fault]:
    yield from _faults(raw, Visit, path, skip=tuple(_PARTS))
    if not isinstance(raw, dict):
        return
    yield from _id_faults(raw, path)
    for name, kind in _PARTS.items():
        parts = raw.get(name)
        if parts is None and (name != "administrations" or name not in raw):
            continue
        if not isinstance(parts, list):
            yield Fault(f"{path}.{name}", "must be a list")
            continue
        for index, part in enumerate(parts):
            yield from _faults(part, kind, f"{path}.{name}[{index}]")
            if kind is Administration and isinstance(part, dict):
                yield from _administration_faults(part, f"{path}.{name}[{index}]")
            elif isinstance(part, dict):
                yield from _bill_faults(part, f"{path}.{name}[{index}]")
    yield from _names_faults(raw.get("administrations"), f"{path}.administrations")


def _faults(raw: Any, kind: type[msgspec.Struct], path: str, skip: tuple[str, ...] = ()) -> Iterator[Fault]:
    """Each field on its own, so that one fault does not hide the next."""
    if not isinstance(raw, dict):
        yield Fault(path, "must be an object")
        return
    hints = get_type_hints(kind)
    fields = {field.encode_name: field for field in msgspec.structs.fields(kind)}
    for name in raw:
        if name not in fields:
            yield Fault(f"{path}.{name}", "is no field of the contract")
    for name, field in fields.items():
        if name not in raw:
            if field.required:
                yield Fault(f"{path}.{name}", "is required")
            continue
        if name in skip:
            continue
        try:
            msgspec.convert(raw[name], hints[field.name])
        except msgspec.ValidationError as error:
            reason, _, place = str(error).partition(" - at `$")
            yield Fault(f"{path}.{name}{place.rstrip('`')}", reason)


def _id_faults(raw: dict[str, Any], path: str) -> Iterator[Fault]:
    if isinstance(raw.get("id"), str) and not raw["id"].strip():
        yield Fault(f"{path}.id", "is empty")


def _administration_faults(raw: dict[str, Any], path: str) -> Iterator[Fault]:
    yield from _id_faults(raw, path)
    if not any(raw.get(key) for key in ("drug", "rxcui", "ndc")):
        yield Fault(path, "needs one of drug, rxcui, ndc")
    times = {name: _time(raw.get(name)) for name in ("start", "stop")}
    for name, time in times.items():
        if time is not None and time.tzinfo is None:
            yield Fault(f"{path}.{name}", "needs an offset, such as -05:00")
        if time is not None and time.year not in YEARS:
            yield Fault(f"{path}.{name}", f"is not between the years {YEARS.start} and {YEARS.stop}")
    start, stop = times["start"], times["stop"]
    if start and stop and start.tzinfo and stop.tzinfo and stop < start:
        yield Fault(f"{path}.stop", "is before the start")
    for name in ("dose", "discarded"):
        yield from _amount_faults(raw.get(name), f"{path}.{name}.value")
    if isinstance(raw.get("lesions"), int) and raw["lesions"] < 0:
        yield Fault(f"{path}.lesions", "must not be negative")


def _amount_faults(raw: Any, path: str) -> Iterator[Fault]:
    if isinstance(raw, dict) and isinstance(raw.get("value"), str):
        yield Fault(path, "must be a number, not a string")
        return
    try:
        amount = msgspec.convert(raw, Quantity | None)
    except msgspec.ValidationError:
        return
    if amount is None:
        return
    if not amount.value.is_finite() or amount.value < 0:
        yield Fault(path, "must be a number and not negative")
    elif amount.value and not (amount.value.adjusted() > -DIGITS and amount.value <= LARGEST):
        yield Fault(path, f"is no amount of a drug: at most {LARGEST:f}")


def _bill_faults(raw: dict[str, Any], path: str) -> Iterator[Fault]:
    """What was billed or authorized: a code, and units that are none below zero."""
    code, units = raw.get("code"), raw.get("units")
    if isinstance(code, str) and (not code or code != code.strip()):
        yield Fault(f"{path}.code", "must be a code without blanks")
    if isinstance(units, int) and units < 0:
        yield Fault(f"{path}.units", "must not be negative")


def _time(raw: Any) -> datetime | None:
    try:
        return msgspec.convert(raw, datetime)
    except msgspec.ValidationError:
        return None


def _names_faults(administrations: Any, path: str) -> Iterator[Fault]:
    """Ids are unique; a bag names members that are there and agree."""
    parts = [part for part in administrations if isinstance(part, dict)] if isinstance(administrations, list) else []
    by_id: dict[Any, dict[str, Any]] = {}
    for index, part in enumerate(parts):
        if part.get("id") in by_id:
            yield Fault(f"{path}[{index}].id", "is not unique in the visit")
        by_id.setdefault(part.get("id"), part)
    for index, part in enumerate(parts):
        other = part.get("same_bag_as")
        if other is None:
            continue
        if other not in by_id or other == part.get("id"):
            yield Fault(f"{path}[{index}].same_bag_as", "names no other administration of the visit")
        elif any(part.get(key) != by_id[other].get(key) for key in ("encounter", "site", "technique")):
            yield Fault(f"{path}[{index}].same_bag_as", "names one of another encounter, site or technique")
