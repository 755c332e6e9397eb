"""`fhir-adapter code` as a person or a machine calls it: what it prints, and its exit status."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.real
CHARTS = Path(__file__).parents[2] / "fixtures" / "charts"
VISIT = {
    "id": "v1",
    "setting": "facility",
    "administrations": [
        {
            "id": "a1",
            "drug": "chemo A",
            "drug_class": "chemotherapy",
            "technique": "infusion",
            "start": "2026-05-04T09:00:00-05:00",
            "stop": "2026-05-04T10:31:00-05:00",
        }
    ],
}
STOPLESS = VISIT | {"administrations": [VISIT["administrations"][0] | {"stop": None}]}


def code(*arguments, visits=None):
    call = [sys.executable, "-m", "fhir_adapter", "code", *map(str, arguments)]
    return subprocess.run(call, input=json.dumps(visits), capture_output=True, text=True)


def test_a_list_in_is_a_list_out_and_one_is_one():
    one = code("-", "--rulebook", "cpt-2026", "--format", "json", visits=VISIT)
    many = code("-", "--rulebook", "cpt-2026", "--format", "json", visits=[VISIT, STOPLESS])
    assert [(line["code"], line["units"]) for line in json.loads(one.stdout)["lines"]] == [("96413", 1), ("96415", 1)]
    assert [result["disposition"] for result in json.loads(many.stdout)] == ["billable", "held"]
    assert (one.returncode, many.returncode) == (0, 0)


def test_text_is_for_people():
    said = code("-", "--rulebook", "cpt-2026", visits=VISIT)
    assert "96415" in said.stdout
    assert "91 minutes" in said.stdout
    assert "[R3.1 Additional hours, R3.2 The clock of each drug] a1" in said.stdout


def test_the_exit_status_says_how_severe_the_findings_are():
    assert code("-", "--rulebook", "cpt-2026", "--fail-on", "error", visits=STOPLESS).returncode == 1
    assert code("-", "--rulebook", "cpt-2026", "--fail-on", "error", visits=VISIT).returncode == 0


@pytest.mark.parametrize(
    ("arguments", "visits", "said"),
    [
        (("-", "--rulebook", "cpt-2026"), [VISIT, {}], "$[1].id: is required"),
        (("-", "--rulebook", "cpt-2027"), VISIT, "'cpt-2027' is unknown; there are carecost-96417, cpt-2026"),
        (("-", "--rulebook", "cpt-2026", "--policy", "pump-start=1"), VISIT, "allowed are 96416, G0498, 96521"),
        (("-", "--rulebook", "cpt-2026", "--trace"), VISIT, "it needs --fhir"),
        (("none.json", "--rulebook", "cpt-2026"), None, "none.json: No such file"),
        (("-",), VISIT, "--rulebook"),
    ],
)
def test_a_faulty_call_or_file_has_no_output_but_what_is_wrong(arguments, visits, said):
    refused = code(*arguments, visits=visits)
    assert (refused.returncode, refused.stdout) == (2, "")
    assert said in refused.stderr
    assert "Traceback" not in refused.stderr


def test_a_bundle_shows_where_its_facts_stand_to_machines_too():
    words = CHARTS / "words.toml"
    call = ("--fhir", CHARTS / "r-chop.json", "--rulebook", "cpt-2026", "--words", words, "--format", "json", "--trace")
    answer = json.loads(code(*call).stdout)
    fields = {row["field"]: row for row in answer["trace"][0]["trace"]}
    assert {line["code"] for line in answer["results"][0]["lines"]} >= {"96413", "96415", "96417", "96411", "J9312"}
    assert {"start", "stop", "technique", "dose"} <= set(fields)


def test_a_fault_of_one_of_several_files_names_its_file(tmp_path):
    (tmp_path / "good.json").write_text(json.dumps(VISIT))
    (tmp_path / "bad.json").write_text(json.dumps(VISIT | {"setting": "ward"}))
    (tmp_path / "worse.json").write_text(json.dumps([VISIT, {"id": "w"}]))
    files = [tmp_path / f"{name}.json" for name in ("good", "bad", "worse")]
    refused = code(*files, "--rulebook", "cpt-2026")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert [line.removeprefix(f"{tmp_path}/") for line in refused.stderr.splitlines()] == [
        "bad.json: $.setting: Invalid enum value 'ward'",
        "worse.json: $[1].setting: is required",
        "worse.json: $[1].administrations: is required",
    ]
    assert code(files[1], "--rulebook", "cpt-2026").stderr.startswith("$.setting: ")


def test_an_empty_list_is_told_and_is_an_empty_list():
    assert code("-", "--rulebook", "cpt-2026", visits=[]).stdout == "There is no visit in what was given.\n"
    assert code("-", "--rulebook", "cpt-2026", "--format", "json", visits=[]).stdout == "[]\n"


def test_the_trace_names_both_ends_of_a_period():
    call = ("--fhir", CHARTS / "r-chop.json", "--rulebook", "cpt-2026", "--words", CHARTS / "words.toml")
    answer = json.loads(code(*call, "--format", "json", "--trace").stdout)
    paths = {(row["field"], row["path"]) for row in answer["trace"][0]["trace"] if row["field"] in ("start", "stop")}
    assert ("start", "effectivePeriod.start") in paths
    assert ("stop", "effectivePeriod.end") in paths
    assert "effectivePeriod" not in {path for _, path in paths}
