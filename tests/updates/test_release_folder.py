"""A release counts whole or not at all, is never lost, and can be taken back."""

import os
import stat

import pytest
from official_files import FILES, GROUPS, NOW, imported, said
from typer.testing import CliRunner

from fhir_adapter.catalog import load_catalog
from fhir_adapter.cli import build
from fhir_adapter.errors import RulebookError
from fhir_adapter.updates import Folder, imports, installed, official
from fhir_adapter.updates.diff import latest_changes

SPRING, AUTUMN = "asp-ndc-hcpcs-crosswalk-april-2026.csv", "asp-ndc-hcpcs-crosswalk-october-2026.csv"


def run(*arguments):
    return CliRunner().invoke(build(), ["data", *map(str, arguments)])


def everything(path):
    return {str(one.relative_to(path)): one.read_bytes() for one in sorted(path.rglob("*")) if one.is_file()}


def test_a_release_is_kept_with_its_rejects_for_its_owner_alone(tmp_path):
    folder = Folder(tmp_path)
    (about,) = folder.install([imported(SPRING)], NOW)
    place = next((tmp_path / "tables" / "releases").iterdir())
    assert sorted(one.name for one in place.iterdir()) == ["about.json", "dosage.csv", "ndc.csv", "rejects.csv"]
    assert (place / "rejects.csv").read_text().endswith("# 14 rows in = 10 kept + 4 rejected\n")
    assert {stat.S_IMODE(one.stat().st_mode) for one in place.iterdir()} == {0o600}
    assert about.hash.removeprefix("sha256:").startswith(place.name)


def test_the_same_file_again_changes_nothing(tmp_path):
    folder = Folder(tmp_path)
    folder.install([imported(SPRING)], NOW)
    before = everything(tmp_path)
    folder.install([imported(SPRING)], NOW)
    assert everything(tmp_path) == before


def test_a_corrected_file_takes_the_place_of_the_first_and_a_rollback_brings_it_back(tmp_path):
    folder = Folder(tmp_path)
    one = imported(SPRING)
    folder.install([one], NOW)
    first = folder.current()
    corrected = imported(SPRING)
    table = corrected.tables[0]
    fewer = type(table)(table.kind, table.table, table.columns, table.rows[1:], table.covers)
    folder.install(
        [type(one)(**{**{n: getattr(corrected, n) for n in one.__struct_fields__}, "tables": (fewer,)})], NOW
    )
    assert len(folder.current()) == 1
    assert folder.current() != first
    folder.roll_back(NOW)
    assert folder.current() == first
    folder.roll_back(NOW)
    assert folder.current() == ()
    with pytest.raises(RulebookError, match="no update to take back"):
        folder.roll_back(NOW)
    assert len(list((tmp_path / "tables" / "releases").iterdir())) == 2  # nothing is ever deleted


def test_one_bad_file_keeps_the_good_ones_out(tmp_path):
    bad = tmp_path / "asp-payment-limits-july-2026.csv"
    bad.write_text("HCPCS Code,HCPCS Code Dosage,Payment Limit\nJ9035,5 MG,74.1\n")
    data = tmp_path / "data"
    shown = run("update", FILES / SPRING, bad, "--covers", "A0000-Q9999", "--data", data)
    assert isinstance(shown.exception, RulebookError)
    assert everything(data) == {} if data.exists() else True


def test_a_changed_byte_is_noticed(tmp_path):
    folder = Folder(tmp_path)
    (about,) = folder.install([imported(SPRING)], NOW)
    table = next((tmp_path / "tables" / "releases").iterdir()) / "ndc.csv"
    table.write_text(table.read_text().replace("J9035", "J9036"))
    with pytest.raises(RulebookError, match="their hash is another"):
        folder.texts(about.hash)


def test_what_an_update_that_broke_off_left_behind_does_not_count(tmp_path):
    folder = Folder(tmp_path)
    folder.install([imported(SPRING)], NOW)
    before = installed(folder)
    left = tmp_path / "tables" / "releases" / f".half.{os.getpid()}"
    left.mkdir()
    (left / "ndc.csv").write_text("half a")
    (tmp_path / "tables" / ".states.1").write_text("[")
    assert installed(folder) == before


def test_ndcs_that_moved_and_codes_that_are_new_are_told(tmp_path):
    folder = Folder(tmp_path)
    folder.install([imported(SPRING)], NOW)
    row = b"J1580,Garamycin gentamicin,Fresenius Kabi,63323-0010-20"
    later = (FILES / AUTUMN).read_bytes().replace(row, b"J1581,G,F,63323-0010-20")
    folder.install(imports([official(AUTUMN, later)], said(AUTUMN, covers=("some",))), NOW)
    told = {(change.key, change.before, change.after) for change in latest_changes(folder)}
    moved = {("63323001020", "J1580", "J1581"), ("J1581", "", "from 2026-10-01"), ("J1581", "", "80 mg")}
    assert told == moved | {("00409473701", "", "J9232")}  # which no earlier release lists
    shown = run("diff", "--data", tmp_path)
    assert "codes of an NDC: 2\n  00409473701: new, J9232\n  63323001020: J1580 -> J1581" in shown.output


def test_the_commands_from_update_to_rollback(tmp_path):
    part = ("--covers", "A0000-Q9999", "--data", tmp_path)
    tried = run("update", FILES / SPRING, "--dry-run", *part)
    assert "14 rows in = 10 kept + 4 rejected" in tried.output
    assert "lines 18-19: 2 rejected: an alternate ID, not an NDC" in tried.output
    assert everything(tmp_path) == {}
    assert run("update", FILES / SPRING, *part).exit_code == 0
    assert "installed  CMS ASP NDC-HCPCS crosswalk 2026Q2" in run("status", "--data", tmp_path).output
    assert '"rows_rejected": 4' in run("status", "--format", "json", "--data", tmp_path).output
    assert run("rollback", "--data", tmp_path).output.startswith("rollback of update: CMS ASP NDC-HCPCS crosswalk")
    assert "installed" not in run("status", "--data", tmp_path).output


def test_every_fixture_can_be_installed_and_read(tmp_path):
    folder = Folder(tmp_path)
    folder.install([imported(*names) for names in GROUPS], NOW)
    found = installed(folder)
    book = load_catalog(releases=found.drugs).book
    assert book.hash != load_catalog().book.hash
    assert book.labels["50242006101"].container == "single-dose"
    assert said("x").ndcs == load_catalog().book.ndcs
