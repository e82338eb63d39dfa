"""The site's icon in the sizes and formats that readers ask for, all from one picture."""

from __future__ import annotations

import io
from pathlib import Path

from flask import Blueprint, make_response
from PIL import Image as Picture
from werkzeug.wrappers import Response as AnyResponse

from feedsvc.errors import ConfigError
from feedsvc.web.shelf import shelf

blueprint = Blueprint("icons", __name__)

DEFAULT_ICON = Path(__file__).parent / "static" / "icon.png"
ICON_PIXELS = 512
FEED_IMAGE_PIXELS = 144  # the largest width that RSS 2.0 <image> allows
_FORMATS = ("PNG", "JPEG", "GIF", "WEBP")
_MAX_AGE_SECONDS = 86_400


def make_icons(file: Path | None) -> dict[str, bytes]:
    """The finished files, by the name under which they are served: from the configured picture,
    or the one that comes with feedsvc.

    Raises `ConfigError` if it isn't a square picture.
    """
    try:
        with Picture.open(file or DEFAULT_ICON, formats=_FORMATS) as picture:
            picture.load()
            square = picture.convert("RGBA")
    except (OSError, ValueError, Picture.DecompressionBombError) as error:
        found = "nothing" if isinstance(error, FileNotFoundError) else "something else"
        raise ConfigError(
            f"site.icon: expected a PNG, JPEG, GIF or WebP file at {file}, found {found}"
        ) from None
    if square.width != square.height:
        found = f"{square.width} × {square.height} pixels"
        raise ConfigError(f"site.icon: expected a square picture, found {found}: {file}")
    return {
        "icon.png": _encode(square, "PNG", ICON_PIXELS),
        "icon-144.png": _encode(square, "PNG", FEED_IMAGE_PIXELS),
        "favicon.ico": _encode(square, "ICO", 48),
    }


def _encode(square: Picture.Image, format: str, pixels: int) -> bytes:
    output = io.BytesIO()
    square.resize((pixels, pixels), Picture.Resampling.LANCZOS).save(output, format)
    return output.getvalue()


@blueprint.get("/icon.png", defaults={"name": "icon.png"})
@blueprint.get("/icon-144.png", defaults={"name": "icon-144.png"})
@blueprint.get("/favicon.ico", defaults={"name": "favicon.ico"})
def icon(name: str) -> AnyResponse:
    here = shelf()
    response = make_response(here.icons[name])
    response.content_type = "image/x-icon" if name.endswith(".ico") else "image/png"
    return here.keep(response, _MAX_AGE_SECONDS)
