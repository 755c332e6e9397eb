"""What a server says that it does: of its CapabilityStatement the version, and each type with its interactions.

Refuses (`EhrAnswerInvalid`) what is no JSON of that shape; what is missing is not stated. Source: HL7 FHIR R4,
CapabilityStatement.rest.resource.interaction.
"""

from __future__ import annotations

from typing import Any

import msgspec

from fhir_adapter.errors import EhrAnswerInvalid


class _Interaction(msgspec.Struct, frozen=True):
    code: str = ""


class StatedType(msgspec.Struct, frozen=True, rename="camel"):
    """One resource type of the server."""

    type: str = ""
    interaction: tuple[_Interaction, ...] = ()
    conditional_create: bool | None = None

    @property
    def interactions(self) -> frozenset[str]:
        return frozenset(one.code for one in self.interaction)


class _Rest(msgspec.Struct, frozen=True):
    mode: str = ""
    resource: tuple[StatedType, ...] = ()


class Statement(msgspec.Struct, frozen=True, rename="camel"):
    fhir_version: Any = None
    rest: tuple[_Rest, ...] = ()

    @property
    def types(self) -> dict[str, StatedType]:
        return {one.type: one for rest in self.rest if rest.mode == "server" for one in rest.resource}

    def takes(self, resource_type: str) -> bool:
        """Whether one may be created."""
        return resource_type in self.types and "create" in self.types[resource_type].interactions


def statement_of(body: bytes) -> Statement:
    try:
        return msgspec.json.decode(body, type=Statement)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise EhrAnswerInvalid("GET metadata: the answer is not a CapabilityStatement") from None
