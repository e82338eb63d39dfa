"""A site's own templates: those in its folder stand before ours of the same name, and may extend
ours as `feedsvc/base.html`.
"""

from __future__ import annotations

from pathlib import Path

from jinja2 import (
    BaseLoader,
    ChoiceLoader,
    Environment,
    FileSystemLoader,
    PackageLoader,
    PrefixLoader,
    TemplateError,
    TemplateSyntaxError,
)

from feedsvc.errors import ConfigError


def template_loader(directory: Path) -> BaseLoader:
    """Looks in `directory` first, if it is there."""
    ours = PackageLoader("feedsvc.web")
    return ChoiceLoader([FileSystemLoader(directory), PrefixLoader({"feedsvc": ours}), ours])


def check_templates(directory: Path) -> None:
    """Raise `ConfigError` for a template in `directory` that stands before one of ours and can't
    be read: told when feedsvc starts, not when somebody opens the page.
    """
    environment = Environment(loader=template_loader(directory), autoescape=True)
    for name in PackageLoader("feedsvc.web").list_templates():
        if not name.endswith(".html") or not (directory / name).is_file():
            continue
        try:
            environment.get_template(name)
        except TemplateSyntaxError as error:
            reason = f"expected a Jinja template: {error.message}"
            raise ConfigError(f"{directory / name}:{error.lineno}: {reason}") from None
        except (TemplateError, OSError, UnicodeDecodeError) as error:
            reason = f"expected a Jinja template in UTF-8: {error}"
            raise ConfigError(f"{directory / name}: {reason}") from None
