"""docs/configuration.md names every key of the configuration, and none that does not exist."""

import re
from pathlib import Path

from fhir_adapter.settings.model import Listen, Settings, Smart, Source, Tls
from fhir_adapter.vocabulary import SourceWords

PAGE = Path(__file__).parents[2] / "docs" / "configuration.md"
TABLES = {"sources", "listen", "smart", "tls", "words"}


def test_the_page_and_the_types_name_the_same_keys():
    rows = [line.split("|")[1] for line in PAGE.read_text().splitlines() if line.startswith("| `")]
    written = {key for row in rows for key in re.findall(r"`([a-z_]+)`", row)}
    known = {name for kind in (Settings, Listen, Smart, Source, SourceWords, Tls) for name in kind.__struct_fields__}
    assert written == known - TABLES
