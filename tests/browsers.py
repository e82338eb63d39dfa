"""A real Chromium: one visit at a time, and everything that it noticed on the way."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Page, Request, sync_playwright

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
_SHIFTS = """
window.shifts = 0;
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) window.shifts += entry.value;
}).observe({ type: "layout-shift", buffered: true });
"""
_PAINTED = """
async () => {
  const seen = (one) => one.getBoundingClientRect().top < innerHeight && one.checkVisibility();
  const coming = [...document.images].filter((one) => !one.complete && seen(one));
  await Promise.all(coming.map((one) => new Promise((done) => {
    one.addEventListener("load", done);
    one.addEventListener("error", done);
  })));
  for (let frame = 0; frame < 3; frame++) await new Promise(requestAnimationFrame);
}
"""


@contextmanager
def chromium(*arguments: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=[*ARGUMENTS, *arguments]
        )
        yield browser
        browser.close()


@dataclass
class Visit:
    """A page somebody looks at. `errors` are lines of its console, `hosts` all that it asked,
    `sent` the bytes of each answer as they came, by path.
    """

    page: Page
    errors: list[str] = field(default_factory=list)
    hosts: set[str] = field(default_factory=set)
    sent: dict[str, int] = field(default_factory=dict)

    @property
    def shifts(self) -> float:
        """The layout shifts so far, added up."""
        return float(self.page.evaluate("window.shifts"))

    @property
    def overflow(self) -> int:
        """Pixels by which the page is wider than the window."""
        return int(
            self.page.evaluate(
                "document.documentElement.scrollWidth - document.documentElement.clientWidth"
            )
        )

    def settle(self) -> None:
        """Until scripts have run, and pictures that are in sight have come and been painted."""
        self.page.wait_for_load_state("load")
        self.page.evaluate(_PAINTED)


@contextmanager
def visiting(browser: Browser, base_url: str, **options: object) -> Iterator[Visit]:
    """A fresh profile; `options` are Playwright's, such as `color_scheme`."""
    context = browser.new_context(base_url=base_url, **options)  # type: ignore[arg-type]
    context.add_init_script(_SHIFTS)
    visit = Visit(context.new_page())

    def finished(request: Request) -> None:
        visit.hosts.add(urlsplit(request.url).netloc)
        response = request.response()
        if response is not None:
            sizes = request.sizes()
            sent = sizes["responseBodySize"] + sizes["responseHeadersSize"]
            visit.sent[urlsplit(request.url).path] = sent

    visit.page.on("console", lambda line: visit.errors.append(f"{line.type}: {line.text}"))
    visit.page.on("pageerror", lambda error: visit.errors.append(str(error)))
    visit.page.on("request", lambda request: visit.hosts.add(urlsplit(request.url).netloc))
    visit.page.on("requestfinished", finished)
    try:
        yield visit
    finally:
        context.close()


def violations(page: Page, axe: Path) -> Sequence[str]:
    """What axe-core finds wrong, with the element; scripts are let in for this alone."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(axe.read_text(encoding="utf-8"))
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{one['id']}: {node['html'][:200]} ({node['failureSummary']})"
        for one in found["violations"]
        for node in one["nodes"]
    ]
