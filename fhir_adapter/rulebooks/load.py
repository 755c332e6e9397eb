"""Reads rulebook files and lays them out by date.

    load_rulebook("carecost-96417")                        → its values over those of cpt-2026
    load_rulebook("cpt-2026", {"pump-start": "G0498"})     → the same rules, one policy set for this run

The hash covers everything that decides a line, the run's own policies too; the tables have a hash of their own.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import date
from functools import cache
from hashlib import sha256
from importlib import resources
from pathlib import Path
from typing import Any

import msgspec

from fhir_adapter.coding.policies import Policies, allowed_values
from fhir_adapter.coding.rulebook import PolicyChange, PolicySource, Reading, Rule, Rulebook
from fhir_adapter.errors import RulebookError
from fhir_adapter.rulebooks.file import PolicyText, RulebookFile, policies_of
from fhir_adapter.rulebooks.tables import load_tables


def rulebook_names() -> tuple[str, ...]:
    """The rulebooks that ship with the program."""
    files = resources.files("fhir_adapter.rulebooks").iterdir()
    return tuple(sorted(file.name.removesuffix(".toml") for file in files if file.name.endswith(".toml")))


def load_rulebook(name_or_path: str, overrides: Mapping[str, str] | None = None) -> Rulebook:
    """A rulebook by its name, or a hospital's own by the path of its file; `overrides` are policies of this run."""
    return _load(name_or_path, tuple(sorted((overrides or {}).items())))


@cache
def _load(name: str, overrides: tuple[tuple[str, str], ...]) -> Rulebook:
    chain = _chain(name)
    merged = _merged(chain)
    chosen = {policy: text.value for policy, text in merged.policies.items()}
    for policy, value in overrides:
        _check(policy, value)
        chosen[policy] = value
    alternatives = {policy: text.meanings for policy, text in merged.policies.items()}
    sources = {policy: alternatives[policy][value] for policy, value in chosen.items()}
    first = merged.first or date(2024, 1, 1)
    rules = {key: Rule(id=key, says=r.says, source=r.source, first=first) for key, r in merged.rules.items()}
    policies = msgspec.convert(chosen, Policies)
    reading = Reading(first=first, last=None, policies=policies, sources=sources, decisions=merged.decisions)
    book: dict[str, Any] = {
        "name": merged.name,
        "title": merged.title,
        "policies": {p: (PolicyChange(v, first, None, sources[p]),) for p, v in sorted(chosen.items())},
        "alternatives": alternatives,
        "rules": rules,
        "readings": (reading,),
        "parents": merged.parents,
        "differs": tuple(sorted(chain[0].policies)) if chain[0].extends else (),
        "overridden": tuple(policy for policy, _ in overrides),
    }
    digest = sha256(msgspec.json.encode(book, order="sorted")).hexdigest()
    return Rulebook(hash=f"sha256:{digest}", tables=load_tables(), **book)


def _check(policy: str, value: str) -> None:
    allowed = allowed_values()
    if policy not in allowed:
        raise RulebookError(f"policy {policy!r} is unknown; there are {', '.join(allowed)}")
    if value not in allowed[policy]:
        raise RulebookError(f"policy {policy}: {value!r} is not allowed; allowed are {', '.join(allowed[policy])}")


def _chain(name: str) -> list[RulebookFile]:
    """The file, then what it extends."""
    chain = [_read(name)]
    while chain[-1].extends:
        if len(chain) > 8:
            raise RulebookError(f"{name}: extends goes round in a circle")
        chain.append(_read(chain[-1].extends))
    return chain


def _read(name: str) -> RulebookFile:
    try:
        if name in rulebook_names():
            text = resources.files("fhir_adapter.rulebooks").joinpath(f"{name}.toml").read_text("utf-8")
        else:
            text = Path(name).read_text("utf-8")
    except OSError:
        raise RulebookError(f"rulebook {name!r} is unknown; there are {', '.join(rulebook_names())}") from None
    try:
        raw = tomllib.loads(text)
        read = msgspec.convert(raw | {"policies": policies_of(raw.get("policies", {}))}, RulebookFile)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise RulebookError(f"{name}: {error}") from None
    for policy, changed in read.policies.items():
        _check(policy, changed.value)
    return read


def _merged(chain: list[RulebookFile]) -> RulebookFile:
    """Each file's words over those of the file that it extends."""
    merged = chain[-1]
    for over in reversed(chain[:-1]):
        policies = dict(merged.policies)
        for policy, text in over.policies.items():
            base = policies.get(policy, PolicyText(value=text.value))
            policies[policy] = PolicyText(value=text.value, meanings=base.meanings | text.meanings)
        merged = RulebookFile(
            name=over.name,
            title=over.title,
            first=over.first or merged.first,
            rules=merged.rules | over.rules,
            decisions=merged.decisions | over.decisions,
            parents=merged.parents | over.parents,
            policies=policies,
        )
    return _checked(merged)


def _checked(file: RulebookFile) -> RulebookFile:
    for policy in allowed_values():
        if policy not in file.policies:
            raise RulebookError(f"{file.name}: policy {policy} has no value")
        for value, meant in file.policies[policy].meanings.items():
            _known_rules(file, f"policies.{policy}.{value}", meant)
    return file


def _known_rules(file: RulebookFile, key: str, meant: PolicySource) -> None:
    unknown = [rule for rule in meant.cites if rule not in file.rules]
    if unknown or not meant.cites:
        raise RulebookError(f"{file.name}: {key} cites {', '.join(unknown) or 'nothing'}, which is no rule of it")
