"""The morning's proof against HAPI: a day ties, others edit, delete, double and bill, each difference is named.

pytest tests/hapi/test_tie_out_of_a_day.py -s      prints what a person sees, before and after
"""

import json

import pytest
from hapi.conftest import until
from hapi.expected import R_CHOP
from hapi.ward import label, place

pytestmark = pytest.mark.real
DAY = "2026-05-04"


SYSTEM = "https://example.org/fhir-adapter/charge-line/hapi"


def tied(adapter, visits):
    """Its exit status, what it prints, and of each difference of these visits kind, encounter and code. The server may
    tell the adapter of other tests' visits too."""
    shown = adapter.asked("tie-out", "--date", DAY)
    (found,) = json.loads(adapter.asked("tie-out", "--date", DAY, "--format", "json").stdout)
    named = [(one["kind"], *one["identifier"].split(".")[0:3:2]) for one in found["differences"]]
    ours = {one.name for one in visits}
    return shown.returncode, shown.stdout, sorted(one for one in named if one[1] in ours)


def copied(server, item, **elements):
    return server.post({name: value for name, value in item.items() if name not in ("id", "meta")} | elements)


def test_a_day_that_others_have_touched(server, listening, visit):
    one, other = visits = [visit().open().chart().finish() for _ in range(2)]
    for each in visits:
        until(lambda each=each: each.standing() == R_CHOP)
    server.change(one.given["vincristine"], status="entered-in-error")
    until(lambda: "J9370" not in one.standing())
    until(listening.is_quiet)
    _, before, named = tied(listening, visits)
    assert named == []

    ours, theirs = ({label(item): item for item in each.charges()} for each in visits)
    server.change(place(ours["J9312"]), quantity={"value": 70})
    server.change(place(ours["96415"]), status="billed", quantity={"value": 4})
    server.change(place(ours["J9370"]), status="billable")
    server.delete(place(ours["96417"]))
    copied(server, theirs["96413"])
    copied(server, theirs["96413"], identifier=[{"system": SYSTEM, "value": f"{other.name}.{DAY}.96366.."}])
    server.change(place(theirs["J9000"]), status="billed")
    server.change(place(theirs["J9370"]), status="aborted")

    status, after, named = tied(listening, visits)
    print(f"\nbefore:\n{before}\nafter:\n{after}")
    assert (status, named) == (
        1,
        [
            ("doubled", other.name, "96413"),
            ("missing", one.name, "96417"),
            ("standing", one.name, "J9370"),
            ("status", other.name, "J9370"),
            ("units", one.name, "96415"),
            ("units", one.name, "J9312"),
            ("unknown", other.name, "96366"),
        ],
    )
    assert sum(any(one.name in line for one in visits) for line in after.splitlines()) == 7
