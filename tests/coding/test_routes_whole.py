"""Whole lines of what is not given by vein: code, day, units, minutes, the sentence, what is cited (D22, D23)."""

import pytest
from coding.timeline import CHEMO, FLUID, THERAPEUTIC, coded, found, gave, lines, stop_missing

from fhir_adapter.coding import Finding

HORMONE = "hormonal-antineoplastic"
UNTIMED = "one service whatever its time."
HOURS = "hours additional-hour-at-exactly-90"


@pytest.mark.parametrize(
    ("kind", "technique", "code", "how"),
    [
        (CHEMO, "im", "96401", "injected into a muscle"),
        (HORMONE, "im", "96402", "injected into a muscle"),
        (THERAPEUTIC, "im", "96372", "injected into a muscle"),
        (CHEMO, "sc", "96401", "injected under the skin"),
        (HORMONE, "sc", "96402", "injected under the skin"),
        (THERAPEUTIC, "sc", "96372", "injected under the skin"),
        (CHEMO, "intra-arterial-push", "96420", "pushed into an artery"),
        (THERAPEUTIC, "intra-arterial-push", "96373", "pushed into an artery"),
        (CHEMO, "intrathecal", "96450", "given into the spinal fluid"),
        (CHEMO, "intraperitoneal", "96446", "given into the abdomen"),
        (CHEMO, "intrapleural", "96440", "given into the chest"),
    ],
)
def test_one_service_whatever_its_time(kind, technique, code, how):
    result = coded(gave("d", "09:00-09:40", kind, technique))
    assert lines(result) == [(code, 4, 1, None, f"d was {how}, {UNTIMED}", "route")]
    assert found(result, "no-code", "stop-time-missing") == []


@pytest.mark.parametrize(
    ("kind", "technique", "told"),
    [
        (FLUID, "im", "im"),
        (HORMONE, "intra-arterial-push", "intra arterial push"),
        (THERAPEUTIC, "intrathecal", "intrathecal"),
        (THERAPEUTIC, "intralesional", "intralesional"),
        (CHEMO, "sc-infusion", "sc infusion"),
        (THERAPEUTIC, "intra-arterial-infusion", "intra arterial infusion"),
        (FLUID, "push", "push"),
    ],
)
def test_what_the_table_does_not_name_has_no_code(kind, technique, told):
    result = coded(gave("d", "09:00-09:40", kind, technique, lesions=1))
    assert lines(result) == []
    assert result.disposition == "not-reported"
    assert found(result, "no-code") == [
        Finding(
            id="no-code",
            severity="warning",
            administrations=("d",),
            message=f"d: no administration code for this drug by {told}.",
        )
    ]


@pytest.mark.parametrize(("lesions", "code"), [(1, "96405"), (7, "96405"), (8, "96406")])
def test_lesions_are_counted(lesions, code):
    result = coded(gave("d", "09:00", CHEMO, "intralesional", lesions=lesions))
    assert lines(result) == [(code, 4, 1, None, f"d was injected into lesions, {UNTIMED}", "route")]


def test_lesions_that_nobody_counted_have_no_code():
    result = coded(gave("d", "09:00", CHEMO, "intralesional"))
    assert (lines(result), len(found(result, "no-code"))) == ([], 1)


@pytest.mark.parametrize("setting", ["facility", "office"])
@pytest.mark.parametrize("code", ["96416", "G0498", "96521"])
def test_the_start_of_a_pump_of_chemotherapy_follows_its_policy(setting, code):
    result = coded(gave("d", "09:00", CHEMO, "pump"), setting=setting, pump_start=code)
    assert lines(result) == [(code, 4, 1, None, f"d was begun on a pump, {UNTIMED}", "pump-start")]


@pytest.mark.parametrize(
    ("kind", "setting", "codes"),
    [(THERAPEUTIC, "facility", ["C8957"]), (THERAPEUTIC, "office", []), (FLUID, "facility", [])],
)
def test_the_start_of_a_pump_of_another_drug_is_the_facilitys(kind, setting, codes):
    result = coded(gave("d", "09:00", kind, "pump"), setting=setting)
    assert lines(result) == [(code, 4, 1, None, f"d was begun on a pump, {UNTIMED}", "pump") for code in codes]
    assert len(found(result, "no-code")) == 1 - len(codes)


@pytest.mark.parametrize(("pump", "code"), [("portable", "96521"), ("implantable", "96522")])
def test_a_refill_follows_the_kind_of_pump(pump, code):
    result = coded(gave("d", "09:00", CHEMO, "pump-refill", pump_kind=pump))
    assert lines(result) == [(code, 4, 1, None, f"d was filled into a pump again, {UNTIMED}", "refill")]


def under_the_skin(stop, **policies):
    return lines(coded(gave("d", f"09:00-{stop}", THERAPEUTIC, "sc-infusion"), **policies))


def test_under_the_skin_for_a_quarter_of_an_hour_is_an_injection():
    assert under_the_skin("09:15") == [("96372", 4, 1, 15, "d ran 15 minutes.", "push")]
    assert under_the_skin("09:16") == [("96369", 4, 1, 16, "d ran 16 minutes.", "infusion")]


@pytest.mark.parametrize("at_90", ["no", "yes"])
@pytest.mark.parametrize(
    ("stop", "minutes", "hours"), [("10:30", 90, 0), ("10:31", 91, 1), ("11:30", 150, 1), ("11:31", 151, 2)]
)
def test_hours_under_the_skin_need_more_than_30_minutes_whatever_the_policy(at_90, stop, minutes, hours):
    first = ("96369", 4, 1, minutes, f"d ran {minutes} minutes.", "infusion")
    more = ("96370", 4, hours, minutes, f"d ran {minutes} minutes.", HOURS)
    assert under_the_skin(stop, additional_hour_at_exactly_90=at_90) == [first, *[more][:hours]]


@pytest.mark.parametrize(("at_90", "hours"), [("no", 0), ("yes", 1)])
def test_hours_into_an_artery_follow_the_policy(at_90, hours):
    given = gave("d", "09:00-10:30", CHEMO, "intra-arterial-infusion")
    result = coded(given, additional_hour_at_exactly_90=at_90)
    first = ("96422", 4, 1, 90, "d ran 90 minutes.", "infusion")
    assert lines(result) == [first, *[("96423", 4, 1, 90, "d ran 90 minutes.", HOURS)][:hours]]


def test_into_an_artery_for_a_quarter_of_an_hour_is_a_push():
    result = coded(gave("d", "09:00-09:15", CHEMO, "intra-arterial-infusion"))
    assert lines(result) == [("96420", 4, 1, 15, "d ran 15 minutes.", "push")]


@pytest.mark.parametrize(
    ("kind", "technique", "code"),
    [(THERAPEUTIC, "sc-infusion", "96372"), (CHEMO, "intra-arterial-infusion", "96420")],
)
def test_without_a_stop_it_is_held_or_coded_at_its_start(kind, technique, code):
    held = coded(gave("d", "09:00", kind, technique), missing_stop="hold")
    assert (lines(held), found(held, "stop-time-missing")) == ([], stop_missing("error"))
    told = coded(gave("d", "09:00", kind, technique), missing_stop="push")
    because = "d has no documented stop and is coded as given at its start."
    assert lines(told) == [(code, 4, 1, None, because, "missing-stop")]
    assert found(told, "stop-time-missing") == stop_missing("warning")


def test_each_charge_is_of_its_own_encounter():
    result = coded(
        gave("d", "09:00", CHEMO, "im", encounter="enc-1"),
        gave("m", "10:00-11:31", THERAPEUTIC, "sc-infusion", encounter="enc-2"),
        gave("n", "12:00", THERAPEUTIC, "sc-infusion", encounter="enc-3"),
        missing_stop="push",
    )
    assert [(line.code, line.shares[0].encounter, line.administrations) for line in result.lines] == [
        ("96369", "enc-2", ("m",)),
        ("96370", "enc-2", ("m",)),
        ("96372", "enc-3", ("n",)),
        ("96401", "enc-1", ("d",)),
    ]
