"""`make sbom`: what the product is made of, by version and licence, and nothing of the tools that build it."""

import json
import os
import re
import subprocess
from pathlib import Path

import pytest

from fhir_adapter import __version__

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.real


def test_the_sbom_lists_the_run_time_lock():
    quiet = {key: value for key, value in os.environ.items() if not key.startswith(("MAKE", "MFLAGS"))}
    made = subprocess.run(["make", "sbom"], cwd=ROOT, env=quiet, capture_output=True, text=True)
    assert made.returncode == 0, made.stderr
    sbom = json.loads((ROOT / "sbom.json").read_text())
    assert sbom["bomFormat"] == "CycloneDX"
    assert (sbom["metadata"]["component"]["name"], sbom["metadata"]["component"]["version"]) == (
        "fhir-adapter",
        __version__,
    )
    listed = {(_plain(one["name"]), one["version"]) for one in sbom["components"]}
    locked = set(re.findall(r"^([A-Za-z0-9._-]+)==(\S+)", (ROOT / "requirements" / "run.txt").read_text(), re.M))
    assert listed <= {(_plain(name), version) for name, version in locked}
    assert {"fastapi", "fhir-resources", "httpx", "msgspec", "psycopg", "sqlalchemy"} <= {name for name, _ in listed}
    assert all(one.get("licenses") for one in sbom["components"])


def _plain(name):
    return re.sub(r"[-_.]+", "-", name).lower()
