"""What our ChargeItems name, so that whoever meets one in a record can look up what it says: the StructureDefinitions
of our two extensions, and the ChargeItemDefinition of the rulebook.

Served at `/fhir/StructureDefinition/{name}` and `/fhir/ChargeItemDefinition/{rulebook}`; their addresses hang on the
site's `canonical_base`, so they are made, not stored. Source: HL7 FHIR R4, StructureDefinition (differential form).
"""

from __future__ import annotations

from typing import Any

import msgspec

from fhir_adapter.post.names import DERIVATION, MODIFIER, Names

Json = dict[str, Any]
_PARTS = (
    ("rulebook", 1, "1", "string", "The rulebook that the charge was derived under"),
    ("rulebookHash", 1, "1", "string", "The hash of the rulebook's content and of the policies of the run"),
    ("dataHash", 1, "1", "string", "The hash of the tables that were looked up"),
    ("engine", 1, "1", "string", "The version of the program"),
    ("because", 1, "1", "string", "One sentence: why this code, with these units"),
    ("citation", 1, "*", "string", "A rule that decided it, as the rulebook lists it with its source"),
    ("minutes", 0, "1", "integer", "The counted minutes, where time decided the units"),
)


def definition(name: str, base: str) -> bytes | None:
    """The StructureDefinition called `name`, None where it is not one of ours."""
    made = {MODIFIER: _modifier, DERIVATION: _derivation}.get(name)
    return msgspec.json.encode(made(Names(base=base, source=""))) if made else None


def rulebook_definition(rulebook: str, rulebook_hash: str, title: str, base: str) -> bytes:
    """The ChargeItemDefinition that a charge's `definitionCanonical` names: which rulebook, in which exact version."""
    url, _, version = Names(base=base, source="").definition(rulebook, rulebook_hash).partition("|")
    return msgspec.json.encode(
        {
            "resourceType": "ChargeItemDefinition",
            "id": rulebook,
            "url": url,
            "version": version,
            "title": title,
            "status": "active",
            "description": f"Charges derived under the rulebook {rulebook}, content hash {rulebook_hash}.",
        }
    )


def _modifier(names: Names) -> Json:
    return _structure(
        names,
        MODIFIER,
        "A CPT or HCPCS modifier of the charge's code; repeated, in order",
        [
            {"id": "Extension.extension", "path": "Extension.extension", "max": "0"},
            {"id": "Extension.url", "path": "Extension.url", "fixedUri": names.extension(MODIFIER)},
            {"id": "Extension.value[x]", "path": "Extension.value[x]", "min": 1, "type": [{"code": "Coding"}]},
        ],
    )


def _derivation(names: Names) -> Json:
    parts = [element for part in _PARTS for element in _part(*part)]
    return _structure(
        names,
        DERIVATION,
        "How the charge was derived: under what, why, and by which rules",
        [
            {"id": "Extension.extension", "path": "Extension.extension", "slicing": _BY_URL, "min": 6},
            *parts,
            {"id": "Extension.url", "path": "Extension.url", "fixedUri": names.extension(DERIVATION)},
            {"id": "Extension.value[x]", "path": "Extension.value[x]", "max": "0"},
        ],
    )


_BY_URL = {"discriminator": [{"type": "value", "path": "url"}], "ordered": False, "rules": "closed"}


def _part(name: str, least: int, most: str, kind: str, short: str) -> list[Json]:
    here, path = f"Extension.extension:{name}", "Extension.extension"
    return [
        {"id": here, "path": path, "sliceName": name, "short": short, "min": least, "max": most},
        {"id": f"{here}.extension", "path": f"{path}.extension", "max": "0"},
        {"id": f"{here}.url", "path": f"{path}.url", "fixedUri": name},
        {"id": f"{here}.value[x]", "path": f"{path}.value[x]", "min": 1, "type": [{"code": kind}]},
    ]


def _structure(names: Names, name: str, short: str, elements: list[Json]) -> Json:
    return {
        "resourceType": "StructureDefinition",
        "id": name,
        "url": names.extension(name),
        "name": "".join(word.capitalize() for word in name.split("-")),
        "title": name.replace("-", " ").capitalize(),
        "status": "active",
        "description": short,
        "fhirVersion": "4.0.1",
        "kind": "complex-type",
        "abstract": False,
        "context": [{"type": "element", "expression": "ChargeItem"}],
        "type": "Extension",
        "baseDefinition": "http://hl7.org/fhir/StructureDefinition/Extension",
        "derivation": "constraint",
        "differential": {"element": [{"id": "Extension", "path": "Extension", "short": short}, *elements]},
    }
