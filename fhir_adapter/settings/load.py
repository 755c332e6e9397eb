"""Reads the file and the environment, and checks what types alone cannot say.

Every refusal is a `ConfigurationError` that begins with the file and the key. Nothing is guessed: no second place is
searched, no key is forgiven.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from fhir_adapter.errors import ConfigurationError
from fhir_adapter.settings.explain import explain
from fhir_adapter.settings.folder import private_folder
from fhir_adapter.settings.model import LOOPBACK, Address, HookJwt, Settings, Source
from fhir_adapter.settings.place import line_of
from fhir_adapter.settings.profile import with_profiles
from fhir_adapter.settings.secret import Database, Secret, database_from, secret_from

CRASH_POINT = "FHIR_ADAPTER_STAND_STILL_AT"
_SOURCE_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
_ENTERER = re.compile(r"(?:Device|Practitioner|PractitionerRole|Organization)/[A-Za-z0-9.\-]{1,64}")
_SCOPE = re.compile(r"system/(?:[A-Z][A-Za-z]+|\*)\.(?:read|write|\*|c?r?u?d?s?(?<!\.)(?:\?[^\s?]+)?)")
_ADDRESS = re.compile(r"(?P<host>\[[0-9a-fA-F:]+\]|[A-Za-z0-9.-]+):(?P<port>\d{1,5})")


def load(path: Path, environment: Mapping[str, str] | None = None) -> Settings:
    """The settings of the file at `path`; its data folder exists afterwards, for us alone."""
    text = _read(path)
    settings = _convert(text, path, os.environ if environment is None else environment)
    for fault in _faults(settings):
        raise _refusal(path, text, fault)
    try:
        private_folder(settings.data)
    except ConfigurationError as error:
        raise ConfigurationError(f"{path}: {error}") from None
    return settings


def crash_point(environment: Mapping[str, str] | None = None) -> str | None:
    """Where this process shall stand still (telemetry/points.py): for proofs only, so it is no key of the file."""
    return (os.environ if environment is None else environment).get(CRASH_POINT)


def secret_of(reference: str) -> Secret:
    """What an option of the command line refers to, `env:NAME` or `file:PATH`."""
    try:
        return secret_from(reference, os.environ, Path())
    except ValueError as error:
        raise ConfigurationError(f"--bearer: {error}") from None


def _refusal(path: Path, text: str, fault: str) -> ConfigurationError:
    line = line_of(text, fault)
    return ConfigurationError(f"{path}: {fault}" + (f" (line {line})" if line else ""))


def _read(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8")
    except OSError as error:
        raise ConfigurationError(f"{path}: the configuration file cannot be read ({error.strerror})") from None
    except UnicodeDecodeError:
        raise ConfigurationError(f"{path}: the configuration file is not UTF-8") from None


def _parsed(text: str, path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"{path}: the configuration file is not TOML: {error}") from None


def _convert(text: str, path: Path, environment: Mapping[str, str]) -> Settings:
    folder = path.absolute().parent

    def custom(kind: type, value: Any) -> Any:
        if not isinstance(value, str):
            raise ValueError("Expected text")
        if kind is Secret:
            return secret_from(value, environment, folder)
        if kind is Database:
            return database_from(value, environment, folder)
        return _address(value) if kind is Address else folder / value

    def attempt(candidate: Any) -> Settings:
        return msgspec.convert(candidate, Settings, dec_hook=custom)

    whole = with_profiles({"data": "data"} | _parsed(text, path))
    try:
        return _with_files_found(attempt(whole), folder)
    except msgspec.ValidationError as error:
        raise _refusal(path, text, explain(error, whole, attempt)) from None


def _with_files_found(settings: Settings, folder: Path) -> Settings:
    """Rulebooks that are files are sought beside the configuration file, like every other path in it."""
    sources = {name: _with_rulebook_files(source, folder) for name, source in settings.sources.items()}
    return msgspec.structs.replace(settings, sources=sources)


def _with_rulebook_files(source: Source, folder: Path) -> Source:
    second = source.second_opinion and _found(source.second_opinion, folder)
    return msgspec.structs.replace(source, rulebook=_found(source.rulebook, folder), second_opinion=second)


def _found(rulebook: str, folder: Path) -> str:
    is_file = "/" in rulebook or rulebook.endswith(".toml")
    return str(folder / rulebook) if is_file else rulebook


def _address(value: str) -> Address:
    match = _ADDRESS.fullmatch(value)
    if match is None or int(match["port"]) > 65_535:
        raise ValueError("Not an address")
    return Address(value)


def _faults(settings: Settings) -> Iterator[str]:
    if not settings.sources:
        yield "sources: at least one source is needed"
    yield from _canonical_base(settings)
    if settings.listen.hooks == settings.listen.desk and settings.listen.hooks.port:
        yield "listen.desk: it is the address of listen.hooks; each needs one of its own"
    for name, source in settings.sources.items():
        yield from _source_faults(name, source, settings)


def _canonical_base(settings: Settings) -> Iterator[str]:
    if settings.canonical_base is not None and not _is_web_address(settings.canonical_base):
        yield "canonical_base: allowed: an http or https URL that the site owns, without query"
    posting = [name for name, source in settings.sources.items() if source.mode == "post"]
    if posting and settings.canonical_base is None:
        yield f"canonical_base is missing; sources.{posting[0]}.mode is post, and posted charges are named by it"


def _source_faults(name: str, source: Source, settings: Settings) -> Iterator[str]:
    if not _SOURCE_NAME.fullmatch(name):
        yield f"sources.{name}: allowed as a name: small letters, digits and hyphens, 64 at most"
    if not _is_web_address(source.base_url):
        yield f"sources.{name}.base_url: allowed: an http or https URL without user, password or query"
    if source.hook_url is not None and not _is_web_address(source.hook_url):
        yield f"sources.{name}.hook_url: allowed: an http or https URL without user, password or query"
    proofs = (source.hook_token, source.hook_hmac, source.hook_jwt)
    if all(proof is None for proof in proofs) and not settings.listen.hooks.is_loopback:
        yield (
            f"sources.{name}.hook_token is missing; it may be absent only where hook_hmac or hook_jwt is given, or "
            f"when listen.hooks is on loopback, and {settings.listen.hooks} is not"
        )
    if source.hook_jwt is not None:
        yield from _jwt_faults(f"sources.{name}", source.hook_jwt, source)
    if source.enterer is not None and not _ENTERER.fullmatch(source.enterer):
        yield f"sources.{name}.enterer: allowed: Device/ID (or Practitioner, PractitionerRole, Organization)"
    yield from _identity_faults(f"sources.{name}", source)
    if source.max_wait < source.settle:
        yield f"sources.{name}.max_wait: allowed: at least settle ({source.settle:g} seconds)"
    if not _is_time_zone(source.words.time_zone):
        yield f"sources.{name}.words.time_zone: allowed: an IANA name such as America/Chicago"


def _jwt_faults(at: str, expects: HookJwt, source: Source) -> Iterator[str]:
    """How a cloud proves to us who it is."""
    if source.hook_token is not None:
        yield f"{at}.hook_token: allowed: hook_token or hook_jwt, not both; they come in the same header"
    url = urlsplit(expects.jwks_url) if _is_web_address(expects.jwks_url) else None
    if url is None or (url.scheme != "https" and url.hostname not in LOOPBACK):
        yield f"{at}.hook_jwt.jwks_url: allowed: an https URL without user, password or query"
    if "accounts.google.com" in expects.issuer and expects.email is None and expects.subject is None:
        yield f"{at}.hook_jwt.email is missing; every account of Google's may have a token for any audience"


def _identity_faults(at: str, source: Source) -> Iterator[str]:
    """How we prove to the EHR who we are."""
    if source.bearer is not None and source.smart is not None:
        yield f"{at}.bearer: allowed: bearer or smart, not both"
    if source.tls is not None and (source.tls.cert is None) != (source.tls.key is None):
        yield f"{at}.tls: allowed: cert and key together, or neither"
    if source.smart is None:
        return
    if source.smart.token_url is not None and not _is_web_address(source.smart.token_url):
        yield f"{at}.smart.token_url: allowed: an http or https URL without user, password or query"
    wrong = [scope for scope in source.smart.scopes if not _SCOPE.fullmatch(scope)]
    if wrong or not source.smart.scopes:
        yield (
            f"{at}.smart.scopes: allowed: at least one, each as system/Encounter.rs (SMART 2) or system/Encounter.read "
            "(SMART 1), * for every type"
        )


def _is_web_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    bare = not (parts.query or parts.fragment or "@" in parts.netloc)
    return parts.scheme in ("http", "https") and bool(parts.hostname) and bare


def _is_time_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True
