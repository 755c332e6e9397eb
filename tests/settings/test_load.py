"""One malformed file per defect, told by the words of the error; and what a good file gives."""

import stat
from pathlib import Path

import pytest

from fhir_adapter.errors import ConfigurationError
from fhir_adapter.settings import load

GOOD = """
canonical_base = "https://hospital.example/charges"
data = "kept"
[sources.main]
base_url = "https://ehr.example/fhir"
mode = "shadow"
rulebook = "cpt-2026"
bearer = "env:EHR_TOKEN"
[sources.main.words]
time_zone = "America/Chicago"
facilities = { "Location/infusion" = "facility" }
"""
BEARER = 'bearer = "env:EHR_TOKEN"'
SMART = 'smart = { client_id = "a", key = "env:EHR_TOKEN", scopes = ["system/Encounter.rs"] }'
JWT = 'hook_jwt = { jwks_url = "https://keys.example/k", issuer = "https://login.example", audience = "a" }'
ENVIRONMENT = {
    "EHR_TOKEN": "very-secret",
    "EMPTY": " ",
    "PG": "postgresql+psycopg://user:pass@db/x",
    "MYSQL": "mysql://x",
}


def loaded(folder: Path, text: str = GOOD):
    path = folder / "adapter.toml"
    path.write_text(text, "utf-8")
    return load(path, ENVIRONMENT)


def refusal(folder: Path, text: str) -> str:
    with pytest.raises(ConfigurationError) as raised:
        loaded(folder, text)
    message = str(raised.value)
    assert message.startswith(f"{folder / 'adapter.toml'}: ")
    return message.removeprefix(f"{folder / 'adapter.toml'}: ")


def test_a_good_file(tmp_path):
    settings = loaded(tmp_path)
    source = settings.sources["main"]
    assert (source.mode, source.rulebook, source.settle, source.max_wait) == ("shadow", "cpt-2026", 60, 600)
    assert source.words.facilities == {"Location/infusion": "facility"}
    assert source.bearer.reveal() == "very-secret"
    assert (settings.listen.hooks.host, settings.listen.hooks.port) == ("127.0.0.1", 8080)
    assert settings.on_sqlite


def test_secrets_are_not_printed(tmp_path):
    assert "very-secret" not in repr(loaded(tmp_path))


def test_the_data_folder_is_beside_the_file_and_for_us_alone(tmp_path):
    settings = loaded(tmp_path)
    assert settings.data == tmp_path / "kept"
    assert stat.S_IMODE(settings.data.stat().st_mode) == 0o700


def test_an_empty_folder_is_tightened_a_full_one_is_refused(tmp_path):
    (tmp_path / "kept").mkdir(mode=0o755)
    assert stat.S_IMODE(loaded(tmp_path).data.stat().st_mode) == 0o700
    (tmp_path / "kept" / "something").write_text("x")
    (tmp_path / "kept").chmod(0o755)
    assert "mode 700" in refusal(tmp_path, GOOD)


def test_a_secret_from_a_file_beside_the_configuration(tmp_path):
    (tmp_path / "token").write_text("from-file\n")
    settings = loaded(tmp_path, GOOD.replace("env:EHR_TOKEN", "file:token"))
    assert settings.sources["main"].bearer.reveal() == "from-file"


def test_a_rulebook_file_is_found_beside_the_configuration(tmp_path):
    settings = loaded(tmp_path, GOOD.replace('"cpt-2026"', '"rules/ours.toml"'))
    assert settings.sources["main"].rulebook == str(tmp_path / "rules/ours.toml")


def test_postgresql_is_named_by_its_place(tmp_path):
    settings = loaded(tmp_path, 'database = "env:PG"\n' + GOOD)
    assert not settings.on_sqlite
    assert settings.database.reveal() == ENVIRONMENT["PG"]
    assert "pass" not in repr(settings)


def test_products_are_required_where_charges_are_posted(tmp_path):
    assert not loaded(tmp_path).sources["main"].needs_product
    assert loaded(tmp_path, GOOD.replace('"shadow"', '"post"')).sources["main"].needs_product
    relaxed = GOOD.replace('mode = "shadow"', 'mode = "post"\nrequire_product = false')
    assert not loaded(tmp_path, relaxed).sources["main"].needs_product


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('mode = "shadow"\n', "", "sources.main.mode is missing; allowed: post, shadow; it has no default: in post"),
        ('"shadow"', '"live"', "sources.main.mode: invalid enum value 'live'; allowed: post, shadow"),
        ('rulebook = "cpt-2026"\n', "", "sources.main.rulebook is missing; allowed: the name of a rulebook"),
        ("rulebook", "rulebok", "sources.main.rulebok is unknown"),
        ("bearer =", "settle = -1\nbearer =", "sources.main.settle: expected `float` >= 0.0"),
        (
            "bearer =",
            f'hook_token = "env:EHR_TOKEN"\n{JWT}\nbearer =',
            "sources.main.hook_token: allowed: hook_token or hook_jwt",
        ),
        (
            "bearer =",
            JWT.replace("https://keys", "http://keys") + "\nbearer =",
            "sources.main.hook_jwt.jwks_url: allowed",
        ),
        (
            "bearer =",
            JWT.replace("login.example", "accounts.google.com") + "\nbearer =",
            "sources.main.hook_jwt.email is missing",
        ),
        ("bearer =", 'enterer = "adapter"\nbearer =', "sources.main.enterer: allowed: Device/ID (or Practitioner"),
        ("bearer =", "settle = 60\nmax_wait = 30\nbearer =", "sources.main.max_wait: allowed: at least settle (60"),
        ('"env:EHR_TOKEN"', '"very-secret"', "sources.main.bearer: a secret is given as env:NAME or file:PATH"),
        ('"env:EHR_TOKEN"', '"env:NOT_SET"', "sources.main.bearer: the environment variable NOT_SET is not set"),
        ('"env:EHR_TOKEN"', '"env:EMPTY"', "sources.main.bearer: env:EMPTY is empty"),
        ('"env:EHR_TOKEN"', '"file:none"', "sources.main.bearer: the file none cannot be read (No such file"),
        ('"env:EHR_TOKEN"', "7", "sources.main.bearer: expected text"),
        ('= "facility"', '= "faclity"', 'sources.main.words.facilities."Location/infusion": invalid enum value'),
        ("time_zone", "timezone", "sources.main.words.timezone is unknown"),
        ("America/Chicago", "Chicago", "sources.main.words.time_zone: allowed: an IANA name"),
        ("https://ehr.example/fhir", "ehr.example", "sources.main.base_url: allowed: an http or https URL"),
        ("https://ehr.example", "https://u:p@ehr.example", "sources.main.base_url: allowed"),
        ("[sources.main]", "[sources.Main]", "sources.Main"),
        ("data =", 'database = "postgresql+psycopg://u:p@h/d"\ndata =', "database: a secret is given as env:NAME"),
        ("data =", 'database = "env:MYSQL"\ndata =', "database: it does not hold a URL that begins with postgresql"),
        ("data =", 'listen = { hooks = "8080" }\ndata =', "listen.hooks: not an address; allowed: HOST:PORT"),
        (
            "data =",
            'listen = { hooks = "0.0.0.0:8080" }\ndata =',
            "sources.main.hook_token is missing; it may be absent",
        ),
        (
            "bearer =",
            'post_when = "later"\nbearer =',
            "sources.main.post_when: invalid enum value 'later'; allowed: clean, planned, review",
        ),
        (
            "data =",
            'listen = { hooks = "127.0.0.1:8085", desk = "127.0.0.1:8085" }\ndata =',
            "listen.desk: it is the address of listen.hooks",
        ),
        ("data =", "colour = 1\ndata =", "colour is unknown; allowed: the keys"),
        ("bearer =", 'event_numbers = "x"\nbearer =', "sources.main.event_numbers: invalid enum value 'x'; allowed: "),
        ("bearer =", 'tls = { cert = "c.pem" }\nbearer =', "sources.main.tls: allowed: cert and key together"),
        ("bearer =", f"{SMART}\nbearer =", "sources.main.bearer: allowed: bearer or smart, not both"),
        (BEARER, SMART.replace("env:EHR_TOKEN", "literal"), "sources.main.smart.key: a secret is given as env:NAME"),
        (BEARER, SMART.replace("Encounter.rs", "Encounter"), "sources.main.smart.scopes: allowed: at least one, each"),
        (BEARER, SMART.replace("Encounter.rs", "Encounter.sr"), "sources.main.smart.scopes: allowed"),
        (BEARER, SMART.replace("system/", "user/"), "sources.main.smart.scopes: allowed"),
        (BEARER, SMART.replace('"system/Encounter.rs"', ""), "sources.main.smart.scopes: allowed"),
        (BEARER, SMART.replace("}", ', token_url = "x" }'), "sources.main.smart.token_url: allowed: an http or https"),
        (BEARER, SMART.replace("client_id", "client"), "sources.main.smart.client is unknown"),
    ],
)
def test_each_fault_names_its_key(tmp_path, old, new, said):
    text = GOOD.replace(old, new)
    if old.startswith("[sources"):
        text = text.replace("[sources.main.words]", "[sources.Main.words]")
    message = refusal(tmp_path, text)
    assert message.startswith(said)
    assert "very-secret" not in message


@pytest.mark.parametrize(
    "scope", ["system/*.*", "system/*.rs", "system/Encounter.read", "system/ChargeItem.cruds", "system/Encounter.s?a=x"]
)
def test_scopes_of_both_versions(tmp_path, scope):
    smart = loaded(tmp_path, GOOD.replace(BEARER, SMART.replace("system/Encounter.rs", scope))).sources["main"].smart
    assert smart.scopes == (scope,)
    assert smart.key.reveal() == "very-secret"


def test_a_signature_is_enough_where_strangers_may_come(tmp_path):
    text = GOOD.replace("data =", 'listen = { hooks = "0.0.0.0:8080" }\ndata =')
    assert loaded(tmp_path, text.replace("bearer =", 'hook_hmac = "env:EHR_TOKEN"\nbearer =')).sources["main"].hook_hmac


def test_posting_needs_a_canonical_base(tmp_path):
    text = GOOD.replace('"shadow"', '"post"').replace('canonical_base = "https://hospital.example/charges"\n', "")
    assert refusal(tmp_path, text).startswith("canonical_base is missing; sources.main.mode is post")


def test_no_source(tmp_path):
    assert refusal(tmp_path, "[sources]\n") == "sources: at least one source is needed (line 1)"


def test_a_file_that_is_no_toml_or_no_text_or_not_there(tmp_path):
    assert refusal(tmp_path, "[sources\n").startswith("the configuration file is not TOML")
    (tmp_path / "binary.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigurationError, match="not UTF-8"):
        load(tmp_path / "binary.toml")
    with pytest.raises(ConfigurationError, match=r"none\.toml: the configuration file cannot be read"):
        load(tmp_path / "none.toml")
    with pytest.raises(ConfigurationError, match="cannot be read"):
        load(tmp_path)
