"""A cloud that proves itself to a running `serve` by tokens of a real token server, also after a change of keys."""

import json
from datetime import UTC, datetime

import httpx
import pytest
from joserfc.jwk import ECKey

from fhir_adapter.ehr import SigningKey, jwks
from fhir_adapter.ehr.tokens import ASSERTION_TYPE

pytestmark = pytest.mark.real
OURS, ELSEWHERE = "urn:hospital:hooks", "urn:another:hooks"
EMAIL = "push@project.iam.gserviceaccount.example"
KEY = SigningKey(ECKey.generate_key("P-384"), "k1")
EVENT = {"resourceType": "Encounter", "id": "e1", "subject": {"reference": "Patient/p1"}}


def token_for(server, audience):
    form = {
        "grant_type": "client_credentials",
        "scope": "system/Encounter.rs",
        "resource": audience,
        "client_assertion_type": ASSERTION_TYPE,
        "client_assertion": KEY.assertion("adapter", f"{server}/token", datetime.now(UTC)),
    }
    answer = httpx.post(f"{server}/token", data=form)
    assert answer.is_success, answer.text
    return answer.json()["access_token"]


def test_tokens_of_the_issuer_are_taken_and_no_others(start, configure, run, token_server, tmp_path):
    described = {"audiences": [OURS, ELSEWHERE], "scopes": ["system/Encounter.rs"], "jwks": json.loads(jwks([KEY]))}
    with token_server(tmp_path, **described) as server:
        path = tmp_path / configure()
        issuer = f'jwks_url = "{server}/jwks", issuer = "{server}"'
        said = f'hook_jwt = {{ {issuer}, audience = "{OURS}", email = "{EMAIL}" }}'
        path.write_text(path.read_text("utf-8").replace('hook_token = "env:HOOK_TOKEN"', said), "utf-8")
        with start("serve", "--config", str(path)) as adapter:
            door = f"{adapter.until('hooks ')}/hooks/main"
            adapter.until("ready")

            def told(token):
                return httpx.post(door, json=EVENT, headers={"Authorization": f"Bearer {token}"})

            old = token_for(server, OURS)
            assert told(old).status_code == 204
            refused = [told(token_for(server, ELSEWHERE)), told("x.y.z"), told("x"), httpx.post(door, json=EVENT)]
            assert [(one.status_code, one.content) for one in refused] == [(401, b"")] * 4
            assert len({json.dumps({k: v for k, v in one.headers.items() if k != "date"}) for one in refused}) == 1
            assert httpx.post(f"{server}/rotate").is_success
            assert token_for(server, OURS).split(".")[0] != old.split(".")[0]
            assert told(old).status_code == 204
            assert adapter.end() == 0
            reasons = [line["state"] for line in adapter.log if line["event"] == "sender not believed"]
        assert reasons == ["InvalidClaimError", "DecodeError", "DecodeError", "no token"]
        assert old not in adapter.said + json.dumps(adapter.log)
        with start("serve", "--config", str(path)) as adapter:
            door = f"{adapter.until('hooks ')}/hooks/main"
            adapter.until("ready")
            assert told(token_for(server, OURS)).status_code == 204
            assert told(old).status_code == 401
