"""The key that ids are hashed with: the configured one, or one made once and kept in the data folder (0600)."""

from __future__ import annotations

import os
from contextlib import suppress
from secrets import token_hex

from fhir_adapter.errors import ConfigurationError
from fhir_adapter.settings import Settings

FILE = "site.key"


def site_key(settings: Settings) -> bytes:
    if settings.site_key is not None:
        return settings.site_key.reveal().encode()
    path = settings.data / FILE
    try:
        with suppress(FileExistsError):
            _make(str(path))
        key = path.read_bytes()
    except OSError as error:
        raise ConfigurationError(f"data: {path} cannot be used ({error.strerror})") from None
    if len(key) < 32:
        raise ConfigurationError(f"data: {path} holds no key; delete it to have a new one made")
    return key


def _make(path: str) -> None:
    """Written whole before it has its name: processes that start together find one key, or none yet."""
    if os.path.exists(path):
        return
    aside = f"{path}.{token_hex(8)}"
    with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(token_hex(32))
    try:
        os.link(aside, path)
    finally:
        os.unlink(aside)
