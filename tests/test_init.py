"""`feedsvc init`: what it makes of an empty folder, and of one that is a site already."""

from __future__ import annotations

import json
import re
import shutil
from contextlib import closing
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from support import BASE_URL, FIXTURES, NOW, source_of

from feedsvc.cli import main
from feedsvc.config import Settings, load_settings
from feedsvc.content.article import read_article
from feedsvc.feeds.publish import publish
from feedsvc.feeds.query import FeedQuery, Format
from feedsvc.index.store import Store
from feedsvc.index.sync import sync
from feedsvc.model import Viewpoint
from feedsvc.wiring import rules_of, task_of

SAMPLE = "articles/2026-06-01-the-first-article.md"
POST = "---\ntitle: A\ndate: 2026-01-02\npermalink: /a/\nurl: /a/\n---\nText\n"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory, on the first of June 2026."""
    here = tmp_path / "harbour-news"
    here.mkdir()
    monkeypatch.chdir(here)
    monkeypatch.setattr("feedsvc.cli.init.now", lambda: NOW)
    return here


def init(*arguments: str) -> Result:
    """Run the command, which must not change what was there."""
    before = contents()
    result = CliRunner().invoke(main, ["init", *arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit)
    assert before.items() <= contents().items()
    return result


def contents() -> dict[str, bytes]:
    files = (path for path in Path().rglob("*") if path.is_file())
    return {path.as_posix(): path.read_bytes() for path in files}


def put(name: str, text: str = POST) -> None:
    Path(name).parent.mkdir(parents=True, exist_ok=True)
    Path(name).write_text(text, encoding="utf-8")


def made(name: str = "config.yaml") -> Settings:
    """The settings of the configuration that was made."""
    return load_settings(Path(name), {})


def entries(settings: Settings) -> list[tuple[str, str]]:
    """Title and link of what the feed of everything holds."""
    task = task_of(settings)
    with closing(Store(task.place)) as store:
        sync(store, task.scanner(), task.rules, NOW)
        with store.view(Viewpoint(NOW)) as view:
            assert view.problems() == ()
            site = settings.describe_site()
            body = publish(FeedQuery(), Format.JSON, view, site, 50, BASE_URL).body
    return [(item["title"], item["url"]) for item in json.loads(body)["items"]]


def test_an_empty_folder_becomes_a_site() -> None:
    result = init()
    assert result.exit_code == 0
    assert result.output == (
        f"  made {SAMPLE}\n  made .gitignore\n  made config.yaml\n"
        "\nNext:\n  feedsvc check\n  feedsvc serve\n"
    )
    assert set(contents()) == {SAMPLE, ".gitignore", "config.yaml"}
    settings = made()
    assert settings.site.title == "Harbour news"
    assert settings.site.since == date(2026, 6, 1)
    assert settings.site.model_fields_set == {"title", "since"}
    assert settings.content.model_fields_set == {"folders"}
    assert Path(".gitignore").read_text().splitlines()[-1] == ".feedsvc/"
    ((title, link),) = entries(settings)
    assert title == "The first article"
    assert link.startswith(BASE_URL)


def test_a_new_folder_is_made() -> None:
    result = init("a b/news", "--title", "Port: News", "--url", "https://Bücher.example:8443/feeds")
    assert result.exit_code == 0
    assert "  made a b/news/config.yaml\n" in result.output
    assert "\nNext:\n  cd 'a b/news'\n  feedsvc check\n" in result.output
    settings = made("a b/news/config.yaml")
    assert settings.site.title == "Port: News"
    assert settings.site.url == "https://xn--bcher-kva.example:8443/feeds/"
    assert settings.site.id_authority == "xn--bcher-kva.example"
    assert len(entries(settings)) == 1


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("news", "News"),
        ("the_harbour-news", "The harbour news"),
        ("2026", "2026"),
        ("no", "No"),
        ("Ölhafen", "Ölhafen"),
        ("a#b: c", "A#b: c"),
        ("-", "News"),
        ("a\x07b", "News"),
    ],
)
def test_the_title_is_the_name_of_the_folder(name: str, title: str) -> None:
    assert init("--", name).exit_code == 0
    assert made(f"{name}/config.yaml").site.title == title


def test_a_host_that_makes_no_ids_is_left_out() -> None:
    assert init("--url", "http://[::1]:8000/").exit_code == 0
    assert "id_authority" not in made().site.model_fields_set


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--title", " "], "--title: expected text that isn't empty, found ' '\n"),
        (["--title", "a\x07"], "--title: expected one line of printable text, found "),
        (["--url", "news.example"], "--url: expected an http or https address without a query, "),
        (["--url", "https://[x"], "--url: expected an http or https address"),
    ],
)
def test_an_option_that_can_not_be_is_told(arguments: list[str], message: str) -> None:
    result = init(*arguments)
    assert result.exit_code == 2
    assert result.stderr.startswith(message)
    assert contents() == {}


@pytest.mark.parametrize("text", ["site: {title: Mine}\n", "", "site: [", "sitle: {}\nfeeds: {}\n"])
def test_a_configuration_is_never_replaced(text: str) -> None:
    put("config.yaml", text)
    result = init()
    assert result.exit_code == 2
    assert result.stderr == "config.yaml is there already and stays as it is.\n"
    assert list(contents()) == ["config.yaml"]


def test_a_second_time_nothing_is_made() -> None:
    assert init().exit_code == 0
    before = contents()
    assert init().exit_code == 2
    assert contents() == before


def test_a_link_that_leads_nowhere_is_not_followed() -> None:
    Path("config.yaml").symlink_to("elsewhere.yaml")
    assert init().exit_code == 2
    assert not Path("elsewhere.yaml").exists()


@pytest.mark.parametrize(
    ("text", "hint"),
    [("*.tmp\n", ": add .feedsvc/ to it"), ("*.tmp\n/.feedsvc\n", ""), (".feedsvc/", "")],
)
def test_a_gitignore_stays(text: str, hint: str) -> None:
    put(".gitignore", text)
    assert f"  kept .gitignore, which was there{hint}\n" in init().output


@pytest.mark.parametrize(
    ("files", "folders", "count"),
    [
        (["posts/a.md"], ("posts",), 1),
        (["posts/2026/a.md", "notes/b.markdown", "posts/c.md"], ("notes", "posts"), 3),
        (["posts/a.md", "b.md", "node_modules/x/c.md", ".hidden/d.md"], (".",), 2),
    ],
)
def test_articles_that_are_there_are_found(
    files: list[str], folders: tuple[str, ...], count: int
) -> None:
    for file in files:
        put(file, f"---\ntitle: {file}\ndate: 2026-01-02\n---\n")
    put("README.md", "Words")
    assert init().exit_code == 0
    settings = made()
    assert settings.content.folders == folders
    assert len(entries(settings)) == count
    assert not Path(SAMPLE).exists()


def test_papers_of_a_repository_are_no_articles() -> None:
    put("README.md", "Words")
    assert init().exit_code == 0
    assert Path(SAMPLE).exists()


def test_jekyll() -> None:
    put("_config.yml", "title: >-\n  The\n  blog\nurl: https://blog.example\nbaseurl: /sub\n")
    put("_posts/2026-01-02-a.markdown")
    put("about.md")
    put(".gitignore", "_site\n")
    result = init("--title", "Feeds of the blog")
    assert result.output.startswith("This is a site of Jekyll: ")
    settings = made()
    assert settings.site.title == "Feeds of the blog"
    content = settings.content
    assert content.folders == (".",)
    assert content.include == ("_posts/**/*.md", "_posts/**/*.markdown")
    assert content.base_url == "https://blog.example/sub/"
    assert content.fields == {"webUrl": ("permalink",)}
    assert entries(settings) == [("A", "https://blog.example/a/")]


@pytest.mark.parametrize(
    "text", ["", "url: ''\n", "url: {% x %}\n", "title: [a]\nurl: 5\n", "\x00"]
)
def test_jekyll_without_an_address(text: str) -> None:
    put("_config.yml", text)
    put("_posts/2026-01-02-a.md")
    result = init()
    assert result.exit_code == 0
    assert "    fields: {webUrl: permalink}\n" in result.output
    settings = made()
    assert settings.site.title == "Harbour news"
    assert settings.content.model_fields_set == {"folders", "include"}
    assert len(entries(settings)) == 1


@pytest.mark.parametrize(
    ("file", "text", "config"),
    [
        ("hugo.toml", 'baseURL = "https://blog.example/"\ntitle = "Blog"\n', "config.yaml"),
        ("hugo.yaml", "baseurl: https://blog.example\ntitle: Blog\n", "config.yaml"),
        ("config/_default/hugo.json", '{"baseURL": "https://blog.example/", "title": "Blog"}',
         "config.yaml"),
        ("config.toml", 'baseURL = "https://blog.example/"\ntitle = "Blog"\n', "feedsvc.yaml"),
        ("config.yaml", "baseURL: https://blog.example/\ntitle: Blog\n", "feedsvc.yaml"),
        # Hugo has a key of this name, too.
        ("config.yaml", "baseURL: https://blog.example/\ntitle: Blog\nserver: {}\n", "feedsvc.yaml"),
    ],
)  # fmt: skip
def test_hugo(file: str, text: str, config: str) -> None:
    put(file, text)
    put("content/posts/a/index.md")
    put("content/_index.md")
    result = init()
    assert result.output.startswith("This is a site of Hugo: ")
    option = "" if config == "config.yaml" else " --config feedsvc.yaml"
    assert result.output.endswith(f"  feedsvc check{option}\n  feedsvc serve{option}\n")
    settings = made(config)
    assert settings.site.title == "Blog"
    assert settings.content.folders == ("content",)
    assert settings.content.fields == {"webUrl": ("url",)}
    assert entries(settings) == [("A", "https://blog.example/a/")]
    assert init().exit_code == 2


def test_a_configuration_of_ours_beside_hugos_is_seen() -> None:
    put("config.toml", 'baseURL = "https://blog.example/"\n')
    put("content/a.md")
    put("config.yaml", "site: {title: T}\n")
    assert init().exit_code == 2


def test_a_folder_called_content_is_not_hugos() -> None:
    put("config.toml", "base = 1\n")
    put("content/a.md")
    result = init()
    assert "Hugo" not in result.output
    assert made().content.folders == ("content",)


def test_the_configuration_of_another_program_stays() -> None:
    put("config.yaml", "homeassistant: {}\n")
    result = init()
    assert result.exit_code == 0
    assert "  feedsvc serve --config feedsvc.yaml\n" in result.output
    assert len(entries(made("feedsvc.yaml"))) == 1


@pytest.mark.parametrize(
    ("settings", "exclude"),
    [(None, "Templates/"), ('{"folder": "Meta/Forms"}', "Meta/Forms/"), ("{", "Templates/")],
)
def test_obsidian(settings: str | None, exclude: str) -> None:
    Path(".obsidian").mkdir()
    if settings is not None:
        put(".obsidian/templates.json", settings)
    put("Daily/a.md")
    put(f"{exclude}form.md")
    result = init()
    assert result.output.startswith("This is a site of Obsidian: ")
    assert made().content.exclude == (exclude,)
    assert len(entries(made())) == 1


def test_eleventy() -> None:
    put("eleventy.config.js", "")
    put("src/posts/a.md")
    put("node_modules/x/b.md")
    result = init()
    assert result.output.startswith("This is a site of Eleventy: ")
    assert made().content.folders == ("src",)
    assert len(entries(made())) == 1


@pytest.mark.parametrize(
    ("directory", "message"),
    [
        ("file", "Directory 'file' is a file"),
        ("file/below", "file/below/articles: Not a directory"),
        ("x" * 300, "File name too long"),
        ("taken", "taken/articles: File exists"),
    ],
)
def test_a_folder_that_can_not_be_made_is_told(directory: str, message: str) -> None:
    put("file", "")
    put("taken/articles", "")
    result = init(directory)
    assert result.exit_code == 2
    assert message in result.stderr
    assert "config.yaml" not in "".join(contents())


def test_every_line_of_the_first_article_can_be_used() -> None:
    init()
    text = Path(SAMPLE).read_text(encoding="utf-8")
    shutil.copy(FIXTURES / "articles" / "square.png", "articles/picture.png")
    used, number = re.subn(r"^# (?=[A-Za-z]+:( |$)| )", "", text, flags=re.MULTILINE)
    assert number > 5
    file = Path(SAMPLE).with_name("2026-06-01-all.md").absolute()
    file.write_text(used, encoding="utf-8")
    parsed = read_article(source_of(file, file.parent), rules_of(made()))
    assert parsed.problems == ()
    article = parsed.article
    assert article is not None
    assert article.provider is not None
    assert article.url == "https://tidewater.example/the-story"
    assert [term.label for term in article.categories] == ["Reports"]
    assert article.type is not None
    assert len(article.images) == 1
    assert article.published == NOW.replace(hour=0)


def test_an_address_with_a_password_is_refused(tmp_path: Path) -> None:
    answer = CliRunner().invoke(
        main, ["init", str(tmp_path / "x"), "--url", "https://u:s3cr3t@h.example/"]
    )
    assert answer.exit_code == 2
    assert answer.stderr.startswith("--url: expected an http or https address without a user name")
    assert "s3cr3t" not in answer.output
    assert not (tmp_path / "x").exists()
