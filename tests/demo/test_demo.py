"""The whole demo as its users run it: a process. What it prints is compared with a search of one's own."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from importlib.resources import files
from pathlib import Path
from types import SimpleNamespace

import httpx
import pytest

pytestmark = pytest.mark.real
OWN = Path(str(files("fhir_adapter.demo") / "visits"))
COMMAND = [sys.executable, "-m", "fhir_adapter", "demo"]
PRINTED = re.compile(
    r"^  (NEW|NOW)  (?P<code>\S+) ×(?P<units>\d+).*?(→ ×(?P<now>\d+) +)?"
    r"(?P<place>ChargeItem/\d+), .*?(?P<status>[a-z-]+)$"
)
PATIENCE = 120


def last_printed(text):
    """Of each ChargeItem the last that was said: code, units, status."""
    found = [match for line in text.splitlines() if (match := PRINTED.match(line))]
    return {m["place"]: (m["code"], int(m["now"] or m["units"]), m["status"]) for m in found}


def searched(base):
    """What a plain FHIR search returns, every page."""
    link, found = f"{base}/ChargeItem", {}
    with httpx.Client(trust_env=False) as client:
        while link:
            page = client.get(link).raise_for_status().json()
            for entry in page["entry"]:
                item = entry["resource"]
                code = item["code"]["coding"][0]["code"]
                found[f"ChargeItem/{item['id']}"] = (code, item["quantity"]["value"], item["status"])
            link = next((one["url"] for one in page["link"] if one["relation"] == "next"), None)
    return found


def children_of(pid):
    listed = (Path(f"/proc/{number}/stat") for number in os.listdir("/proc") if number.isdigit())
    return [path.parent.name for path in listed if path.exists() and _parent(path) == pid]


def _parent(path):
    try:
        return int(path.read_text().rpartition(")")[2].split()[1])
    except FileNotFoundError:
        return None


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    """The demo with its own visits, until it stays up; ended by Ctrl-C."""
    out = tmp_path_factory.mktemp("demo") / "out.txt"
    with out.open("w") as stdout, subprocess.Popen(COMMAND, stdout=stdout, stderr=subprocess.STDOUT) as process:
        try:
            latest = time.monotonic() + PATIENCE
            while "until Ctrl-C" not in out.read_text() and process.poll() is None and time.monotonic() < latest:
                time.sleep(0.1)
            text = out.read_text()
            assert "until Ctrl-C" in text, text
            base = re.search(r"http://127\.0\.0\.1:\d+/fhir", text)[0]
            yield SimpleNamespace(text=text, base=base, process=process, out=out)
        finally:
            process.terminate()


def test_what_it_printed_is_what_a_search_returns(running):
    assert last_printed(running.text) == searched(running.base)


@pytest.mark.parametrize(
    ("visit", "line"),
    [
        ("R-CHOP", ["96413", "×1", "×1", "×1"]),
        ("R-CHOP", ["96415", "×3", "×3", "×3"]),
        ("R-CHOP", ["96417", "×3", "×1", "×3"]),
        ("R-CHOP", ["96411", "–", "×2"]),
        ("R-CHOP", ["96375", "×2", "×2", "×2"]),
        ("R-CHOP", ["J9312", "×68", "×68", "×68"]),
        ("R-CHOP", ["J9000", "×9", "×9", "×90"]),
        ("R-CHOP", ["J9075", "×270", "×270"]),
        ("FOLFOX", ["96367", "×1", "–", "×1"]),
        ("FOLFOX", ["96368", "–", "×1"]),
        ("FOLFOX", ["96521", "×1", "–", "×1"]),
        ("FOLFOX", ["96416", "–", "×1"]),
        ("FOLFOX", ["J9263", "×306", "×306", "×1"]),
        ("FOLFIRINOX", ["96415", "×2", "×1", "×2"]),
        ("FOLFIRINOX", ["96417", "×2", "×1", "×2"]),
        ("FOLFIRINOX", ["96366", "–", "×1"]),
        ("FOLFIRINOX", ["J9206", "×17", "×17"]),
    ],
)
def test_both_rulebooks_and_the_document_stand_side_by_side(running, visit, line):
    part = running.text.split(f"\n{visit} · ")[1].split(" · ")[0]
    rows = [row.split()[: len(line)] for row in part.splitlines()]
    assert line in rows


def test_every_code_that_differs_is_explained(running):
    for part in running.text.split(" · ")[1:]:
        rows = [row.split()[:3] for row in part.splitlines() if re.match(r"[0-9J]\d{4}", row)]
        differing = {code for code, posted, other in rows if posted != other}
        explained = part.split("counts differently")[1].split("\n\n")[0]
        assert differing
        assert {code for code in differing if not re.search(rf"{code} (×\d+|–) → (×\d+|–)", explained)} == set()


def test_a_corrected_stop_moves_the_same_item_and_an_error_reverses_it(running):
    said = {
        place: line
        for line in running.text.splitlines()
        if "  NOW  " in line
        for place in re.findall(r"ChargeItem/\d+", line)
    }
    assert any("96415 ×3 → ×2" in line and "version 1 → 2, billable" in line for line in said.values())
    assert any("J9370 ×2 → entered-in-error" in line for line in said.values())
    assert any("96417 ×3 → ×2" in line for line in said.values())


def test_it_prints_no_line_wider_than_a_terminal_and_no_trace(running):
    assert max(map(len, running.text.splitlines())) <= 120
    assert "Traceback" not in running.text


def test_the_link_opens_a_page_with_the_same_visit_once(running):
    link = re.search(r"R-CHOP: (http://\S+)", running.text)[1]
    with httpx.Client(trust_env=False, follow_redirects=True) as browser:
        page = browser.get(link)
        assert page.status_code == 200
        assert all(code in page.text for code in ("96413", "96415", "96411", "J9312", "rituximab"))
    with httpx.Client(trust_env=False, follow_redirects=True) as another:
        assert another.get(link).status_code == 401


@pytest.mark.skipif(sys.platform != "linux", reason="looks at /proc")
def test_ctrl_c_ends_it_and_both_processes(running):
    children = children_of(running.process.pid)
    assert len(children) == 2
    running.process.send_signal(signal.SIGINT)
    assert running.process.wait(30) == 0
    assert "Stopped" in running.out.read_text()
    assert not [pid for pid in children if Path(f"/proc/{pid}").exists()]
    with httpx.Client(trust_env=False) as client, pytest.raises(httpx.ConnectError):
        client.get(f"{running.base}/metadata")


def test_one_stop_and_one_dose_changed_in_the_data_move_the_printed_units(tmp_path):
    text = (OWN / "1-r-chop.toml").read_text("utf-8")
    text = text[: text.index("# Afterwards")] + text[text.index("# As printed") :]
    for old, new in (("stop = 2026-05-04T13:00:00-05:00", "stop = 2026-05-04T11:00:00-05:00"), ("mg = 90", "mg = 121")):
        assert text.count(old) == 1
        text = text.replace(old, new)
    (tmp_path / "1-r-chop.toml").write_text(text, "utf-8")
    told = subprocess.run([*COMMAND, "--once", "--visits", tmp_path], capture_output=True, text=True, timeout=PATIENCE)
    assert (told.returncode, told.stderr) == (0, "")
    units = {code: units for code, units, status in last_printed(told.stdout).values()}
    assert (units["96415"], units["J9000"]) == (1, 13)
    assert (units["96413"], units["96417"], units["J9312"]) == (1, 3, 68)


def test_a_wrong_visit_file_ends_it_with_one_clear_line(tmp_path):
    shutil.copy(OWN / "2-folfox.toml", tmp_path / "wrong.toml")
    with (tmp_path / "wrong.toml").open("a") as file:
        file.write("\n[correction]\ndrug = 'aspirin'\nstop = 2026-05-04T11:00:00-05:00\n")
    told = subprocess.run([*COMMAND, "--once", "--visits", tmp_path], capture_output=True, text=True, timeout=PATIENCE)
    assert (told.returncode, told.stdout) == (2, "")
    assert told.stderr.strip().endswith("correction.drug: 'aspirin' was not given in this visit")


@pytest.mark.skipif(sys.platform != "linux", reason="looks at /proc")
def test_an_adapter_that_dies_is_told_in_one_line(tmp_path):
    with (
        (tmp_path / "out").open("w") as stdout,
        subprocess.Popen(COMMAND, stdout=stdout, stderr=subprocess.PIPE, text=True) as process,
    ):
        latest = time.monotonic() + PATIENCE
        while "EHR  " not in (tmp_path / "out").read_text() and time.monotonic() < latest:
            time.sleep(0.05)
        for child in children_of(process.pid):
            if b"serve" in Path(f"/proc/{child}/cmdline").read_bytes():
                os.kill(int(child), signal.SIGKILL)
        told = process.communicate(timeout=PATIENCE)[1]
    assert process.returncode == 2
    assert told.startswith("the adapter has stopped (exit status -9)")
    assert len(told.splitlines()) == 1
