"""config.yaml and FEEDSVC_ variables: what they mean and how faults are told."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest
from pydantic import BaseModel
from support import ROOT

from feedsvc.config import Settings, load_settings
from feedsvc.errors import ConfigError
from feedsvc.feeds.site import Naming
from feedsvc.model import Facet, Person


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "config.yaml"


def test_the_shipped_file_is_valid_and_complete() -> None:
    text = (ROOT / "config.yaml").read_text(encoding="utf-8")
    settings = load_settings(ROOT / "config.yaml", {})
    assert settings.folders == (ROOT / "seeds",)
    documented = set(re.findall(r"^\s*(?:#\s+)?([a-z_]+):", text, re.MULTILINE))
    assert keys_of(Settings) - {"directory"} <= documented


def keys_of(section: type[BaseModel]) -> set[str]:
    found: set[str] = set()
    for name, field in section.model_fields.items():
        found.add(name)
        for part in (field.annotation, *getattr(field.annotation, "__args__", ())):
            if isinstance(part, type) and issubclass(part, BaseModel):
                found |= keys_of(part)
    return found


def test_the_defaults_need_no_file() -> None:
    settings = load_settings(None, {})
    assert settings.server.port == 8000
    assert settings.feeds.formats == ("rss", "atom", "json")


def test_an_empty_file_and_blank_keys_are_the_defaults(file: Path) -> None:
    file.write_text("site:\n  title:\ntopics:\n")
    assert load_settings(file, {}) == load_settings(None, {}).model_copy(
        update={"directory": file.parent}
    )


def test_the_site_of_a_file(file: Path) -> None:
    file.write_text(
        "site:\n  title: T\n  url: https://example.org/news\n  since: 2020-02-03\n"
        "  author: {name: A, email: a@example.org, url: https://example.org}\n"
        "topics:\n  AI in Healthcare: {title: Health}\n  C++: {description: D}\n"
        "providers:\n  Reuters.com: {title: R}\n  The Lamp: {title: L}\n"
    )
    settings = load_settings(file, {})
    site = settings.describe_site()
    assert settings.site.url == "https://example.org/news/"
    assert site.since == date(2020, 2, 3)
    assert site.author == Person("A", "https://example.org/", "a@example.org")
    assert site.namings == {
        (Facet.TOPIC, "ai-in-healthcare"): Naming("Health"),
        (Facet.TOPIC, "c-plus-plus"): Naming("", "D"),
        (Facet.PROVIDER, "reuters.com"): Naming("R"),
        (Facet.PROVIDER, "reuters-com"): Naming("R"),
        (Facet.PROVIDER, "the-lamp"): Naming("L"),
        (Facet.PROVIDER, "the lamp"): Naming("L"),
    }


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("sitle: {}", ":1: sitle: unknown key; did you mean 'site'?"),
        ("site:\n  titel: x", ":2: site.titel: unknown key; did you mean 'title'?"),
        ("site:\n  zzz: x", ":2: site.zzz: unknown key; expected one of author, description"),
        ("topics:\n  AI:\n    tittle: x", ":3: topics.AI.tittle: unknown key; did you mean 'title'?"),
        ("site:\n  title: [a]", ":2: site.title: expected text (in quotes, if it looks like "
         "something else), found a list"),
        ("site:\n  title: 2026", "found 2026"),
        ("site:\n  title: no", "found false"),
        ("site:\n  title: ''", "expected text that isn't empty, found ''"),
        ("site:\n  title: \"a\\x07\"", "expected one line of printable text"),
        ("site:\n  timezone: Mars/Olympus", ":2: site.timezone: expected an IANA time zone such "
         "as UTC or Europe/Berlin, found 'Mars/Olympus'"),
        ("site:\n  url: example.org", "expected an http or https address"),
        ("site:\n  url: 'https://example.org/?x'", "expected an http or https address"),
        ("site:\n  url: 'https://[abc/'", "expected an http or https address"),
        ("topics:\n  AI: {image: 'https://['}", "expected an http or https address, found 'https://['"),
        ("content:\n  include: ['!']", "expected patterns as in .gitignore"),
        ("directory: /tmp", ":1: directory: unknown key"),
        ("feeds:\n  limit: true", "expected a number, found true"),
        ("topics:\n  AI: {}\n  ai: {}", ":3: topics.ai: expected each name once, found another"),
        ("site:\n  language: englisch!", "expected a language tag"),
        ("site:\n  since: soon", "expected a date such as 2026-01-31, found 'soon'"),
        ("site:\n  id_authority: 'a b'", "expected a domain or e-mail address"),
        ("site:\n  author: {email: a@b.example}", ":2: site.author.name: expected a value, found none"),
        ("site:\n  author: {name: A, email: nobody}", "expected an e-mail address, found 'nobody'"),
        ("site: [a]", ":1: site: expected keys with values, found a list"),
        ("content:\n  folders: seeds", ":2: content.folders: expected a list such as [a, b]"),
        ("content:\n  folders: []", "expected a list with at least one item, found an empty list"),
        ("content:\n  folders: [a/x, b/x]", ":2: content.folders: expected folders with different "
         "names, found x, x"),
        ("feeds:\n  limit: 0", ":2: feeds.limit: expected a number of at least 1, found 0"),
        ("feeds:\n  limit: 501", "expected a number of at most 500, found 501"),
        ("feeds:\n  limit: many", "expected a whole number, found 'many'"),
        ("feeds:\n  formats:\n    - rss\n    - xml", ":4: feeds.formats, item 2: expected rss, atom or json"),
        ("server:\n  port: 70000", "expected a number of at most 65535"),
        ("server:\n  port: 1\n  port: 2", ":3: server.port: expected once, found a second time"),
        ("site:\n  title: [", "expected YAML"),
        ("just text", ":1: expected 'name: value' lines"),
        ("a: &a [*a]", "unknown key"),
        ("site:\n  since: 2026-13-01", ":2: site.since: expected a date such as 2026-01-31, found '2026-13-01'"),
        ("feeds:\n  saved:\n    Weekend Reading: {topic: x}", ":3: feeds.saved.Weekend Reading: expected a name"),
    ],
)  # fmt: skip
def test_a_fault_is_told_with_its_place(file: Path, text: str, message: str) -> None:
    file.write_text(text)
    with pytest.raises(ConfigError) as caught:
        load_settings(file, {})
    assert str(caught.value).startswith(str(file))
    assert message in str(caught.value)


def test_all_faults_are_told_at_once(file: Path) -> None:
    file.write_text("site:\n  titel: x\nserver:\n  port: no\n")
    with pytest.raises(ConfigError) as caught:
        load_settings(file, {})
    assert len(str(caught.value).splitlines()) == 2


def test_a_missing_file(file: Path) -> None:
    with pytest.raises(ConfigError, match="the configuration can't be read: No such file"):
        load_settings(file, {})


def test_variables_win_over_the_file(file: Path) -> None:
    file.write_text("site:\n  title: T\nserver:\n  port: 1\n")
    settings = load_settings(
        file,
        {
            "FEEDSVC_SITE__URL": "https://news.example.org/",
            "FEEDSVC_SERVER__PORT": "8080",
            "FEEDSVC_FEEDS__FORMATS": "[rss]",
            "FEEDSVC_SITE__SINCE": "2020-01-01",
            "FEEDSVC_SITE__RIGHTS": "",
            "PATH": "/bin",
        },
    )
    assert settings.site.url == "https://news.example.org/"
    assert settings.site.title == "T"
    assert settings.server.port == 8080
    assert settings.feeds.formats == ("rss",)
    assert settings.site.since == date(2020, 1, 1)


@pytest.mark.parametrize(
    ("variable", "value", "message"),
    [
        ("FEEDSVC_SITE__TITEL", "x", "FEEDSVC_SITE__TITEL: site.titel: unknown key; did you mean"),
        ("FEEDSVC_NOTHING", "x", "FEEDSVC_NOTHING: nothing: unknown key"),
        ("FEEDSVC_SERVER__PORT", "x", "FEEDSVC_SERVER__PORT: server.port: expected a whole number"),
        ("FEEDSVC_FEEDS__FORMATS", "[rss", "FEEDSVC_FEEDS__FORMATS: expected a YAML list"),
    ],
)
def test_a_fault_in_a_variable_names_it(variable: str, value: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load_settings(None, {variable: value})
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize(
    "variables",
    [
        {"FEEDSVC_SERVER__METRICS_TOKEN": "[s3cr3t"},
        {"FEEDSVC_SERVER__METRICS_TOKEN": "{s3cr3t"},
        {"FEEDSVC_SERVER__METRICS_TOKEN__X": "[s3cr3t"},
        {"FEEDSVC_SERVER": "{metrics_token: s3cr3t"},
        {"FEEDSVC_SERVER": "s3cr3t"},
        {"FEEDSVC_METRICS_TOKEN": "[s3cr3t"},
        {"FEEDSVC_INDEX": "postgresql://u:s3cr3t@h/db"},
        {"FEEDSVC_INDEX": "[postgresql://u:s3cr3t@h/db]"},
        {"FEEDSVC_INDEX__URL": "[postgresql://u:s3cr3t@h/db]"},
        {"FEEDSVC_SITE__URL": "https://u:s3cr3t@host.example/"},
        {"FEEDSVC_SITE__URL": "https://s3cr3t@host.example/"},
        {"FEEDSVC_SITE__URL": "https://u:s3cr3t/x@host.example/?"},
        {"FEEDSVC_CONTENT__BASE_URL": "ftp://u:s3cr3t@host.example/"},
    ],
)
def test_no_message_tells_a_secret(variables: dict[str, str]) -> None:
    with pytest.raises(ConfigError) as caught:
        load_settings(None, variables)
    assert str(caught.value).startswith(next(iter(variables)))
    assert "s3cr3t" not in str(caught.value)


@pytest.mark.parametrize(
    "value", ["*s3cr3t", "!s3cr3t x", "[s3cr3t]", "{s3cr3t: 1}", "'s3cr3t", "&s3cr3t"]
)
@pytest.mark.parametrize("place", ["server: {{metrics_token: {}}}", "server: {}", "index: {}"])
def test_no_fault_of_a_file_tells_a_secret(file: Path, place: str, value: str) -> None:
    file.write_text(place.format(value))
    with pytest.raises(ConfigError) as caught:
        load_settings(file, {"FEEDSVC_SERVER__PORT": "0"})
    told = str(caught.value)
    assert "s3cr3t" not in told or "unknown key" in told


def test_a_secret_is_no_yaml() -> None:
    secret = "[s3cr3t, s3cr3t, s3cr3t]".replace(" ", "")
    assert (
        load_settings(None, {"FEEDSVC_SERVER__METRICS_TOKEN": secret}).server.metrics_token
        == secret
    )


def test_an_address_is_without_user_and_password() -> None:
    with pytest.raises(ConfigError, match="expected an http or https address without a user name"):
        load_settings(None, {"FEEDSVC_SITE__URL": "https://u:p@host.example/"})
    with pytest.raises(ConfigError, match="expected a YAML list or mapping"):
        load_settings(None, {"FEEDSVC_SITE": "{since: 2026-13-01}"})


def test_faults_of_all_kinds_are_told_at_once(file: Path) -> None:
    file.write_text(
        "site:\n  title: A\n  title: B\n  since: 2026-13-01\nserver: {port: no}\n"
        "feeds:\n  saved:\n    one: {topic: x, limt: 3}\ntopics: {A: {}, a: {}}\n"
        "content: {folders: [x/a, y/a]}\n"
    )
    with pytest.raises(ConfigError) as caught:
        load_settings(file, {})
    told = str(caught.value)
    for line, name in (
        (3, "site.title"), (4, "site.since"), (5, "server.port"), (8, "feeds.saved.one.limt"),
        (9, "topics.a"), (10, "content.folders"),
    ):  # fmt: skip
        assert f"{file}:{line}: {name}: " in told
    assert len(told.splitlines()) == 6


def test_what_the_command_says_is_told_of_the_command(file: Path) -> None:
    file.write_text("server:\n  port: 1\n")
    with pytest.raises(
        ConfigError, match=r"^the command: server\.port: expected a number of at most"
    ):
        load_settings(file, {}, {("server", "port"): 99999})
