"""How the sandbox speaks: JSON whose decimals keep their digits (2.50 stays 2.50), outcomes, its own statement."""

import tomllib
from decimal import Decimal
from importlib.resources import files
from typing import Any

import msgspec
from fastapi import Response

Json = dict[str, Any]
decode = msgspec.json.Decoder(float_hook=Decimal).decode
encode = msgspec.json.Encoder(decimal_format="number", order="deterministic").encode
_facts = tomllib.loads(files(__package__).joinpath("metadata.toml").read_text("utf-8"))
TABLES: dict[str, dict[str, list[str]]] = {kind: _facts["every_search"] | own for kind, own in _facts["search"].items()}


class Refusal(Exception):
    def __init__(self, status: int, why: str, code: str = "invalid", **headers: str) -> None:
        issue = {"severity": "error" if status >= 400 else "information", "code": code, "diagnostics": why}
        self.answer = fhir({"resourceType": "OperationOutcome", "issue": [issue]}, status, headers)


def fhir(body: bytes | Json, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    content = body if isinstance(body, bytes) else encode(body)
    return Response(content, status, headers, media_type="application/fhir+json; charset=UTF-8")


_kinds = [
    {"type": kind, **_facts["every_resource"], "searchParam": [{"name": n, "type": r[0]} for n, r in table.items()]}
    for kind, table in TABLES.items()
]
CAPABILITY: Json = {**_facts["statement"], "rest": [{"mode": "server", "resource": _kinds}]}
