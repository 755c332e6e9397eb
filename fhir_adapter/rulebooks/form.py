"""Reads a rulebook's text as far as its form allows, so that one fault does not hide the next.

    [[policies.pump-start]]
    value = "G0498"
    form = 2026-07-01           → own.toml:3: policies.pump-start[0].form: is no key here
    sauce = "A letter"          → own.toml:4: policies.pump-start[0].sauce: is no key here

Decided: a reading, rule or class with a fault of form is left out as a whole, since without its dates it would look
like an overlap; a file, or a payer, loses the faulty key only. What was left out is remembered (`unread`): a gap where
it stood is no fault, and the readings after it keep their places. Refuses (`Illegible`) only what is no TOML at all.
"""

from __future__ import annotations

import re
import tomllib
from typing import Any, get_args, get_origin, get_type_hints

import msgspec

from fhir_adapter.errors import RulebookError
from fhir_adapter.rulebooks.file import Path, PayerText, RulebookFile
from fhir_adapter.rulebooks.places import line_of

_CONTAINERS = (RulebookFile, PayerText)
_NOTHING = object()


class Flaw(msgspec.Struct, frozen=True):
    """One fault: `own.toml:7: policies.pump-start[0].value: 'yes' is not allowed`."""

    file: str
    line: int | None
    path: Path
    message: str

    def __str__(self) -> str:
        line = f":{self.line}" if self.line else ""
        return f"{self.file}{line}: {_dotted(self.path)}: {self.message}"


class Source(msgspec.Struct, frozen=True):
    """A file's text, its name in messages, what it says, and the faults of its form."""

    name: str
    text: str
    file: RulebookFile
    flaws: tuple[Flaw, ...] = ()
    unread: frozenset[Path] = frozenset()

    def fault(self, path: Path, message: str) -> Flaw:
        written = self._written(path)
        return Flaw(self.name, line_of(self.text, written), written, message)

    def lost_in(self, *path: str | int) -> bool:
        """Whether something at this place, or in it, could not be read."""
        return any(part[: len(path)] == path for part in self.unread)

    def _written(self, path: Path) -> Path:
        """The places as the file has them: those left out are counted."""
        written: Path = ()
        for key in path:
            written = (*written, self._place(written, key) if isinstance(key, int) else key)
        return written

    def _place(self, at: Path, read: int) -> int:
        places = (place for place in range(read + len(self.unread) + 1) if (*at, place) not in self.unread)
        return next(place for count, place in enumerate(places) if count == read)


class Illegible(RulebookError):
    """A text that is no TOML: nothing in it can be judged."""


def parsed(text: str, name: str) -> Source:
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise Illegible(f"{name}{_toml_fault(str(error))}") from None
    form = _Form()
    read = form.read(raw, RulebookFile, ())
    source = Source(name, text, msgspec.convert(read, RulebookFile))
    flaws = tuple(source.fault(path, message) for path, message in form.faults)
    return Source(name, text, source.file, flaws, frozenset(form.unread))


def _toml_fault(said: str) -> str:
    line = re.search(r" \(at (?:line (\d+), column \d+|end of document)\)", said)
    what = said[: line.start()] if line else said
    twice = ("Cannot overwrite", "Cannot declare", "Duplicate inline")
    told = "a key stands twice" if what.startswith(twice) else f"is not TOML: {what}"
    return f":{line[1]}: {told}" if line and line[1] else f": {told}"


class _Form:
    """One reading of a text against its form: what holds comes back, what does not is told."""

    def __init__(self) -> None:
        self.faults: list[tuple[Path, str]] = []
        self.unread: list[Path] = []

    def read(self, raw: Any, form: Any, path: Path) -> Any:
        """The part as far as it can be read, or `_NOTHING`."""
        of = get_args(form)
        if isinstance(form, type) and issubclass(form, msgspec.Struct):
            return self._keys(raw, form, path)
        if get_origin(form) is dict:
            return self._named(raw, of[1], path)
        if get_origin(form) is tuple:
            return self._listed(raw, of[0], path)
        try:
            msgspec.convert(raw, form)
        except msgspec.ValidationError as error:
            return self._fault(path, _said(str(error)))
        return raw

    def _fault(self, path: Path, message: str) -> Any:
        self.faults.append((path, message))
        self.unread.append(path)
        return _NOTHING

    def _keys(self, raw: Any, form: type[msgspec.Struct], path: Path) -> Any:
        if not isinstance(raw, dict):
            return self._fault(path, "must be a table of keys")
        before = len(self.faults)
        hints = get_type_hints(form)
        fields = {field.encode_name: field for field in msgspec.structs.fields(form)}
        for key in raw.keys() - fields.keys():
            self._fault((*path, key), "is no key here")
        for key, field in fields.items():
            if field.required and key not in raw:
                self._fault((*path, key), "is missing")
        read = {
            key: self.read(raw[key], hints[field.name], (*path, key)) for key, field in fields.items() if key in raw
        }
        if form in _CONTAINERS:
            return dict.fromkeys((k for k, f in fields.items() if f.required), "") | _kept(read)
        if len(self.faults) > before:
            self.unread.append(path)
            return _NOTHING
        return read

    def _named(self, raw: Any, form: Any, path: Path) -> Any:
        if not isinstance(raw, dict):
            return self._fault(path, "must be a table of keys")
        return _kept({key: self.read(one, form, (*path, key)) for key, one in raw.items()})

    def _listed(self, raw: Any, form: Any, path: Path) -> Any:
        """A list; a single reading may be written as a table, `[policies.pump-start]`, in place of a list of one."""
        single = isinstance(raw, dict) and isinstance(form, type) and issubclass(form, msgspec.Struct)
        if not isinstance(raw, list) and not single:
            return self._fault(path, "must be a list")
        read = [self.read(one, form, (*path, place)) for place, one in enumerate([raw] if single else raw)]
        return [one for one in read if one is not _NOTHING]


def _kept(read: dict[str, Any]) -> dict[str, Any]:
    return {key: one for key, one in read.items() if one is not _NOTHING}


def _said(what: str) -> str:
    return f"must be a date such as 2026-07-01 ({what})" if "date" in what.lower() else what


def _dotted(path: Path) -> str:
    said = ""
    for key in path:
        said += f"[{key}]" if isinstance(key, int) else f".{key}" if said else key
    return said or "the file"
