"""Images that are files: found, measured, and never outside the folder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image as Picture
from support import Site, articles_of

from feedsvc.model import Article, Image, ParsedFile

DATED = "publishedDateTime: 2026-03-04T10:00:00Z\ntitle: A\n"
SVG = '<?xml version="1.0"?>\n<!-- a -->\n<svg xmlns="http://www.w3.org/2000/svg"/>'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "articles"
    (folder / "pics").mkdir(parents=True)
    Picture.new("RGB", (30, 20)).save(folder / "pics" / "sea view.png")
    Picture.new("RGB", (8, 6)).save(folder / "really-a-gif.jpg", "GIF")
    (folder / "drawing.svg").write_text(SVG)
    (folder / "not-a-picture.png").write_text("<html>")
    Picture.new("RGB", (1, 1)).save(tmp_path / "outside.png")
    (folder / "link.png").symlink_to(tmp_path / "outside.png")
    (folder / ".hidden.png").write_bytes((tmp_path / "outside.png").read_bytes())
    return folder


def test_type_size_and_pixels_come_from_the_file(
    folder: Path, read_one: Callable[..., Article]
) -> None:
    article = read_one(
        f"{DATED}images: ['pics/sea view.png', pics/sea%20view.png, really-a-gif.jpg, drawing.svg]"
    )
    assert article.images == (
        Image(
            "media/articles/pics/sea%20view.png",
            "image/png",
            30,
            20,
            (folder / "pics" / "sea view.png").stat().st_size,
            path="pics/sea view.png",
        ),
        Image(
            "media/articles/really-a-gif.jpg",
            "image/gif",
            8,
            6,
            (folder / "really-a-gif.jpg").stat().st_size,
            path="really-a-gif.jpg",
        ),
        Image(
            "media/articles/drawing.svg",
            "image/svg+xml",
            None,
            None,
            len(SVG),
            path="drawing.svg",
        ),
    )


def test_a_reference_starts_at_the_article_or_at_the_folder(
    folder: Path, read_one: Callable[..., Article]
) -> None:
    for reference in ("../pics/sea view.png", "/pics/sea view.png", "pics/sea view.png"):
        article = read_one(f"{DATED}images: ['{reference}']", name="below/a.md")
        assert article.images[0].path == "pics/sea view.png"


@pytest.mark.parametrize(
    "reference",
    ["../outside.png", "/../outside.png", "link.png", ".hidden.png", "not-a-picture.png", "pics",
     "%2e%2e/outside.png", "nothing.png", "a\\0.png"],
)  # fmt: skip
def test_nothing_else_is_opened(
    folder: Path, read: Callable[..., ParsedFile], reference: str
) -> None:
    parsed = read(f'{DATED}images: ["{reference}"]', name="x.md")
    assert parsed.article is not None
    assert parsed.article.images == ()
    assert [problem.field for problem in parsed.problems] == ["images"]


def images_of(site: Site) -> tuple[Image, ...]:
    with site.view() as view:
        return articles_of(view)[0].images


def test_a_picture_that_changes_is_looked_at_again(site: Site) -> None:
    site.write("a.md", DATED + "images: [p.png]")
    site.read()
    assert images_of(site) == ()
    for size in ((2, 2), (40, 30)):
        Picture.new("RGB", size).save(site.folder / "p.png")
        site.read()
        [image] = images_of(site)
        assert (image.width, image.height) == size
        assert image.byte_size == (site.folder / "p.png").stat().st_size
    (site.folder / "p.png").unlink()
    site.read()
    assert images_of(site) == ()


def test_a_file_that_only_looks_like_a_drawing_is_refused_quickly(
    folder: Path, read: Callable[..., ParsedFile]
) -> None:
    (folder / "p.svg").write_text("<!--a-->" * 400 + "x")
    assert read(f"{DATED}images: [p.svg]").article.images == ()  # type: ignore[union-attr]
