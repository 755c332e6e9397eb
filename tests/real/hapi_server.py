"""A real HAPI FHIR R4 server, a process of its own on a free loopback port (the program is in `hapi/`).

    python tests/real/hapi_server.py [PORT]      for a person (`make hapi`): says its address, Ctrl-C ends it

The first run after a build leaves an archive of its classes when it stops; with it later ones start in half the time.
"""

import ctypes
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryFile

import pytest

if __name__ == "__main__":  # as a script, this folder is the path
    sys.path.insert(0, str(Path(__file__).parents[1]))

from real.maven import MISSING, built, class_path, have_java

AS_SHIPPED, QUICK = 5000, 200
"""Milliseconds between a change and its notification."""
DIE_WITH_PARENT = 1
"""PR_SET_PDEATHSIG of Linux's prctl(2)."""
LEAN = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx3g", "-Xlog:disable")


@pytest.fixture(scope="session")
def hapi():
    """The base address of one server for all tests; each test has patients of its own."""
    if not have_java():
        pytest.skip(MISSING)
    with running(notify_every=QUICK) as base:
        yield base


@contextmanager
def running(*, port=0, notify_every):
    with TemporaryFile() as complaints:
        command = _command(built("hapi"), port, notify_every)
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=complaints, start_new_session=True, preexec_fn=_die_with_parent
        )
        try:
            yield _base(process, complaints)
        finally:
            _end(process)


def _die_with_parent():
    """Also where the tests are killed; only Linux can."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(DIE_WITH_PARENT, signal.SIGTERM)


def _command(folder, port, notify_every):
    archive = folder / "classes.jsa"
    kept = f"-XX:SharedArchiveFile={archive}" if archive.exists() else f"-XX:ArchiveClassesAtExit={archive}"
    program = ("-cp", class_path(folder), "hapi.Server", str(port), str(notify_every))
    return ["java", kept, *LEAN, *program]


def _base(process, complaints):
    for line in process.stdout:
        if line.startswith(b"ready "):
            return line.split()[1].decode()
    complaints.seek(0)
    raise AssertionError(f"HAPI did not start: {complaints.read()[-3000:].decode('utf-8', 'replace')}")


def _end(process):
    process.terminate()
    try:
        process.wait(30)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    process.stdout.close()


def _for_a_person(port):
    if not have_java():
        raise SystemExit(MISSING)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    print("HAPI FHIR R4, in memory: building (the first time) and starting ...", flush=True)
    with running(port=port, notify_every=AS_SHIPPED) as base:
        print(f"{base}\nEverything in it is gone when it ends. Ctrl-C ends it.", flush=True)
        signal.pause()


if __name__ == "__main__":
    try:
        _for_a_person(int(sys.argv[1]) if len(sys.argv) > 1 else 0)
    except KeyboardInterrupt:
        print("\nStopped.")
