"""Some thousand hostile requests to a running `serve`: no 500, and a good notification is kept afterwards."""

import asyncio
import time

import httpx
import pytest
from hostile.barrage import GENERATORS, NO_ANSWER, barrage, peak_megabytes, report, table, total
from hostile.bodies import ADMINISTRATION
from hostile.requests_of import TOKEN
from serve.conftest import until

pytestmark = pytest.mark.real
ROUNDS = 30
ALLOWED = {
    NO_ANSWER,
    "100",
    "200",
    "204",
    "400",
    "401",
    "404",
    "405",
    "411",
    "413",
    "414",
    "417",
    "426",
    "431",
    "501",
    "503",
}


def test_there_are_forty_generators_and_more():
    assert len(GENERATORS) >= 40


def test_no_hostile_request_is_answered_with_500_and_a_good_one_is_still_kept(serving, tmp_path):
    hooks = serving.until("hooks ")
    serving.until("ready")
    before = peak_megabytes(serving.process.pid)
    begun = time.perf_counter()
    outcomes = asyncio.run(barrage(int(hooks.rpartition(":")[2]), ROUNDS * len(GENERATORS)))
    print("\n".join([*table(outcomes), *report(outcomes, time.perf_counter() - begun)]))
    print(f"memory: {before:.0f} MB before, {peak_megabytes(serving.process.pid):.0f} MB at most")
    assert set(total(outcomes)) <= ALLOWED
    for name in ("deep_lists", "number_too_large", "duplicate_keys", "truncated", "utf_16"):
        assert outcomes[name].answers == {"204": ROUNDS}, "quarantined, not refused"

    good = ADMINISTRATION | {"id": "good-one", "subject": {"reference": "Patient/good"}}
    answer = httpx.post(f"{hooks}/hooks/main", json=good, headers={"Authorization": f"Bearer {TOKEN}"})
    assert answer.status_code == 204
    until(lambda: 'patients_behind{lane="code"' in httpx.get(f"{hooks}/metrics").text)
    assert not [line for line in serving.log if "Traceback" in str(line)]
    assert serving.end() == 0
    kept = b"".join(path.read_bytes() for path in (tmp_path / "data").iterdir() if path.is_file())
    assert b"good-one" in kept
    assert b"canary-authorization" not in kept
