"""A patient's name, number, day of birth and every token, put wherever they can be put; then everything is searched.

Searched: both log streams, /metrics, every answer of both listeners, files outside the data folder, process arguments.
In the data folder patients belong, tokens do not.
"""

import hmac
import json
from pathlib import Path

import httpx
import pytest
from hostile.conftest import configuration
from real.answering import Quiet, answering
from serve.conftest import started, until

pytestmark = pytest.mark.real
PATIENT = {
    "family": "Quillfeather",
    "given": "Zebulonia",
    "record": "MRN77123456",
    "born": "1931-07-09",
    "street": "Canarylane-17",
    "phone": "555-0173-4421",
}
TOKENS = {
    "OUR_HOOK": "canary-hook-1f8a",
    "OUR_KEY": "canary-hmac-77cd",
    "EHR_TOKEN": "canary-bearer-09be",
    "METRICS": "canary-metrics-4e21",
}
AUTHORIZATION = "canary-authorization-5bb0"
STRANGER = "canary-stranger-c0de"
ROWS = Path(__file__).parents[2] / "fixtures" / "notifications"
AUTHORIZED = {"Authorization": f"Bearer {TOKENS['OUR_HOOK']}"}
SETTINGS = """
settle = 0
bearer = "env:EHR_TOKEN"
hook_hmac = "env:OUR_KEY"
sweep_every = 1
heartbeat_every = 1
"""


class Ehr(Quiet):
    """Answers each question with another failure, and names the patient in all of them."""

    turn = 0

    def do_GET(self):
        Ehr.turn += 1
        told = json.dumps({"resourceType": "OperationOutcome", "issue": [{"diagnostics": list(PATIENT.values())}]})
        status = (500, 404, 400, 401, 302, 200, 409, 503)[Ehr.turn % 8]
        self.say(status, told.encode(), Location=f"http://elsewhere.example/{PATIENT['record']}")

    do_POST = do_PUT = do_GET


def with_canaries(value):
    """Every resource gets a person, every patient the record number, every event a token."""
    if isinstance(value, list):
        return [with_canaries(one) for one in value]
    if not isinstance(value, dict):
        return value.replace("p-1", PATIENT["record"]) if isinstance(value, str) else value
    inner = {key: with_canaries(one) for key, one in value.items()}
    if "resourceType" not in value:
        return inner
    person = {"name": [{k: PATIENT[k] for k in ("family", "given")}], "birthDate": PATIENT["born"]}
    more = {"telecom": [{"value": PATIENT["phone"]}], "address": [PATIENT["street"]], "note": list(PATIENT.values())}
    if inner.get("resourceType") == "Parameters":
        token = {"name": "authorization-value", "valueString": AUTHORIZATION}
        return inner | {"parameter": [*inner["parameter"], {"name": "notification-event", "part": [token]}]}
    return inner | person | more


def bodies():
    for file in sorted(ROWS.glob("*.json")):
        for row in json.loads(file.read_text("utf-8"))["kinds"].values():
            whole = json.dumps(with_canaries(row["body"]) if row["body"] else {}).encode()
            yield row["method"], row["address"].replace("ma-7", PATIENT["record"]), whole
            yield "POST", "", whole[: len(whole) * 2 // 3]
    for field in ("id", "resourceType", "status", "subject", "meta", "x"):
        for canary in PATIENT.values():
            yield "POST", "", json.dumps({"resourceType": "Encounter", "id": "e"} | {field: canary}).encode()


def signed(body):
    signature = hmac.new(TOKENS["OUR_KEY"].encode(), body, "sha256").hexdigest()
    return AUTHORIZED | {"X-Hub-Signature": f"sha256={signature}"}


def spoken_to_hooks(base):
    """Every answer, as bytes."""
    with httpx.Client(base_url=base, timeout=30) as client:
        for method, address, body in bodies():
            place = f"/hooks/main/{address}?name={PATIENT['family']}" if address else "/hooks/main"
            yield client.request(method, place, content=body, headers=signed(body))
            yield client.request(method, place, content=body, headers={"Authorization": f"Bearer {STRANGER}"})
        for canary in PATIENT.values():
            for path in ("/", "/hooks/", "/hooks/main/", "/fhir/", "/metrics?"):
                yield client.get(f"{path}{canary}")
                yield client.post(
                    f"{path}{canary}", content=canary, headers=AUTHORIZED | {"X-Signature": canary, "Cookie": canary}
                )
            deleted = {"X-Medplum-Deleted-Resource": f"Encounter/{canary}", "If-Match": canary}
            yield client.post("/hooks/main", content=b"{}", headers=signed(b"{}") | deleted)


def spoken_to_desk(base):
    with httpx.Client(base_url=base, timeout=30) as client:
        for canary in (*PATIENT.values(), STRANGER):
            for path in ("/", "/visits/", "/api/", "/login?link=", "/api/visits?x="):
                yield client.get(f"{path}{canary}", headers={"Cookie": f"session={canary}"})
                yield client.get(f"{path}{canary}", headers={"Host": f"{canary}.example"})


def all_of(answers):
    return "".join(f"{answer.headers}{answer.text}" for answer in answers)


def test_nothing_of_a_patient_and_no_token_is_where_it_does_not_belong(tmp_path, monkeypatch):
    for name, token in TOKENS.items():
        monkeypatch.setenv(name, token)
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    with answering(Ehr) as base:
        path = Path(configuration(tmp_path, base, top='metrics_token = "env:METRICS"'))
        text = path.read_text("utf-8").replace("settle = 0", SETTINGS).replace("env:HOOK_TOKEN", "env:OUR_HOOK")
        path.write_text(text, "utf-8")
        with started(tmp_path, "serve", "--config", str(path)) as serve:
            hooks, desk = serve.until("hooks "), serve.until("desk ").split("/login")[0]
            serve.until("ready")
            answers = all_of(spoken_to_hooks(hooks)) + all_of(spoken_to_desk(desk))
            until(lambda: Ehr.turn > 100)
            measured = httpx.get(f"{hooks}/metrics", headers={"Authorization": f"Bearer {TOKENS['METRICS']}"}).text
            arguments = Path(f"/proc/{serve.process.pid}/cmdline").read_bytes().decode()
            assert serve.end() == 0
            logs = serve.said + json.dumps(serve.log)
    searched = {"answers": answers, "metrics": measured, "arguments": arguments, "logs": logs} | written(tmp_path)
    kept = b"".join(file.read_bytes() for file in (tmp_path / "data").rglob("*") if file.is_file())
    assert "notification kept" in logs
    assert "fhir_adapter_notifications_total" in measured
    assert PATIENT["record"].encode() in kept, "the canaries did arrive"
    secrets = (*TOKENS.values(), AUTHORIZATION, STRANGER)
    canaries = (*PATIENT.values(), *secrets)
    assert [(place, one) for place, text in searched.items() for one in canaries if one.lower() in text.lower()] == []
    assert [one for one in secrets if one.encode() in kept] == []
    print(f"{len(canaries)} canaries in {sum(map(len, searched.values())) // 1000} kB of {len(searched)} places: none")


def written(folder):
    """Every file outside the data folder."""
    files = [file for file in folder.rglob("*") if file.is_file() and not file.is_relative_to(folder / "data")]
    return {str(file): file.read_bytes().decode("utf-8", "replace") for file in files}
