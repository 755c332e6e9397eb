"""`data update` and `data status` as a person types them: a folder that `serve` takes, and every source by name."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from fhir_adapter.cli import build
from fhir_adapter.errors import ConfigurationError
from fhir_adapter.settings.folder import private_folder

CROSSWALK = Path(__file__).parents[2] / "fixtures" / "official" / "asp-ndc-hcpcs-crosswalk-april-2026.csv"


def run(*words, data):
    return CliRunner().invoke(build(), ["data", *words, "--data", str(data)])


def update(data, *more):
    return run("update", str(CROSSWALK), "--covers", "J9000-J9601", *more, data=data)


def test_the_folder_that_an_update_makes_is_the_owners_alone_and_serve_takes_it(tmp_path):
    data = tmp_path / "data"
    assert "counts now" in update(data).output
    assert data.stat().st_mode & 0o777 == 0o700
    assert private_folder(data) == data


def test_a_folder_that_others_may_enter_is_refused_before_anything_is_installed(tmp_path):
    data = tmp_path / "data"
    data.mkdir()
    (data / "something").touch()
    data.chmod(0o755)
    failed = update(data).exception
    assert isinstance(failed, ConfigurationError)
    assert "others may enter the folder" in str(failed)
    assert [one.name for one in data.iterdir()] == ["something"]


def test_a_dry_run_makes_no_folder(tmp_path):
    assert "nothing was changed" in update(tmp_path / "data", "--dry-run").output
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize(
    "source",
    [
        "rates OPPS CY2026: 2026-01-01 to 2026-12-31, CMS OPPS Addendum B",
        "rates MPFS 2025: 2025-01-01 to 2025-12-31, CMS MPFS",
        "rates ASP payment limits 2026Q3: 2026-07-01 to 2026-09-30, CMS ASP payment limits July 2026",
        "NDC-HCPCS crosswalk 2025Q4: CMS ASP NDC-HCPCS crosswalk October 2025",
        "MUE 2026Q4: 2026-10-01 to 2026-12-31",
    ],
)
def test_status_names_every_table_that_ships_also_the_rates(tmp_path, source):
    assert f"ships      {source}" in run("status", data=tmp_path / "data").output


def test_status_tells_an_installed_release_by_its_rows(tmp_path):
    update(tmp_path / "data")
    assert "installed  CMS ASP NDC-HCPCS crosswalk 2026Q2" in run("status", data=tmp_path / "data").output
    [about] = json.loads(run("status", "--format", "json", data=tmp_path / "data").output)
    assert about["rows_in"] == about["rows_kept"] + about["rows_rejected"]
