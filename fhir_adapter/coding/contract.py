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
from decimal import Decimal, InvalidOperation
from typing import Any, get_type_hints

import msgspec

from fhir_adapter.coding.model import Administration, AuthorizedLine, BilledLine, Visit
from fhir_adapter.errors import Fault, InputFaults

_JSON = msgspec.json.Decoder(Any, float_hook=Decimal)
YEARS = range(1900, 2200)
SMALLEST, LARGEST = Decimal(10) ** -19, Decimal(10) ** 12
"""Beyond them an amount of any drug in any unit is a slip, and arithmetic on it is no longer exact."""
_PARTS: dict[str, type[msgspec.Struct]] = {
    "administrations": Administration,
    "billed": BilledLine,
    "authorized": AuthorizedLine,
}


def read_visits(text: bytes) -> tuple[tuple[Visit, ...], bool]:
    """The visits of a file, and whether it was a list. `InputFaults` has every fault, in the order of the file."""
    raw, faults = _decoded(text)
    many = isinstance(raw, list)
    places = [(f"$[{index}]", one) for index, one in enumerate(raw)] if many else [("$", raw)]
    faults += [fault for path, one in places for fault in _visit_faults(one, path)]
    if faults:
        raise InputFaults(tuple(faults))
    return tuple(msgspec.convert(one, Visit) for _, one in places), many


def _decoded(text: bytes) -> tuple[Any, list[Fault]]:
    """The JSON, with the keys that one object has twice: of two values nobody knows which is meant."""
    try:
        raw, with_twice = _JSON.decode(text), json.loads(text, object_pairs_hook=_Object)
        return raw, [Fault(path, "stands twice") for path in _twice_in(with_twice, "$")]
    except InvalidOperation:
        raise InputFaults((Fault("$", "has a number that is too long to be read"),)) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InputFaults((Fault("$", f"not JSON: {error}"),)) from None


class _Object(dict[str, Any]):
    """A JSON object that knows which of its keys stood more than once."""

    def __init__(self, pairs: list[tuple[str, Any]]) -> None:
        super().__init__(pairs)
        self.twice = [key for key, count in Counter(key for key, _ in pairs).items() if count > 1]


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
        if name in raw:
            yield from _part_faults(raw[name], kind, f"{path}.{name}")
    yield from _names_faults(raw.get("administrations"), f"{path}.administrations")


def _part_faults(parts: Any, kind: type[msgspec.Struct], path: str) -> Iterator[Fault]:
    """Of a list in a visit: only the administrations cannot be null."""
    if parts is None and kind is not Administration:
        return
    if not isinstance(parts, list):
        yield Fault(path, "must be a list")
        return
    own_faults = _administration_faults if kind is Administration else _bill_faults
    for index, part in enumerate(parts):
        yield from _faults(part, kind, f"{path}[{index}]")
        if isinstance(part, dict):
            yield from own_faults(part, f"{path}[{index}]")


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
            msgspec.convert(raw[name], hints[name])
        except msgspec.ValidationError as error:
            reason, _, place = str(error).partition(" - at `$")
            yield Fault(f"{path}.{name}{place.removesuffix('`')}", reason)


def _id_faults(raw: dict[str, Any], path: str) -> Iterator[Fault]:
    if isinstance(raw.get("id"), str) and not raw["id"].strip():
        yield Fault(f"{path}.id", "is empty")


def _administration_faults(raw: dict[str, Any], path: str) -> Iterator[Fault]:
    yield from _id_faults(raw, path)
    if not any(str(raw.get(key) or "").strip() for key in ("drug", "rxcui", "ndc")):
        yield Fault(path, "needs one of drug, rxcui, ndc")
    yield from _time_faults(raw, path)
    for name in ("dose", "discarded"):
        yield from _amount_faults(raw.get(name), f"{path}.{name}.value")
    if isinstance(raw.get("lesions"), int) and raw["lesions"] < 0:
        yield Fault(f"{path}.lesions", "must not be negative")


def _time_faults(raw: dict[str, Any], path: str) -> Iterator[Fault]:
    times = {name: _time(raw.get(name)) for name in ("start", "stop")}
    for name, time in times.items():
        if time is not None and time.tzinfo is None:
            yield Fault(f"{path}.{name}", "needs an offset, such as -05:00")
        if time is not None and time.year not in YEARS:
            yield Fault(f"{path}.{name}", f"is not between the years {YEARS[0]} and {YEARS[-1]}")
    start, stop = times["start"], times["stop"]
    if start and stop and start.tzinfo and stop.tzinfo and stop < start:
        yield Fault(f"{path}.stop", "is before the start")


def _time(raw: Any) -> datetime | None:
    try:
        return msgspec.convert(raw, datetime)
    except msgspec.ValidationError:
        return None


def _amount_faults(raw: Any, path: str) -> Iterator[Fault]:
    value = raw.get("value") if isinstance(raw, dict) else None
    if isinstance(value, str):
        yield Fault(path, "must be a number, not a string")
    elif isinstance(value, int | Decimal) and value < 0:
        yield Fault(path, "must not be negative")
    elif isinstance(value, int | Decimal) and value and not SMALLEST <= value <= LARGEST:
        yield Fault(path, f"is no amount of a drug: at least {SMALLEST:f} and at most {LARGEST:f}, or 0")


def _bill_faults(raw: dict[str, Any], path: str) -> Iterator[Fault]:
    """What was billed or authorized: a code, and units that are none below zero."""
    code, units = raw.get("code"), raw.get("units")
    if isinstance(code, str) and (not code or code != code.strip()):
        yield Fault(f"{path}.code", "must be a code without blanks")
    if isinstance(units, int) and units < 0:
        yield Fault(f"{path}.units", "must not be negative")


def _names_faults(administrations: Any, path: str) -> Iterator[Fault]:
    """Ids are unique; a bag names members that are there and agree. What is no text is a fault already told."""
    if not isinstance(administrations, list):
        return
    parts = [(f"{path}[{index}]", part) for index, part in enumerate(administrations) if isinstance(part, dict)]
    by_id: dict[str, dict[str, Any]] = {}
    for at, part in parts:
        if isinstance(part.get("id"), str) and by_id.setdefault(part["id"], part) is not part:
            yield Fault(f"{at}.id", "is not unique in the visit")
    for at, part in parts:
        other = part.get("same_bag_as")
        if not isinstance(other, str):
            continue
        if other not in by_id or other == part.get("id"):
            yield Fault(f"{at}.same_bag_as", "names no other administration of the visit")
        elif any(part.get(key) != by_id[other].get(key) for key in ("encounter", "site", "technique")):
            yield Fault(f"{at}.same_bag_as", "names one of another encounter, site or technique")
