"""The adapter's configuration for the demo: one source in `post` mode, settling at once, in the demo's folder.

The sandbox is the one EHR that may be charged without a second thought; a real one begins in `shadow`.
"""

from __future__ import annotations

import secrets
from pathlib import Path

from fhir_adapter.demo.charting import PUMP, SUITE

SOURCE = "sandbox"
POSTED, OTHER = "carecost-96417", "cpt-2026"
CANONICAL_BASE = "https://example.org/fhir-adapter"
TEMPLATE = """\
canonical_base = "{canonical_base}"
data = "data"

[listen]
hooks = "127.0.0.1:0"
desk = "127.0.0.1:0"

[sources.{source}]
base_url = "{base_url}"
mode = "post"
rulebook = "{posted}"
second_opinion = "{other}"
hook_token = "file:hook-token"
settle = 0.2
max_wait = 5
require_product = true

[sources.{source}.words]
time_zone = "America/Chicago"
facilities = {{ "Location/{suite}" = "office" }}
payers = {{ "Commercial PPO" = "commercial" }}
methods = {{ "{pump}" = "pump" }}
"""


def configure(folder: Path, base_url: str) -> tuple[Path, str]:
    """The path of the file, and the token that notifications carry."""
    token = secrets.token_urlsafe(24)
    secret = folder / "hook-token"
    secret.touch(mode=0o600)
    secret.write_text(token, "utf-8")
    path = folder / "demo.toml"
    known = {"canonical_base": CANONICAL_BASE, "source": SOURCE, "posted": POSTED, "other": OTHER}
    path.write_text(TEMPLATE.format(base_url=base_url, suite=SUITE, pump=PUMP, **known), "utf-8")
    return path, token
