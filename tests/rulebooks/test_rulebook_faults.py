"""One malformed file for each defect: refused in words that name file, line, place and what is allowed."""

from __future__ import annotations

from pathlib import Path

import pytest

from fhir_adapter.errors import RulebookError
from fhir_adapter.rulebooks import load_rulebook

FAULTY = Path(__file__).parents[2] / "fixtures" / "rulebooks" / "faulty"
DEFECTS = {
    "bad-date": r"bad-date.toml:7: is not TOML",
    "backwards": r"backwards.toml:8: policies.pump-start\[0\].to: 2026-01-31 is before its from, 2026-07-01",
    "circle": r"extends: goes round in a circle: circle → circle.toml",
    "date-as-text": r"date-as-text.toml:7: policies.pump-start\[0\].from: must be a date such as 2026-07-01",
    "duplicate-key": r"duplicate-key.toml:7: a key stands twice",
    "duplicate-table": r"duplicate-table.toml:9: a key stands twice",
    "gap": r"gap.toml:11: policies.pump-start\[1\]: leaves a gap: nothing holds from 2026-07-01 to 2026-08-31",
    "gap-of-a-root": r"policies.pump-start: has no value from 2026-07-01 on",
    "missing-name": r"missing-name.toml: the file: name is missing",
    "missing-source": r"missing-source.toml:5: policies.pump-start\[0\]: has no source",
    "missing-source-of-a-rule": r"missing-source-of-a-rule.toml:5: rules.H1: has no source",
    "overlap": r"overlap.toml:11: policies.pump-start\[1\]: overlaps with \[0\] from 2026-06-01",
    "overlap-open": r"overlap-open.toml:10: policies.pump-start\[1\]: overlaps with \[0\] with open dates",
    "overlap-of-a-payer": r"payers.cigna.policies.jw-lines\[1\]: overlaps with \[0\] from 2026-03-01",
    "rule-out-of-date": r"rule-out-of-date.toml:14: policies.pump-start\[0\].cites: cites H1, which is not in force",
    "unknown-base": r"unknown-base.toml:3: extends: the rulebook 'cpt-2027' is unknown; there are carecost-96417,",
    "unknown-class": r"unknown-class.toml:7: drug_classes\[0\].class: Invalid enum value 'antibody'",
    "unknown-decision": r"unknown-decision.toml:6: decisions.lunch: decision 'lunch' is unknown; there are initial,",
    "unknown-key": r"unknown-key.toml:8: policies.pump-start\[0\].form: is no key here",
    "unknown-policy": r"unknown-policy.toml:5: policies.pump-end: policy 'pump-end' is unknown; there are conc",
    "unknown-rule": r"unknown-rule.toml:7: policies.pump-start\[0\].cites: cites R99, which is no rule of it",
    "unknown-table": r"unknown-table.toml:5: tables.mue: is an unknown table; there is add-ons",
    "unknown-value": r"unknown-value.toml:6: policies.pump-start\[0\].value: policy pump-start: '96520' is not allow",
    "without-first-day": r"without-first-day.toml: from: a rulebook that extends none needs its first day",
}


@pytest.mark.parametrize(("defect", "said"), DEFECTS.items(), ids=DEFECTS)
def test_each_defect_is_refused_in_words(defect: str, said: str) -> None:
    with pytest.raises(RulebookError, match=said):
        load_rulebook(str(FAULTY / f"{defect}.toml"))


def test_every_faulty_file_is_tried() -> None:
    assert {file.stem for file in FAULTY.glob("*.toml")} == DEFECTS.keys()


def test_all_faults_of_a_file_are_told_at_once() -> None:
    with pytest.raises(RulebookError) as told:
        load_rulebook(str(FAULTY.parent / "three-faults.toml"))
    assert [line.split(": ")[0].rsplit("/", 1)[-1] for line in str(told.value).splitlines()] == [
        "three-faults.toml:6",
        "three-faults.toml:10",
        "three-faults.toml:14",
    ]


def test_a_root_that_leaves_meanings_and_decisions_out_is_told(tmp_path: Path) -> None:
    root = (FAULTY / "gap-of-a-root.toml").read_text().replace("\nto = 2026-06-30", "")
    file = tmp_path / "root.toml"
    file.write_text(root.replace('"G0498" = {', '# "G0498" = {').replace('flush = ["R5.5"]\n', ""))
    with pytest.raises(RulebookError) as told:
        load_rulebook(str(file))
    assert "values.pump-start: does not say what G0498 means" in str(told.value)
    assert "decisions: does not say what these rest on: flush" in str(told.value)


def test_a_circle_of_two_files_is_told(tmp_path: Path) -> None:
    for one, other in (("a", "b"), ("b", "a")):
        (tmp_path / f"{one}.toml").write_text(f'name = "{one}"\ntitle = "t"\nextends = "{other}.toml"\n')
    with pytest.raises(RulebookError, match=r"b.toml:3: extends: goes round in a circle: a → b → a.toml"):
        load_rulebook(str(tmp_path / "a.toml"))


def test_a_file_beside_may_be_the_base(tmp_path: Path) -> None:
    (tmp_path / "base.toml").write_text('name = "base"\ntitle = "t"\nextends = "cpt-2026"\n')
    (tmp_path / "own.toml").write_text('name = "own"\ntitle = "t"\nextends = "base.toml"\n')
    assert load_rulebook(str(tmp_path / "own.toml")).differs == ()


def test_a_file_that_is_no_text_is_told(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(RulebookError, match=r"own.toml: is not text in UTF-8"):
        load_rulebook(str(tmp_path / "own.toml"))
