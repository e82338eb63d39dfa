"""Bodies and featured content as HTML: complete, absolute, safe, quiet."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import html as lxml_html
from PIL import Image as Picture
from support import BASE_URL, Site

from feedsvc.content.html import clean_html, render_markdown
from feedsvc.model import OWN_SITE, Article

DATED = "publishedDateTime: 2026-03-04T10:00:00Z\ntitle: A\n"
BASE = "https://a.example/dir/page"


def clean(html: str) -> str:
    return clean_html(html, BASE, lambda _: None)


def markdown(body: str) -> str:
    return render_markdown(body, BASE, lambda _: None)


@pytest.mark.parametrize(
    ("body", "html"),
    [
        ("*a* `b`", "<p><em>a</em> <code>b</code></p>"),
        ("~~gone~~", "<p><s>gone</s></p>"),
        (
            "| a | b |\n|--:|---|\n| 1 | 2 |",
            "<table>\n<thead>\n<tr>\n"
            '<th align="right">a</th>\n<th>b</th>\n</tr>\n</thead>\n<tbody>\n<tr>\n'
            '<td align="right">1</td>\n<td>2</td>\n</tr>\n</tbody>\n</table>',
        ),
        ("- [ ] open\n- [x] done", "<ul>\n<li>☐ open</li>\n<li>☑ done</li>\n</ul>"),
        ("AT&T &amp; &copy;", "<p>AT&amp;T &amp; ©</p>"),
    ],
)
def test_markdown(body: str, html: str) -> None:
    assert markdown(body) == html


def test_footnotes_have_no_links_that_lead_nowhere() -> None:
    html = markdown("Text[^1].\n\n[^1]: A note.")
    assert "<sup>[1]</sup>" in html
    assert "A note." in html
    assert "href" not in html
    assert "↩" not in html


@pytest.mark.parametrize(
    ("html", "absolute"),
    [
        ('<a href="x">t</a>', 'href="https://a.example/dir/x"'),
        ('<a href="/x?y#z">t</a>', 'href="https://a.example/x?y#z"'),
        ('<a href="//b.example/x">t</a>', 'href="https://b.example/x"'),
        ('<img src="x.png">', 'src="https://a.example/dir/x.png"'),
        ('<blockquote cite="/c">q</blockquote>', 'cite="https://a.example/c"'),
        ('<video poster="p.png" src="v.mp4"></video>', 'poster="https://a.example/dir/p.png"'),
        (
            '<img src="a" srcset="b.png 1x, /c.png 2x">',
            'srcset="https://a.example/dir/b.png 1x, https://a.example/c.png 2x"',
        ),
    ],
)
def test_every_address_is_absolute(html: str, absolute: str) -> None:
    assert absolute in clean(html)


@pytest.mark.parametrize(
    "html",
    [
        "<script>alert(1)</script>",
        "<b onclick='alert(1)'></b>",
        "<a href='javascript:alert(1)'></a>",
        "<a href='data:text/html,alert(1)'></a>",
        "<style>*{background:url(alert)}</style>",
        "<p style='background:url(alert)'></p>",
        "<object data='alert'></object>",
        "<embed src='alert'>",
        "<form action='alert'></form>",
        "<meta http-equiv=refresh content='0;alert'>",
        "<link rel=stylesheet href='alert'>",
        "<base href='https://alert.example/'>",
        "<iframe src='https://alert.example/'></iframe>",
        "<iframe src='https://www.youtube.com.alert.example/embed/abcdefghijk'></iframe>",
        "<iframe src='https://www.youtube.com/embed/../alert'></iframe>",
        "<iframe srcdoc='alert'></iframe>",
        "<svg onload='alert(1)'><script>alert(1)</script></svg>",
        "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 alert&gt;'>",
    ],
)
def test_nothing_runs_or_styles(html: str) -> None:
    assert "alert" not in clean(html)


@pytest.mark.parametrize(
    "image",
    [
        '<img src="https://t.example/p.gif" width="1" height="1">',
        '<img src="https://t.example/p.gif" width="0">',
        '<img src="https://t.example/p.gif" style="display:none">',
        '<img src="https://t.example/p.gif" style="width: 1px; height: 1px">',
        "<img>",
    ],
)
def test_trackers_are_left_out(image: str) -> None:
    assert clean(f"<p>a{image}b</p>") == "<p>ab</p>"


@pytest.mark.parametrize(
    ("src", "player", "page"),
    [
        (
            "https://www.youtube.com/embed/2EXSdJw1TEY?autoplay=1&start=5",
            "https://www.youtube-nocookie.com/embed/2EXSdJw1TEY?start=5",
            "https://www.youtube.com/watch?v=2EXSdJw1TEY",
        ),
        (
            "//youtube.com/embed/2EXSdJw1TEY",
            "https://www.youtube-nocookie.com/embed/2EXSdJw1TEY",
            "https://www.youtube.com/watch?v=2EXSdJw1TEY",
        ),
        (
            "https://www.youtube.com/embed/videoseries?list=PL1_a-b",
            "https://www.youtube-nocookie.com/embed/videoseries?list=PL1_a-b",
            "https://www.youtube.com/playlist?list=PL1_a-b",
        ),
        (
            "https://player.vimeo.com/video/12345?h=ab12&autoplay=1",
            "https://player.vimeo.com/video/12345?dnt=1&amp;h=ab12",
            "https://vimeo.com/12345/ab12",
        ),
    ],
)
def test_videos_are_kept_without_tracking(src: str, player: str, page: str) -> None:
    html = clean(f'<iframe width="800" src="{src}" allow="autoplay" onload="x"></iframe>')
    assert f'<iframe width="800" src="{player}"></iframe><p><a href="{page}"' in html
    assert "allow=" not in html
    assert "onload" not in html


@settings(max_examples=300, deadline=None)
@given(st.text(st.sampled_from("<>\"'=&;/ aimgscriptframesrcjavon-![](x)\n")))
def test_any_soup_comes_out_clean(soup: str) -> None:
    for html in (clean(soup), markdown(soup)):
        if not html:
            continue
        for element in lxml_html.fragment_fromstring(html, create_parent=True).iter():
            assert element.tag not in {"script", "style", "object", "form", "input"}
            for name, value in element.attrib.items():
                assert not name.startswith("on")
                if name in {"href", "src"}:
                    assert re.match(r"(https?:|mailto:)", value)


def test_cleaning_twice_changes_nothing() -> None:
    once = clean('<p>a<iframe src="https://player.vimeo.com/video/12345"></iframe></p><img src=x>')
    assert clean_html(once, BASE, lambda _: None).count("Watch on Vimeo") >= 1
    assert "x" in once


def test_a_picture_of_the_folder_in_a_body(site: Site) -> None:
    Picture.new("RGB", (3, 2)).save(site.folder / "p.png")
    site.write(
        "a.md", f"{DATED}webUrl: https://a.example/x\nslug: a", "![Alt](p.png)\n\n![](other.png)"
    )
    site.read()
    feed = site.client.get("/feed.json").json
    assert feed is not None
    html = feed["items"][0]["content_html"]
    assert f'<img src="{BASE_URL}media/articles/p.png" alt="Alt" width="3" height="2">' in html
    assert 'src="https://a.example/other.png"' in html
    assert site.client.get("/media/articles/p.png", buffered=True).status_code == 200
    assert 'src="/media/articles/p.png"' in site.client.get("/stories/a/").text


def test_relative_links_without_an_address_of_the_article(site: Site) -> None:
    site.write("a.md", DATED, "[l](/about)")
    site.read()
    feed = site.client.get("/feed.json").json
    assert feed is not None
    assert f'href="{BASE_URL}about"' in feed["items"][0]["content_html"]
    assert OWN_SITE not in site.client.get("/feed.rss").text


def test_featured_content_comes_before_the_body(read_one: Callable[..., Article]) -> None:
    article = read_one(
        f'{DATED}featuredContent: "<iframe src=\\"https://www.youtube.com/embed/2EXSdJw1TEY\\">'
        '</iframe>"',
        "Body.",
    )
    assert article.html.startswith('<iframe src="https://www.youtube-nocookie.com/')
    assert article.html.endswith("<p>Body.</p>")


def test_featured_content_alone_comes_with_the_excerpt(read_one: Callable[..., Article]) -> None:
    article = read_one(f"{DATED}excerpt: E & e\nfeaturedContent: <b>Video</b>")
    assert article.html == "<b>Video</b>\n<p>E &amp; e</p>"


@pytest.mark.parametrize(
    ("body", "excerpt"),
    [
        ("# Heading\n\nFirst *words* & more.\n\nSecond.", "First words & more."),
        ("![](https://a.example/p.png)\n\nAfter a picture.", "After a picture."),
        ("- only\n- a list", "only a list"),
        ("", ""),
        ("word " * 100, "word " * 58 + "word…"),
    ],
)
def test_without_an_excerpt_the_first_paragraph_serves(
    read_one: Callable[..., Article], body: str, excerpt: str
) -> None:
    assert read_one(DATED, body).excerpt == excerpt


def test_an_excerpt_of_its_own_counts(read_one: Callable[..., Article]) -> None:
    assert read_one(f"{DATED}excerpt: Mine", "Theirs").excerpt == "Mine"
