"""What holds for every visit: nothing is dropped, one initial service, order in the file without effect, same bytes."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from fhir_adapter.coding import Administration, Visit, code_visit
from fhir_adapter.rulebooks import load_rulebook

BOOKS = [load_rulebook("cpt-2026"), load_rulebook("carecost-96417")]
INITIALS = {"96360", "96365", "96374", "96409", "96413"}
NINE = datetime.fromisoformat("2026-05-04T09:00:00-05:00")

DRUGS = st.tuples(
    st.sampled_from(["one", "two", "three"]),
    st.sampled_from(["chemotherapy", "therapeutic", "hydration", "hormonal-antineoplastic", "not-reported", None]),
    st.sampled_from(["infusion", "push", "im", "sc", "pump", "flush", "oral", "sc-infusion", "intrathecal"]),
    st.one_of(st.none(), st.integers(0, 200)),
    st.integers(1, 120),
    st.sampled_from([None, "morning", "evening"]),
)


def visit_of(drawn: list[tuple], setting: str) -> Visit:
    """The drugs one after the other, each a while after the one before has stopped."""
    clock, administrations = NINE, []
    for number, (drug, kind, technique, ran, pause, encounter) in enumerate(drawn):
        stop = None if ran is None else clock + timedelta(minutes=ran)
        administrations.append(
            Administration(
                id=f"a{number}",
                drug=drug,
                drug_class=kind,
                technique=technique,
                start=clock,
                stop=stop,
                encounter=encounter,
            )
        )
        clock = (stop or clock) + timedelta(minutes=pause)
    return Visit(id="v", setting=setting, administrations=tuple(administrations))


VISITS = st.builds(visit_of, st.lists(DRUGS, max_size=7), st.sampled_from(["facility", "office"]))


@settings(max_examples=150, deadline=None)
@given(VISITS, st.sampled_from(BOOKS))
def test_every_administration_is_named(visit, book) -> None:
    result = code_visit(visit, book)
    named = {id_ for part in (*result.lines, *result.findings) for id_ in part.administrations}
    assert named == {administration.id for administration in visit.administrations}


@settings(max_examples=150, deadline=None)
@given(VISITS, st.sampled_from(BOOKS))
def test_an_encounter_has_at_most_one_unmodified_initial_service(visit, book) -> None:
    initials: Counter = Counter()
    for line in code_visit(visit, book).lines:
        if line.code in INITIALS and not line.modifiers:
            initials.update({share.encounter: share.units for share in line.shares})
    assert all(count == 1 for count in initials.values())


@settings(max_examples=150, deadline=None)
@given(VISITS, st.sampled_from(BOOKS), st.randoms(use_true_random=False))
def test_the_order_of_the_file_does_not_matter(visit, book, chance) -> None:
    """Where nothing overlaps: of two drugs that begin together the earlier one in the file goes first, by rule."""
    shuffled = list(visit.administrations)
    chance.shuffle(shuffled)
    other = msgspec.structs.replace(visit, administrations=tuple(shuffled))
    assert code_visit(visit, book).lines == code_visit(other, book).lines


@settings(max_examples=50, deadline=None)
@given(VISITS, st.sampled_from(BOOKS))
def test_the_same_visit_gives_the_same_bytes(visit, book) -> None:
    again = msgspec.json.decode(msgspec.json.encode(visit), type=Visit)
    first, second = (msgspec.json.encode(code_visit(one, book)) for one in (visit, again))
    assert first == second
