"""The three visits of the demo on a server that nobody here wrote: HAPI's own rest-hook tells, ChargeItems appear.

They are compared whole. Put aside is what the server makes (id, version, time, source), the time of writing, and the
hashes and the version of the program, which are proved elsewhere: here they must only be hashes and agree.
`APPROVE=1 pytest tests/hapi` writes the approved files anew; somebody then reads what has changed.
"""

import copy
import json
import os
import re
from pathlib import Path

import pytest
from hapi.conftest import until
from hapi.ward import place

pytestmark = pytest.mark.real
APPROVED = Path(__file__).parent / "approved"
SYSTEM = "https://example.org/fhir-adapter/charge-line/hapi"
CHARGES = {"1-r-chop": 10, "2-folfox": 8, "3-folfirinox": 9}


def test_charges_appear_as_approved(server, listening, visit, errors_of):
    charted = [visit(file, name=f"demo-{file[2:]}") for file in CHARGES]
    for each in charted:
        each.open().chart().finish()
    until(lambda: [len(each.charges()) for each in charted] == list(CHARGES.values()))
    for each in charted:
        items = each.charges()
        assert [_lasting(item) for item in items] == _approved(each.file[2:], items)
        assert [_by_identifier(server, item) for item in items] == [[item] for item in items]
        assert {tuple(verb for verb, _ in server.history(place(item))) for item in items} == {("POST",)}
    posted = [item for each in charted for item in each.charges()]
    errors = errors_of([*posted, *_spoiled(posted[0])])
    assert [int(error.split("\t")[0]) - len(posted) for error in errors] == [1, 2], errors


def _spoiled(item):
    """What a validator that looks must find, one error in each."""
    refers, codeless = copy.deepcopy(item), copy.deepcopy(item)
    refers["service"] = [{"reference": item["context"]["reference"]}]
    del codeless["code"]
    return [refers, codeless]


def _by_identifier(server, item):
    (identifier,) = item["identifier"]
    assert identifier["system"] == SYSTEM
    return server.search("ChargeItem", identifier=f"{SYSTEM}|{identifier['value']}")


def _approved(name, items):
    file = APPROVED / f"{name}.json"
    if os.environ.get("APPROVE"):
        file.write_text(json.dumps([_lasting(item) for item in items], indent=1, ensure_ascii=False) + "\n", "utf-8")
    return json.loads(file.read_text("utf-8"))


def _lasting(item):
    said = {one["url"]: one for one in item["extension"][-1]["extension"]}
    rulebook, tables = said["rulebookHash"]["valueString"], said["dataHash"]["valueString"]
    assert all(re.fullmatch("sha256:[0-9a-f]{64}", digest) for digest in (rulebook, tables))
    text = json.dumps(item).replace(rulebook, "RULEBOOK").replace(tables, "TABLES")
    text = text.replace(f"|{rulebook.removeprefix('sha256:')[:12]}", "|RULEBOOK")
    text = text.replace(json.dumps(said["engine"]), json.dumps({"url": "engine", "valueString": "ENGINE"}))
    servers = {"id": "HAPI", "meta": {"tag": item["meta"]["tag"]}, "enteredDate": "NOW"}
    return json.loads(text) | servers
