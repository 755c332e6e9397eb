"""Whose word a class is stands at the end of a line's reason, once for each drug, where the tables say another."""

from datetime import date

import pytest
from timeline import CHEMO, FLUID, THERAPEUTIC, gave

from fhir_adapter.coding import Visit
from fhir_adapter.coding.class_words import classes_named
from fhir_adapter.coding.drugs import DrugFacts
from fhir_adapter.coding.model import Line, Share
from fhir_adapter.coding.rulebook import Reading
from fhir_adapter.rulebooks import load_rulebook

FOURTH = date(2026, 5, 4)
SHIPPED = load_rulebook("cpt-2026").readings[0]


class Tables:
    """Knows denosumab by each of its keys, until the day after."""

    data_hash = "sha256:tables"

    def look_up(self, *, ndc, rxcui, name, on, technique=None):
        known = "denosumab" in (ndc, rxcui, name) and on <= FOURTH
        return DrugFacts(drug_class=THERAPEUTIC if known else None)


def line(*ids):
    return Line(
        code="96401", system="CPT", units=1, date=FOURTH, shares=(Share(None, 1),), administrations=ids,
        because="It was injected.", citations=("R1",),
    )  # fmt: skip


def reasons(*administrations, lines=(("a",),), payer=None, **classes):
    said = Reading(
        first=FOURTH, last=None, policies=SHIPPED.policies, sources={}, decisions={}, drug_classes=classes
    )  # fmt: skip
    visit = Visit(id="v", setting="facility", payer=payer, administrations=administrations)
    named = classes_named([line(*ids) for ids in lines], visit, {None: said}, Tables())
    return [one.because for one in named]


def denosumab(id_="a", kind=CHEMO, **more):
    return gave(id_, "09:00", kind, "sc", **{"drug": "denosumab"} | more)


@pytest.mark.parametrize(
    ("keys", "name"),
    [
        ({}, "denosumab"),
        ({"drug": None, "ndc": "denosumab"}, "the drug with NDC denosumab"),
        ({"drug": None, "rxcui": "denosumab"}, "the drug with RxCUI denosumab"),
    ],
)
def test_the_visits_own_word_is_told_by_whatever_key_the_tables_know_the_drug(keys, name):
    told = f"It was injected; {name} is chemotherapy by the visit's own word, therapeutic in the tables."
    assert reasons(denosumab(**keys)) == [told]


def test_the_rulebooks_word_is_told_with_the_payer_and_without_one():
    by = "It was injected; denosumab is hydration by the rulebook{}, therapeutic in the tables."
    assert reasons(denosumab(kind=None), denosumab=FLUID) == [by.format("")]
    assert reasons(denosumab(kind=None), denosumab=FLUID, payer="acme") == [by.format(" for acme")]


def test_the_visits_word_goes_before_the_rulebooks():
    (told,) = reasons(denosumab(), denosumab=FLUID, payer="acme")
    assert told.endswith("denosumab is chemotherapy by the visit's own word, therapeutic in the tables.")


@pytest.mark.parametrize(
    "one",
    [
        denosumab(kind=THERAPEUTIC),
        denosumab(kind=None),
        denosumab(drug="unheard of"),
        denosumab(day=5),
    ],
)
def test_nothing_is_said_where_both_agree_or_one_knows_nothing(one):
    assert reasons(one, other=CHEMO) == ["It was injected."]


def test_each_line_names_the_drugs_of_its_own_administrations_once():
    given = denosumab(), denosumab("b"), denosumab("c", FLUID), denosumab("d", THERAPEUTIC)
    chemo = "denosumab is chemotherapy by the visit's own word, therapeutic in the tables"
    fluid = "denosumab is hydration by the visit's own word, therapeutic in the tables"
    assert reasons(*given, lines=(("a", "b", "d"), ("d",), ("d", "c", "a"))) == [
        f"It was injected; {chemo}.",
        "It was injected.",
        f"It was injected; {fluid}; {chemo}.",
    ]
