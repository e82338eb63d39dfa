"""Lists of feeds for readers to import, and the site's icon."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import pytest
from lxml import etree
from PIL import Image as Picture
from support import BASE_URL, Site

from feedsvc.errors import ConfigError

DATED = "publishedDateTime: 2026-03-04T10:00:00Z\n"


@pytest.fixture
def listed(make_site: Callable[..., Site]) -> Site:
    site = make_site(
        topics={"sea": {"title": "The sea & more", "description": "Salt."}}, feeds__formats=["atom"]
    )
    site.write(
        "a.md", DATED + "title: A\ntopics: [Sea, 'C#']\nprovider: {name: P, domain: p.example}"
    )
    site.write("h.md", DATED + "title: H\ntopics: [Hidden]\nprovider: Q\npublished: false")
    site.read()
    return site


def outline(title: str, name: str, page: str, description: str) -> dict[str, str]:
    return {
        "text": title,
        "title": title,
        "type": "rss",
        "xmlUrl": f"{BASE_URL}{name}.atom",
        "htmlUrl": BASE_URL + page,
        "description": description,
    }


EVERYTHING = {
    "text": "Test News",
    "title": "Test News",
    "type": "rss",
    "xmlUrl": f"{BASE_URL}feed.atom",
    "htmlUrl": BASE_URL,
}
TOPICS = [
    outline("C# – Test News", "topics/c-sharp", "topics/c-sharp/", "Stories about C# on Test News"),
    outline("The sea & more", "topics/sea", "topics/sea/", "Salt."),
]
PROVIDERS = [
    outline(
        "P – Test News",
        "providers/p.example",
        "providers/p.example/",
        "Stories from P on Test News",
    )
]


@pytest.mark.parametrize(
    ("path", "groups"),
    [
        ("/subscriptions.opml", {"": [EVERYTHING], "Topics": TOPICS, "Providers": PROVIDERS}),
        ("/topics.opml", {"Topics": TOPICS}),
        ("/providers.opml", {"Providers": PROVIDERS}),
    ],
)
def test_each_visible_feed_once(
    listed: Site, path: str, groups: dict[str, list[dict[str, str]]]
) -> None:
    answer = listed.client.get(path)
    assert answer.headers["Content-Type"] == "text/x-opml; charset=utf-8"
    root = etree.fromstring(answer.data)
    assert (root.tag, root.get("version")) == ("opml", "2.0")
    assert root.findtext("head/title") == "Test News"
    found: dict[str, list[dict[str, str]]] = {}
    for element in root.find("body"):
        feeds = [dict(one.attrib) for one in element] or [dict(element.attrib)]
        found[element.get("text") if len(element) else ""] = feeds
    assert found == groups
    tag = answer.headers["ETag"]
    assert listed.client.get(path, headers={"If-None-Match": tag}).status_code == 304


def test_every_address_in_the_list_answers(listed: Site) -> None:
    root = etree.fromstring(listed.client.get("/subscriptions.opml").data)
    for element in root.iter("outline"):
        for name in ("xmlUrl", "htmlUrl"):
            if element.get(name):
                path = element.get(name).removeprefix("https://news.example.org")
                assert listed.client.get(path).status_code == 200


def test_an_empty_site_has_an_empty_group(site: Site) -> None:
    site.read()
    root = etree.fromstring(site.client.get("/topics.opml").data)
    assert len(root.findall("body/outline")) == 1


def test_the_default_icon_and_the_configured_one(
    make_site: Callable[..., Site], tmp_path: Path
) -> None:
    Picture.new("RGB", (200, 200), (200, 0, 0)).save(tmp_path / "mine.jpg")
    default, own = make_site(), make_site(site__icon=str(tmp_path / "mine.jpg"))
    for site in (default, own):
        for path, size, format in (
            ("/icon.png", 512, "PNG"),
            ("/icon-144.png", 144, "PNG"),
            ("/favicon.ico", 48, "ICO"),
        ):
            answer = site.client.get(path)
            with Picture.open(io.BytesIO(answer.data)) as picture:
                assert (picture.format, picture.size) == (format, (size, size))
    with Picture.open(io.BytesIO(own.client.get("/icon.png").data)) as picture:
        red, green, _ = picture.convert("RGB").getpixel((256, 256))  # type: ignore[misc]
        assert (red > 190, green < 10) == (True, True)


def test_feeds_name_the_icon(site: Site) -> None:
    site.read()
    rss = etree.fromstring(site.client.get("/feed.rss").data)
    assert rss.findtext("channel/image/url") == f"{BASE_URL}icon-144.png"
    atom = etree.fromstring(site.client.get("/feed.atom").data)
    assert atom.findtext("{*}icon") == atom.findtext("{*}logo") == f"{BASE_URL}icon.png"
    feed = site.client.get("/feed.json").json
    assert feed is not None
    assert feed["icon"] == feed["favicon"] == f"{BASE_URL}icon.png"


@pytest.mark.parametrize("kind", ["missing", "text", "oblong"])
def test_what_is_no_icon_stops_the_start(
    make_site: Callable[..., Site], tmp_path: Path, kind: str
) -> None:
    file = tmp_path / "icon.png"
    if kind == "text":
        file.write_text("no picture")
    if kind == "oblong":
        Picture.new("RGB", (200, 100)).save(file)
    with pytest.raises(ConfigError, match=r"site\.icon: expected a (PNG|square picture)"):
        make_site(site__icon=str(file))
