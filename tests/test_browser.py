"""What people do and see, in a real Chromium: journeys, looks and manners of every kind of page."""

from __future__ import annotations

import json
import re
import subprocess
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.request import urlopen

import feedparser
import pytest
from browsers import Visit, chromium, violations, visiting
from clients import HOST, serving
from faults import FaultyServer, wait_until
from PIL import Image as Picture
from playwright.sync_api import Browser, Route, expect

pytestmark = [
    pytest.mark.needs("chromium"),
    pytest.mark.needs("npm"),
    pytest.mark.needs("java"),
    pytest.mark.needs("zbarimg"),
]

CONFIG = """
site:
  title: The Lamplighter
  description: News from the harbour and the hills behind it.
  rights: Free to use.
  url: {url}
server:
  trusted_hosts: [{host}]
feeds:
  limit: 12
  saved:
    weekend:
      title: Weekend reading
      description: What to read when the boats stay in.
      topic: [Sea, Hills]
      has: image
"""
KINDS = {
    "start": "/",
    "stories": "/archive/",
    "older stories": "/archive/1/",
    "topic": "/topics/sea/",
    "older of a topic": "/topics/sea/archive/1/",
    "provider": "/providers/paper.example/",
    "two topics": "/topics/hills+sea/",
    "saved": "/feeds/weekend/",
    "search": "/custom?q=tide",
    "nothing found": "/custom?q=zeppelin",
    "topics": "/topics/",
    "providers": "/providers/",
    "authors": "/authors/",
    "saved feeds": "/feeds/",
    "builder": "/build",
    "builder filled in": "/build?min_quality=50&not_topic=hills&q=tide",
    "builder mistaken": "/build?min_quality=many",
    "story": "/stories/a-long-read/",
    "story in Hebrew": "/stories/hebrew/",
    "story in Japanese": "/stories/japanese/",
    "namespace": "/ns/feedsvc",
    "not found": "/nothing/here",
    "no such feed": "/topics/seaa/",
    "frame": "/embed/topics/sea?layout=cards&accent=0a5c4a",
    "opened rss": "/topics/sea.rss",
    "opened atom": "/feed.atom",
    "opened json": "/custom.json?q=tide",
    "opened archive": "/archive/1.rss",
}
OTHER_SITES = {"empty": "/", "empty topic": "/topics/sea/", "empty facet": "/topics/"}
LONG_READ = """The *tide* came in twice.

## What was seen

> A quay is a promise.

| boat | hour |
| --- | --- |
| Anna | 4 |

```
a very long line of code that does not fit onto a small screen and has to be scrolled sideways
```

![The quay](quay.png)

<iframe src="https://www.youtube.com/embed/abcdefghijk"></iframe>
"""


def write_articles(folder: Path) -> None:
    folder.mkdir()
    for number, colour in enumerate(("#27506b", "#8a4b2a", "#3f6b3a")):
        Picture.new("RGB", (640, 400 + 100 * number), colour).save(folder / f"{number}.jpg")
    Picture.new("RGB", (300, 200), "#777").save(folder / "quay.png")
    Picture.new("RGB", (32, 32), "#9b2c1d").save(folder / "mark.png")
    for number in range(31):
        write(
            folder,
            f"story-{number}",
            f"title: The tide of day {number} and what it left on the stones",
            f"publishedDateTime: 2026-0{1 + number % 5}-{1 + number % 28:02}T08:00:00Z",
            f"webUrl: https://paper.example/{number}",
            "excerpt: "
            + "Boats, lamps and letters, a day at the harbour in some twenty words. " * 5,
            "provider: {name: The Paper, domain: paper.example, images: [mark.png]}"
            if number % 2
            else "provider: {name: Another Voice, domain: voice.example}",
            f"topics: [{'Sea' if number % 3 else 'Hills'}, Topic {number % 4}]",
            f"quality: {number * 3}",
            "category: news",
            f"type: {'video' if number % 5 == 0 else 'article'}",
            f"images: [{{url: {number % 3}.jpg, alt: 'The harbour'}}]" if number % 4 else "",
        )
    write(folder, "long", "title: A long read", "slug: a-long-read", "topics: [Sea]",
          "publishedDateTime: 2026-05-30", "authors: [{name: Ada}]", "images: [0.jpg]",
          body=LONG_READ)  # fmt: skip
    write(folder, "hebrew", "title: הגאות של היום", "slug: hebrew", "locale: he", "topics: [ים]",
          "publishedDateTime: 2026-05-29", "excerpt: הסירות חזרו לנמל.", body="הים היה שקט.")  # fmt: skip
    write(folder, "japanese", "title: 潮だまり観察会、親子六十組が磯へ", "slug: japanese", "locale: ja",
          "topics: [海の生き物]", "publishedDateTime: 2026-05-28", "excerpt: 大潮の日曜日。" , body="海は静かだった。")  # fmt: skip


def write(folder: Path, name: str, *lines: str, body: str = "") -> None:
    matter = "\n".join(line for line in lines if line)
    (folder / f"{name}.md").write_text(f"---\n{matter}\n---\n{body}", encoding="utf-8")


@contextmanager
def site_in(directory: Path, config: str) -> Iterator[str]:
    (directory / "config.yaml").write_text(f"content: {{folders: [articles]}}\n{config}")
    with serving(directory, server__workers=1) as server:
        yield address_of(server)


def address_of(server: FaultyServer) -> str:
    return f"http://127.0.0.1:{server.port}"


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A site that says that it is https://lamplighter.example/, as one behind a proxy does."""
    directory = tmp_path_factory.mktemp("lamplighter")
    write_articles(directory / "articles")
    with site_in(
        directory, CONFIG.format(url="https://lamplighter.example/", host=HOST)
    ) as address:
        yield address


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The same without an address of its own."""
    directory = tmp_path_factory.mktemp("plain")
    write_articles(directory / "articles")
    with site_in(
        directory, CONFIG.replace("  url: {url}\nserver:\n  trusted_hosts: [{host}]\n", "")
    ) as address:
        yield address


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    directory = tmp_path_factory.mktemp("empty")
    (directory / "articles").mkdir()
    write(directory / "articles", "a", "title: Held", "topics: [Sea]", "published: false")
    with site_in(directory, "site: {title: Nothing yet}\n") as address:
        yield address


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium("--host-resolver-rules=MAP lamplighter.example 127.0.0.1") as browser:
        yield browser


@pytest.fixture(scope="module")
def axe(node_packages: Path) -> Path:
    return node_packages / "node_modules" / "axe-core" / "axe.min.js"


@pytest.fixture
def visit(browser: Browser, plain: str) -> Iterator[Visit]:
    with visiting(browser, plain, viewport={"width": 1280, "height": 900}) as visit:
        yield visit
        assert visit.errors == []
        assert visit.hosts == {plain.removeprefix("http://")}


def check_manners(visit: Visit, path: str, address: str, axe: Path) -> None:
    """What holds for every page: it is quiet, light, still, and anybody can use it."""
    answer = visit.page.goto(path)
    visit.settle()
    assert answer is not None
    told = [line for line in visit.errors if not (answer.status >= 400 and "404" in line)]
    assert told == []
    assert visit.hosts == {address.removeprefix("http://")}
    assert sum(size for name, size in visit.sent.items() if not name.startswith("/media/")) < 60_000
    assert visit.overflow == 0
    assert visit.shifts < 0.02
    for scheme in ("light", "dark"):
        visit.page.emulate_media(color_scheme=scheme)
        assert violations(visit.page, axe) == [], scheme


@pytest.mark.alone
@pytest.mark.parametrize("width", [1280, 320])
@pytest.mark.parametrize("path", KINDS.values(), ids=KINDS)
def test_every_page_has_manners(
    browser: Browser, base: str, axe: Path, path: str, width: int
) -> None:
    size = {"width": width, "height": 800}
    with visiting(browser, base, viewport=size) as visit:
        check_manners(visit, path, base, axe)


@pytest.mark.alone
@pytest.mark.parametrize("path", OTHER_SITES.values(), ids=OTHER_SITES)
def test_so_have_those_of_an_empty_site(browser: Browser, empty: str, axe: Path, path: str) -> None:
    with visiting(browser, empty) as visit:
        check_manners(visit, path, empty, axe)


def test_the_html_is_valid(base: str, empty: str, node_packages: Path, tmp_path: Path) -> None:
    pages = {f"{name}.html": base + path for name, path in KINDS.items()}
    pages |= {f"{name}.html": empty + path for name, path in OTHER_SITES.items()}
    for name, url in pages.items():
        headers = {"Sec-Fetch-Dest": "document", "Accept": "text/html"}
        try:
            with urllib.request.urlopen(urllib.request.Request(url, headers=headers)) as answer:
                text = answer.read()
        except urllib.error.HTTPError as error:
            text = error.read()
        (tmp_path / name.replace(" ", "-")).write_bytes(text)
    jar = node_packages / "node_modules" / "vnu-jar" / "build" / "dist" / "vnu.jar"
    checked = subprocess.run(
        ["java", "-jar", jar, "--format", "json", "--skip-non-html", tmp_path],
        timeout=120, capture_output=True, encoding="utf-8", check=False,
    )  # fmt: skip
    # feed:https://… is what readers register for, and an address after the URL Standard.
    messages = [
        one
        for one in json.loads(checked.stderr)["messages"]
        if not one["message"].startswith("Bad value “feed:http")
    ]
    assert [
        f"{one['url'].rpartition('/')[2]}:{one.get('lastLine')}: {one['message']}"
        for one in messages
    ] == []


def test_from_the_start_page_to_the_address_of_a_topic(visit: Visit, plain: str) -> None:
    visit.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    visit.page.goto("/")
    visit.page.get_by_role("region", name="Topics").get_by_role("link", name="Sea").click()
    expect(visit.page.get_by_role("heading", level=1)).to_have_text("Sea")
    visit.page.get_by_role("button", name="Copy").click()
    expect(visit.page.get_by_role("button", name="Copied")).to_be_visible()
    copied = visit.page.evaluate("navigator.clipboard.readText()")
    assert copied == f"{plain}/topics/sea.rss"
    feed = feedparser.parse(copied)
    assert not feed.bozo
    assert feed.entries[0].title == "A long read"


def test_from_the_builder_to_a_feed_of_ones_own(visit: Visit, plain: str) -> None:
    visit.page.goto("/build")
    matches = visit.page.locator("#matches")
    expect(matches).to_contain_text("34 stories")
    visit.page.get_by_label("Words").fill("tide")
    expect(matches).to_contain_text("32 stories")
    visit.page.get_by_role("group", name="Topics: any of").get_by_label("Sea").first.check()
    expect(matches).to_contain_text("21 stories")
    visit.page.get_by_label("Quality of at least").fill("30")
    visit.page.get_by_label("the best, by quality").check()
    expect(matches).to_contain_text("with “tide”")
    expect(matches).to_contain_text("quality 30 and up")
    address = visit.page.locator("#feed-url")
    expect(address).to_have_value(
        f"{plain}/custom.rss?min_quality=30&order=quality&q=tide&topic=sea"
    )
    assert "/build?q=tide&topic=sea&min_quality=30&order=quality" in visit.page.url
    feed = feedparser.parse(address.input_value())
    assert not feed.bozo
    titles = [entry.title for entry in feed.entries]
    assert titles
    assert visit.page.locator("#outcome article h3").first.inner_text() == titles[0]
    visit.page.get_by_text("Give it a name on this site").click()
    expect(visit.page.locator("#snippet")).to_contain_text("min_quality: 30")
    visit.page.get_by_role("link", name="See it as a page").click()
    expect(visit.page.get_by_role("main")).to_contain_text(titles[0])


def test_the_builder_says_what_cannot_be(visit: Visit) -> None:
    visit.page.goto("/build")
    visit.page.get_by_text("More conditions").click()
    visit.page.get_by_label("Not older than").fill("yesterday")
    expect(visit.page.locator("#matches")).to_contain_text("Not older than: expected a day")
    expect(visit.page.locator("#outcome")).not_to_contain_text("Subscribe")
    visit.page.get_by_label("Not older than").fill("36500d")
    expect(visit.page.locator("#outcome")).to_contain_text("Subscribe to it")


def test_the_builder_lets_one_click_in_its_result(visit: Visit, plain: str) -> None:
    page = visit.page
    page.goto("/build?topic=sea")
    page.get_by_label("Words").fill("tide")
    expect(page.locator("#matches")).to_contain_text("Sea, with “tide”")
    formats = page.get_by_text("Formats", exact=True)
    formats.click()  # which leaves the field
    expect(page.get_by_role("link", name="JSON Feed").first).to_be_visible()
    page.get_by_label("Quality of at least").fill("30")
    expect(page.locator("#matches")).to_contain_text("quality 30 and up")
    expect(page.locator("#outcome").get_by_text("Every reader and podcast app")).to_be_visible()
    page.get_by_role("link", name="See it as a page").click()
    expect(page).to_have_url(f"{plain}/custom?min_quality=30&q=tide&topic=sea")


def test_the_builder_says_when_the_server_does_not_answer(browser: Browser, plain: str) -> None:
    with visiting(browser, plain) as visit:
        visit.page.goto("/build")
        visit.page.route("**/build?*", lambda route: route.abort())
        visit.page.get_by_label("Words").fill("tide")
        expect(visit.page.locator("#matches")).to_contain_text("doesn’t answer")
        visit.page.unroute("**/build?*")
        visit.page.get_by_role("button", name="Show this feed").click()
        expect(visit.page.locator("#matches")).to_contain_text("32 stories")


def test_on_a_phone_the_number_of_stories_stays_in_sight(browser: Browser, plain: str) -> None:
    with visiting(browser, plain, viewport={"width": 390, "height": 800}) as visit:
        visit.page.goto("/build")
        visit.page.get_by_role("group", name="Topics: any of").get_by_label("Sea").first.check()
        expect(visit.page.locator("#matches")).to_contain_text("21 stories")
        expect(visit.page.locator("#matches")).to_be_in_viewport()


@pytest.mark.alone
def test_a_script_that_comes_late_moves_nothing(browser: Browser, plain: str) -> None:
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    for path in ("/", "/topics/sea/", "/topics/sea/archive/1/", "/build"):
        for width in (320, 1280):
            size = {"width": width, "height": 800}
            with visiting(browser, plain, viewport=size) as visit:
                visit.page.route("**/pages.js*", hold)
                with visit.page.expect_request("**/pages.js*"):
                    visit.page.goto(path, wait_until="commit")
                expect(visit.page.locator("footer")).to_be_attached()
                painted = "performance.getEntriesByName('first-paint').length"
                wait_until(partial(visit.page.evaluate, painted))
                held.pop().continue_()
                expect(visit.page.locator("[data-copy]").first).to_be_visible()
                visit.settle()
                assert visit.shifts < 0.02, (path, width)


def test_a_page_that_comes_in_parts_moves_nothing(browser: Browser, plain: str) -> None:
    part = 0.0

    class Slow(BaseHTTPRequestHandler):
        """What feedsvc answers, pages in two parts."""

        def do_GET(self) -> None:
            with urlopen(f"{plain}{self.path}") as answer:
                body, kind = answer.read(), answer.headers["Content-Type"]
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            cut = int(len(body) * part) if kind.startswith("text/html") else 0
            self.wfile.write(body[:cut])
            if cut:
                time.sleep(0.4)
            self.wfile.write(body[cut:])

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Slow)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        for path in ("/", "/topics/sea/"):
            for part in (0.2, 0.3, 0.4, 0.6):
                size = {"width": 1280, "height": 800}
                with visiting(
                    browser, f"http://127.0.0.1:{server.server_port}", viewport=size
                ) as visit:
                    visit.page.goto(path)
                    visit.settle()
                    assert visit.shifts < 0.02, (path, part)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.parametrize("format", ["rss", "atom", "json"])
def test_a_feed_typed_into_the_browser_is_a_page(visit: Visit, plain: str, format: str) -> None:
    url = f"{plain}/topics/sea.{format}"
    before = fetch(url)
    answer = visit.page.goto(url)
    assert answer is not None
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["cache-control"] == "private, no-store"
    assert visit.page.url == url
    expect(visit.page.get_by_role("note")).to_contain_text("You have opened a feed")
    expect(visit.page.get_by_role("heading", name="A long read")).to_be_visible()
    expect(visit.page.locator("#feed-url")).to_have_value(f"{plain}/topics/sea.rss")
    # Whatever else asks, even from this page, gets the feed.
    text = visit.page.evaluate("url => fetch(url).then((answer) => answer.text())", url)
    assert text.encode() == before == fetch(url)
    itself = visit.page.get_by_role("link", name="itself").get_attribute("href")
    assert itself is not None
    raw = visit.page.context.request.get(plain + itself, headers={"Sec-Fetch-Dest": "document"})
    assert raw.body() == before
    visit.page.get_by_role("link", name="this page at its own address").click()
    expect(visit.page).to_have_url(f"{plain}/topics/sea/")


def fetch(url: str) -> bytes:
    with urllib.request.urlopen(url) as answer:
        return bytes(answer.read())


def test_without_https_the_feed_itself_is_shown(browser: Browser, base: str) -> None:
    """Browsers say what they open where nobody can listen alone."""
    with visiting(browser, base.replace("127.0.0.1", "lamplighter.example")) as visit:
        visit.page.goto("/topics/sea.rss")
        assert visit.page.evaluate("document.contentType") == "text/plain"


def test_everything_can_be_done_with_the_keyboard(visit: Visit) -> None:
    page = visit.page
    page.goto("/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    expect(page.get_by_role("link", name="Skip to the content")).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.get_by_role("main")).to_be_focused()
    reached = []
    page.goto("/topics/sea/")
    for _ in range(40):
        page.keyboard.press("Tab")
        outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert outline == "solid", "the focus can't be seen"
        reached.append(page.evaluate("document.activeElement.textContent.trim()"))
    for name in ("Build a feed", "Copy", "App on this device", "What is this?", "A long read"):
        assert name in reached, name
    page.get_by_text("What is this?").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("A feed is an address")).to_be_visible()
    page.get_by_role("searchbox").focus()
    page.keyboard.type("quay")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("quay")
    page.goto("/build")
    page.get_by_role("group", name="Topics: any of").get_by_label("Hills").first.focus()
    page.keyboard.press("Space")
    expect(page.locator("#matches")).to_contain_text("11 stories")


def test_without_a_script_everything_is_there(browser: Browser, plain: str) -> None:
    with visiting(browser, plain, java_script_enabled=False) as visit:
        page = visit.page
        page.goto("/")
        page.get_by_role("region", name="Topics").get_by_role("link", name="Sea").click()
        expect(page.locator("#feed-url")).to_have_value(f"{plain}/topics/sea.rss")
        expect(page.locator("time").first).to_have_text("May 30, 2026")
        expect(page.get_by_role("button", name="Copy")).to_have_count(0)
        page.get_by_text("Code for your phone").click()
        expect(page.get_by_role("img", name="QR code")).to_be_visible()
        page.get_by_text("Miniflux, FreshRSS, Nextcloud").click()
        behind = f"/bookmarklet?uri={quoted(f'{plain}/topics/sea.rss')}"
        expect(page.get_by_text(behind)).to_be_visible()
        page.get_by_role("link", name="Build a feed").click()
        page.get_by_label("Words").fill("tide")
        page.get_by_role("group", name="Topics: any of").get_by_label("Sea").first.check()
        page.get_by_role("button", name="Show this feed").click()
        expect(page.locator("#matches")).to_contain_text("21 stories")
        assert page.get_by_label("Words").input_value() == "tide"
        url = f"{plain}/custom.rss?q=tide&topic=sea"
        expect(page.locator("#feed-url")).to_have_value(url)
        page.goto(url)
        expect(page.get_by_role("note")).to_contain_text("You have opened a feed")


def test_older_stories_go_on_where_the_newest_end(visit: Visit) -> None:
    page = visit.page
    page.goto("/archive/")
    seen = page.locator("article h3").all_inner_texts()
    page.get_by_role("link", name="Older stories").click()
    first = page.url.partition("#")[2]
    older = page.locator(f"article#{first}, article#{first} ~ article").locator("h3")
    assert older.count() > 0
    assert not set(seen) & set(older.all_inner_texts())
    expect(page.locator(f"#{first}")).to_be_in_viewport()
    seen += older.all_inner_texts()
    page.get_by_role("link", name="Older stories").click()
    seen += page.locator("article h3").all_inner_texts()
    assert len(seen) == len(set(seen)) == 34
    page.get_by_role("link", name="Newer stories").click()
    page.get_by_role("link", name="Newest stories").click()
    assert page.url.endswith("/archive/")


def test_dates_are_written_as_the_visitor_does(browser: Browser, plain: str) -> None:
    with visiting(browser, plain, locale="de-DE", timezone_id="Asia/Tokyo") as visit:
        visit.page.goto("/stories/a-long-read/")
        expect(visit.page.locator("time").first).to_have_text("30. Mai 2026")
        assert visit.errors == []


def test_the_day_is_that_of_the_site_wherever_the_visitor_is(browser: Browser, plain: str) -> None:
    for zone in ("Pacific/Honolulu", "UTC", "Pacific/Kiritimati"):
        with visiting(browser, plain, locale="en-GB", timezone_id=zone) as visit:
            visit.page.goto("/stories/a-long-read/")
            expect(visit.page.locator("time").first).to_have_text("30 May 2026")


def test_ones_own_server_is_remembered_here_alone(visit: Visit, plain: str) -> None:
    page = visit.page
    page.goto("/topics/sea/")
    page.get_by_text("Miniflux, FreshRSS, Nextcloud").click()
    page.get_by_label("Your reader").select_option("FreshRSS")
    link = page.get_by_role("link", name="Subscribe there")
    expect(link).to_be_hidden()
    for wrong in ("javascript:alert(1)", "reader"):
        page.get_by_label("Its address").fill(wrong)
        expect(link).to_be_hidden()
    page.get_by_label("Its address").fill("reader.example")
    expect(link).to_have_attribute("href", re.compile("^https://reader.example/i/"))
    page.get_by_label("Its address").fill("https://reader.example/rss/")
    there = "https://reader.example/rss/i/?c=feed&a=add&url_rss="
    expect(link).to_have_attribute("href", f"{there}{quoted(f'{plain}/topics/sea.rss')}")
    page.goto("/topics/hills/")
    page.get_by_text("Miniflux, FreshRSS, Nextcloud").click()
    expect(link).to_have_attribute("href", f"{there}{quoted(f'{plain}/topics/hills.rss')}")
    assert page.context.cookies() == []


def quoted(url: str) -> str:
    return url.replace(":", "%3A").replace("/", "%2F")


def test_readers_on_the_web_are_a_tap_away(browser: Browser, base: str) -> None:
    with visiting(browser, base) as visit:
        visit.page.goto("/topics/sea/")
        feed = "https://lamplighter.example/topics/sea.rss"
        expect(visit.page.locator("#feed-url")).to_have_value(feed)
        for name, url in {
            "App on this device": f"feed:{feed}",
            "Feedly": f"https://feedly.com/i/subscription/feed/{quoted(feed)}",
            "Inoreader": f"https://www.inoreader.com/?add_feed={quoted(feed)}",
            "NewsBlur": f"https://www.newsblur.com/?url={quoted(feed)}",
            "The Old Reader": f"https://theoldreader.com/feeds/subscribe?url={quoted(feed)}",
            "Feedbin": f"https://feedbin.com/?subscribe={quoted(feed)}",
        }.items():
            expect(visit.page.get_by_role("link", name=name)).to_have_attribute("href", url)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_can_read_the_code(
    browser: Browser, base: str, tmp_path: Path, scheme: str
) -> None:
    with visiting(browser, base, color_scheme=scheme) as visit:
        visit.page.goto("/topics/sea/")
        visit.page.get_by_text("Code for your phone").click()
        shot = tmp_path / "code.png"
        visit.page.get_by_role("img", name="QR code").screenshot(path=shot)
    read = subprocess.run(
        ["zbarimg", "--quiet", "--raw", shot], check=True, capture_output=True, encoding="utf-8"
    )
    assert read.stdout == "https://lamplighter.example/topics/sea.rss\n"


@pytest.mark.alone
def test_a_site_that_is_written_from_right_to_left(
    browser: Browser, tmp_path: Path, axe: Path
) -> None:
    write_articles(tmp_path / "articles")
    config = "site: {title: עיתון הנמל, language: he}\n"
    with site_in(tmp_path, config) as address, visiting(browser, address) as visit:
        check_manners(visit, "/", address, axe)
        page = visit.page
        assert page.locator("html").get_attribute("dir") == "rtl"
        assert page.locator("html").get_attribute("lang") == "he"
        # What is in our own words says so.
        navigation = page.get_by_role("navigation", name="Site")
        assert navigation.get_attribute("lang") == "en"
        panel, stories = (
            page.locator(".panel").bounding_box(),
            page.locator(".stories").bounding_box(),
        )
        assert panel is not None
        assert stories is not None
        assert panel["x"] < stories["x"]
        hebrew = page.get_by_role("heading", name="הגאות של היום")
        assert hebrew.evaluate("one => getComputedStyle(one).direction") == "rtl"
        english = page.get_by_role("heading", name="A long read")
        assert english.evaluate("one => getComputedStyle(one).direction") == "ltr"


def test_on_paper_there_are_stories_alone(visit: Visit) -> None:
    page = visit.page
    page.goto("/topics/sea/")
    page.emulate_media(media="print")
    expect(page.get_by_role("heading", name="A long read")).to_be_visible()
    for hidden in (".panel", ".search", ".masthead nav", ".colophon", ".pages"):
        expect(page.locator(hidden)).to_be_hidden()
