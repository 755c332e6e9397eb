"""`explain` and `check` as a person at a terminal meets them; as JSON for machines."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

CHARTS = Path(__file__).parents[2] / "fixtures" / "charts"
GIVEN = {
    "id": "a",
    "drug": "pembrolizumab",
    "drug_class": "chemotherapy",
    "technique": "infusion",
    "start": "2026-05-04T09:00:00-05:00",
    "stop": "2026-05-04T14:00:00-05:00",
}
VISIT = {"id": "v", "setting": "office", "administrations": [GIVEN]}
BILLED = [{"code": "96413", "units": 1, "date": "2026-05-04"}, {"code": "96417", "units": 4, "date": "2026-05-04"}]
pytestmark = pytest.mark.real


def adapter(command: str, *arguments: object, visit: object = None) -> subprocess.CompletedProcess:
    call = [sys.executable, "-m", "fhir_adapter", command, *map(str, arguments)]
    said = subprocess.run(call, input=json.dumps(visit), capture_output=True, text=True, timeout=120)
    assert "Traceback" not in said.stderr
    return said


def test_a_story_is_told_to_people_and_machines() -> None:
    said = adapter("explain", "-", "--rulebook", "cpt-2026", visit=VISIT).stdout
    assert "2026-05-04  96415 ×4  (a)" in said
    assert "Minutes: pembrolizumab ran 09:00 to 14:00, 300 minutes; 300 are counted." in said
    assert "Not chosen: No further hour of pembrolizumab: the next needs 331 minutes, and 300 are counted." in said
    assert "Rule R3.1, Additional hours: " in said
    assert "Source: AAPC 166805" in said
    told = json.loads(adapter("explain", "-", "--rulebook", "cpt-2026", "--format", "json", visit=VISIT).stdout)
    assert told["result"]["disposition"] == "billable"
    assert [line["line"]["code"] for line in told["lines"]][:2] == ["96413", "96415"]
    assert told["lines"][0]["rules"][0]["source"]


def test_a_bundle_is_explained_too() -> None:
    words = CHARTS / "words.toml"
    call = ("--fhir", CHARTS / "r-chop.json", "--rulebook", "cpt-2026", "--words", words)
    assert "doxorubicin is not the initial service: rituximab is chemotherapy by infusion" in adapter(
        "explain", *call
    ).stdout.replace("Doxorubicin", "doxorubicin").replace("Rituximab", "rituximab")


def test_the_denial_desk_has_codes_fixes_and_letters() -> None:
    visit = VISIT | {"billed": BILLED, "authorized": [{"code": "96415", "units": 3}]}
    said = adapter("check", "-", "--rulebook", "cpt-2026", visit=visit).stdout
    assert "2026-05-04  96417              0       4  unsupported" in said
    assert "warning: additional-time-as-new-drug, CARC 16 (a)" in said
    assert "Fix: Bill 96415 ×4 and 96417 ×0." in said
    assert "Letter: The record documents pembrolizumab from 09:00 to 14:00. One drug, pembrolizumab, ran 300" in said
    assert "differs-from-authorization" in said
    told = json.loads(adapter("check", "-", "--rulebook", "cpt-2026", "--format", "json", visit=visit).stdout)
    assert {denial["id"]: denial["carc"] for denial in told["denials"]}["additional-time-as-new-drug"] == "16"
    assert [finding["id"] for finding in told["authorization"]] == ["differs-from-authorization"]
    assert told["comparison"][0]["kind"] == "match"


def test_a_right_bill_has_no_findings() -> None:
    right = [{"code": code, "units": units, "date": "2026-05-04"} for code, units in (("96413", 1), ("96415", 4))]
    assert (
        "No findings about the bill"
        in adapter("check", "-", "--rulebook", "cpt-2026", visit=VISIT | {"billed": right}).stdout
    )


@pytest.mark.parametrize(
    ("command", "arguments", "visit", "said"),
    [
        ("check", ("-", "--rulebook", "cpt-2026"), VISIT, "visit v: has neither billed nor authorized lines to check"),
        ("explain", ("-",), VISIT, "--rulebook is missing"),
        ("explain", ("--rulebook", "cpt-2026"), None, "give visit files or the number of a stored visit"),
        ("explain", ("-", "--rulebook", "cpt-2026"), {}, "$.id: is required"),
        ("explain", ("-", "--rulebook", "cpt-2026", "--format", "xml"), VISIT, "--format: allowed are text, json"),
    ],
)
def test_a_faulty_call_says_what_is_wrong(command: str, arguments, visit, said: str) -> None:
    refused = adapter(command, *arguments, visit=visit)
    assert (refused.returncode, refused.stdout) == (2, "")
    assert said in refused.stderr
