"""What kind of drug each administration gave, as whole answers of `classify`: class, bag, name, times and findings."""

from datetime import date, datetime, timedelta, timezone

import pytest
from merged import OFFSET, at
from msgspec.structs import asdict, replace
from timeline import CHEMO, FLUID, THERAPEUTIC, gave

from fhir_adapter.coding import Visit
from fhir_adapter.coding.classify import givens_of
from fhir_adapter.coding.drugs import DrugFacts
from fhir_adapter.coding.model import Finding
from fhir_adapter.rulebooks import load_rulebook

HORMONE, NOT_REPORTED = "hormonal-antineoplastic", "not-reported"
READING = load_rulebook("cpt-2026").readings[0]
INDIA = timezone(timedelta(hours=5, minutes=30))


class Asked:
    """Keeps what was asked, and answers by the name."""

    data_hash = "sha256:asked"

    def __init__(self, **facts):
        self.facts, self.questions = facts, []

    def look_up(self, *, ndc, rxcui, name, on, technique=None):
        self.questions.append((ndc, rxcui, name, on, technique))
        return self.facts.get(name, DrugFacts())


def classified(*administrations, drugs=None, reading=READING):
    visit = Visit(id="v", setting="facility", administrations=administrations)
    return givens_of(visit, {None: reading}, drugs or Asked())


def given(*administrations, **more):
    (one,), findings = classified(*administrations, **more)
    assert not findings
    return one


def test_one_administration_with_everything_that_was_charted():
    member = replace(
        gave("a", "09:00-10:30", CHEMO, discontinued=True, encounter="e"), start=datetime(2026, 5, 4, 9, tzinfo=INDIA)
    )
    visit = Visit(id="v", setting="facility", administrations=(member,))
    (one,), _ = givens_of(visit, {"e": READING}, Asked())
    assert asdict(one) == {
        "place": 0, "members": (member,), "drug": 0, "name": "a", "family": "chemotherapy", "hormonal": False,
        "technique": "infusion", "encounter": "e", "start": at(0, -90), "stop": at(10, 30), "offset": 19_800_000_000,
        "discontinued": True,
    }  # fmt: skip


def test_a_mixed_bag_is_as_its_earliest_member_and_runs_to_the_last_stop():
    bag = (
        gave("b", "09:10-10:00", CHEMO),
        gave("alone", "08:00-09:00", order="o"),
        gave("a", "09:00-09:50", HORMONE, same_bag_as="b", order="p"),
        replace(gave("c", "09:05", FLUID, same_bag_as="a", discontinued=True), drug="saline"),
    )
    (mixed, alone), findings = classified(*bag)
    assert (alone.name, alone.place, findings) == ("alone", 1, [])
    assert asdict(mixed) == {
        "place": 0, "members": (bag[0], bag[2], bag[3]), "drug": frozenset({0, 2}), "name": "b with a",
        "family": "chemotherapy", "hormonal": False, "technique": "infusion", "encounter": None, "start": at(9),
        "stop": at(10), "offset": OFFSET, "discontinued": True,
    }  # fmt: skip


def test_a_bag_without_a_stop_has_none_and_one_that_nobody_stopped_early_was_not():
    bag = given(gave("a", "09:00"), gave("b", "09:00-09:00", same_bag_as="a"))
    assert (bag.stop, bag.discontinued, bag.members[0].id) == (None, False, "a")


def test_the_same_drug_twice_in_a_bag_is_named_once_and_is_that_drug():
    bag = given(gave("a", "09:00-10:00", drug="x"), gave("b", "09:00-10:00", drug="x", same_bag_as="a"))
    assert (bag.name, bag.drug) == ("x", 0)


@pytest.mark.parametrize(
    ("kinds", "family", "hormonal", "name"),
    [
        ((NOT_REPORTED, FLUID), FLUID, False, "a with b"),
        ((FLUID, THERAPEUTIC), THERAPEUTIC, False, "b"),
        ((THERAPEUTIC, NOT_REPORTED), THERAPEUTIC, False, "a with b"),
        ((THERAPEUTIC, HORMONE), CHEMO, True, "a with b"),
        ((HORMONE, CHEMO), CHEMO, False, "a with b"),
        ((FLUID, FLUID), FLUID, False, "a with b"),
    ],
)
def test_a_bag_has_the_highest_class_in_it_and_a_carrier_is_no_drug_of_its_own(kinds, family, hormonal, name):
    first, second = kinds
    bag = given(gave("a", "09:00-10:00", first), gave("b", "09:00-10:00", second, same_bag_as="a"))
    assert (bag.family, bag.hormonal, bag.name) == (family, hormonal, name)


def test_members_of_a_bag_may_name_each_other_in_any_order():
    bags = (
        gave("a", "09:00-10:00", same_bag_as="c"),
        gave("b", "09:00-10:00"),
        gave("c", "09:00-10:00", same_bag_as="e"),
        gave("d", "09:00-10:00", same_bag_as="b"),
        gave("e", "09:00-10:00"),
        gave("f", "09:00-10:00"),
    )
    givens, _ = classified(*bags)
    assert [(one.ids, one.place) for one in givens] == [(("a", "c", "e"), 0), (("b", "d"), 1), (("f",), 5)]


@pytest.mark.parametrize("technique", ["infusion", "sc-infusion", "intra-arterial-infusion", "pump"])
def test_what_runs_and_stops_when_it_starts_has_no_documented_stop(technique):
    assert given(gave("a", "09:00-09:00", technique=technique)).stop is None
    assert given(gave("a", "09:00-09:01", technique=technique)).stop == at(9, 1)


def test_a_push_may_stop_when_it_starts():
    assert given(gave("a", "09:00-09:00", technique="push")).stop == at(9)
    assert given(gave("a", "09:00", technique="push")).stop is None


@pytest.mark.parametrize(
    ("keys", "name"),
    [
        ({"drug": "x", "ndc": "n", "rxcui": "r"}, "x"),
        ({"drug": None, "ndc": "n", "rxcui": "r"}, "n"),
        ({"drug": None, "rxcui": "r"}, "r"),
        ({"drug": None}, "the drug"),
    ],
)
def test_a_drug_is_called_by_the_best_that_is_known_of_it(keys, name):
    assert given(gave("a", "09:00-10:00", **keys)).name == name


def test_the_visits_own_class_wins_then_the_rulebooks_then_the_catalogs():
    drugs = Asked(x=DrugFacts(drug_class=FLUID))
    words = replace(READING, drug_classes={"x": CHEMO})
    assert given(gave("a", "09:00-10:00", drug="x", drug_class=None), drugs=drugs).family == FLUID
    assert given(gave("a", "09:00-10:00", drug="X ", drug_class=None), drugs=drugs, reading=words).family == CHEMO
    assert given(gave("a", "09:00-10:00", THERAPEUTIC, drug="x"), drugs=drugs, reading=words).family == THERAPEUTIC


def test_the_catalog_is_asked_by_all_keys_on_the_service_date_and_only_where_its_answer_can_matter():
    drugs = Asked()
    classified(
        gave("a", "09:00-10:00", None, ndc="n", rxcui="r"), gave("b", "09:00-10:00", CHEMO, day=5, ndc="n"),
        gave("c", "09:00-10:00", CHEMO, rxcui="r"), gave("d", "09:00-10:00", CHEMO), gave("e", "09:00-10:00", None),
        drugs=drugs,
    )  # fmt: skip
    fourth, fifth = date(2026, 5, 4), date(2026, 5, 5)
    assert drugs.questions == [
        ("n", "r", "a", fourth, None),
        ("n", None, "b", fifth, None),
        (None, "r", "c", fourth, None),
        (None, None, "e", fourth, None),
    ]


def test_what_the_catalog_knows_of_a_key_decides_which_drugs_are_one():
    several = DrugFacts(shared_ingredient=True, drug_class=CHEMO)
    infusions = [gave(name, "09:00-10:00", rxcui="224905") for name in ("trastuzumab", "Kadcyla")]
    alone, _ = classified(*infusions)
    apart, _ = classified(*infusions, drugs=Asked(trastuzumab=several, Kadcyla=several))
    assert ([one.drug for one in alone], [one.drug for one in apart]) == ([0, 0], [0, 1])


def unknown(id_, name):
    return Finding(
        id="drug-class-unknown",
        severity="error",
        administrations=(id_,),
        message=f"It is not known whether {name} is chemotherapy, another drug or a fluid, "
        "so it has no administration line.",
        fix="Give the drug's class in the configuration (drug_class), or its NDC or RxCUI in the chart.",
    )


def test_a_drug_of_no_known_class_is_told_and_the_others_are_coded():
    bag = (
        gave("a", "09:00-10:00", None),
        gave("b", "09:10-10:00", same_bag_as="a"),
        gave("c", "09:00-10:00", None, same_bag_as="a"),
        gave("d", "09:00-10:00", None, drug=None, ndc="50242-0053-06"),
        gave("e", "09:00-10:00"),
    )
    givens, findings = classified(*bag)
    assert [(one.ids, one.name, one.place) for one in givens] == [(("b",), "b", 1), (("e",), "e", 4)]
    assert findings == [unknown("a", "a"), unknown("c", "c"), unknown("d", "50242-0053-06")]


@pytest.mark.parametrize(
    ("kind", "technique", "reason"),
    [
        (None, "oral", "was given by mouth"),
        (CHEMO, "oral", "was given by mouth"),
        (NOT_REPORTED, "oral", "was given by mouth"),
        (NOT_REPORTED, "im", "is of a kind that is not reported"),
    ],
)
def test_what_has_no_infusion_or_injection_code_is_told(kind, technique, reason):
    message = f"x {reason}, so it has no administration line."
    finding = Finding(id="not-in-family", administrations=("a",), message=message)
    assert classified(gave("a", "09:00", kind, technique, drug="x")) == ([], [finding])


@pytest.mark.parametrize("kind", [None, NOT_REPORTED, THERAPEUTIC])
def test_a_flush_is_kept_whatever_its_class(kind):
    assert given(gave("a", "09:00", kind, "flush")).family == THERAPEUTIC


def test_a_drug_by_another_way_needs_a_class():
    assert classified(gave("a", "09:00", None, "im"))[1] == [unknown("a", "a")]
