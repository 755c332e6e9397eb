"""A hospital's own words about drugs, from its configuration: class, code and container. They win over the catalog.

    [sources.main.words]
    drug_class = { "121191" = "chemotherapy" }        # RxCUI, NDC or HCPCS
    drug_code  = { "50242-061-01" = "J9035" }         # RxCUI or NDC
    containers = { "50242006101" = "single-dose" }    # RxCUI or NDC

An NDC may be written with hyphens. The NDC's word goes before the RxCUI's.
"""

from __future__ import annotations

from collections.abc import Container as Container_
from collections.abc import Iterator, Mapping
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


def unknown_words(words: SourceWords, codes: Container_[str]) -> Iterator[str]:
    """What of a site's drug tables can never take effect, by its key in the configuration.

    `codes` are those that the tables know, in force or not: an ended code still codes old visits.
    """
    for key, code in words.drug_code.items():
        if not _is_product(key):
            yield f'words.drug_code."{key}": the key must be an RxCUI or an NDC; for your own code use words.drugs'
        if code not in codes:
            yield f'words.drug_code."{key}": {code} is no HCPCS code of the tables'
    for key in words.drug_class:
        if not (_is_product(key) or key in codes):
            yield f'words.drug_class."{key}": the key must be an RxCUI, an NDC or an HCPCS code of the tables'
    for key in words.containers:
        if not _is_product(key):
            yield f'words.containers."{key}": the key must be an RxCUI or an NDC'
    for key, product in words.drugs.items():
        if not _is_product(product):
            yield f'words.drugs."{key}": {product} is neither an RxCUI nor an NDC'


def _is_product(text: str) -> bool:
    return text.isascii() and (text.isdecimal() or ndc11(text) is not None)


def said_of(words: Mapping[str, _Word], *keys: str | None) -> _Word | None:
    """The word of the first key that has one."""
    return next((words[key] for key in keys if key is not None and key in words), None)
