"""The form of a rulebook file, as it is written; `load` lays it out."""

from __future__ import annotations

from datetime import date
from typing import Any

import msgspec

from fhir_adapter.coding.policies import allowed_values
from fhir_adapter.coding.rulebook import PolicySource


class RuleText(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    says: str
    source: str


class PolicyText(msgspec.Struct, frozen=True):
    """The value in force, and what each value means: in the file the values are keys beside `value`."""

    value: str
    meanings: dict[str, PolicySource] = {}


class RulebookFile(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    title: str
    extends: str | None = None
    first: date | None = None
    rules: dict[str, RuleText] = {}
    decisions: dict[str, tuple[str, ...]] = {}
    parents: dict[str, tuple[str, ...]] = {}
    policies: dict[str, PolicyText] = {}


def policies_of(raw: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The file's form of a policy → `PolicyText`'s."""
    laid_out = {}
    for policy, text in raw.items():
        values = allowed_values().get(policy, ())
        meanings = {key: meant for key, meant in text.items() if key in values}
        rest = {key: value for key, value in text.items() if key not in values}
        laid_out[policy] = rest | {"meanings": meanings}
    return laid_out
