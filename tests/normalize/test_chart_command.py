"""What the command line says of a Bundle: the site's words, the visits, and the trace for people and machines."""

import json
from pathlib import Path

import pytest

from fhir_adapter.cli.chart import trace_as_json, trace_as_text, visits_in, words_of
from fhir_adapter.errors import ConfigurationError, InputFaults

CHARTS = Path(__file__).parents[2] / "fixtures" / "charts"
R_CHOP = (CHARTS / "r-chop.json").read_bytes()


def test_the_words_come_from_a_file_and_options_win():
    words = words_of(CHARTS / "words.toml", None, None)
    assert (words.time_zone, words.facilities) == ("America/Chicago", {"Location/infusion-suite": "office"})
    other = words_of(CHARTS / "words.toml", "America/Denver", "facility")
    assert (other.time_zone, other.facilities) == ("America/Denver", {"*": "facility"})
    assert other.methods == words.methods


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "--time-zone is missing"),
        ("time_zone = 5", r"words.toml: time_zone: expected `str`, got `int`; allowed: text \(line 1\)"),
        (
            "time_zone = 'y'\ntimezone = 'x'",
            r"words.toml: timezone is unknown; allowed: the keys time_zone, .*\(line 2\)",
        ),
        (
            "time_zone = 'y'\n[actions]\n'New Bag' = 'hang'",
            r"actions.\"New Bag\": invalid enum value 'hang'; allowed: bolus, .*\(line 3\)",
        ),
        (
            "time_zone = 'y'\nprofile = 'epic'",
            "words.toml: profile: allowed: hapi, medplum, oracle-health, athenahealth",
        ),
        ("facilities = {", "words.toml: is not TOML"),
    ],
)
def test_wrong_words_name_the_file_and_the_key(tmp_path, text, said):
    file = tmp_path / "words.toml"
    file.write_text(text)
    with pytest.raises(ConfigurationError, match=said):
        words_of(file, None, None)


def test_a_file_of_words_may_name_a_profile(tmp_path):
    file = tmp_path / "words.toml"
    file.write_text("time_zone = 'America/Chicago'\nprofile = 'oracle-health'\nextensions = { 'urn:line' = 'line' }")
    assert set(words_of(file, None, None).extensions.values()) == {"planned-duration", "line"}


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(ConfigurationError, match="No such file"):
        words_of(tmp_path / "absent.toml", None, None)


def test_a_setting_that_there_is_not():
    with pytest.raises(ConfigurationError, match="--setting: allowed are facility, office"):
        words_of(None, "America/Chicago", "clinic")


def test_two_options_are_enough_for_a_bundle():
    (visit,) = visits_in(R_CHOP, words_of(None, "America/Chicago", "facility"))
    assert visit.visit.setting == "facility"
    assert len(visit.visit.administrations) == 7


def test_a_bundle_without_administrations_is_refused_with_what_was_unreadable():
    empty = {"resourceType": "Bundle", "entry": [{"resource": 5}]}
    with pytest.raises(InputFaults) as refused:
        visits_in(json.dumps(empty).encode(), words_of(None, "America/Chicago", "office"))
    assert [fault.path for fault in refused.value.faults] == ["$.entry", "$.entry[0] $"]


def test_the_trace_for_people_and_for_machines():
    visits = visits_in(R_CHOP, words_of(CHARTS / "words.toml", None, None), traced=True)
    text = trace_as_text(visits[0])
    assert "MedicationAdministration/a4" in text
    assert "  dose             675 mg  ← dosage.dose" in text
    assert "  not in the chart primary_reason" in text
    (read,) = json.loads(json.dumps(trace_as_json(visits)))
    assert read["visit"] == "e1/2026-05-04"
    row = {
        "resource": "MedicationAdministration/a4",
        "field": "dose",
        "value": "675 mg",
        "path": "dosage.dose",
        "ignored": [],
    }
    assert row in read["trace"]


def test_the_trace_says_what_was_not_used():
    bundle = json.loads(R_CHOP)
    given = bundle["entry"][6]["resource"]
    given["effectiveDateTime"] = given.pop("effectivePeriod")["start"]
    given["dosage"]["rateQuantity"] = {"value": 100, "unit": "mL/h"}
    visits = visits_in(json.dumps(bundle).encode(), words_of(CHARTS / "words.toml", None, None), traced=True)
    assert "  stop             not used: dosage.rate: a rate is never a stop" in trace_as_text(visits[0])
