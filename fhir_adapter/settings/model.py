"""What may stand in the configuration file, as types. Names here are the keys of the file.

`mode` and `rulebook` have no default: the one decides whether patients' records are written, the other by which reading
of the rules. Times are seconds.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated, Literal

import msgspec

from fhir_adapter.settings.secret import SQLITE, Database, Secret
from fhir_adapter.vocabulary import HCPCS, EventNumbers, Mode, PostWhen, SourceWords, SweepBy

Seconds = Annotated[float, msgspec.Meta(ge=0, le=7 * 86_400)]
Profile = Literal["hapi", "medplum", "oracle-health", "athenahealth"]
LOOPBACK = ("127.0.0.1", "::1", "localhost")


class Address(str):
    """Where a listener waits, `HOST:PORT`; port 0 takes a free one."""

    __slots__ = ()

    @property
    def host(self) -> str:
        return self.rpartition(":")[0].strip("[]")

    @property
    def port(self) -> int:
        return int(self.rpartition(":")[2])

    @property
    def is_loopback(self) -> bool:
        return self.host in LOOPBACK


class Listen(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Two listeners: `hooks` may be public, `desk` is for the analysts."""

    hooks: Address = Address("127.0.0.1:8080")
    desk: Address = Address("127.0.0.1:8081")
    desk_hosts: tuple[str, ...] = ()
    """Further `Host` headers that the desk accepts, where people reach it by another name than its address."""


class Smart(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """SMART Backend Services: a token for each few minutes, against a signed assertion."""

    client_id: str
    key: Secret
    """Private key, PEM or JWK: RSA signs RS384, EC P-384 signs ES384. Its public half is in our JWKS."""
    further_keys: tuple[Secret, ...] = ()
    """Published as well, and tried in this order where the token server refuses `key`: for a change of keys."""
    scopes: tuple[str, ...]
    token_url: str | None = None
    """Absent: as `.well-known/smart-configuration` under the base says."""


class Tls(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """PEM files for the connection to the EHR: who we are (mutual TLS), and whom we trust."""

    cert: Path | None = None
    key: Path | None = None
    ca: Path | None = None


class HookJwt(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A sender that proves itself by a JWT which an issuer signs for it: Google Pub/Sub, Azure Event Grid by Entra."""

    jwks_url: str
    """Where the issuer publishes its keys."""
    issuer: str
    audience: str
    subject: str | None = None
    email: str | None = None
    """Of a token whose email the issuer has verified."""


class GoLive(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What must have been reached in shadow before the first charge."""

    agreement: Annotated[float, msgspec.Meta(ge=0, le=1)]
    """The part of the visits in which every line agreed with people's charges."""
    visits: Annotated[int, msgspec.Meta(ge=1)]
    """How many of the latest visits it is over."""


class Source(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One EHR."""

    base_url: str
    profile: Profile | None = None
    """What is known of the EHR's product; the source's own keys stand over it."""
    mode: Mode
    rulebook: str
    words: SourceWords
    second_opinion: str | None = None
    policies: dict[str, str] = {}
    hook_url: str | None = None
    """Where the EHR reaches our hooks listener; `/hooks/NAME` is added. Needed by `source subscribe`."""
    topics: dict[str, str] = {}
    """Canonical of a topic (Subscriptions R5 Backport) → its filter, or empty: subscribed to instead of criteria."""
    hook_token: Secret | None = None
    hook_hmac: Secret | None = None
    """Key of the sender's HMAC-SHA256 over each body; with `hook_token` both are asked for."""
    hook_jwt: HookJwt | None = None
    """In place of `hook_token`: the same header has the one or the other."""
    event_numbers: EventNumbers = "subscription"
    heartbeat_every: Seconds | None = None
    """The sender promises to be heard this often; silence for half as long again has the source swept."""
    bearer: Secret | None = None
    smart: Smart | None = None
    tls: Tls | None = None
    timeout: Annotated[float, msgspec.Meta(gt=0, le=300)] = 30.0
    settle: Seconds = 60.0
    max_wait: Seconds = 600.0
    first_day: date | None = None
    """Encounters and administrations that ended before this day are not read, hence never charged."""
    sweep_every: Seconds | None = None
    """Ask the EHR for what changed, this often and at the start; absent: never."""
    sweep_by: SweepBy = "last-updated"
    """`worklist`: through the patients of recent encounters, where a server cannot say what changed."""
    post_when: PostWhen = "clean"
    go_live: GoLive | None = None
    """Asked for once, when a source in `post` starts."""
    require_product: bool | None = None
    """Absent: true in `post`, false in `shadow`."""
    enterer: str | None = None
    """`Device/ID` under which the EHR knows the adapter; it stands on each ChargeItem."""
    provenance: bool = True
    """Write a Provenance for each version of a ChargeItem that we leave, where the EHR takes one."""
    audit_event: bool = False
    """Write an AuditEvent for each as well."""
    transactions: bool = False
    """The EHR keeps a transaction Bundle whole or not at all: a visit's charges go as one."""
    hcpcs_system: str = HCPCS
    """The address that the EHR's biller knows HCPCS by."""
    tag: str | None = None
    """A sandbox run's tag, put on each ChargeItem."""

    @property
    def needs_product(self) -> bool:
        return self.mode == "post" if self.require_product is None else self.require_product


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything. Built by `load` only."""

    sources: dict[str, Source]
    canonical_base: str | None = None
    """A URL that the site owns; identifiers and extensions of ChargeItems begin with it. Required to post."""
    data: Path = Path("data")
    database: Database = SQLITE
    listen: Listen = Listen()
    site_key: Secret | None = None
    """Key for hashing ids in logs; absent: one is made and kept in the data folder."""
    metrics_token: Secret | None = None
    """Bearer token for /metrics; absent: /metrics answers only where listen.hooks is on loopback."""
    lease: Annotated[float, msgspec.Meta(ge=2, le=3600)] = 60.0
    """Seconds after which the work of a process that fell silent is given to another; a request takes less."""
    keep_raw_days: Annotated[int, msgspec.Meta(ge=1)] | None = None
    """Days after which raw resources and notifications of a patient go, once everything is billed; absent: never."""
    webhook_limit: Annotated[int, msgspec.Meta(ge=1024)] = 4 * 1024 * 1024
    """The longest notification that is taken, in bytes."""

    @property
    def on_sqlite(self) -> bool:
        return self.database.reveal() == "sqlite"
