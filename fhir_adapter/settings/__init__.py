"""The configuration: one TOML file and the secrets it refers to, read once, checked whole, then frozen.

Only this room reads the environment. Everything else is handed `Settings`.
"""

from fhir_adapter.settings.load import crash_point, load, secret_of
from fhir_adapter.settings.model import Address, GoLive, HookJwt, Settings, Smart, Source, Tls
from fhir_adapter.settings.secret import Database, Secret

__all__ = [
    "Address",
    "Database",
    "GoLive",
    "HookJwt",
    "Secret",
    "Settings",
    "Smart",
    "Source",
    "Tls",
    "crash_point",
    "load",
    "secret_of",
]
