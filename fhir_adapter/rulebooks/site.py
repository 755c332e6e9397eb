"""What a configuration says of payers and drugs, as the topmost file of a rulebook: one line there, no file of its own.

    payer_classes = [{ payer = "cigna", drug = "infliximab", class = "therapeutic", from = 2026-01-01, source = "…" }]

The payer's lines cite it (`site: cigna: class of infliximab`) and name the payer, as for a payer's words in a file.
Refused (`RulebookError`): an end before the beginning, two classes of one drug for one payer on one day.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from fhir_adapter.errors import RulebookError
from fhir_adapter.rulebooks.file import ClassText, PayerText, RulebookFile
from fhir_adapter.vocabulary import PayerClass

NAME = "site"


def site_file(said: Sequence[PayerClass], files: Sequence[RulebookFile]) -> RulebookFile:
    """`files` are those of the rulebook, the topmost first: they know the payers' titles."""
    _must_agree(said)
    payers = dict.fromkeys(one.payer for one in said)
    return RulebookFile(name=NAME, title="the site's configuration", payers={p: _payer(p, said, files) for p in payers})


def _payer(payer: str, said: Sequence[PayerClass], files: Sequence[RulebookFile]) -> PayerText:
    titles = (file.payers[payer].title for file in files if payer in file.payers)
    classes = tuple(
        ClassText(drug=one.drug, drug_class=one.drug_class, from_=one.from_, to=one.to, source=one.source)
        for one in said
        if one.payer == payer
    )
    return PayerText(title=next(titles, payer), drug_classes=classes)


def _must_agree(said: Sequence[PayerClass]) -> None:
    for place, one in enumerate(said):
        first, last = _days(one)
        at = f"payer_classes[{place}]"
        if last < first:
            raise RulebookError(f"{at}: it ends before it begins")
        for number, other in enumerate(said[:place]):
            begins, ends = _days(other)
            if _about(one) == _about(other) and first <= ends and begins <= last:
                raise RulebookError(f"{at}: [{number}] says a class of {one.drug} for {one.payer} on the same days")


def _days(one: PayerClass) -> tuple[date, date]:
    return one.from_ or date.min, one.to or date.max


def _about(one: PayerClass) -> tuple[str, str]:
    return one.payer, one.drug.strip().lower()
