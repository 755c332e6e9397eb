"""What a log line holds, and what never gets into one."""

import contextlib
import io
import json
import logging
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from fhir_adapter.errors import ConfigurationError
from fhir_adapter.settings import load
from fhir_adapter.telemetry import Hasher, Metrics, configure, log, site_key


@pytest.fixture
def lines():
    stream = io.StringIO()
    configure(Hasher(b"k" * 32), stream)
    return lambda: [json.loads(line) for line in stream.getvalue().splitlines()]


def test_ids_are_hashed_words_pass_and_everything_else_is_left_out(lines):
    log("receive").info("kept", source="main", patient="Patient/canary", name="Jane Canary", body={"id": "canary"})
    line = lines()[0]
    assert line["source"] == "main"
    assert line["patient"] == Hasher(b"k" * 32)("Patient/canary")
    assert line["left_out"] == 2
    assert "canary" not in json.dumps(line).lower()


def test_a_coded_word_that_is_no_word_of_the_list_is_other(lines):
    log("receive").info("kept", type="Canary", method="PUT", shape=None)
    line = lines()[0]
    assert (line["type"], line["method"], line["shape"]) == ("other", "PUT", None)


def test_an_exception_leaves_its_class_and_places_never_its_words(lines):
    try:
        raise ValueError("Jane Canary, 123")
    except ValueError as error:
        log("worker").error("failed", exc_info=error)
    line = lines()[0]
    assert line["error"] == "ValueError"
    assert line["at"][0].startswith("test_an_exception_leaves")
    assert "Canary" not in json.dumps(line)


def test_a_library_says_no_word_of_its_own(lines):
    logging.getLogger("httpx").info("GET http://ehr/Patient/canary")
    logging.getLogger("uvicorn.error").error("canary %s", "canary", exc_info=ValueError("canary"))
    (line,) = lines()
    assert (line["room"], line["level"], line["error"]) == ("uvicorn.error", "error", "ValueError")
    assert "canary" not in json.dumps(line)


def settings_of(folder, extra=""):
    path = folder / "adapter.toml"
    path.write_text(
        extra + '[sources.main]\nbase_url = "http://127.0.0.1/fhir"\nmode = "shadow"\nrulebook = "cpt-2026"\n'
        '[sources.main.words]\ntime_zone = "UTC"\n'
    )
    return load(path, {"KEY": "configured" * 4})


def test_the_site_key_is_made_once_and_for_us_alone(tmp_path):
    settings = settings_of(tmp_path)
    key = site_key(settings)
    assert site_key(settings) == key
    assert stat.S_IMODE((settings.data / "site.key").stat().st_mode) == 0o600


def test_those_who_start_together_have_one_site_key(tmp_path):
    settings = settings_of(tmp_path)
    for _ in range(50):
        (settings.data / "site.key").unlink(missing_ok=True)
        together = Barrier(4)
        with ThreadPoolExecutor(4) as pool:
            keys = set(pool.map(lambda _, together=together: (together.wait(), site_key(settings))[1], range(4)))
        assert len(keys) == 1
    assert [file.name for file in settings.data.iterdir()] == ["site.key"]


def test_the_site_key_may_be_configured(tmp_path):
    assert site_key(settings_of(tmp_path, 'site_key = "env:KEY"\n')) == b"configured" * 4


def test_an_emptied_site_key_is_refused(tmp_path):
    settings = settings_of(tmp_path)
    (settings.data / "site.key").write_text("")
    with pytest.raises(ConfigurationError, match="holds no key"):
        site_key(settings)


def test_metrics_of_two_apps_do_not_mix():
    one, two = Metrics(), Metrics()
    one.refused.labels("401").inc()
    assert b'fhir_adapter_webhook_refused_total{status="401"} 1.0' in one.exposition()
    assert b"refused_total{" not in two.exposition()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a device that is always full")
def test_a_log_on_a_full_disk_ends_nothing():
    full = open("/dev/full", "w", buffering=1)  # noqa: SIM115 - closing it fails, too
    try:
        configure(Hasher(b"k" * 32), full)
        for _ in range(3):
            log("receive").error("notification not kept", source="main")
    finally:
        with contextlib.suppress(OSError):
            full.close()
