"""Every block of the README runs, in its order, in one folder, as a reader would run it; `docker` blocks do not.

A `toml` block becomes the file that its first line names, and must be a configuration that is accepted. A block that
serves goes on until the last one has run. Addresses are moved to free ports, and `make demo` ends by itself.
"""

import os
import re
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from fhir_adapter.settings import load

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", README, re.M | re.S)
RUN = [(kind, text) for kind, text in BLOCKS if kind != "text" and not text.startswith("docker")]
SERVING = ("fhir-adapter sandbox", "fhir-adapter serve")
SECRETS = {"MAIN_HOOK_TOKEN": "a", "MAIN_EHR_TOKEN": "b"}

pytestmark = pytest.mark.real


class Reader:
    """Somebody at a terminal: `make` in the repository, all else in a folder that is thrown away."""

    def __init__(self, folder):
        self.folder, self.serving = folder, []
        (folder / "fixtures").symlink_to(ROOT / "fixtures")
        self.ports = {str(port): str(_free_port()) for port in (8080, 8081, 8090)}
        quiet = {key: value for key, value in os.environ.items() if not key.startswith(("MAKE", "MFLAGS"))}
        path = f"{Path(sys.executable).parent}{os.pathsep}{quiet['PATH']}"
        self.environment = quiet | {"PATH": path, "ONCE": "1", "COLUMNS": "160"}

    def moved(self, text):
        for port, free in self.ports.items():
            text = text.replace(f":{port}", f":{free}").replace(f"--port {port}", f"--port {free}")
        return text

    def run(self, text):
        return subprocess.run(
            ["bash", "-euc", self.moved(text)],
            cwd=ROOT if text.startswith("make") else self.folder, env=self.environment,
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300,
        )  # fmt: skip

    def serve(self, text):
        log = self.folder / f"served-{len(self.serving)}.log"
        with log.open("wb") as out:
            command = ["bash", "-c", f"exec {self.moved(text).strip()}"]
            process = subprocess.Popen(command, cwd=self.folder, env=self.environment, stdout=out, stderr=out)
        self.serving.append(process)
        _until(lambda: process.poll() is not None or "http://" in log.read_text())
        assert process.poll() is None, log.read_text()

    def configure(self, text):
        """The file, listening where the test moved it; refused configurations fail the test."""
        path = self.folder / re.match(r"# (\S+\.toml)\n", text)[1]
        listen = self.moved('\n[listen]\nhooks = "127.0.0.1:8080"\ndesk = "127.0.0.1:8081"\n')
        path.write_text(self.moved(text) + listen)
        return load(path, SECRETS)

    def leave(self):
        for process in self.serving:
            process.terminate()
            process.wait(timeout=20)


def _free_port():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


def _until(happened, patience=60):
    latest = time.monotonic() + patience
    while not happened():
        assert time.monotonic() < latest, "it did not happen"
        time.sleep(0.1)


@pytest.fixture(scope="module")
def reader(tmp_path_factory):
    reader = Reader(tmp_path_factory.mktemp("reader"))
    yield reader
    reader.leave()


@pytest.mark.parametrize(("kind", "text"), RUN, ids=[text.splitlines()[0][:48] for _, text in RUN])
def test_a_block_runs(reader, kind, text):
    if kind == "toml":
        assert reader.configure(text).sources["main"].mode == "shadow"
    elif kind == "sh" and text.startswith(SERVING):
        reader.serve(text)
    elif kind == "sh":
        run = reader.run(text)
        assert run.returncode == 0, run.stdout + run.stderr
        assert "Traceback" not in run.stderr
    else:
        pytest.fail(f"nobody knows how to run a block of {kind}")


def test_what_was_sent_was_coded(reader):
    """The last words of its section: `inbox` says what the notification caused."""
    _until(lambda: ": visits " in reader.run("fhir-adapter inbox").stdout, patience=30)


def test_each_picture_is_there():
    pictures = re.findall(r"!\[[^\]]+\]\(([^)]+)\)", README)
    assert len(pictures) == 2
    assert [picture for picture in pictures if not (ROOT / picture).is_file()] == []
