"""One malformed file for each defect: refused in words that name file, line, place and what is allowed."""

from __future__ import annotations

from pathlib import Path

import pytest

from fhir_adapter.errors import RulebookError
from fhir_adapter.rulebooks import faults_in, load_rulebook

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
    "missing-name": r"missing-name.toml: name: is missing",
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
    "backwards-as-a-whole": r"backwards-as-a-whole.toml:5: to: 2023-12-31 is before its from, 2024-01-01",
    "blank-drug": r"blank-drug.toml:6: drug_classes\[0\].drug: is blank",
    "blank-meaning": r"blank-meaning.toml:7: policies.pump-start\[0\].means: is blank",
    "blank-meaning-of-a-value": r"blank-meaning-of-a-value.toml:6: values.pump-start.G0498.means: is blank",
    "blank-payer": r"blank-payer.toml:5: payers.cigna : 'cigna ' is no payer of a visit: it is blank, or begins or",
    "blank-payer-title": r"blank-payer-title.toml:6: payers.cigna.title: is blank",
    "blank-source": r"blank-source.toml:7: policies.pump-start\[0\].source: is blank",
    "blank-source-of-a-rule": r"blank-source-of-a-rule.toml:8: rules.H1.source: is blank",
    "blank-title": r"blank-title.toml:2: title: is blank",
    "blank-words-of-a-rule": r"blank-words-of-a-rule.toml:7: rules.H1.says: is blank",
    "code-of-no-form": r"code-of-no-form.toml:6: tables.add-ons\[0\].code: '9641' is no CPT or HCPCS code: five char",
    "code-unknown": r"code-unknown.toml:6: tables.add-ons\[0\].code: 96499 stands in no CMS table of add-ons or units",
    "days-of-an-overlay": r"days-of-an-overlay.toml:4: from: the base has the first and last day",
    "missing-base-file": r"missing-base-file.toml:3: extends: .*faulty/not-there.toml: there is no such file",
    "missing-value": r"missing-value.toml:5: policies.pump-start\[0\].value: is missing",
    "name-of-a-shipped-book": r"shipped-book.toml:1: name: 'cpt-2026' is the name of a rulebook that ships; give yours",
    "never-in-force": r"never-in-force.toml:5: policies.pump-start\[0\]: holds on no day of the rulebook, which is",
    "no-parent": r"no-parent.toml:7: tables.add-ons\[0\].parents: names no primary",
    "overlap-of-a-drug": r"overlap-of-a-drug.toml:10: drug_classes\[1\]: overlaps with \[0\] from 2026-07-01",
    "overlap-of-an-add-on": r"overlap-of-an-add-on.toml:10: tables.add-ons\[1\]: overlaps with \[0\] from 2026-07-01",
    "own-parent": r"own-parent.toml:7: tables.add-ons\[0\].parents: 96417 cannot be its own primary",
    "parent-of-no-form": r"parent-of-no-form.toml:7: tables.add-ons\[0\].parents: 'chemo' is no CPT or HCPCS code",
    "parent-unknown": r"parent-unknown.toml:7: tables.add-ons\[0\].parents: Z9999 stands in no CMS table",
    "section-of-another-kind": r"section-of-another-kind.toml:4: policies: must be a table of keys",
    "unknown-key-of-a-payer": r"unknown-key-of-a-payer.toml:7: payers.cigna.class: is no key here",
    "unknown-section": r"unknown-section.toml:5: policy: is no key here",
}


@pytest.mark.parametrize(("defect", "said"), DEFECTS.items(), ids=DEFECTS)
def test_each_defect_is_refused_in_words(defect: str, said: str) -> None:
    file = str(FAULTY / f"{defect}.toml")
    assert len(faults_in(file)) == 1
    with pytest.raises(RulebookError, match=said):
        load_rulebook(file)


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


def test_no_stage_of_faults_hides_another() -> None:
    told = [line.rsplit("every-stage.toml", 1)[-1] for line in faults_in(str(FAULTY.parent / "every-stage.toml"))]
    assert [line.split(" is not allowed")[0] for line in told] == [
        ":3: title: is blank",
        ":5: publisher: is no key here",
        ":7: rules.H1: has no source",
        ":13: policies.pump-start[0].from: must be a date such as 2026-07-01 (Invalid RFC3339 encoded date)",
        ":17: policies.pump-start[1].value: policy pump-start: '96520'",
        ":19: policies.pump-start[1].to: 2026-01-31 is before its from, 2026-07-01",
        ":20: policies.pump-start[1].source: is blank",
        ":27: policies.midnight[1]: leaves a gap: nothing holds from 2026-07-01 to 2026-08-31",
        ":30: policies.midnight[1].cites: cites R99, which is no rule of it",
        ":36: policies.missing-stop[1]: overlaps with [0] from 2026-09-01",
        ":42: payers.cigna.title: is blank",
        ":45: tables.add-ons[0].code: '9641' is no CPT or HCPCS code: five characters, such as 96417 or G0498",
    ]


def test_without_its_base_a_file_is_judged_as_far_as_it_can_be(tmp_path: Path) -> None:
    file = tmp_path / "own.toml"
    text = (FAULTY / "unknown-base.toml").read_text() + '[[policies.pump-start]]\nvalue = "96520"\ncites = ["R5.3"]\n'
    file.write_text(text)
    assert [line.split(":", 2)[1:] for line in faults_in(str(file))] == [
        [
            "3",
            " extends: the rulebook 'cpt-2027' is unknown; there are carecost-96417, cpt-2026, or the path of a file",
        ],
        [
            "6",
            " policies.pump-start[0].value: policy pump-start: '96520' is not allowed; allowed are 96416, G0498, 96521",
        ],
    ]


def test_the_faults_of_a_base_are_told_with_its_name(tmp_path: Path) -> None:
    (tmp_path / "base.toml").write_text((FAULTY / "blank-source.toml").read_text())
    (tmp_path / "own.toml").write_text('name = "own"\ntitle = ""\nextends = "base.toml"\n')
    (tmp_path / "third.toml").write_text('name = "own"\ntitle = "t"\nextends = "own.toml"\n')
    (tmp_path / "no-toml.toml").write_text("name = ")
    assert [line.removeprefix(f"{tmp_path}/") for line in faults_in(str(tmp_path / "third.toml"))] == [
        "third.toml:1: name: 'own' is the name of what it extends too; each file has its own",
        "own.toml:2: title: is blank",
        "base.toml:7: policies.pump-start[0].source: is blank",
    ]
    (tmp_path / "own.toml").write_text('name = "own"\ntitle = ""\nextends = "no-toml.toml"\n')
    told = [line.removeprefix(f"{tmp_path}/") for line in faults_in(str(tmp_path / "own.toml"))]
    assert told == ["own.toml:2: title: is blank", "no-toml.toml: is not TOML: Invalid value"]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("ours.toml", "ours.toml: there is no such file"),
        ("books/ours", "books/ours: there is no such file"),
        ("cpt-2027", "the rulebook 'cpt-2027' is unknown; there are carecost-96417, cpt-2026, or the path of a file"),
        (".", ".: cannot be read: Is a directory"),
    ],
)
def test_a_file_that_is_not_there_is_no_unknown_name(name: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(RulebookError) as told:
        load_rulebook(name)
    assert str(told.value) == said


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
