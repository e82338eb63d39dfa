"""What search engines and browsers ask for by themselves."""

from __future__ import annotations

from collections.abc import Callable
from urllib.robotparser import RobotFileParser

import pytest
from lxml import etree
from protego import Protego
from support import BASE_URL, Site

DATED = "publishedDateTime: 2026-03-04T10:00:00Z\n"
NAMESPACE = "{http://www.sitemaps.org/schemas/sitemap/0.9}"


def listed(site: Site, path: str) -> dict[str, str | None]:
    """The addresses of a sitemap, each with when it changed."""
    answer = site.client.get(path)
    assert answer.status_code == 200
    assert answer.content_type == "application/xml; charset=utf-8"
    tree = etree.fromstring(answer.data)
    found = {one.findtext(f"{NAMESPACE}loc"): one.findtext(f"{NAMESPACE}lastmod") for one in tree}
    assert len(found) == len(tree)
    return found


def test_robots_are_told_what_never_ends(site: Site) -> None:
    site.read()
    answer = site.client.get("/robots.txt")
    assert answer.content_type == "text/plain; charset=utf-8"
    robots = Protego.parse(answer.text)
    simple = RobotFileParser()
    simple.parse(answer.text.splitlines())
    for path in ("", "topics/sea/", "stories/a/", "feed.rss", "archive/1/", "custom.rss?q=sea"):
        assert robots.can_fetch(BASE_URL + path, "AnyBot"), path
        assert simple.can_fetch("AnyBot", BASE_URL + path), path
    for path in ("custom?q=sea", "custom/archive/1/?q=a", "build", "build?q=a", "api/query"):
        assert not robots.can_fetch(BASE_URL + path, "AnyBot"), path
    assert list(robots.sitemaps) == [f"{BASE_URL}sitemap.xml"]


def test_below_a_path_and_in_a_preview(make_site: Callable[..., Site]) -> None:
    below = make_site(site__url="https://news.example.org/feeds/")
    assert "Disallow: /feeds/custom?*\n" in below.client.get("/feeds/robots.txt").text
    assert "Sitemap: https://news.example.org/feeds/sitemap.xml" in (
        below.client.get("/feeds/robots.txt").text
    )
    preview = make_site(preview=True, site__url=None)
    answer = preview.client.get("/robots.txt", base_url="http://127.0.0.1:8000")
    assert answer.text == "User-agent: *\nDisallow: /\n"


def test_sitemaps_list_every_page_and_nothing_held_back(make_site: Callable[..., Site]) -> None:
    site = make_site(feeds__saved={"best": {"topic": "Sea"}})
    site.write("own.md", DATED + "title: Own & ours\nslug: own\ntopics: [Sea, 北京]\nprovider: P")
    site.write("text.md", DATED + "title: Text\nslug: text\nwebUrl: https://a.example/\n"
               "updatedDateTime: 2026-03-06", "Body.")  # fmt: skip
    site.write("link.md", DATED + "title: Link\nslug: link\nwebUrl: https://b.example/")
    site.write("held.md", DATED + "title: H\nslug: held\npublished: false\ntopics: [Secret]")
    site.read()
    maps = listed(site, "/sitemap.xml")
    assert list(maps) == [f"{BASE_URL}sitemap/feeds.xml", f"{BASE_URL}sitemap/stories-1.xml"]
    assert listed(site, "/sitemap/stories-1.xml") == {
        f"{BASE_URL}stories/own/": "2026-03-04T10:00:00+00:00",
        f"{BASE_URL}stories/text/": "2026-03-05T23:00:00+00:00",
    }
    pages = listed(site, "/sitemap/feeds.xml")
    assert set(pages) == {
        BASE_URL, f"{BASE_URL}archive/", f"{BASE_URL}feeds/best/", f"{BASE_URL}topics/",
        f"{BASE_URL}topics/sea/", f"{BASE_URL}topics/%E5%8C%97%E4%BA%AC/", f"{BASE_URL}providers/",
        f"{BASE_URL}providers/p/",
    } | {one for one in pages if "/languages/" in str(one)}  # fmt: skip
    for url in [*pages, *listed(site, "/sitemap/stories-1.xml")]:
        assert site.client.get(url.removeprefix(BASE_URL.rstrip("/"))).status_code == 200, url


def test_sitemaps_of_a_large_archive_have_every_story_once(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("feedsvc.web.discovery._STORIES_IN_SITEMAP", 4)
    for day in range(1, 11):
        site.write(f"{day}.md", f"title: T{day}\nslug: t{day}\npublishedDateTime: 2026-03-{day:02}")
    site.read()
    maps = [one for one in listed(site, "/sitemap.xml") if "stories" in one]
    assert len(maps) == 3
    parts = [listed(site, one.removeprefix(BASE_URL.rstrip("/"))) for one in maps]
    assert [len(part) for part in parts] == [4, 4, 2]
    assert f"{BASE_URL}stories/t1/" in parts[0]
    assert len(set().union(*parts)) == 10
    for number in (0, 4, 99):
        assert site.client.get(f"/sitemap/stories-{number}.xml").status_code == 404


def test_of_stories_that_share_an_address_one_is_listed(site: Site) -> None:
    for day in (1, 2):
        site.write(
            f"{day}.md", f"title: T{day}\nslug: same\nid: {day}\npublishedDateTime: 2026-03-0{day}"
        )
    site.read()
    [changed] = listed(site, "/sitemap/stories-1.xml").values()
    assert changed == "2026-03-01T23:00:00+00:00"


def test_an_empty_site_has_an_empty_sitemap(site: Site) -> None:
    site.read()
    assert list(listed(site, "/sitemap.xml")) == [f"{BASE_URL}sitemap/feeds.xml"]
    assert set(listed(site, "/sitemap/feeds.xml")) == {BASE_URL, f"{BASE_URL}archive/"}


def test_the_manifest_names_the_site(make_site: Callable[..., Site]) -> None:
    site = make_site(site__title="The Lamplighter", site__url="https://news.example.org/below/")
    answer = site.client.get("/below/manifest.webmanifest")
    assert answer.content_type == "application/manifest+json"
    told = answer.json
    assert told is not None
    assert told["name"] == "The Lamplighter"
    assert told["start_url"] == told["scope"] == "/below/"
    for icon in told["icons"]:
        assert site.client.get(icon["src"]).mimetype == icon["type"]
