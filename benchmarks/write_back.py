"""Charges written back to a real HAPI beside a bare httpx loop that writes the same ones there: like with like.

    single         POST with If-None-Exist, one ChargeItem each      `transactions = false`
    transactions   a Bundle of all ChargeItems of a visit            `transactions = true`

Both sides ask for `return=minimal` and hold as many connections. Ours is a `serve` that has coded all visits while it
was paused, then goes on: reading the outbox, writing, and keeping what came of it. The two take turns, the medians are
compared. The clock is HAPI's: from its stamp on the first ChargeItem of a turn to that on the last, so that no start
counts. No Provenance on either side, but for the last row: what the profile `hapi` does where nobody changes it.
"""

import statistics
import tempfile
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path

import httpx
from hapi.conftest import serving, until
from hapi.expected import R_CHOP
from hapi.ward import FHIR, Visit

VISITS, TURNS, CONNECTIONS = 50, 3, 4
WAYS = {
    "one by one": (1, "provenance = false"),
    "transactions of a visit": (len(R_CHOP), "provenance = false\ntransactions = true"),
    "transactions, and a Provenance each": (len(R_CHOP), "transactions = true"),
}
"""What is done → ChargeItems in a request of the bare loop, and the keys of our source."""


def rows(server):
    for way, (at_once, more) in WAYS.items():
        with (
            tempfile.TemporaryDirectory() as folder,
            serving(Path(folder), server.base, settle=0, more=more) as adapter,
        ):
            turns = [_turn(server, adapter, f"{at_once}-{len(more)}-{turn}", at_once) for turn in range(TURNS)]
        ours, bare = (statistics.median(rates) for rates in zip(*turns, strict=True))
        design = "≥ 90 %" if "provenance" in more else ""
        yield f"charges written back to HAPI a second, {way} (bare loop {bare:.0f})", f"{ours:.0f}", ""
        yield "of the bare loop without Provenance", f"{ours / bare:.0%}", design


def _turn(server, adapter, name, at_once):
    """Ours, then the bare loop."""
    visits = [Visit(server, f"w-{name}-{number}") for number in range(VISITS)]
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        list(pool.map(lambda visit: visit.open().chart().finish(), visits))
    expected = VISITS * len(R_CHOP)
    with adapter.paused():
        for visit in visits:
            adapter.hears("PUT", f"/{visit.encounter}", httpx.get(f"{server.base}/{visit.encounter}").content)
        until(lambda: _waiting(adapter) == expected)
    until(lambda: time.sleep(1) or not _waiting(adapter))
    ours = [item for visit in visits for item in visit.charges()]
    bare = _bare(server, ours, name, at_once)
    return _rate(ours), _rate(bare)


def _waiting(adapter):
    return adapter.figures("outbox").get('state="pending"', 0)


def _rate(items):
    """ChargeItems after the first moment, over the time since."""
    times = sorted(datetime.fromisoformat(item["meta"]["lastUpdated"]) for item in items)
    return sum(time > times[0] for time in times) / (times[-1] - times[0]).total_seconds()


def _bare(server, items, name, at_once):
    bodies = [_copy(item, name) for item in items]
    requests = [bodies[at : at + at_once] for at in range(0, len(bodies), at_once)]
    headers = FHIR | {"Prefer": "return=minimal"}
    with (
        httpx.Client(base_url=server.base, headers=headers, timeout=30) as client,
        ThreadPoolExecutor(CONNECTIONS) as pool,
    ):
        places = [place for made in pool.map(lambda some: _written(client, some), requests) for place in made]
        return list(pool.map(lambda place: client.get(place).json(), places))


def _copy(item, name):
    (identifier,) = item["identifier"]
    body = {key: value for key, value in item.items() if key not in ("id", "meta", "text")}
    return body | {"identifier": [identifier | {"value": f"{name}-{uuid.uuid4()}"}]}


def _written(client, items):
    if len(items) == 1:
        answer = client.post("/ChargeItem", json=items[0], headers={"If-None-Exist": _condition(items[0])})
        return [answer.raise_for_status().headers["Location"]]
    entries = [_entry(item) for item in items]
    answer = client.post("", json={"resourceType": "Bundle", "type": "transaction", "entry": entries})
    return [entry["response"]["location"] for entry in answer.raise_for_status().json()["entry"]]


def _entry(item):
    request = {"method": "POST", "url": "ChargeItem", "ifNoneExist": _condition(item)}
    return {"fullUrl": uuid.uuid4().urn, "resource": item, "request": request}


def _condition(item):
    (identifier,) = item["identifier"]
    return f"identifier={identifier['system']}%7C{identifier['value']}"
