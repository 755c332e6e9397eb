"""Whatever a chart says: nothing raises, and every administration ends as an event, in a finding, or reversed.

Charts are good ones with pieces replaced: by nothing, by values of every JSON type, by times and codes that are nearly
right, and by each other's. Resources are doubled, dropped and shuffled.
"""

import copy
import json

from chart_builder import administration, at, coverage, encounter, words
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fhir_adapter.fhir_r4 import chart_of
from fhir_adapter.normalize import visits_of

MEDICATION = {
    "resourceType": "Medication",
    "id": "m1",
    "code": {"text": "bag"},
    "ingredient": [
        {
            "itemCodeableConcept": {"text": name},
            "strength": {"numerator": {"value": 8, "code": "mg"}, "denominator": {"value": 50, "code": "mL"}},
        }
        for name in ("one", "two")
    ],
}
GOOD = [
    administration(),
    administration(
        id="a2",
        contained=[MEDICATION],
        medicationReference={"reference": "#m1"},
        request={"reference": "MedicationRequest/r"},
        extension=[{"url": "u:waste", "valueQuantity": {"value": 1, "code": "mg"}}],
        device=[{"display": "pump"}],
        category={"text": "New Bag"},
    ),
    administration(id="a3", medicationReference={"reference": "Medication/m1"}, status="in-progress"),
    *(
        administration(
            id=f"b{place}",
            effectivePeriod={"start": at(11 + place), "end": end} if end else None,
            effectiveDateTime=at(11 + place),
            extension=[{"url": "u:mar-action", "valueString": word}],
            request={"reference": "MedicationRequest/chain"},
        )
        for place, (word, end) in enumerate(
            [("New Bag", at(12)), ("Paused", None), ("Restarted", None), ("Subsequent Bag", None), ("Stopped", None)]
        )
    ),
    MEDICATION,
    encounter(account=[{"reference": "Account/acc"}], reasonCode=[{"text": "reason"}]),
    encounter(id="e2", period={"start": at(8)}),
    coverage(),
    {"resourceType": "Account", "id": "acc", "coverage": [{"coverage": {"reference": "Coverage/c1"}, "priority": 1}]},
    {"resourceType": "Device", "id": "d1", "type": {"text": "pump"}},
]
SPOILT = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=8),
    st.sampled_from(
        ["2026-05-04", "2026-05-04T09:00:00", at(7), at(23), "9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00"]
    ),
    st.sampled_from(
        [
            "Encounter/e2",
            "Patient/p2",
            "#m1",
            "#",
            "",
            "/",
            "EMER",
            "IMP",
            "VR",
            "Waste",
            "IV Push",
            "Paused",
            "New Bag",
        ]
    ),
    st.sampled_from(["cancelled", "entered-in-error", "not-done", "unknown", "on-hold", "stopped"]),
    st.sampled_from([[], {}, [{}], [[]], {"text": "IV Push"}, {"value": -1}, {"reference": "Medication/m1"}, 1e300]),
)
SOURCE = words(
    actions={"waste": "waste"}, extensions={"u:waste": "waste"}, pump_types=("pump",), reasons={"reason": "therapeutic"}
)


def places(tree, path=()):
    items = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    for name, value in items:
        yield (*path, name)
        yield from places(value, (*path, name))


@st.composite
def charts(draw):
    resources = copy.deepcopy(draw(st.permutations(GOOD)))
    for _ in range(draw(st.integers(0, 4))):
        *path, last = draw(st.sampled_from(list(places(resources))))
        inside = resources
        for step in path:
            inside = inside[step]
        if draw(st.booleans()):
            inside[last] = copy.deepcopy(draw(SPOILT))
        else:
            del inside[last]
        if not resources:
            break
    return [json.dumps(each).encode() for each in resources]


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(charts())
def test_no_chart_raises_and_no_administration_is_dropped(raw):
    chart = chart_of(raw)
    for traced in (False, True):
        visits = visits_of(chart, SOURCE, traced=traced)
        ended = {name for visit in visits for each in visit.findings for name in each.administrations}
        ended |= {name for visit in visits for name in visit.reversed_ids}
        events = [each.id for visit in visits for each in visit.visit.administrations]
        ended |= {name for event in events for name in (event, event.rpartition("#")[0])}
        ended |= {name for visit in visits for name, part_of in visit.joined.items() if part_of in ended}
        assert {each.id for each in chart.administrations} <= ended
        assert len({visit.key for visit in visits}) == len(visits)
        for visit in visits:
            check(visit)


def check(visit):
    for each in visit.visit.administrations:
        assert each.start.tzinfo is not None
        assert each.stop is None or each.stop >= each.start
        assert each.dose is None or each.dose.value >= 0
        assert each.encounter in visit.encounters
    ids = [each.id for each in visit.visit.administrations]
    assert len(set(ids)) == len(ids)
    assert {each.same_bag_as for each in visit.visit.administrations} - {None} <= set(ids)
    assert set(visit.joined.values()) <= {name.partition("#")[0] for name in ids}


@settings(max_examples=100, deadline=None)
@given(st.lists(st.binary(max_size=60), max_size=4))
def test_no_bytes_raise(raw):
    visits_of(chart_of(raw), SOURCE)
