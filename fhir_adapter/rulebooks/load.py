"""Lays rulebook files out by date and payer, as `coding.Rulebook`.

    load_rulebook("carecost-96417")                        → its values over those of cpt-2026
    load_rulebook("cpt-2026", {"pump-start": "G0498"})     → the same rules, one policy set for this run

Of several layers the topmost that covers a day holds: the base, what extends it, a payer's own words, and over all of
them the policies of the run. The hash covers everything that decides a line; the tables have a hash of their own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from hashlib import sha256
from typing import Any

import msgspec

from fhir_adapter.coding.rulebook import Reading, Rulebook
from fhir_adapter.errors import RulebookError
from fhir_adapter.rulebooks.chain import read_chain
from fhir_adapter.rulebooks.check import faults_of, policy_fault
from fhir_adapter.rulebooks.dated import stretches
from fhir_adapter.rulebooks.file import RulebookFile
from fhir_adapter.rulebooks.form import Illegible
from fhir_adapter.rulebooks.layers import Book, payer_words, policy_changes, reading_of, rules_of
from fhir_adapter.rulebooks.site import site_file
from fhir_adapter.rulebooks.tables import load_tables
from fhir_adapter.vocabulary import PayerClass


def load_rulebook(
    name_or_path: str, overrides: Mapping[str, str] | None = None, site: tuple[PayerClass, ...] = ()
) -> Rulebook:
    """A rulebook by its name, or a hospital's own by the path of its file.

    `overrides` are policies of this run; `site` is what the configuration says of payers and drugs, over all files.
    """
    return _load(name_or_path, tuple(sorted((overrides or {}).items())), site)


def faults_in(name_or_path: str) -> list[str]:
    """Every fault of a file and of what it extends; none where it may be used. Raises where no such file is there."""
    try:
        return faults_of(read_chain(name_or_path))
    except Illegible as illegible:
        return [str(illegible)]


@cache
def _load(name: str, overrides: tuple[tuple[str, str], ...], site: tuple[PayerClass, ...]) -> Rulebook:
    chain = read_chain(name)
    if faults := faults_of(chain):
        raise RulebookError("\n".join(faults))
    for policy, value in overrides:
        if wrong := policy_fault(policy, value):
            raise RulebookError(wrong)
    files = [source.file for source in chain.sources]
    return laid_out(files, dict(overrides), site_file(site, files) if site else None)


def laid_out(chain: Sequence[RulebookFile], overrides: Mapping[str, str], site: RulebookFile | None = None) -> Rulebook:
    """One rulebook of a checked chain of files, the topmost first; `site` lies over them."""
    own = chain[0]
    files = (*reversed(chain), *((site,) if site else ()))
    book = Book(files, dict(overrides))
    payers = tuple(dict.fromkeys(payer for file in files for payer in file.payers))
    said: dict[str, Any] = {
        "name": own.name,
        "title": own.title,
        "policies": policy_changes(book, None),
        "alternatives": book.meanings,
        "rules": rules_of(book),
        "readings": _readings(book, None),
        "payer_readings": {payer: _readings(book, payer) for payer in payers},
        "payer_policies": {payer: policy_changes(book, payer) for payer in payers},
        "payers": {payer: payer_words(book, payer) for payer in payers},
        "differs": tuple(sorted(own.policies)) if own.extends else (),
        "overridden": tuple(overrides),
    }
    digest = sha256(msgspec.json.encode(said, order="sorted")).hexdigest()
    return Rulebook(hash=f"sha256:{digest}", tables=load_tables(), **said)


def _readings(book: Book, payer: str | None) -> tuple[Reading, ...]:
    """Stretches of time without gap or overlap; neighbours that say the same are one."""
    readings: list[Reading] = []
    for first, last in stretches(book.dated(payer), book.first, book.last):
        reading = reading_of(book, payer, first, last)
        if readings and _same(readings[-1], reading):
            readings[-1] = msgspec.structs.replace(readings[-1], last=last)
        else:
            readings.append(reading)
    return tuple(readings)


def _same(one: Reading, other: Reading) -> bool:
    return msgspec.structs.replace(one, first=other.first, last=other.last) == other
