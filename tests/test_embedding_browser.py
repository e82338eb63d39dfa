"""Feeds on a page of another origin, in a real Chromium: the web component, the frame, CORS."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from browsers import Visit, chromium, violations, visiting
from clients import serving
from PIL import Image as Picture
from playwright.sync_api import Browser, Locator, expect
from side_by_side import free_port

pytestmark = [pytest.mark.needs("chromium"), pytest.mark.needs("npm")]

HOSTILE = {
    "image": "<img src=x onerror=\"document.title='broken'\">",
    "script": "</script><script>document.title='broken'</script>",
    "turned": "\u202eevil\u202d ok",
    "long": "word " * 1000,
    "entities": "&lt;b&gt; &amp; “quotes”",
}
STYLE = "feed-embed { display: block; min-height: 28em }"
Answers = dict[str, tuple[str, bytes, dict[str, str]]]


@contextmanager
def answering(answers: Answers, before: Callable[[str], object] = lambda _: None) -> Iterator[str]:
    """A server on an origin of its own: type, body and more headers by path."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            before(self.path)
            if self.path not in answers:
                self.send_error(404)
                return
            kind, body, headers = answers[self.path]
            self.send_response(200)
            for name, value in ({"Content-Type": kind} | headers).items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()


@pytest.fixture(scope="module")
def feeds(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    directory = tmp_path_factory.mktemp("feeds")
    folder = directory / "articles"
    folder.mkdir()
    Picture.new("RGB", (64, 36), "#27506b").save(folder / "p.png")
    for number in range(8):
        (folder / f"{number}.md").write_text(
            f"---\ntitle: Story {number}\npublishedDateTime: 2026-05-{20 + number}\ntopics: [Sea]\n"
            f"provider: Paper\nimages: [p.png]\n---\nText {number}."
        )
    for name, title in HOSTILE.items():
        quoted = title.replace("'", "''")
        (folder / f"{name}.md").write_text(
            f"---\ntitle: '{quoted}'\npublishedDateTime: 2026-05-01\ntopics: [Hostile]\n---\n"
        )
    (directory / "config.yaml").write_text("content: {folders: [articles]}\nsite: {title: Feeds}\n")
    with serving(directory, server__workers=1) as server:
        yield f"http://127.0.0.1:{server.port}"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


def tag(src: str, attributes: str = "") -> str:
    return f'<feed-embed src="{src}" {attributes}><a href="{src}">The feed</a></feed-embed>'


@contextmanager
def host_page(
    browser: Browser, feeds: str, body: str, *origins: str, **options: object
) -> Iterator[Visit]:
    """`body` on a page with the strictest policy that the documentation names."""
    allowed = " ".join((feeds, *origins))
    policy = (
        f"default-src 'none'; script-src {feeds}; connect-src {allowed}; img-src {allowed}; "
        f"frame-src {feeds}; style-src 'self'; base-uri 'none'; require-trusted-types-for 'script'"
    )
    page = (
        "<!doctype html><html lang=en><title>Host</title><link rel=stylesheet href=/own.css>"
        f'<script async src="{feeds}/embed.js"></script><main><h1>A page</h1>{body}'
        "<p id=after>What comes after.</p></main></html>"
    ).encode()
    answers: Answers = {
        "/": ("text/html; charset=utf-8", page, {"Content-Security-Policy": policy}),
        "/own.css": ("text/css", STYLE.encode(), {}),
        "/favicon.ico": ("image/x-icon", b"", {}),
    }
    with answering(answers) as host, visiting(browser, host, **options) as visit:
        visit.page.goto("/")
        yield visit


def stories(component: Locator) -> Locator:
    return component.locator("li .head a")


@pytest.mark.alone
def test_one_tag_shows_a_feed_on_a_strict_page(browser: Browser, feeds: str) -> None:
    with host_page(browser, feeds, tag(f"{feeds}/topics/sea.json")) as visit:
        component = visit.page.locator("feed-embed")
        expect(stories(component)).to_have_text([f"Story {number}" for number in (7, 6, 5, 4, 3)])
        expect(component.locator(".title a")).to_have_attribute("href", f"{feeds}/topics/sea/")
        first = stories(component).first
        expect(first).to_have_attribute("href", re.compile(rf"^{feeds}/stories/story-7-"))
        expect(first).to_have_attribute("target", "_blank")
        expect(component.locator("img").first).to_be_visible()
        visit.settle()
        assert visit.shifts < 0.02
        assert visit.errors == []
        assert visit.page.get_by_text("The feed").is_hidden()


@pytest.mark.alone
def test_the_pasted_tag_is_what_works(browser: Browser, feeds: str) -> None:
    with visiting(browser, feeds) as visit:
        visit.page.goto("/topics/sea/")
        visit.page.get_by_text("Embed this").click()
        frame = visit.page.frame_locator(".embedding iframe")
        expect(frame.get_by_role("link", name="Story 7")).to_be_visible()
        pasted = visit.page.locator("#as-component").input_value()
        assert visit.errors == []
    page = f"<!doctype html><title>H</title>{pasted}<p>After</p>".encode()
    answers: Answers = {"/": ("text/html; charset=utf-8", page, {}), "/favicon.ico": ("", b"", {})}
    with answering(answers) as host, visiting(browser, host) as visit:
        visit.page.goto("/")
        expect(stories(visit.page.locator("feed-embed"))).to_have_count(5)
        visit.settle()
        assert visit.shifts < 0.02
        assert visit.errors == []


def test_hostile_titles_stay_text(browser: Browser, feeds: str) -> None:
    src = f"{feeds}/topics/hostile.json"
    with host_page(browser, feeds, tag(src, 'limit="9"')) as visit:
        component = visit.page.locator("feed-embed")
        expect(stories(component)).to_have_count(len(HOSTILE))
        shown = stories(component).all_text_contents()
        assert HOSTILE["image"] in shown
        assert HOSTILE["script"] in shown
        assert HOSTILE["turned"] in shown
        assert "<b> & “quotes”" in shown
        assert max(map(len, shown)) == 300
        assert visit.page.title() == "Host"
        assert component.locator("script, img[src$='x']").count() == 0
        # What turns the direction of a text ends with the text.
        assert component.locator("bdi").count() >= len(HOSTILE)
        heights = {
            box["height"] for one in component.locator("li").all() if (box := one.bounding_box())
        }
        assert len(heights) == 1
        assert visit.overflow == 0
        assert visit.errors == []


def test_hostile_feeds_do_no_harm(browser: Browser, feeds: str) -> None:
    body = (
        b'{"title": {"a": 1}, "home_page_url": "javascript:alert(1)", "items": [null, 7, "x", {},'
        b'{"title": "<b>B</b>", "url": "javascript:alert(1)", "image": "data:text/html,x",'
        b'"date_published": "soon", "authors": "nobody", "language": 7}]}'
    )
    open_to_all = {"Access-Control-Allow-Origin": "*"}
    other: Answers = {"/f.json": ("application/json", body, open_to_all),
                      "/n.json": ("application/json", b"null", open_to_all),
                      "/t.json": ("text/html", b"<p>no feed", open_to_all)}  # fmt: skip
    with answering(other) as bad:
        tags = "".join(tag(f"{bad}/{name}.json") for name in "fnt") + tag("javascript:alert(1)")
        with host_page(browser, feeds, tags, bad) as visit:
            component = visit.page.locator("feed-embed")
            expect(component.nth(0).locator("li")).to_have_text(["Untitled", "<b>B</b>"])
            assert component.nth(0).locator("section :is(a[href], img)").count() == 0
            for number in (1, 2):
                expect(component.nth(number).get_by_role("alert")).to_contain_text(
                    "can’t be loaded"
                )
            expect(component.nth(3).get_by_role("alert")).to_contain_text("No feed")
            assert visit.errors == []


def test_a_feed_that_is_down_can_be_asked_again(browser: Browser, feeds: str) -> None:
    port = free_port()
    src = f"http://127.0.0.1:{port}/f.json"
    with host_page(browser, feeds, tag(src), f"http://127.0.0.1:{port}") as visit:
        component = visit.page.locator("feed-embed")
        expect(component.get_by_role("alert")).to_contain_text("can’t be loaded")
        again = component.get_by_role("button", name="Try again")
        again.focus()
        visit.page.keyboard.press("Enter")
        expect(component.get_by_role("alert")).to_contain_text("can’t be loaded")
        expect(component.get_by_role("button", name="Try again")).to_be_focused()
        visit.page.route(src, lambda route: route.fulfill(
            json={"title": "T", "items": [{"title": "Here again"}]},
            headers={"Access-Control-Allow-Origin": "*"}))  # fmt: skip
        visit.page.keyboard.press("Enter")
        expect(component.locator(".head")).to_have_text("Here again")
        expect(component.locator("section")).to_be_focused()


def test_a_slow_feed_says_that_it_is_coming(browser: Browser, feeds: str) -> None:
    may_go = threading.Event()
    other: Answers = {"/f.json": ("application/json", b'{"items": [{"title": "At last"}]}',
                                  {"Access-Control-Allow-Origin": "*"})}  # fmt: skip
    with answering(other, lambda _: may_go.wait(20)) as slow:
        body = tag(f"{slow}/f.json", 'limit="3"')
        with host_page(browser, feeds, body, slow) as visit:
            component = visit.page.locator("feed-embed")
            expect(component.get_by_role("status")).to_have_text("Loading…")
            expect(component.locator("section")).to_have_attribute("aria-busy", "true")
            before = visit.page.locator("#after").bounding_box()
            may_go.set()
            expect(component.locator(".head")).to_have_text("At last")
            expect(component.locator("section")).not_to_have_attribute("aria-busy", "true")
            assert visit.page.locator("#after").bounding_box() == before


def test_the_last_feed_that_was_asked_for_is_shown(browser: Browser, feeds: str) -> None:
    may_go = threading.Event()
    other: Answers = {"/f.json": ("application/json", b'{"items": [{"title": "Too late"}]}',
                                  {"Access-Control-Allow-Origin": "*"})}  # fmt: skip
    with (
        answering(other, lambda _: may_go.wait(20)) as slow,
        host_page(browser, feeds, tag(f"{feeds}/topics/sea.json"), slow) as visit,
    ):
        component = visit.page.locator("feed-embed")
        expect(stories(component)).to_have_count(5)
        for src in (f"{slow}/f.json", f"{feeds}/topics/sea.json"):
            component.evaluate("(one, src) => one.setAttribute('src', src)", src)
        may_go.set()
        visit.settle()
        expect(stories(component).first).to_have_text("Story 7")


def test_without_an_address_nothing_is_asked_for(browser: Browser, feeds: str) -> None:
    tags = "<feed-embed></feed-embed><feed-embed src=''></feed-embed>"
    with host_page(browser, feeds, tags) as visit:
        for number in (0, 1):
            alert = visit.page.locator("feed-embed").nth(number).get_by_role("alert")
            expect(alert).to_contain_text("No feed")
        assert visit.errors == []


@pytest.mark.alone
def test_cards_keep_their_place(browser: Browser, feeds: str) -> None:
    src = f"{feeds}/custom.json?q=zeppelin"
    with host_page(browser, feeds, tag(src, 'layout="cards"')) as visit:
        component = visit.page.locator("feed-embed")
        expect(component).to_contain_text("Nothing here yet.")
        visit.settle()
        assert visit.shifts < 0.02


def test_the_styles_of_the_page_stay_outside(browser: Browser, feeds: str) -> None:
    with host_page(browser, feeds, tag(f"{feeds}/topics/sea.json")) as visit:
        component = visit.page.locator("feed-embed")
        expect(stories(component)).to_have_count(5)
        visit.page.evaluate("""() => Object.assign(document.body.style, {
            whiteSpace: 'nowrap', textTransform: 'uppercase', letterSpacing: '.3em',
            textIndent: '4em', fontSize: '20px' })""")
        styles = stories(component).first.evaluate("""one => {
            const { whiteSpace, textTransform, letterSpacing, textIndent, fontSize } = getComputedStyle(one);
            return [whiteSpace, textTransform, letterSpacing, textIndent, fontSize];
        }""")
        assert styles == ["normal", "none", "normal", "0px", "20px"]


def test_the_focus_can_be_seen(browser: Browser, feeds: str) -> None:
    with host_page(browser, feeds, tag(f"{feeds}/topics/sea.json")) as visit:
        component = visit.page.locator("feed-embed")
        expect(stories(component)).to_have_count(5)
        stories(component).first.focus()
        visit.page.keyboard.press("Tab")
        visit.page.keyboard.press("Shift+Tab")
        row = component.locator("li").first
        outline = "one => [getComputedStyle(one).outlineStyle, getComputedStyle(one).outlineOffset]"
        assert row.evaluate(outline) == ["solid", "-3px"]


def test_an_empty_feed_says_so(browser: Browser, feeds: str) -> None:
    with host_page(browser, feeds, tag(f"{feeds}/custom.json?q=zeppelin")) as visit:
        component = visit.page.locator("feed-embed")
        expect(component).to_contain_text("Nothing here yet.")
        assert visit.errors == []


def test_two_on_a_page_and_one_that_comes_and_goes(browser: Browser, feeds: str) -> None:
    two = tag(f"{feeds}/topics/sea.json", 'limit="2"') + tag(
        f"{feeds}/topics/hostile.json", 'layout="cards" images="none" theme="dark"'
    )
    with host_page(browser, feeds, two) as visit:
        component = visit.page.locator("feed-embed")
        expect(stories(component.nth(0))).to_have_count(2)
        expect(stories(component.nth(1))).to_have_count(5)
        moved = "(() => { const one = document.querySelector('feed-embed'); one.remove(); "
        visit.page.evaluate(moved + "window.kept = one; })()")
        expect(component).to_have_count(1)
        visit.page.evaluate("document.querySelector('main').append(window.kept)")
        expect(stories(component.nth(1))).to_have_text(["Story 7", "Story 6"])
        assert component.nth(1).locator("section").count() == 1
        # Its attributes may change while it is there.
        visit.page.evaluate("window.kept.setAttribute('limit', '4')")
        expect(stories(component.nth(1))).to_have_count(4)
        visit.page.evaluate(f"window.kept.setAttribute('src', '{feeds}/topics/hostile.json')")
        expect(stories(component.nth(1)).first).not_to_have_text("Story 7")
        # Gone before it had an answer: nothing comes of it.
        visit.page.evaluate("const one = document.createElement('feed-embed'); one.setAttribute("
                            f"'src', '{feeds}/topics/sea.json'); document.body.append(one); one.remove()")  # fmt: skip
        visit.settle()
        assert visit.errors == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everybody_can_use_it(
    browser: Browser, feeds: str, node_packages: Path, scheme: str
) -> None:
    axe = node_packages / "node_modules" / "axe-core" / "axe.min.js"
    with host_page(
        browser, feeds, tag(f"{feeds}/topics/sea.json"), color_scheme=scheme,
        viewport={"width": 320, "height": 800},
    ) as visit:  # fmt: skip
        component = visit.page.locator("feed-embed")
        expect(component.get_by_role("region", name="Sea – Feeds")).to_be_visible()
        expect(component.get_by_role("listitem")).to_have_count(5)
        visit.page.keyboard.press("Tab")
        visit.page.keyboard.press("Tab")
        focused = "document.querySelector('feed-embed').shadowRoot.activeElement.textContent"
        assert visit.page.evaluate(focused) == "Story 7"
        assert visit.overflow == 0
        assert violations(visit.page, axe) == []


def test_the_page_around_it_decides_the_colours(browser: Browser, feeds: str) -> None:
    with host_page(browser, feeds, tag(f"{feeds}/topics/sea.json")) as visit:
        component = visit.page.locator("feed-embed")
        expect(stories(component)).to_have_count(5)
        visit.page.evaluate(
            "document.documentElement.style.setProperty('--feed-ink', 'rgb(1, 2, 3)')"
        )
        colour = component.locator("section").evaluate("one => getComputedStyle(one).color")
        assert colour == "rgb(1, 2, 3)"


FRAMES = {
    "list": "embed/topics/sea",
    "cards": "embed/topics/sea?layout=cards&theme=dark",
    "ticker": "embed/topics/sea?layout=ticker&limit=8",
    "coloured": "embed/topics/sea?accent=0a5c4a&images=none",
    "empty": "embed/custom?q=zeppelin",
    "mistaken": "embed/topics/nobody",
}


@pytest.mark.alone
@pytest.mark.parametrize("path", FRAMES.values(), ids=FRAMES)
@pytest.mark.parametrize("width", [280, 700])
def test_frames_have_manners(
    browser: Browser, feeds: str, node_packages: Path, path: str, width: int
) -> None:
    axe = node_packages / "node_modules" / "axe-core" / "axe.min.js"
    with visiting(browser, feeds, viewport={"width": width, "height": 400}) as visit:
        visit.page.goto(f"/{path}")
        visit.settle()
        assert [line for line in visit.errors if "404" not in line] == []
        assert visit.overflow == 0
        assert visit.shifts < 0.02
        assert sum(visit.sent.values()) < 20_000
        for scheme in ("light", "dark"):
            visit.page.emulate_media(color_scheme=scheme)
            assert violations(visit.page, axe) == [], scheme


def test_a_frame_on_another_site(browser: Browser, feeds: str) -> None:
    frame = f'<iframe src="{feeds}/embed/topics/sea?limit=2" title="Sea"></iframe>'
    with host_page(browser, feeds, frame) as visit:
        inside = visit.page.frame_locator("iframe")
        expect(inside.get_by_role("listitem")).to_have_count(2)
        with visit.page.context.expect_page() as opened:
            inside.get_by_role("link", name="Story 7").click()
        opened.value.wait_for_load_state()
        assert "/stories/story-7-" in opened.value.url
        assert visit.errors == []


def test_other_pages_cannot_be_framed(browser: Browser, feeds: str) -> None:
    with host_page(browser, feeds, f'<iframe src="{feeds}/topics/sea/"></iframe>') as visit:
        visit.settle()
        assert any("frame-ancestors" in line for line in visit.errors)


def test_a_page_of_another_origin_reads_feeds(browser: Browser, feeds: str) -> None:
    with host_page(browser, feeds, "<p>x</p>") as visit:
        read = """async ([url, headers]) => {
            const answer = await fetch(url, { headers });
            return [answer.status, answer.headers.get('etag'), answer.headers.get('last-modified')];
        }"""

        def fetched(path: str, headers: dict[str, str] | None = None) -> list[object]:
            return list(visit.page.evaluate(read, [f"{feeds}{path}", headers or {}]))

        for path in ("/topics/sea.rss", "/topics/sea.json", "/subscriptions.opml",
                     "/api/query?q=story", f"/oembed?url={feeds}/topics/sea/"):  # fmt: skip
            status, tag, changed = fetched(path)
            assert (status, bool(tag), bool(changed)) == (200, True, True)
            # Which asks first whether it may (a preflight).
            again = fetched(path, {"If-None-Match": str(tag), "Cache-Control": "no-store"})
            assert again[:2] == [304, tag]
        assert fetched("/topics/nobody.json")[0] == 404
        for path in ("/topics/sea/", "/build"):
            with pytest.raises(Exception, match="Failed to fetch"):
                fetched(path)
