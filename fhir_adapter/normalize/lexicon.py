"""The words of methods, routes and actions that are understood: the usual ones, and a source's own above them.

Only words that mean one thing everywhere are built in. A pump, a refill and a flush never are: whether "CADD" is a
pump that the patient takes home is for the source to say. SNOMED CT codes stand without their descriptions.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from typing import TypeVar
from zoneinfo import ZoneInfo

import msgspec

from fhir_adapter.errors import ConfigurationError
from fhir_adapter.fhir_r4 import Extension
from fhir_adapter.vocabulary import ActionClass, Episode, ExtensionMeaning, SourceWords, Technique, Way

T = TypeVar("T")

_MOST_KEPT = 32

_METHODS: Mapping[Way, str] = {
    "infusion": "infusion|iv infusion|intravenous infusion|continuous infusion|intermittent infusion|ivpb|iv piggyback"
    "|intravenous piggyback|piggyback|iv drip|drip|continuous iv infusion|iv continuous|infuse|764794000",
    "push": "push|iv push|ivp|intravenous push|slow iv push|bolus|iv bolus|intravenous bolus|bolus injection"
    "|iv injection|intravenous injection|420620005",
    "im": "im injection|intramuscular injection",
    "sc": "sc injection|subcutaneous injection|subcut injection",
    "oral": "swallow|421521009",
}
_ROUTES: Mapping[Way, str] = {
    "iv": "47625008|255560000|iv|intravenous|intravenous route|intravenous use",
    "infusion": "ivpb|iv piggyback|intravenous piggyback|iv infusion|intravenous infusion|iv drip|intravenous drip",
    "push": "iv push|ivp|intravenous push|iv bolus|intravenous bolus",
    "oral": "26643006|oral|oral route|oral use|po|by mouth",
    "im": "78421000|im|intramuscular|intramuscular route|intramuscular use",
    "sc": "34206005|263887005|sc|sq|subq|subcut|subcutaneous|subcutaneous route|subcutaneous use",
    "intrathecal": "72607000|intrathecal|intrathecal route",
    "intra-arterial": "58100008|intra-arterial|intraarterial|intra-arterial route",
    "intraperitoneal": "38239002|intraperitoneal|intraperitoneal route",
    "intrapleural": "intrapleural|intrapleural route",
    "intralesional": "intralesional|intralesional route",
}
_ACTIONS: Mapping[ActionClass, str] = {
    "start": "new bag|given|started|restarted|resumed",
    "continue": "rate change|rate/dose change|subsequent bag",
    "pause": "paused|held",
    "stop": "stopped|stop infusion|infusion complete|completed",
    "bolus": "bolus from bag",
    "none": "rate verify|handoff|due|mar hold|mar unhold",
    "not-given": "not given|refused|missed|canceled entry",
}
_EPISODES: Mapping[Episode, str] = {
    "outpatient": "amb|outpatient|infusion|series|recurring",
    "observation": "obsenc|emer|observation|emergency",
    "inpatient": "imp|acute|nonac|inpatient",
}


def _by_word(table: Mapping[T, str]) -> dict[str, T]:
    return {word: meaning for meaning, words in table.items() for word in words.split("|")}


_USUAL_METHODS, _USUAL_ROUTES = _by_word(_METHODS), _by_word(_ROUTES)
_USUAL_ACTIONS, _USUAL_EPISODES = _by_word(_ACTIONS), _by_word(_EPISODES)


class Lexicon(msgspec.Struct, frozen=True, eq=False, kw_only=True):
    """A source's words, ready to be looked up in lower case: one object for them, by which answers are kept."""

    words: SourceWords
    zone: ZoneInfo
    methods: dict[str, Way]
    own_methods: dict[str, Technique]
    routes: dict[str, Way]
    actions: dict[str, ActionClass]
    episodes: dict[str, Episode]
    portable_pumps: frozenset[str]
    implanted_pumps: frozenset[str]
    discontinued: frozenset[str]
    artefacts: frozenset[str]

    def meaning(self, extension: Extension) -> ExtensionMeaning | None:
        return self.words.extensions.get(extension.url or "")


_kept: OrderedDict[int, Lexicon] = OrderedDict()
"""By the identity of the words, which a lexicon holds: it cannot be another object's while it stands here."""


def lexicon_of(words: SourceWords) -> Lexicon:
    """Made once for each source's words. Raises ConfigurationError for a time zone that does not exist."""
    lexicon = _kept.get(id(words))
    if lexicon is None:
        lexicon = _kept[id(words)] = _made(words)
        if len(_kept) > _MOST_KEPT:
            _kept.popitem(last=False)
    return lexicon


def _made(words: SourceWords) -> Lexicon:
    return Lexicon(
        words=words,
        zone=_zone(words.time_zone),
        methods={**_USUAL_METHODS, **_lower(words.methods)},
        own_methods=_lower(words.methods),
        routes={**_USUAL_ROUTES, **_lower(words.routes)},
        actions={**_USUAL_ACTIONS, **_lower(words.actions)},
        episodes={**_USUAL_EPISODES, **_lower(words.episodes)},
        portable_pumps=frozenset(map(str.lower, words.pump_types)),
        implanted_pumps=frozenset(map(str.lower, words.implantable_pump_types)),
        discontinued=frozenset(map(str.lower, words.discontinued)),
        artefacts=frozenset(map(str.lower, words.artefact_stops)),
    )


def _lower(table: Mapping[str, T]) -> dict[str, T]:
    return {word.strip().lower(): meaning for word, meaning in table.items()}


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (LookupError, ValueError, OSError):
        raise ConfigurationError(f"words.time_zone: {name!r} is no IANA time zone, such as America/Chicago") from None
