"""The product as it is installed: `pip install .` into an empty environment, run from another folder."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from fhir_adapter import __version__

ROOT = Path(__file__).parents[2]
VISIT = {
    "id": "packaged",
    "setting": "facility",
    "administrations": [
        {
            "id": "a1", "drug": "rituximab", "technique": "infusion", "dose": {"value": 675, "unit": "mg"},
            "start": "2026-05-04T09:00:00-05:00", "stop": "2026-05-04T13:00:00-05:00",
        }
    ],
}  # fmt: skip

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """The `bin` folder of an environment that has the product and what it asks for, nothing of this checkout."""
    folder = tmp_path_factory.mktemp("installed")
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    pip = [str(folder / "bin" / "pip"), "install", "--quiet", "--disable-pip-version-check"]
    done = subprocess.run([*pip, str(ROOT)], capture_output=True, text=True)
    if done.returncode and "connection" in done.stderr.lower():
        pytest.skip("the package registry is not reached")
    assert done.returncode == 0, done.stderr
    return folder / "bin"


def _run(installed, elsewhere, *arguments, **options):
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    return subprocess.run(
        [str(installed / "fhir-adapter"), *arguments],
        cwd=elsewhere, env=environment, capture_output=True, text=True, **options,
    )  # fmt: skip


@pytest.mark.parametrize("rulebook", ["cpt-2026", "carecost-96417"])
def test_it_codes_a_visit_from_another_folder(installed, tmp_path, rulebook):
    run = _run(installed, tmp_path, "code", "-", "--rulebook", rulebook, "--format", "json", input=json.dumps(VISIT))
    assert run.returncode == 0, run.stderr
    result = json.loads(run.stdout)
    assert [(line["code"], line["units"]) for line in result["lines"]] == [("96413", 1), ("96415", 3), ("J9312", 68)]
    assert result["engine"] == __version__


def test_it_brings_its_types_and_its_pages(installed):
    (package,) = installed.parent.glob("lib/python3*/site-packages/fhir_adapter")
    for name in ("py.typed", "web/templates/visit.html", "web/static/desk.css", "rulebooks/cpt-2026.toml"):
        assert (package / name).is_file()


def test_it_brings_no_tool_of_development(installed):
    (packages,) = installed.parent.glob("lib/python3*/site-packages")
    names = {path.name for path in packages.iterdir()}
    assert names.isdisjoint({"pytest", "mypy", "hypothesis", "playwright", "hatchling", "tests", "benchmarks"})
