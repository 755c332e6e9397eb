"""A drug's name in the chart → rows of the catalog.

A name is an ingredient's, a precise ingredient's, or made of words of the HCPCS short descriptor (D30): "rituximab",
"rabbit anti-human T-lymphocyte globulin", "onabotulinumtoxinA", "normal saline". Case, blanks, strengths and words
such as "injection" are ignored. Refused: a guess. Words that name a form, salt or maker, and words that three or more
ingredients share, find nothing by themselves; "chemo A" is unknown.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

import msgspec

from fhir_adapter.catalog.codes import Code

_WORD = re.compile(r"[a-z0-9][a-z0-9'.-]*[a-z0-9]|[a-z0-9]")
_STRENGTH = re.compile(r"[\d.]+[a-z]*")
_IGNORED = frozenset({
    "inj", "injection", "injectio", "injeciton", "inject", "infus", "infusion", "solution", "soln", "mg",
    "mcg", "ug", "g", "gm", "ml", "l", "unit", "units", "per",
})  # fmt: skip
_FORMS = frozenset({
    "acetate", "acting", "applicator", "auto", "benzathine", "bound", "bromide", "care", "citrate", "complex",
    "concentrate", "conjugate", "cypionate", "days", "decanoate", "depot", "dextran", "dose", "drug",
    "enanthate", "excl", "form", "fumarate", "gamma", "gel", "globulin", "gram", "granules", "human",
    "hyclate", "hypertonic", "implant", "imported", "insert", "instillation", "intra", "intrathecal",
    "intravenous", "lactobionate", "less", "lipid", "liposome", "liquid", "long-acting", "maleate",
    "microgram", "micrograms", "more", "nos", "oral", "over", "part", "patch", "pegylated", "phosphate",
    "powder", "procaine", "protein", "recombinant", "sterile", "susp", "trial", "undecanoate", "valerate",
    "vial", "water",
})  # fmt: skip
_MAKERS = frozenset({
    "accord", "american", "apotex", "auromed", "auromedic", "avyxa", "baxter", "bluepoint", "braun", "cipla",
    "critical", "endo", "exela", "fresenius", "freseniuskab", "freskabi", "grove", "hikma", "hospira", "kabi",
    "maia", "mylan", "pfizer", "pharma", "reddys", "reddy's", "regent", "sandoz", "sun", "teva", "xellia",
})  # fmt: skip
_SHARED_BY = 3


class Names(msgspec.Struct, frozen=True):
    exact: Mapping[str, tuple[Code, ...]]
    words: Mapping[str, frozenset[str]]
    """Distinctive word of a short descriptor → codes."""
    codes: Mapping[str, tuple[Code, ...]]
    """Every meaning of a code."""

    def find(self, name: str) -> tuple[Code, ...]:
        """The rows that a name may mean; none: unknown."""
        words = _words(name)
        plain = " ".join(word for word in words if word not in _IGNORED and not _STRENGTH.fullmatch(word))
        return self.exact.get(_folded(name)) or self.exact.get(plain) or self._by_words(plain.split())

    def _by_words(self, words: list[str]) -> tuple[Code, ...]:
        hits = [self.words[word] for word in words if word in self.words]
        found = sorted(frozenset.intersection(*hits)) if hits else []
        meant = (row for code in found for row in self.codes[code])
        return tuple(row for row in meant if set(words) <= set(_words(row.descriptor)))


def index_names(codes: Iterable[Code]) -> Names:
    by_name: dict[str, list[Code]] = {}
    ingredients: dict[str, set[str]] = {}
    by_word: dict[str, set[str]] = {}
    known: dict[str, tuple[Code, ...]] = {}
    for code in codes:
        known[code.code] = (*known.get(code.code, ()), code)
        for name in {_folded(name) for name in (code.ingredient, code.precise_name) if name}:
            by_name.setdefault(name, []).append(code)
        for word in _words(code.descriptor):
            ingredients.setdefault(word, set()).add(code.rxcui or code.ingredient)
            by_word.setdefault(word, set()).add(code.code)
    distinctive = {
        word: frozenset(found)
        for word, found in by_word.items()
        if len(word) >= 4 and len(ingredients[word]) < _SHARED_BY and word not in _FORMS | _MAKERS | _IGNORED
    }
    return Names({name: tuple(found) for name, found in by_name.items()}, distinctive, known)


def _folded(name: str) -> str:
    return " ".join(name.casefold().split())


def _words(text: str) -> list[str]:
    return _WORD.findall(text.casefold())
