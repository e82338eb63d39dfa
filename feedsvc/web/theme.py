"""A site's own templates: those in its `templates/` folder stand before ours of the same name,
and may extend ours as `feedsvc/base.html`.
"""

from __future__ import annotations

from pathlib import Path

from flask import Flask
from jinja2 import (
    ChoiceLoader,
    FileSystemLoader,
    PackageLoader,
    PrefixLoader,
    TemplateError,
    TemplateSyntaxError,
)

from feedsvc.errors import ConfigError


def use_templates(app: Flask, directory: Path) -> None:
    """Let `app` look in `directory` first, if it is there.

    Raises `ConfigError` for a template there that can't be read.
    """
    ours = PackageLoader("feedsvc.web")
    own = FileSystemLoader(directory)
    app.jinja_loader = ChoiceLoader([own, PrefixLoader({"feedsvc": ours}), ours])
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    for name in own.list_templates() if directory.is_dir() else ():
        if name.endswith(".html"):
            _check(app, directory, name)


def _check(app: Flask, directory: Path, name: str) -> None:
    """Told when feedsvc starts, not when somebody opens the page."""
    try:
        app.jinja_env.get_template(name)
    except TemplateSyntaxError as error:
        reason = f"expected a Jinja template: {error.message}"
        raise ConfigError(f"{directory / name}:{error.lineno}: {reason}") from None
    except (TemplateError, OSError, UnicodeDecodeError) as error:
        reason = f"expected a Jinja template in UTF-8: {error}"
        raise ConfigError(f"{directory / name}: {reason}") from None
