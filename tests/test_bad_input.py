"""Whatever lies in the folder: it is named, left out, and stops nothing else."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from support import Site

from feedsvc.errors import NotReadyError

GOOD = "title: Good\npublishedDateTime: 2026-03-04T10:00:00Z\nwebUrl: https://a.example/good"

BAD_FILES: dict[str, tuple[bytes, str]] = {
    "broken-yaml.md": (
        b"---\ntitle: [a\nb: c\n---\n",
        "broken-yaml.md:3: front matter: expected YAML, while parsing a flow sequence",
    ),
    "no-front-matter.md": (
        b"# Just Markdown\n",
        "no-front-matter.md:1: front matter: expected '---' at the start of the file",
    ),
    "empty.md": (b"", "empty.md:1: front matter: expected '---' at the start of the file"),
    "not-utf-8.md": (b"---\ntitle: caf\xe9\n---\n", "not-utf-8.md:2: expected UTF-8, found the byte 0xe9"),
    "utf-16.md": ("---\ntitle: a\n---\n".encode("utf-16"), "utf-16.md:1: expected UTF-8"),
    "alias-bomb.md": (
        b"---\na: &a [x,x,x,x,x,x,x,x,x,x]\n"
        + b"".join(
            b"%c: &%c [%s]\n" % (98 + n, 98 + n, b",".join([b"*%c" % (97 + n)] * 10))
            for n in range(9)
        )
        + b"---\n",
        "alias-bomb.md:6: front matter: expected at most 100,000 values",
    ),
    "junk.md": (b"junk " * 10_000_000, "junk.md: expected at most 5,000,000 bytes, found 50,000,000"),
    "nested.md": (
        b"---\ntitle: " + b"[" * 100_000 + b"\n---\n",
        "nested.md:2: front matter: expected at most 100 levels of nesting",
    ),
    "control.md": (b"---\ntitle: \x00\n---\n", "control.md:2: front matter: expected YAML"),
    "title-list.md": (b"---\ntitle: [a, b]\n---\n", "title-list.md:2: title: expected text, found a list"),
    "soon.md": (
        b"---\ntitle: a\npublishedDateTime: soon\n---\n",
        "soon.md:3: publishedDateTime: expected an ISO 8601 date and time such as "
        "2023-04-26T18:15:40Z, found 'soon'",
    ),
}  # fmt: skip


def put(site: Site, name: str, content: bytes) -> None:
    (site.folder / name).write_bytes(content)


@pytest.mark.parametrize("name", BAD_FILES)
def test_a_bad_file_is_named_and_nothing_else_is_lost(site: Site, name: str) -> None:
    content, message = BAD_FILES[name]
    site.write("good.md", GOOD)
    put(site, name, content)
    site.read()
    assert site.titles("/feed.json") == ["Good"]
    assert [problem for problem in site.problems() if message in problem] == site.problems()


def test_all_bad_files_at_once(site: Site) -> None:
    site.write("good.md", GOOD)
    for name, (content, _) in BAD_FILES.items():
        put(site, name, content)
    site.read()
    assert site.titles("/feed.json") == ["Good"]
    assert len(site.problems()) == len(BAD_FILES)


def test_things_that_are_no_files(site: Site, tmp_path: Path) -> None:
    site.write("good.md", GOOD)
    site.write("directory.md/inside.md", GOOD.replace("good", "inside").replace("Good", "Inside"))
    os.mkfifo(site.folder / "pipe.md")
    (site.folder / "loop.md").symlink_to("loop.md")
    (site.folder / "dangling.md").symlink_to("nowhere.md")
    (site.folder / "round").symlink_to(".")
    (tmp_path / "outside.md").write_text(f"---\n{GOOD}\n---\n")
    (site.folder / "outside.md").symlink_to(tmp_path / "outside.md")
    site.read()
    assert sorted(site.titles("/feed.json")) == ["Good", "Inside"]
    assert site.problems() == [
        "articles/dangling.md: the file can't be read: No such file or directory",
        "articles/directory.md: expected a file, found a directory with a file's name; "
        "the files in it are read",
        "articles/loop.md: the file can't be read: Too many levels of symbolic links",
        "articles/outside.md: a symbolic link out of the content folder is not followed",
        "articles/pipe.md: expected a file, found a named pipe",
        "articles/round: a symbolic link to a directory is not followed; "
        "list the directory under content.folders",
    ]


def test_a_link_inside_the_folder_is_followed(site: Site) -> None:
    site.write(".data/good.txt", GOOD)
    (site.folder / "good.md").symlink_to(".data/good.txt")
    site.read()
    assert site.titles("/feed.json") == ["Good"]
    assert site.problems() == []


def test_a_name_that_is_not_utf_8(site: Site) -> None:
    site.write("good.md", GOOD)
    (Path(os.fsdecode(os.fsencode(site.folder) + b"/caf\xe9.md"))).write_text("---\n---\n")
    site.read()
    assert site.titles("/feed.json") == ["Good"]
    assert site.problems() == [
        "articles/caf\\udce9.md: expected a file name in UTF-8, found other bytes"
    ]


def test_papers_and_hidden_files_are_no_articles(site: Site) -> None:
    for name in (
        "README.md", "readme.de.md", "LICENSE.md", "CHANGELOG.md", "sub/License.md",
        ".draft.md", ".git/x.md", "node_modules/x/a.md", "notes.txt", "_site/a.md",
        "_layouts/a.md", "_includes/a.md", "posts/_index.md",
    ):  # fmt: skip
        site.write(name, GOOD)
    site.write("readme-in-the-dark.md", GOOD)
    site.write("_news/2026-01-01-a.markdown", GOOD.replace("good", "b").replace("Good", "B"))
    site.read()
    assert sorted(site.titles("/feed.json")) == ["B", "Good"]
    assert site.problems() == []


def test_a_file_that_turns_bad_is_left_out_until_it_is_mended(site: Site) -> None:
    site.write("a.md", GOOD)
    site.read()
    site.write("a.md", GOOD + "\nx: [")
    site.read()
    assert site.titles("/feed.json") == []
    site.write("a.md", GOOD + "\nx: []")
    site.read()
    assert site.titles("/feed.json") == ["Good"]


def test_a_folder_that_vanishes_is_not_an_empty_one(site: Site) -> None:
    site.write("sub/a.md", GOOD)
    site.read()
    away = site.folder.with_name("away")
    site.folder.rename(away)
    site.read()
    assert site.titles("/feed.json") == ["Good"]
    away.rename(site.folder)
    shutil.rmtree(site.folder / "sub")
    site.read()
    assert site.titles("/feed.json") == []


def test_what_breaks_only_in_the_listing_is_told(site: Site) -> None:
    site.write("a.md", GOOD)
    site.read()
    os.mkfifo(site.folder / "pipe.md")
    site.read()
    assert site.problems() == ["articles/pipe.md: expected a file, found a named pipe"]


def test_a_change_is_seen_though_size_and_time_stay(site: Site) -> None:
    file = site.write("a.md", GOOD + "\npublished: true")
    site.read()
    before = file.stat()
    site.write("a.md", GOOD + "\npublished: nope")
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    site.read()
    assert site.titles("/feed.json") == []


def test_a_folder_that_is_not_there_yet_is_not_an_empty_one(site: Site) -> None:
    site.folder.rmdir()
    with pytest.raises(NotReadyError, match="a content folder can't be listed"):
        site.read()
    assert site.client.get("/feed.rss").status_code == 503
    site.write("a.md", GOOD)
    site.read()
    assert site.titles("/feed.json") == ["Good"]
