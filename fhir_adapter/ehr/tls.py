"""The connection to the EHR: whom we trust, and the certificate with which we prove who we are (mutual TLS)."""

from __future__ import annotations

import ssl
from pathlib import Path

import httpx

from fhir_adapter.errors import ConfigurationError
from fhir_adapter.settings import Tls


def context_of(tls: Tls | None, setting: str) -> ssl.SSLContext | bool:
    """What httpx verifies with; True is the system's own trust. `setting` names the table in an error."""
    if tls is None:
        return True
    context = _trusting(tls.ca, setting)
    if tls.cert is not None:
        try:
            context.load_cert_chain(tls.cert, tls.key, password=_no_password)
        except (OSError, ValueError) as error:
            raise ConfigurationError(
                f"{setting}.cert: {tls.cert} with its key cannot be used ({_why(error)})"
            ) from None
    return context


def _trusting(ca: Path | None, setting: str) -> ssl.SSLContext:
    try:
        return httpx.create_ssl_context(trust_env=False) if ca is None else ssl.create_default_context(cafile=ca)
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"{setting}.ca: {ca} cannot be used ({_why(error)})") from None


def _no_password() -> str:
    """A key with a password would have a terminal asked for it."""
    return ""


def _why(error: Exception) -> str:
    if isinstance(error, ssl.SSLError):
        return "it is no PEM of that kind"
    return (error.strerror if isinstance(error, OSError) else None) or "it is no PEM of that kind"
