"""Medplum's FHIR router, a process of its own (medplum/medplum_router.mjs), installed once into build/.

A second R4 server that nobody here wrote: versions are UUIDs, a stale If-Match is 412, what is deleted is 404. It sends
no notifications. Needs node and npm; where they are missing its tests are skipped with one clear line (in CI: failed).
"""

import shutil
import subprocess
from pathlib import Path
from tempfile import TemporaryFile

import pytest

HERE = Path(__file__).parent / "medplum"
CACHE = Path(__file__).parents[2] / "build" / "medplum"
PROGRAM = "medplum_router.mjs"
NPM = ("npm", "install", "--no-audit", "--no-fund", "--no-package-lock", "--silent")


@pytest.fixture(scope="session")
def medplum():
    """The base address of one server for all tests."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip("node and npm are missing (Debian: apt-get install nodejs npm)")
    _install()
    with TemporaryFile() as complaints:
        process = subprocess.Popen(["node", PROGRAM], cwd=CACHE, stdout=subprocess.PIPE, stderr=complaints)
        try:
            line = process.stdout.readline().decode()
            complaints.seek(0)
            assert line.startswith("ready "), complaints.read()[-3000:].decode("utf-8", "replace")
            yield line.split()[1]
        finally:
            process.kill()
            process.wait()
            process.stdout.close()


def _install():
    CACHE.mkdir(parents=True, exist_ok=True)
    wanted, installed = HERE / "package.json", CACHE / "installed.json"
    shutil.copy(HERE / PROGRAM, CACHE / PROGRAM)
    shutil.copy(wanted, CACHE / wanted.name)
    if installed.exists() and installed.read_bytes() == wanted.read_bytes():
        return
    done = subprocess.run(NPM, cwd=CACHE, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    shutil.copy(wanted, installed)
