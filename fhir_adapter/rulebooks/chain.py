"""A rulebook file and the files that it extends, the topmost first, with the faults of their forms and bases.

A chain that goes round in a circle, or whose base nobody has, ends there: it is told, and the rest is judged as far as
it can be without the base. Refuses a topmost file that is not there (`Missing`) or no text.
"""

from __future__ import annotations

import os
from importlib import resources
from pathlib import Path as File

import msgspec

from fhir_adapter.errors import RulebookError
from fhir_adapter.rulebooks.form import Flaw, Illegible, Source, parsed


class Chain(msgspec.Struct, frozen=True):
    sources: tuple[Source, ...]
    flaws: tuple[Flaw | str, ...] = ()
    whole: bool = True
    """Whether every base was found."""


class Missing(RulebookError):
    """No such name and no such file."""


def rulebook_names() -> tuple[str, ...]:
    """The rulebooks that ship with the program."""
    files = resources.files("fhir_adapter.rulebooks").iterdir()
    return tuple(sorted(file.name.removesuffix(".toml") for file in files if file.name.endswith(".toml")))


def read_chain(name: str) -> Chain:
    """The file, then what it extends."""
    sources, seen = [read(name)], [_settled(name)]
    broken: Flaw | str | None = None
    while broken is None and (base := sources[-1].file.extends) is not None:
        found = _found(base, sources[-1])
        if _settled(found) in seen:
            around = " → ".join([*(source.file.name for source in sources), base])
            broken = sources[-1].fault(("extends",), f"goes round in a circle: {around}")
            continue
        try:
            sources.append(read(found))
            seen.append(_settled(found))
        except Missing as missing:
            broken = sources[-1].fault(("extends",), str(missing))
        except Illegible as illegible:
            broken = str(illegible)
    flaws: list[Flaw | str] = [flaw for source in sources for flaw in source.flaws]
    lost = any(source.lost_in("extends") for source in sources)
    return Chain(tuple(sources), (*flaws, *([broken] if broken else ())), broken is None and not lost)


def read(name: str) -> Source:
    """One file by its name or path."""
    if name in rulebook_names():
        shown = f"{name}.toml"
        return parsed(resources.files("fhir_adapter.rulebooks").joinpath(shown).read_text("utf-8"), shown)
    try:
        return parsed(File(name).read_text("utf-8"), name)
    except UnicodeDecodeError:
        raise Illegible(f"{name}: is not text in UTF-8") from None
    except (OSError, ValueError) as error:
        raise Missing(_missing(name, error)) from None


def _missing(name: str, error: OSError | ValueError) -> str:
    there = f"there are {', '.join(rulebook_names())}, or the path of a file"
    if not name.endswith(".toml") and os.sep not in name and not File(name).exists():
        return f"the rulebook {name!r} is unknown; {there}"
    if isinstance(error, FileNotFoundError):
        return f"{name}: there is no such file"
    return f"{name}: cannot be read: {error.strerror if isinstance(error, OSError) else error}"


def _settled(name: str) -> str:
    return name if name in rulebook_names() else str(File(name).resolve())


def _found(base: str, over: Source) -> str:
    """A base by name, or a file beside the one that extends it."""
    beside = File(over.name).parent / base
    named = base in rulebook_names() or not (beside.is_file() or base.endswith(".toml") or os.sep in base)
    return base if named else str(beside)
