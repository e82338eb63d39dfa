"""The files that pages are made with."""

from __future__ import annotations

from collections.abc import Iterator

from feedsvc.config import Settings
from feedsvc.errors import ConfigError
from feedsvc.web.icons import make_icons
from feedsvc.web.theme import check_templates


def check_files(settings: Settings) -> Iterator[str]:
    """What is wrong with them: `feedsvc serve` would not start."""
    for check in (
        lambda: make_icons(settings.icon_file),
        lambda: check_templates(settings.templates_directory),
    ):
        try:
            check()
        except ConfigError as error:
            yield str(error)
