"""The locks: names, versions and hashes; the three agree, and the run-time lock covers what the product declares."""

import re
import tomllib
from pathlib import Path

import pytest

import fhir_adapter

ROOT = Path(__file__).parents[2]
PIN = re.compile(r"^([A-Za-z0-9._-]+)==(\S+)( ; .+)? \\$")
HASH = re.compile(r"^    --hash=sha256:[0-9a-f]{64}( \\)?$")


def _lines(name):
    return (ROOT / "requirements" / f"{name}.txt").read_text().splitlines()


def _pins(name):
    return {_plain(pin[1]): pin[2] for line in _lines(name) if (pin := PIN.match(line))}


def _plain(name):
    return re.sub(r"[-_.]+", "-", name).lower()


@pytest.mark.parametrize("name", ["run", "build", "dev"])
def test_a_lock_has_pins_and_hashes_and_nothing_else(name):
    assert _pins(name)
    assert [line for line in _lines(name) if not PIN.match(line) and not HASH.match(line)] == []


@pytest.mark.parametrize("name", ["run", "build"])
def test_development_has_the_versions_that_run(name):
    assert _pins(name).items() <= _pins("dev").items()


def test_what_the_product_declares_is_locked():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    declared = [*project["dependencies"], *project["optional-dependencies"]["postgres"]]
    names = {_plain(re.match(r"[A-Za-z0-9._-]+", line)[0]) for line in declared}
    assert names <= _pins("run").keys()


def test_the_run_time_lock_has_no_tool():
    assert _pins("run").keys().isdisjoint({"pytest", "ruff", "mypy", "hatchling", "uv", "playwright"})


def test_the_version_is_the_same_in_both_places():
    assert tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"] == fhir_adapter.__version__
