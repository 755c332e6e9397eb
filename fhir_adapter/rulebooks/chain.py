"""A rulebook file and the files that it extends, read with every fault they have.

A fault says file, line, place and what is allowed: `own.toml:7: policies.pump-start[0].value: 'yes' is not allowed`.
Refuses a chain that goes round in a circle, a base that nobody has, and a base without a first day.
"""

from __future__ import annotations

import re
import tomllib
from importlib import resources
from pathlib import Path as File
from typing import Any

import msgspec

from fhir_adapter.errors import RulebookError
from fhir_adapter.rulebooks.file import Path, RulebookFile, one_as_list, parts_of
from fhir_adapter.rulebooks.places import line_of


class Source(msgspec.Struct, frozen=True):
    """A file's text, its name in messages, and what it says."""

    name: str
    text: str
    file: RulebookFile

    def fault(self, path: Path, message: str) -> str:
        return fault(self.name, self.text, path, message)


def rulebook_names() -> tuple[str, ...]:
    """The rulebooks that ship with the program."""
    files = resources.files("fhir_adapter.rulebooks").iterdir()
    return tuple(sorted(file.name.removesuffix(".toml") for file in files if file.name.endswith(".toml")))


def fault(name: str, text: str, path: Path, message: str) -> str:
    line = line_of(text, path)
    return f"{name}:{line}: {_dotted(path)}: {message}" if line else f"{name}: {_dotted(path)}: {message}"


def read_chain(name: str) -> list[Source]:
    """The file, then what it extends. Raises RulebookError with every fault of the form."""
    chain, seen = [read(name)], [_settled(name)]
    while (base := chain[-1].file.extends) is not None:
        found = _found(base, chain[-1])
        if _settled(found) in seen:
            around = " → ".join([*(source.file.name for source in chain), base])
            raise RulebookError(chain[-1].fault(("extends",), f"goes round in a circle: {around}"))
        chain.append(_base(chain[-1], found))
        seen.append(_settled(found))
    if chain[-1].file.from_ is None:
        raise RulebookError(chain[-1].fault(("from",), "a rulebook that extends none needs its first day, from = DATE"))
    return chain


def _settled(name: str) -> str:
    return name if name in rulebook_names() else str(File(name).resolve())


def _found(base: str, over: Source) -> str:
    """A base by name, or a file beside the one that extends it."""
    beside = File(over.name).parent / base
    return base if base in rulebook_names() or not beside.is_file() else str(beside)


def _base(over: Source, base: str) -> Source:
    try:
        return read(base)
    except _Unknown:
        message = f"the rulebook '{base}' is unknown; there are {', '.join(rulebook_names())}, or the path of a file"
        raise RulebookError(over.fault(("extends",), message)) from None


class _Unknown(RulebookError):
    """No such name and no such file."""


def read(name: str) -> Source:
    """One file by its name or path."""
    try:
        if name in rulebook_names():
            shown = f"{name}.toml"
            text = resources.files("fhir_adapter.rulebooks").joinpath(shown).read_text("utf-8")
        else:
            shown, text = name, File(name).read_text("utf-8")
    except UnicodeDecodeError:
        raise RulebookError(f"{name}: is not text in UTF-8") from None
    except (OSError, ValueError):
        raise _Unknown(f"rulebook {name!r} is unknown; there are {', '.join(rulebook_names())}") from None
    return parsed(text, shown)


def parsed(text: str, name: str) -> Source:
    try:
        raw = one_as_list(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise RulebookError(f"{name}{_toml_fault(str(error))}") from None
    faults = _form_faults(raw, text, name)
    if faults:
        raise RulebookError("\n".join(faults))
    return Source(name, text, msgspec.convert(raw, RulebookFile))


def _toml_fault(said: str) -> str:
    line = re.search(r" \(at line (\d+), column \d+\)", said)
    what = said[: line.start()] if line else said
    twice = ("Cannot overwrite", "Cannot declare", "Duplicate inline")
    told = "a key stands twice" if what.startswith(twice) else f"is not TOML: {what}"
    return f":{line[1]}: {told}" if line else f": {told}"


def _form_faults(raw: dict[str, Any], text: str, name: str) -> list[str]:
    parts = parts_of(raw)
    faults = []
    for part in parts:
        try:
            msgspec.convert(part.raw, part.form)
        except msgspec.ValidationError as error:
            faults.append(fault(name, text, *_placed(part.path, str(error))))
    if not faults:
        try:
            msgspec.convert(raw, RulebookFile)
        except msgspec.ValidationError as error:
            faults.append(fault(name, text, *_placed((), str(error))))
    return faults


def _placed(path: Path, said: str) -> tuple[Path, str]:
    """The key that msgspec names, taken into the path: "... - at `$.from`", "unknown field `form`"."""
    what, _, inside = said.partition(" - at `$")
    keys: Path = tuple(key for key in re.findall(r"\.([A-Za-z_-]+)", inside))
    if named := re.match(r"Object (contains unknown|missing required) field `([^`]+)`", what):
        if named[1].startswith("missing"):
            return (*path, *keys), f"{named[2]} is missing"
        return (*path, *keys, named[2]), "is no key here"
    if what.startswith("Expected `date") or "date" in what.lower():
        return (*path, *keys), f"must be a date such as 2026-07-01 ({what})"
    return (*path, *keys), what


def _dotted(path: Path) -> str:
    said = ""
    for key in path:
        said += f"[{key}]" if isinstance(key, int) else f".{key}" if said else key
    return said or "the file"
