"""`feedsvc export`"""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from pathlib import Path

import click

from feedsvc.cli.site import EXIT_FOUND, fail, read_settings, site_options, synced_store
from feedsvc.config import Settings
from feedsvc.console import stdout
from feedsvc.errors import ConfigError, ExportError
from feedsvc.export import ChangedError, Exported
from feedsvc.export import export as export_site
from feedsvc.index.store import Store
from feedsvc.model import Viewpoint
from feedsvc.progress import show_progress
from feedsvc.wiring import make_static_app, now

_TRIES = 3


@click.command(
    epilog="""\b
Examples:
  feedsvc export public
  feedsvc export public --prune --check
  feedsvc export /srv/www --url https://feeds.example.org/

Exit status: 0 if the files are in place, 1 if they can't be written or --check found something,
2 if the command or the configuration can't be used, 3 if the index can't be.
"""
)
@click.argument("directory", type=click.Path(path_type=Path, file_okay=False))
@site_options
@click.option(
    "--url", metavar="URL", help="The address at which readers find the files, instead of site.url."
)
@click.option("--prune", is_flag=True, help="Remove what lies there and isn't from an export.")
@click.option("--check", is_flag=True, help="Change nothing if a link within the site is broken.")
def export(
    directory: Path,
    config_file: Path | None,
    content: Path | None,
    url: str | None,
    prune: bool,
    check: bool,
) -> None:
    """Write the whole site to DIRECTORY, as files for any web server or static host.

    What is the same as in the last export keeps its times; DIRECTORY changes at once.
    """
    settings = read_settings(config_file, content, {("site", "url"): url} if url else None)
    if settings.site.url is None:
        fail("Feeds name their own address: set site.url in config.yaml, or give it with --url.")
    with synced_store(settings) as store:
        try:
            done = _export(settings, store, directory, prune=prune, check=check)
        except ConfigError as error:
            fail(str(error))
        except ExportError as error:
            fail(str(error), EXIT_FOUND)
        with store.view(Viewpoint(now())) as view:
            until = view.until
    out = stdout()
    for line in done.broken:
        out.print(f"broken link: {line}")
    if done.broken:
        lost = "1 link leads" if len(done.broken) == 1 else f"{len(done.broken):,} links lead"
        fail(f"{directory} stays as it was: {lost} nowhere.", EXIT_FOUND)
    written = done.written
    out.print(
        f"{directory}: {written.changed:,} files written, {written.same:,} as before, "
        f"{written.removed:,} removed"
    )
    if until is not None:
        moment = until.strftime("%Y-%m-%d %H:%M UTC")
        out.print(
            f"Something appears, expires or changes by itself at {moment}: export again then."
        )


def _export(
    settings: Settings, store: Store, directory: Path, *, prune: bool, check: bool
) -> Exported:
    """Of one state of the index: if another process changes it meanwhile, once more."""
    for _ in range(_TRIES):
        at = now()
        app = make_static_app(settings, store, at)
        with store.view(Viewpoint(at)) as view, suppress(ChangedError):
            return export_site(
                app,
                settings,
                view,
                directory,
                prune=prune,
                check=check,
                progress=lambda total: show_progress(total, "addresses written"),
                is_current=partial(_is_current, store, view.generation),
            )
    raise ExportError("The articles change too fast to be exported: try again.")


def _is_current(store: Store, generation: int) -> bool:
    state = store.state()
    return state is not None and state.generation == generation
