"""What is known of an EHR product, so that a source says only what is its own: `profile = "oracle-health"`.

A profile is a piece of a source's table, shipped in `profiles/NAME.toml`. The source's keys stand over it, table by
table: an action of the site is added to the actions of the profile. It holds what the product's documentation or
source code says, with the place in a comment, and no guess about a site: never a mode, a rulebook or a setting.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from importlib.resources import files
from typing import Any, get_args

from fhir_adapter.errors import ConfigurationError
from fhir_adapter.settings.model import Profile


def with_profiles(raw: dict[str, Any]) -> dict[str, Any]:
    """The configuration with every source laid over its profile; what is no table is left for the check to refuse."""
    sources = raw.get("sources")
    if not isinstance(sources, dict):
        return raw
    return raw | {"sources": {name: _with_profile(source) for name, source in sources.items()}}


def _with_profile(source: Any) -> Any:
    name = source.get("profile") if isinstance(source, dict) else None
    return laid_over(source, profile(str(name))) if name in get_args(Profile) else source


def with_profile_words(words: dict[str, Any]) -> dict[str, Any]:
    """A site's words in a file of their own, which may name a profile."""
    name = words.pop("profile", None)
    if name is None:
        return words
    if name not in get_args(Profile):
        raise ConfigurationError(f"profile: allowed: {', '.join(get_args(Profile))}")
    return laid_over(words, profile(str(name)).get("words", {}))


def profile(name: str) -> dict[str, Any]:
    """The keys of a source that the product decides."""
    return tomllib.loads((files(__package__) / "profiles" / f"{name}.toml").read_text("utf-8"))


def laid_over(own: Mapping[str, Any], under: Mapping[str, Any]) -> dict[str, Any]:
    """`own` over `under`; tables are joined, everything else is replaced."""
    both = {
        key: laid_over(own[key], value) if isinstance(value, dict) and isinstance(own[key], dict) else own[key]
        for key, value in under.items()
        if key in own
    }
    return {**under, **own, **both}
