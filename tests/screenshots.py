"""Pictures of the pages, of the sample articles: `make screenshots`.

All go to build/screenshots, to be looked at; those that the README shows to docs/images as well.
The articles name pictures at addresses that nobody has: those of seeds/images stand in for them.
"""

from __future__ import annotations

import shutil
import tempfile
import zlib
from pathlib import Path

from browsers import chromium, visiting
from clients import serving
from PIL import Image as Picture
from playwright.sync_api import Browser, Page, Route
from support import ROOT

ALL = ROOT / "build" / "screenshots"
SHOWN = ROOT / "docs" / "images"
PICTURES = sorted((ROOT / "seeds" / "images").iterdir())
WIDE, NARROW = {"width": 1280, "height": 920}, {"width": 320, "height": 900}
PAGES = {
    "start": "/",
    "stories": "/archive/",
    "topic": "/topics/sea/",
    "topics": "/topics/",
    "build": "/build?topic=sea&topic=science&min_quality=40",
    "opened": "/topics/energy.rss",
    "story": "/stories/a-year-on-the-outer-mole-2f1b381168/",
    "saved": "/feeds/",
    "search": "/custom?q=zeppelin",
    "missing": "/nothing/here",
}
IN_README = ("start", "build")


def main() -> None:
    shutil.rmtree(ALL, ignore_errors=True)
    ALL.mkdir(parents=True)
    SHOWN.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        shutil.copytree(ROOT / "seeds", directory / "seeds")
        shutil.copy(ROOT / "config.yaml", directory)
        server = serving(
            directory,
            site__url="https://courier.example/",
            server__trusted_hosts=["news.example.org"],
            server__workers=1,
        )
        with server as running, chromium() as browser:
            address = f"http://127.0.0.1:{running.port}"
            for page, path in PAGES.items():
                for scheme in ("light", "dark"):
                    shoot(browser, address + path, ALL / f"{page}-{scheme}.png", scheme, WIDE)
                shoot(browser, address + path, ALL / f"{page}-320.png", "light", NARROW)
    for page in IN_README:
        with Picture.open(ALL / f"{page}-light.png") as picture:
            few = picture.convert("RGB").quantize(128, dither=Picture.Dither.NONE)
            few.save(SHOWN / f"{page}.png", optimize=True)


def shoot(browser: Browser, url: str, file: Path, scheme: str, size: dict[str, int]) -> None:
    with visiting(browser, url, color_scheme=scheme, viewport=size) as visit:
        visit.page.route(lambda asked: ".example/" in asked, stand_in)
        visit.page.goto(url)
        show_everything(visit.page)
        visit.settle()
        visit.page.screenshot(path=file, full_page=size is NARROW)


def stand_in(route: Route) -> None:
    """The same picture for the same address."""
    route.fulfill(path=PICTURES[zlib.crc32(route.request.url.encode()) % len(PICTURES)])


def show_everything(page: Page) -> None:
    """Pictures that come when they are scrolled to come now."""
    page.evaluate("for (const one of document.images) one.loading = 'eager'")


if __name__ == "__main__":
    main()
