"""What browsers are told that an answer may do, and who may use it: headers on everything that a
person can open. Programs pass them over.
"""

from __future__ import annotations

from flask import Response, request

from feedsvc.web.sharing import ALLOW_ORIGIN

# Everything is ours, but for the images of stories, which may be anywhere.
_PAGE = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; "
    "img-src 'self' https: http:; media-src 'self' https: http:; manifest-src 'self'; "
    "frame-src 'self'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
# A picture may be a document (SVG): opened by itself it may neither run nor fetch anything. Others
# may have it in a frame.
_PICTURE = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
# Feeds and lists have nothing that runs, whatever a browser takes them for. What browsers show
# them with has styles of its own.
_DOCUMENT = (
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
# What no page of ours uses, so that nothing which finds its way into one can.
_NOT_PERMITTED = (
    "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), "
    "magnetometer=(), microphone=(), midi=(), payment=(), publickey-credentials-get=(), usb=()"
)
PLAIN = [("X-Content-Type-Options", "nosniff"), ("Content-Security-Policy", _DOCUMENT)]
"""For an answer in words, without markup."""


def guard(response: Response, *, preview: bool) -> None:
    """Add to `response` what it doesn't say itself."""
    told = response.headers
    is_picture = (response.mimetype or "").startswith("image/")
    told.setdefault("X-Content-Type-Options", "nosniff")
    if response.mimetype == "text/html":
        told.setdefault("Content-Security-Policy", _PAGE)
        # Who has the pictures of stories needn't know where they are read.
        told.setdefault("Referrer-Policy", "same-origin")
        told.setdefault("Permissions-Policy", _NOT_PERMITTED)
        # Who opened it in a window has no hold on it.
        told.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    else:
        told.setdefault("Content-Security-Policy", _PICTURE if is_picture else _DOCUMENT)
    # Feeds, pictures and frames are for other sites, too; pages never are, nor is a preview.
    is_shared = is_picture or ALLOW_ORIGIN in told or request.path.startswith("/embed/")
    told["Cross-Origin-Resource-Policy"] = (
        "cross-origin" if is_shared and not preview else "same-origin"
    )
