"""From the configuration to a token: the token server fetches our keys from the hooks listener that it was told of."""

import asyncio
from pathlib import Path

import httpx
import msgspec
import pytest
from joserfc.jwk import ECKey, RSAKey
from real.listening import listening

from fhir_adapter.app.build import build
from fhir_adapter.app.one_ehr import ehr_client
from fhir_adapter.errors import ConfigurationError
from fhir_adapter.settings import load

pytestmark = [pytest.mark.anyio, pytest.mark.real]
SCOPE = "system/Encounter.rs"
SMART = f"""
[sources.main.smart]
client_id = "adapter"
key = "file:new.pem"
further_keys = ["file:old.pem"]
scopes = ["{SCOPE}"]
"""


@pytest.fixture
def settings(configure, tmp_path):
    (tmp_path / "new.pem").write_bytes(ECKey.generate_key("P-384").as_pem(private=True))
    (tmp_path / "old.pem").write_bytes(RSAKey.generate_key(2048).as_pem(private=True))
    path = Path(configure())
    path.write_text(path.read_text() + SMART)
    return load(path, {"HOOK_TOKEN": "t"})


async def test_keys_from_the_configuration_are_fetched_and_believed(settings, token_server, tmp_path):
    app = build(settings)
    try:
        async with listening(app.hooks) as adapter:
            address = f"{adapter}/.well-known/jwks.json"
            async with httpx.AsyncClient() as anybody:
                published = (await anybody.get(address)).json()
            assert [key["alg"] for key in published["keys"]] == ["ES384", "RS384"]
            server = token_server(tmp_path, scopes=[SCOPE], jwks_from=address)
            base = await asyncio.to_thread(server.__enter__)
            try:
                source = msgspec.structs.replace(settings.sources["main"], base_url=f"{base}/fhir")
                async with ehr_client(source) as ehr:
                    assert await ehr.read("Encounter", "e1")
            finally:
                server.__exit__(None, None, None)
    finally:
        await app.close()


async def test_a_key_that_cannot_sign_is_named_before_anything_starts(settings, tmp_path):
    (tmp_path / "old.pem").write_text("nonsense")
    with pytest.raises(ConfigurationError, match=r"^sources\.main\.smart\.further_keys: file:old\.pem holds"):
        build(load(tmp_path / "adapter.toml", {"HOOK_TOKEN": "t"}))
