"""How one EHR is met, by its part of the configuration: the client, the keys that sign for us, Subscriptions there."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import httpx

from fhir_adapter.app.clock import clock
from fhir_adapter.ehr import Client, EhrClient, PublicKeys, SigningKey, bearer, context_of, signing_key
from fhir_adapter.receive.identity import Identity
from fhir_adapter.receive.subscriptions import Subscriptions
from fhir_adapter.settings import Source
from fhir_adapter.telemetry import Reached, passed


def ehr_client(
    source: Source,
    transport: httpx.AsyncBaseTransport | None = None,
    *,
    at: str = "sources",
    reached: Reached = passed,
) -> EhrClient:
    """`at` is where the source stands in the configuration: what is wrong with a key or a certificate names it."""
    return EhrClient(
        source.base_url,
        clock=clock,
        auth=bearer(source.bearer.reveal()) if source.bearer else None,
        smart=_smart(source, at),
        verify=context_of(source.tls, f"{at}.tls"),
        transport=transport,
        timeout=source.timeout,
        reached=reached,
    )


def _smart(source: Source, at: str) -> Client | None:
    smart = source.smart
    if smart is None:
        return None
    keys = signing_keys(source, at)
    return Client(client_id=smart.client_id, keys=keys, scopes=smart.scopes, token_url=smart.token_url)


def signing_keys(source: Source, at: str) -> tuple[SigningKey, ...]:
    """The one that signs first."""
    if source.smart is None:
        return ()
    first = signing_key(source.smart.key, f"{at}.smart.key")
    return (first, *(signing_key(key, f"{at}.smart.further_keys") for key in source.smart.further_keys))


def identities_of(sources: Mapping[str, Source]) -> dict[str, Identity]:
    """Who speaks for each source whose sender signs by an issuer's key."""
    return {
        name: Identity(source=name, expects=expects, keys=PublicKeys(expects.jwks_url, clock), clock=clock)
        for name, source in sources.items()
        if (expects := source.hook_jwt) is not None
    }


def subscriptions_of(name: str, source: Source, ehr: EhrClient) -> Subscriptions | None:
    """Those that we make ourselves: the EHR must know where to reach us, and cannot be asked to sign."""
    if source.hook_url is None or source.hook_hmac is not None or source.hook_jwt is not None:
        return None
    return Subscriptions(
        ehr=ehr,
        endpoint=f"{source.hook_url.rstrip('/')}/hooks/{name}",
        token=source.hook_token.reveal() if source.hook_token else None,
        topics=source.topics,
        heartbeat=None if source.heartbeat_every is None else timedelta(seconds=source.heartbeat_every),
    )
