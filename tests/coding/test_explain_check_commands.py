"""`explain` and `check` as a person at a terminal meets them; as JSON for machines."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

CHARTS = Path(__file__).parents[2] / "fixtures" / "charts"
OFFICIAL = Path(__file__).parents[2] / "fixtures" / "official"
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
CONFIGURATION = """
data = "{folder}/data"
[sources.main]
base_url = "http://127.0.0.1:1/fhir"
mode = "shadow"
rulebook = "cpt-2026"
hook_token = "file:{folder}/token"
[sources.main.words]
time_zone = "America/Chicago"
"""
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
    assert "Fix: Bill 96415 ×4, and no 96417." in said
    letter = (
        "Letter: The record documents pembrolizumab from 09:00 to 14:00 on 2026-05-04. One drug, pembrolizumab, ran"
    )
    assert letter in said
    assert "differs-from-authorization" in said
    assert "2 lines of the bill and the chart differ." in said
    assert "2 findings about the bill, 1 finding about the authorization." in said
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


def test_a_held_visit_is_told_before_its_fixes() -> None:
    second = GIVEN | {"id": "b", "drug": "x", "stop": None}
    visit = VISIT | {"administrations": [GIVEN, second], "billed": BILLED}
    said = adapter("check", "-", "--rulebook", "cpt-2026", visit=visit).stdout
    assert "The visit is held by stop-time-missing: send no claim and no letter before that is mended." in said
    assert "Fix: First mend what holds the visit. By what the chart holds now: Bill 96415 ×4, and no 96417." in said
    told = json.loads(adapter("check", "-", "--rulebook", "cpt-2026", "--format", "json", visit=visit).stdout)
    assert told["disposition"] == "held"
    assert "stop-time-missing" in {finding["id"] for finding in told["chart"]}


def test_the_same_units_with_another_modifier_are_told_as_such() -> None:
    dose = {"dose": {"value": 200, "unit": "mg"}, "discarded": {"value": 0, "unit": "mg"}, "container": "single-dose"}
    billed = [*BILLED, {"code": "J9271", "units": 200, "date": "2026-05-04"}]
    visit = VISIT | {"payer": "medicare", "administrations": [GIVEN | dose], "billed": billed}
    said = adapter("check", "-", "--rulebook", "cpt-2026", visit=visit).stdout
    assert "unsupported: the chart has it as J9271-JZ" in said


def charge_item(id_: str, encounter: str, code: str, units: int, *modifiers: str, status: str = "billable") -> dict:
    codings = [{"code": code}, *({"code": modifier} for modifier in modifiers)]
    placed = {"context": {"reference": f"Encounter/{encounter}"}, "occurrenceDateTime": "2026-05-04T10:00:00-05:00"}
    said = {"resourceType": "ChargeItem", "id": id_, "status": status, "code": {"coding": codings}}
    return said | placed | {"subject": {"reference": "Patient/p1"}, "quantity": {"value": units}}


def test_a_bundle_is_checked_with_its_charge_items(tmp_path: Path) -> None:
    bundle = json.loads((CHARTS / "r-chop.json").read_text())
    items = [
        charge_item("c1", "e1", "96413", 1),
        charge_item("c2", "e1", "96417", 3, "59"),
        charge_item("c3", "e1", "96415", 9, status="entered-in-error"),
        charge_item("c4", "other", "96360", 1),
    ]
    file = tmp_path / "charged.json"
    file.write_text(json.dumps(bundle | {"entry": [*bundle["entry"], *({"resource": one} for one in items)]}))
    call = ("--rulebook", "cpt-2026", "--words", CHARTS / "words.toml")
    told = json.loads(adapter("check", "--fhir", file, *call, "--format", "json").stdout)
    billed = {(row["code"], *row["modifiers"]): row["billed"] for row in told[0]["comparison"] if row["billed"]}
    assert billed == {("96413",): 1, ("96417", "59"): 3}
    assert "additional-time-as-new-drug" in {denial["id"] for denial in told[0]["denials"]}
    refused = adapter("check", "--fhir", CHARTS / "r-chop.json", *call)
    assert refused.returncode == 2
    assert "has neither billed nor authorized lines to check" in refused.stderr


@pytest.mark.parametrize("command", ["code", "explain", "check"])
def test_tables_that_a_site_installed_decide_where_it_is_named(command: str, tmp_path: Path) -> None:
    config = tmp_path / "fhir-adapter.toml"
    config.write_text(CONFIGURATION.format(folder=tmp_path))
    (tmp_path / "token").write_text("secret")
    (tmp_path / "token").chmod(0o600)
    table = OFFICIAL / "asp-ndc-hcpcs-crosswalk-october-2026.csv"
    assert adapter("data", "update", table, "--covers", "some", "--config", config).returncode == 0
    given = GIVEN | {"ndc": "00409473701", "dose": {"value": 1, "unit": "mg"}}
    given |= {"start": "2026-10-05T09:00:00-05:00", "stop": "2026-10-05T10:00:00-05:00"}
    visit = VISIT | {"administrations": [given], "billed": BILLED}
    call = (command, "-", "--rulebook", "cpt-2026")
    shipped, by_data, by_config = (
        adapter(*call, *tables, visit=visit).stdout
        for tables in ((), ("--data", tmp_path / "data"), ("--config", config))
    )
    assert "J9232" not in shipped
    assert "J9232" in by_data
    assert by_config == by_data


@pytest.mark.parametrize(("command", "said"), [("explain", "There is no visit"), ("check", "none was given")])
def test_a_file_without_a_visit_says_so(command: str, said: str) -> None:
    told = adapter(command, "-", "--rulebook", "cpt-2026", visit=[])
    assert said in told.stdout + told.stderr


@pytest.mark.parametrize(
    ("command", "arguments", "visit", "said"),
    [
        ("check", ("-", "--rulebook", "cpt-2026"), VISIT, "visit v: has neither billed nor authorized lines to check"),
        (
            "check",
            ("-", "--rulebook", "cpt-2026"),
            [VISIT | {"billed": BILLED}, VISIT | {"id": "w"}],
            "visit w: has neither billed nor authorized lines to check",
        ),
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
