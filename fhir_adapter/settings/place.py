"""On which line of the configuration a sentence about a key is at home.

The parser of TOML keeps no lines. A line that names a key or a table says which: the longest name that the sentence
begins with is its line. A key that is missing is at home in its table.

    [sources.main]            line 3
    mode = "both"             line 4   sources.main.mode: invalid enum value 'both'  → 4
                                       sources.main.rulebook is missing             → 3
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_KEY = r"""(?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*')"""
_DOTTED = rf"{_KEY}(?:\s*\.\s*{_KEY})*"
_TABLE = re.compile(rf"\s*\[\[?\s*(?P<path>{_DOTTED})\s*\]")
_PAIR = re.compile(rf"\s*(?P<path>{_DOTTED})\s*=")
_PART = re.compile(_KEY)


def line_of(text: str, sentence: str) -> int | None:
    """The line, from 1; None where no line names any part of the key."""
    at_home = [(len(path), number) for number, path in _named(text) if _begins_with(sentence, path)]
    return max(at_home, key=lambda found: (found[0], -found[1]))[1] if at_home else None


def _named(text: str) -> Iterator[tuple[int, str]]:
    table: list[str] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if header := _TABLE.match(line):
            table = _parts(header["path"])
            yield number, ".".join(table)
        elif pair := _PAIR.match(line):
            yield number, ".".join([*table, *_parts(pair["path"])])


def _parts(path: str) -> list[str]:
    """The keys as messages write them: in quotes only where they have to be."""
    bare = [part.strip("\"'") for part in _PART.findall(path)]
    return [part if re.fullmatch(r"[A-Za-z0-9_-]+", part) else f'"{part}"' for part in bare]


def _begins_with(sentence: str, path: str) -> bool:
    return sentence.startswith(path) and not re.match(r"[A-Za-z0-9_-]", sentence[len(path) :])
