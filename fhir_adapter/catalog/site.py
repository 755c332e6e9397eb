"""A hospital's own words about drugs, from its configuration: class, code and container. They win over the catalog.

    [sources.main.words]
    drug_class = { "121191" = "chemotherapy" }        # RxCUI, NDC or HCPCS
    drug_code  = { "50242-061-01" = "J9035" }         # RxCUI or NDC
    containers = { "50242006101" = "single-dose" }    # RxCUI or NDC

An NDC may be written with hyphens. The NDC's word goes before the RxCUI's.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

import msgspec

from fhir_adapter.catalog.ndc import ndc11
from fhir_adapter.vocabulary import Container, DrugClass, SourceWords

_Word = TypeVar("_Word")


class SiteDrugs(msgspec.Struct, frozen=True):
    classes: Mapping[str, DrugClass] = {}
    codes: Mapping[str, str] = {}
    containers: Mapping[str, Container] = {}

    @property
    def is_silent(self) -> bool:
        return not (self.classes or self.codes or self.containers)


def site_drugs(words: SourceWords | None) -> SiteDrugs:
    if words is None:
        return SiteDrugs()
    return SiteDrugs(_by_ndc11(words.drug_class), _by_ndc11(words.drug_code), _by_ndc11(words.containers))


def _by_ndc11(words: Mapping[str, _Word]) -> dict[str, _Word]:
    return {ndc11(key) or key: word for key, word in words.items()}


def said_of(words: Mapping[str, _Word], *keys: str | None) -> _Word | None:
    """The word of the first key that has one."""
    return next((words[key] for key in keys if key is not None and key in words), None)
