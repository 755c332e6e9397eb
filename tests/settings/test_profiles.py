"""Profiles of products: true keys only, under what the source says; and the line on which a fault is at home."""

from importlib.resources import files
from typing import get_args

import msgspec
import pytest

from fhir_adapter.errors import ConfigurationError
from fhir_adapter.settings import load
from fhir_adapter.settings.model import Profile, Source
from fhir_adapter.settings.place import line_of
from fhir_adapter.settings.profile import laid_over, profile
from fhir_adapter.vocabulary import SourceWords

INFUSE_OVER_TIME = "https://fhir-ehr.cerner.com/r4/StructureDefinition/infuse-over-time"
GOOD = """\
[sources.main]
profile = "oracle-health"
base_url = "https://ehr.example/fhir"
mode = "shadow"
rulebook = "cpt-2026"

[sources.main.words]
time_zone = "America/Chicago"
extensions = { "urn:line" = "line" }

[sources.main.words.actions]
"New Bag Hung" = "start"
"""
NEVER_OF_A_PRODUCT = {"base_url", "mode", "rulebook", "profile", "hook_token", "bearer", "first_day"}


def loaded(folder, text=GOOD):
    path = folder / "adapter.toml"
    path.write_text(text, "utf-8")
    return load(path, {}).sources["main"]


def refusal(folder, old, new):
    with pytest.raises(ConfigurationError) as raised:
        loaded(folder, GOOD.replace(old, new))
    return str(raised.value).partition("adapter.toml: ")[2]


@pytest.mark.parametrize("name", get_args(Profile))
def test_a_profile_has_keys_of_a_source_and_decides_nothing_of_a_site(name):
    said = profile(name)
    assert said.keys() <= set(Source.__struct_fields__) - NEVER_OF_A_PRODUCT
    assert said.get("words", {}).keys() <= set(SourceWords.__struct_fields__) - {"time_zone", "facilities", "payers"}
    own = {"base_url": "https://x", "mode": "shadow", "rulebook": "cpt-2026", "words": {"time_zone": "UTC"}}
    assert msgspec.convert(laid_over(own, said), Source).sweep_every == 300


def test_every_profile_that_ships_has_its_name_in_the_configuration():
    assert {file.name for file in (files("fhir_adapter.settings") / "profiles").iterdir()} == {
        f"{name}.toml" for name in get_args(Profile)
    }


def test_the_words_of_the_source_stand_over_those_of_the_profile(tmp_path):
    source = loaded(tmp_path)
    assert (source.sweep_by, source.sweep_every) == ("worklist", 300)
    assert source.words.extensions == {INFUSE_OVER_TIME: "planned-duration", "urn:line": "line"}
    own = loaded(tmp_path, GOOD.replace("mode =", 'sweep_by = "last-updated"\nmode ='))
    assert own.sweep_by == "last-updated"


def test_without_a_profile_nothing_is_added(tmp_path):
    source = loaded(tmp_path, GOOD.replace('profile = "oracle-health"\n', ""))
    assert (source.sweep_every, source.words.extensions) == (None, {"urn:line": "line"})


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"oracle-health"', '"epic"', "sources.main.profile: invalid enum value 'epic'; allowed: athenahealth, hapi"),
        ('"shadow"', '"both"', "sources.main.mode: invalid enum value 'both'; allowed: post, shadow (line 4)"),
        ('mode = "shadow"\n', "", "sources.main.mode is missing; "),
        ('= "start"', '= "begin"', "sources.main.words.actions.\"New Bag Hung\": invalid enum value 'begin'; "),
        ("[sources.main.words.actions]", "[sources.main.words.routes]", 'sources.main.words.routes."New Bag Hung": '),
    ],
)
def test_a_fault_names_its_key(tmp_path, old, new, said):
    assert refusal(tmp_path, old, new).startswith(said)


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ('"oracle-health"', '"epic"', 2),
        ('mode = "shadow"\n', "", 1),
        ('"America/Chicago"', '"Chicago"', 8),
        ('= "line"', '= "lane"', 9),
        ('= "start"', '= "begin"', 12),
        ("[sources.main.words.actions]", "[sources.main.words.deeds]", 11),
    ],
)
def test_a_fault_names_its_line(tmp_path, old, new, line):
    assert refusal(tmp_path, old, new).endswith(f" (line {line})")


def test_a_key_that_begins_like_another_is_not_taken_for_it():
    text = 'mode = 1\nmode_of_travel = 2\n"mode.x" = 3\n'
    assert [line_of(text, said) for said in ("mode: no", "mode_of_travel: no", '"mode.x": no', "other: no")] == [
        1,
        2,
        3,
        None,
    ]
