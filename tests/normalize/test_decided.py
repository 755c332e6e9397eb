"""Every decision on every later state of the chart: used, moot, contradicted, gone."""

from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from fhir_adapter.coding.model import Administration, Visit
from fhir_adapter.errors import InputFaults
from fhir_adapter.fhir_r4 import Encounter
from fhir_adapter.normalize import ChartVisit
from fhir_adapter.normalize.decided import Decision, check_value, drug_of, with_decisions

START, NOON = datetime(2026, 5, 4, 15, tzinfo=UTC), datetime(2026, 5, 4, 17, tzinfo=UTC)
GIVEN = Administration(id="a1", technique="infusion", start=START, drug="rituximab", encounter="e1")


def charted(*given):
    visit = Visit(id="v", setting="facility", administrations=given or (GIVEN,))
    return ChartVisit(
        key="e1/2026-05-04",
        patient="Patient/p1",
        visit=visit,
        setting_known=True,
        findings=(),
        encounters={},
        is_open=False,
    )


def decision(kind, value="", about="a1", **changes):
    fields = {"number": 7, "why": "the pump's log", "who": "ada", "at": NOON, "drug": drug_of(GIVEN)}
    return Decision(kind=kind, value=value, about=about, **(fields | changes))


STOP = decision("stop-time", NOON.isoformat())
PRODUCT = decision("product", "ndc:50242005121")
CLASS = decision("class", "chemotherapy")
SITE = decision("site", "left arm")

ROWS = [
    # decision, what the chart says, the field afterwards, the finding
    (STOP, {}, {"stop": NOON}, "decided"),
    (STOP, {"stop": NOON}, {"stop": NOON}, None),
    (STOP, {"stop": START}, {"stop": START}, "decision-contradicted"),
    (PRODUCT, {}, {"ndc": "50242005121"}, "decided"),
    (PRODUCT, {"ndc": "50242005121"}, {"ndc": "50242005121"}, None),
    (PRODUCT, {"ndc": "00004110020"}, {"ndc": "00004110020"}, "decision-contradicted"),
    (decision("product", "rxcui:121191"), {}, {"rxcui": "121191"}, "decided"),
    (PRODUCT, {"drug": "trastuzumab"}, {"ndc": None}, "decision-contradicted"),
    (CLASS, {}, {"drug_class": "chemotherapy"}, "decided"),
    (CLASS, {"drug": "ondansetron"}, {"drug_class": None}, "decision-contradicted"),
    (SITE, {}, {"site": "left arm", "site_required": True}, "decided"),
    (SITE, {"site": "left arm"}, {"site": "left arm", "site_required": True}, "decided"),
    (SITE, {"site": "left arm", "site_required": True}, {"site": "left arm", "site_required": True}, None),
    (SITE, {"site": "port"}, {"site": "port", "site_required": False}, "decision-contradicted"),
]


@pytest.mark.parametrize(("made", "chart", "after", "finding"), ROWS)
def test_a_decision_completes_the_chart_and_never_overrules_it(made, chart, after, finding):
    visit = with_decisions(charted(replace(GIVEN, **chart)), [made])
    (given,) = visit.visit.administrations
    assert {name: getattr(given, name) for name in after} == after
    assert [one.id for one in visit.findings] == ([finding] if finding else [])


def test_a_contradicted_decision_holds_and_says_how_to_go_on():
    (finding,) = with_decisions(charted(replace(GIVEN, stop=START)), [STOP]).findings
    assert (finding.severity, finding.administrations) == ("error", ("a1",))
    assert "the chart now says 2026-05-04T15:00:00+00:00" in finding.message
    assert "decision 7" in finding.fix


def test_a_decision_about_an_administration_that_is_gone_rests():
    visit = charted(replace(GIVEN, id="other"))
    assert with_decisions(visit, [STOP, CLASS]) == visit


def test_a_held_visit_says_by_whom_and_another_is_not_held():
    hold = decision("hold", about="e1/2026-05-04")
    (finding,) = with_decisions(charted(), [hold]).findings
    assert (finding.id, finding.severity) == ("held-by-person", "error")
    assert "ada holds the visit: the pump's log" in finding.message
    assert with_decisions(charted(), [decision("hold", about="e2/2026-05-04")]).findings == ()


@pytest.mark.parametrize(
    ("kind", "value", "wrong"),
    [
        ("stop-time", "2026-05-04T12:00:00", "needs an offset"),
        ("stop-time", "noon", "is no time"),
        ("product", "50242005121", "is neither ndc"),
        ("product", "ndc:5024200512", "is neither ndc"),
        ("product", "rxcui:", "is neither ndc"),
        ("class", "chemo", "is none of chemotherapy"),
        ("site", "  ", "is empty"),
    ],
)
def test_a_value_that_is_none_is_refused(kind, value, wrong):
    with pytest.raises(InputFaults, match=wrong):
        check_value(kind, value)


@pytest.mark.parametrize("made", [STOP, PRODUCT, CLASS, SITE, decision("product", "rxcui:121191"), decision("hold")])
def test_a_value_that_is_one_is_taken(made):
    check_value(made.kind, made.value)


def running(*given, awaits_encounter=False):
    names = tuple(one.id for one in given)
    return replace(charted(*given), is_open=True, running=names, awaits_encounter=awaits_encounter)


def test_a_decided_stop_is_not_waited_for_and_the_encounter_still_is():
    assert not with_decisions(running(GIVEN), [STOP]).is_open
    assert with_decisions(running(GIVEN, awaits_encounter=True), [STOP]).is_open
    assert with_decisions(running(GIVEN), []).is_open


def test_what_the_chart_calls_running_stays_open_although_it_has_an_end():
    planned = replace(GIVEN, stop=NOON)
    assert with_decisions(running(planned), []).is_open
    assert with_decisions(running(planned), [STOP]).is_open


def test_a_hold_stays_when_an_earlier_administration_changes_the_key():
    visit = replace(charted(), key="e0/2026-05-04", encounters={"e1": Encounter(id="e1"), "e0": Encounter(id="e0")})
    assert [one.id for one in with_decisions(visit, [decision("hold", about="e1/2026-05-04")]).findings] == [
        "held-by-person"
    ]
    assert with_decisions(visit, [decision("hold", about="e1/2026-05-11")]).findings == ()
