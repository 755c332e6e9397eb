"""`serve` as a process: from a notification to a charge, and how it starts, refuses and stops."""

import signal
import socket

import httpx
import pytest
from serve.conftest import until

pytestmark = pytest.mark.real


def test_from_a_notification_to_charges(start, configure, sandbox, chart, charges, notify):
    with start("serve", "--config", configure(sandbox)) as adapter:
        hooks, link = adapter.until("hooks "), adapter.until("desk ")
        adapter.until("ready")
        assert notify(hooks, chart, token="wrong").status_code == 401
        assert notify(hooks, chart).status_code == 204
        until(lambda: {"96413", "96415"} <= charges().keys())
        assert charges()["96413"]["status"] == "billable"

        with httpx.Client(base_url=link.split("/login")[0], follow_redirects=True) as desk:
            assert desk.get("/api/visits").status_code == 401
            assert desk.get(link.removeprefix(str(desk.base_url).rstrip("/"))).status_code == 200
            visits = desk.get("/api/visits").json()
        assert "canary-patient" not in str(visits)
        assert adapter.end() == 0
        assert "canary" not in str(adapter.log)
        assert adapter.log[-1]["event"] == "stopped"


def test_what_was_told_before_a_kill_is_done_after_it(start, configure, sandbox, chart, charges, notify):
    away = configure("http://127.0.0.1:9/fhir")
    with start("serve", "--config", away) as adapter:
        hooks = adapter.until("hooks ")
        adapter.until("ready")
        assert notify(hooks, chart).status_code == 204
        adapter.end(signal.SIGKILL)
    with start("serve", "--config", configure(sandbox)) as adapter:
        adapter.until("ready")
        until(lambda: "96413" in charges())


def test_shadow_posts_nothing(start, configure, sandbox, chart, charges, notify):
    with start("serve", "--config", configure(sandbox, mode="shadow")) as adapter:
        hooks = adapter.until("hooks ")
        adapter.until("ready")
        notify(hooks, chart)
        metrics = until(lambda: _coded(hooks))
        assert 'state="shadow"' in metrics
        assert charges() == {}


def _coded(hooks):
    text = httpx.get(f"{hooks}/metrics").text
    return text if "visits_coded_total{" in text else None


def test_the_start_names_what_cms_would_call_false(start, configure):
    with start("serve", "--config", configure(rulebook="carecost-96417")) as adapter:
        adapter.until("ready")
        (warning,) = [line["event"] for line in adapter.log if line["level"] == "warning"]
        for code in ("96416 (concurrent-chemo)", "96521 (pump-start)", "96417 (sequential-chemo-push)"):
            assert code in warning


def test_a_rulebook_that_extends_it_is_warned_of_too(start, configure, tmp_path):
    (tmp_path / "ours.toml").write_text('name = "ours"\ntitle = "Ours"\nextends = "carecost-96417"\n', "utf-8")
    with start("serve", "--config", configure(rulebook="./ours.toml")) as adapter:
        adapter.until("ready")
        (warning,) = [line["event"] for line in adapter.log if line["level"] == "warning"]
        assert warning.startswith("rulebook ours reads")


def test_the_authorities_own_rulebook_needs_no_warning(start, configure):
    with start("serve", "--config", configure(rulebook="cpt-2026")) as adapter:
        adapter.until("ready")
        assert [line for line in adapter.log if line["level"] == "warning"] == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_when_told(start, configure, tmp_path, number):
    with start("serve", "--config", configure()) as adapter:
        adapter.until("ready")
        assert (tmp_path / "data" / "control.sock").exists()
        assert adapter.end(number) == 0
        assert not (tmp_path / "data" / "control.sock").exists()


def test_a_second_writer_is_refused(start, configure, run):
    path = configure()
    with start("serve", "--config", path) as adapter:
        adapter.until("ready")
        status, said, complained = run("serve", "--config", path)
    assert (status, said) == (2, "")
    assert complained.startswith("another process writes to ")


def test_an_address_that_is_taken_is_named(configure, run, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        path = configure()
        text = (tmp_path / "adapter.toml").read_text().replace('desk = "127.0.0.1:0"', f'desk = "127.0.0.1:{port}"')
        (tmp_path / "adapter.toml").write_text(text)
        status, _, complained = run("serve", "--config", path)
    assert status == 2
    assert complained == f"listen.desk: 127.0.0.1:{port} cannot be listened on (Address already in use)\n"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"mode": "live"}, "sources.main.mode: invalid enum value 'live'; allowed: post, shadow"),
        ({"rulebook": "cpt-1999"}, "cpt-1999"),
        ({"top": "what = "}, "not TOML"),
    ],
)
def test_a_configuration_that_cannot_work_is_one_clear_line(configure, run, changes, said):
    status, out, complained = run("serve", "--config", configure(**changes))
    assert (status, out) == (2, "")
    assert said in complained
    assert "Traceback" not in complained


def test_a_missing_file_and_a_missing_secret(configure, run):
    status, _, complained = run("serve", "--config", "nowhere.toml")
    assert (status, complained) == (
        2,
        "nowhere.toml: the configuration file cannot be read (No such file or directory)\n",
    )
    status, _, complained = run("serve", "--config", configure(), env={"HOOK_TOKEN": ""})
    assert status == 2
    assert "sources.main.hook_token: env:HOOK_TOKEN is empty" in complained


def test_work_on_sqlite_is_refused(configure, run):
    status, _, complained = run("work", "--config", configure())
    assert status == 2
    assert complained.startswith("work: on SQLite `serve` is the one writer")


def test_a_worker_beside_serve_on_postgresql(start, configure, sandbox, chart, charges, notify, postgres, monkeypatch):
    monkeypatch.setenv("DATABASE", postgres.new_database())
    path = configure(sandbox, top='database = "env:DATABASE"')
    with start("serve", "--config", path) as adapter, start("work", "--config", path) as worker:
        hooks = adapter.until("hooks ")
        adapter.until("ready")
        worker.until("ready")
        notify(hooks, chart)
        until(lambda: {"96413", "96415"} <= charges().keys())
        assert worker.end() == 0
        assert adapter.end() == 0
