"""What a site has installed, in the two forms in which coding reads tables: drugs for the catalog, edits for rulebooks.

    installed(Folder(data)).drugs  → {"ndc-2026Q4-3f2a….csv": text, …}, laid over the tables that ship
    kept_under(folder, hashes, …)  → the tables under which a visit was once coded

The problem: a visit that was coded before an update must code the same under the hashes that it names. Every set of
releases that ever counted is in the list of states, and the hash of a set is a matter of reading it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeVar

import msgspec

from fhir_adapter.coding.rulebook import Rulebook
from fhir_adapter.rulebooks.tables import load_tables
from fhir_adapter.updates.folder import Folder

_DRUGS = ("ndc", "dosage", "dates", "rxnorm", "labels", "classes", "limits", "opps")
_EDITS = ("mue", "ptp", "add-ons", "opps")


class Installed(msgspec.Struct, frozen=True):
    """Table texts by a name that begins with their kind."""

    drugs: dict[str, str]
    edits: dict[str, str]


NOTHING = Installed({}, {})


def installed(folder: Folder) -> Installed:
    """What counts now."""
    return read(folder, folder.current())


def over(rulebook: Rulebook, found: Installed) -> Rulebook:
    """A rulebook whose edit tables are those that ship with what the site has installed over them."""
    return msgspec.structs.replace(rulebook, tables=load_tables(found.edits))


def read(folder: Folder, releases: tuple[str, ...]) -> Installed:
    """One set of releases."""
    drugs: dict[str, str] = {}
    edits: dict[str, str] = {}
    for hash_ in releases:
        release = folder.about(hash_).release
        for name, text in folder.texts(hash_).items():
            kind = name.removesuffix(".csv")
            unique = f"{kind}-{release}-{hash_.removeprefix('sha256:')[:12]}.csv"
            drugs.update({unique: text} if kind in _DRUGS else {})
            edits.update({unique: text} if kind in _EDITS else {})
    return Installed(drugs, edits)


_Tables = TypeVar("_Tables")


def kept_under(
    folder: Folder, data_hash: str, made: Callable[[Installed], _Tables], hash_of: Callable[[_Tables], str]
) -> _Tables | None:
    """The tables with this hash, of all that ever counted here, the newest first; None: the site never had them."""
    for one in _every(folder):
        tables = made(one)
        if hash_of(tables) == data_hash:
            return tables
    return None


def _every(folder: Folder) -> Iterator[Installed]:
    sets = dict.fromkeys(state.releases for state in reversed(folder.states()))
    for releases in (*sets, ()) if () not in sets else sets:
        yield read(folder, releases)
