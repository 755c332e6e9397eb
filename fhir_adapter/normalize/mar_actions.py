"""What a word of the medication administration record does to the giving of a drug.

A table of words as they are met in records (docs/chart.md section 3); a source adds its own or says otherwise. A
suffix in brackets, `New Bag (Dual Sign Required)`, says who signed and is ignored, and so is a second one. What several
actions of one order are together is for chains to say.
"""

from __future__ import annotations

import re
from functools import lru_cache

import msgspec

from fhir_adapter.fhir_r4 import CodeableConcept, Extension, MedicationAdministration
from fhir_adapter.normalize.lexicon import Lexicon
from fhir_adapter.vocabulary import ActionClass

_BRACKETS = re.compile(r"(\s*[(\[][^()\[\]]*[)\]])+\s*$")
_USUAL_NAME = "mar-action"
"""Last part of an extension's address that is taken for the action without configuration."""


class Action(msgspec.Struct, frozen=True):
    """A word of the record and its class; None: in no table."""

    word: str
    kind: ActionClass | None
    path: str


def action_of(given: MedicationAdministration, lexicon: Lexicon) -> Action | None:
    """The action that the record gives: an extension that says so decides, then category, then method."""
    for place, extension in enumerate(given.extension):
        if lexicon.meaning(extension) == "action" or _is_usual(extension):
            word = bare(extension.text or "")
            is_artefact = (extension.text or "").strip().lower() in lexicon.artefacts
            kind = "none" if is_artefact else lexicon.actions.get(word.lower())
            return Action(word, kind, f"extension[{place}]")
    method = given.dosage.method if given.dosage else None
    for path, concept in (("category", given.category), ("dosage.method", method)):
        known = _known(concept, path, lexicon) if concept is not None else None
        if known is not None:
            return known
    return None


def bare(word: str) -> str:
    """The word without a suffix in brackets."""
    return _BRACKETS.sub("", word).strip()


def _is_usual(extension: Extension) -> bool:
    return bool(extension.url) and str(extension.url).rstrip("/").rpartition("/")[2].lower() == _USUAL_NAME


@lru_cache(maxsize=4096)
def _known(concept: CodeableConcept, path: str, lexicon: Lexicon) -> Action | None:
    for word in map(bare, concept.words):
        if word in lexicon.actions:
            return Action(word, lexicon.actions[word], path)
    return None
