"""`rulebook show | check | compare | new`, as a person at a terminal meets them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

FAULTY = Path(__file__).parents[2] / "fixtures" / "rulebooks" / "faulty"
pytestmark = pytest.mark.real


def rulebook(*arguments: object) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "fhir_adapter", "rulebook", *map(str, arguments)]
    said = subprocess.run(command, capture_output=True, text=True, timeout=120, env=os.environ)
    assert "Traceback" not in said.stderr
    return said


def test_without_a_name_the_shipped_ones_are_listed() -> None:
    assert [line.split(":")[0] for line in rulebook("show").stdout.splitlines()] == ["carecost-96417", "cpt-2026"]


def test_a_rulebook_shows_every_policy_rule_table_payer_and_finding() -> None:
    said = rulebook("show", "carecost-96417").stdout
    assert "pump-start = 96521  (from 2024-01-01)" in said
    assert "The start of a pump is 96521. [seed: FOLFOX]" in said
    assert "humana: Humana; reads the policies as everyone [seed: payer humana]" in said
    assert "add-on codes 2026Q2  (2026-04-01 to 2026-06-30)" in said
    assert "96417 may follow 96409 or 96413, whatever the table says" in said
    assert "R9 Drug units: " in said
    assert "mue-exceeded: " in said


OWN = """
name = "own"
title = "Ours"
extends = "cpt-2026"
[[policies.pump-start]]
value = "G0498"
from = 2026-07-01
source = "A letter"
[payers.cigna]
title = "Cigna of our state"
[payers.cigna.policies.jw-lines]
value = "never"
source = "Bulletin 7"
"""


@pytest.fixture
def own(tmp_path: Path) -> Path:
    file = tmp_path / "own.toml"
    file.write_text(OWN)
    return file


def test_a_day_and_a_payer_pick_what_is_shown(own: Path) -> None:
    before, after = (rulebook("show", own, "--on", day).stdout for day in ("2026-06-30", "2026-07-01"))
    assert "pump-start = 96416" in before
    assert "G0498  " not in before
    assert "pump-start = G0498  (from 2026-07-01)\n    " in after
    assert "[own: pump-start]" in after
    cigna = rulebook("show", own, "--payer", "cigna").stdout
    assert "policies for Cigna of our state" in cigna
    assert "jw-lines = never" in cigna
    assert "own: cigna: jw-lines jw-lines: Waste is shown on no claim. (Bulletin 7; from 2024-01-01)" in cigna
    early = rulebook("show", own, "--on", "2023-12-31")
    assert (early.returncode, early.stdout) == (2, "")
    assert "no rule in force on 2023-12-31; its rules begin on 2024-01-01" in early.stderr


def test_check_tells_a_sound_file_from_a_faulty_one(own: Path) -> None:
    sound, faulty = rulebook("check", own), rulebook("check", FAULTY / "gap.toml")
    assert sound.returncode == 0
    assert "own: no fault. 2 stretches of time from 2024-01-01" in sound.stdout
    assert "pump-start = G0498 from 2026-07-01" in sound.stdout
    assert (faulty.returncode, faulty.stdout) == (1, "")
    assert "gap.toml:11: policies.pump-start[1]: leaves a gap" in faulty.stderr
    assert faulty.stderr.splitlines()[-1] == "1 fault"
    broken, absent = rulebook("check", FAULTY / "bad-date.toml"), rulebook("check", "not-there.toml")
    assert (broken.returncode, absent.returncode) == (1, 2)
    assert absent.stderr == "not-there.toml: there is no such file\n"


def test_compare_names_what_differs_and_runs_the_shipped_cases() -> None:
    said = rulebook("compare", "cpt-2026", "carecost-96417").stdout
    assert "pump-start: 96416 | 96521" in said
    assert "carecost-96417: The start of a pump is 96521. [seed: FOLFOX]" in said
    assert "add-on codes, 96417: follows 96413 (CMS 2026Q2) | follows 96409 or 96413" in said
    assert "payer humana: carecost-96417 has words of its own for Humana, cpt-2026 has none" in said
    assert "midnight" not in said.split("visits under both")[0]
    folfox = said.split("regimen: FOLFOX\n")[1].splitlines()
    assert any("96521" in line and "×0 | ×1" in line and "The start of a pump is 96521." in line for line in folfox[:6])


def test_compare_runs_visits_of_ones_own(tmp_path: Path) -> None:
    file = tmp_path / "visits.json"
    given = {"id": "a", "drug": "x", "drug_class": "chemotherapy", "technique": "infusion"}
    given |= {"start": "2026-05-04T09:00:00-05:00", "stop": "2026-05-04T10:30:00-05:00"}
    file.write_text(json.dumps({"id": "ninety", "setting": "office", "administrations": [given]}))
    said = rulebook("compare", "cpt-2026", "carecost-96417", "--visits", file).stdout
    assert "1 visits under both: 1 come out otherwise (dates of service 2026-05-04 to 2026-05-04)" in said
    assert "96415        ×0 | ×1  90 minutes have a second hour." in said
    assert "The two say the same." in rulebook("compare", "cpt-2026", "cpt-2026", "--visits", file).stdout


def test_new_writes_a_sound_file_and_never_over_another(tmp_path: Path) -> None:
    file = tmp_path / "ours.toml"
    assert rulebook("new", file, "--extends", "cpt-2026").returncode == 0
    assert "no fault" in rulebook("check", file).stdout
    text = file.read_text()
    commented = text.index("# [[policies.pump-start]]")
    reading = text[commented:].split("\n\n")[0].replace("# ", "")
    file.write_text(text.replace(text[commented:].split("\n\n")[0], reading.replace('"96416"', '"G0498"')))
    assert "pump-start = G0498 from 2026-01-01" in rulebook("check", file).stdout
    again = rulebook("new", file, "--extends", "cpt-2026")
    assert again.returncode == 2
    assert "ours.toml: is there already and is left alone" in again.stderr
    unknown = rulebook("new", tmp_path / "other.toml", "--extends", "cpt-2027")
    assert "'cpt-2027' is unknown" in unknown.stderr


DATED = (
    OWN
    + """
[[drug_classes]]
drug = "Infliximab"
class = "therapeutic"
from = 2026-07-01
source = "Pharmacy board"
[[payers.cigna.drug_classes]]
drug = "rituximab"
class = "therapeutic"
source = "Bulletin 9"
[[tables.add-ons]]
code = "96417"
parents = ["96409", "96413"]
from = 2026-07-01
source = "Second letter"
"""
)


def test_compare_names_what_differs_on_any_day_and_for_any_payer(tmp_path: Path) -> None:
    file = tmp_path / "own.toml"
    file.write_text(DATED)
    said = rulebook("compare", "cpt-2026", file).stdout
    assert "pump-start: 96416 | 96416, G0498 from 2026-07-01" in said
    assert (
        "96417: follows 96413 (CMS 2026Q2) | follows 96413 (CMS 2026Q2), follows 96409 or 96413 from 2026-07-01" in said
    )
    assert "class of infliximab: by the catalog | by the catalog, therapeutic from 2026-07-01" in said
    assert "  own: Infliximab is therapeutic. [own: class of Infliximab]" in said
    assert "payer cigna, class of rituximab: by the catalog | therapeutic" in said
    assert "payer cigna, class of infliximab" not in said
    assert "payer cigna, jw-lines: medicare | never\n  cpt-2026: Waste is shown on Medicare claims. [R9]\n" in said
    assert "0 come out otherwise (dates of service 2024-03-31 to 2026-11-01)" in said
    shown = rulebook("show", file).stdout
    assert "  infliximab: by the catalog, therapeutic from 2026-07-01" in shown
    assert "  96417 follows the table, may follow 96409 or 96413, whatever the table says from 2026-07-01" in shown


def test_compare_says_where_a_visit_is_held_under_one_of_the_two() -> None:
    said = rulebook("compare", "cpt-2026", "carecost-96417").stdout
    assert "  the visit is held by add-on-without-primary | billable" in said
    assert (
        "  carecost-96417: Humana follows CMS, in Medicare Advantage and in its commercial plans. [seed: payer" in said
    )


def test_new_may_extend_a_file_and_never_takes_a_name_that_is_taken(own: Path, tmp_path: Path) -> None:
    (tmp_path / "below").mkdir()
    file = tmp_path / "below" / 'a "quoted" name.toml'
    assert rulebook("new", file, "--extends", own).returncode == 0
    assert 'extends = "../own.toml"' in file.read_text()
    assert rulebook("check", file).returncode == 0
    taken = rulebook("new", tmp_path / "cpt-2026.toml", "--extends", "cpt-2026")
    assert taken.returncode == 2
    assert "'cpt-2026' is the name of a rulebook already; give yours its own" in taken.stderr
