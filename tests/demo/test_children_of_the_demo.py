"""The demo's children: ended by whatever ends the demo, and their trouble told in one line."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from fhir_adapter.demo.processes import child
from fhir_adapter.demo.speaking import DemoFailed

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(sys.platform != "linux", reason="looks at /proc, and only Linux ends a child with its parent"),
]
PARENT = """
import sys, time
from pathlib import Path
from fhir_adapter.demo.processes import child
with child("sandbox", ["sandbox", "--port", "0"], Path(sys.argv[1])) as one:
    print(one.lines_until("sandbox ")[-1], one._process.pid, flush=True)
    time.sleep(60)
"""


def is_running(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_a_child_ends_with_the_block_also_when_that_fails(tmp_path):
    running = []

    def play():
        with child("sandbox", ["sandbox", "--port", "0"], tmp_path) as one:
            one.lines_until("sandbox ")
            running.append(is_running(one._process.pid))
            running.append(one._process.pid)
            raise KeyError

    with pytest.raises(KeyError):
        play()
    assert running[0]
    assert not is_running(running[1])


def test_a_child_that_cannot_start_tells_why_in_one_line(tmp_path):
    with (
        child("sandbox", ["sandbox", "--host", "192.0.2.1"], tmp_path) as one,
        pytest.raises(DemoFailed, match=r"the sandbox has stopped.*cannot listen on 192\.0\.2\.1") as told,
    ):
        one.lines_until("sandbox ")
    assert "\n" not in str(told.value)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_no_child_survives_the_demo_however_it_ends(tmp_path, number):
    with subprocess.Popen([sys.executable, "-c", PARENT, tmp_path], stdout=subprocess.PIPE, text=True) as parent:
        pid = int(parent.stdout.readline().split()[-1])
        assert is_running(pid)
        os.kill(parent.pid, number)
        parent.wait(20)
        latest = time.monotonic() + 10
        while is_running(pid) and time.monotonic() < latest:
            time.sleep(0.05)
        assert not is_running(pid)
