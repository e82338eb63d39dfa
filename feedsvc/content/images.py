"""Image references of an article -> `Image` values, with what the file itself says.

A reference that names a file inside the content folder becomes an image of ours, served
under `media/`; its type, size and pixels come from the file. Any other relative reference
is resolved against the article's own address. Nothing outside the folder is ever opened.
"""

from __future__ import annotations

import os
import re
import stat
from io import BufferedReader
from pathlib import Path, PurePosixPath
from urllib.parse import quote, unquote, urljoin, urlsplit

from PIL import Image as Picture
from PIL import UnidentifiedImageError

from feedsvc.content.dialects import IMAGE_NAMES
from feedsvc.content.fields import FieldReader, clean_url, describe
from feedsvc.content.text import one_line
from feedsvc.inside import open_inside
from feedsvc.model import Asset, Image

# A table of our own: the operating system's differs from machine to machine.
_TYPES = {
    "jpg": "image/jpeg", "jpeg": "image/jpeg", "jpe": "image/jpeg", "png": "image/png",
    "gif": "image/gif", "webp": "image/webp", "avif": "image/avif", "svg": "image/svg+xml",
    "bmp": "image/bmp", "ico": "image/x-icon", "tif": "image/tiff", "tiff": "image/tiff",
}  # fmt: skip
_SERVED_FORMATS = ("JPEG", "PNG", "GIF", "WEBP", "AVIF", "BMP", "ICO", "TIFF")
_SVG_HEAD_BYTES = 4096


class ImageReader:
    """Reads the images of one article, `path` within `folder`.

    `base_url` is what relative references that name no file are resolved against; with `None`
    there is nothing that they could name. `is_base_of_images` says that it was named for them,
    so that a reference which names no file isn't a mistake.
    """

    def __init__(
        self, folder: Path, path: str, base_url: str | None, *, is_base_of_images: bool = False
    ) -> None:
        self._is_base_of_images = is_base_of_images
        self._folder = folder
        self._directory = PurePosixPath(path).parent
        self._base_url = base_url
        self._looked_at: dict[str, Asset] = {}

    @property
    def assets(self) -> tuple[Asset, ...]:
        """The files that were looked for, as they were."""
        return tuple(self._looked_at.values())

    def images(self, reader: FieldReader, name: str = "images") -> tuple[Image, ...]:
        """All images of the field `name`; each address once, in the article's order."""
        found: dict[str, Image] = {}
        for item, line in reader.mappings(name, IMAGE_NAMES):
            if isinstance(item, str):
                image = self._image(item)
                if image is None or self._is_missing(item, image):
                    reader.note(name, _expected(describe(item)), line=line, rule="missing-image")
            else:
                address = item.value("url")
                image = self._image(address, item) if isinstance(address, str) else None
                if image is None or self._is_missing(address, image):
                    item.note("url", _expected(describe(address)), rule="missing-image")
            if image is not None:
                found.setdefault(image.url, image)
        return tuple(found.values())

    def local_image(self, address: str) -> Image | None:
        """The picture of the folder that `address` names, in a body; `None` for any other."""
        image = self._image(address)
        return image if image is not None and image.path is not None else None

    def _image(self, address: str, reader: FieldReader | None = None) -> Image | None:
        url = clean_url(address)
        if url is None:
            return None
        width = reader.length("width") if reader else None
        height = reader.length("height") if reader else None
        alt = reader.text("alt") if reader else ""
        is_cached = bool(reader and reader.text("isCached") == "true")
        file = None if urlsplit(url).scheme else self._file(address)
        if file is None and self._base_url is None and not urlsplit(url).scheme:
            return None
        if file is None:
            return Image(
                url=url if self._base_url is None else urljoin(self._base_url, url),
                mime_type=type_of(url) or "image/jpeg",
                width=width,
                height=height,
                alt=alt,
                is_cached=is_cached,
            )
        mime_type, (file_width, file_height), byte_size = file[1]
        return Image(
            url=f"media/{quote(self._folder.name)}/{quote(file[0])}",
            mime_type=mime_type,
            width=width or file_width,
            height=height or file_height,
            byte_size=byte_size,
            alt=alt,
            is_cached=is_cached,
            path=file[0],
        )

    def _is_missing(self, address: object, image: Image) -> bool:
        """Whether `address` was surely meant for a file: relative, and not from a site's root."""
        is_relative = isinstance(address, str) and not re.match(
            r"\s*([a-zA-Z][\w+.-]*:|/)", address
        )
        return is_relative and image.path is None and not self._is_base_of_images

    def _file(self, address: str) -> tuple[str, FileFacts] | None:
        """The path within the folder of the picture that `address` names, and its facts."""
        name = unquote(urlsplit(one_line(address)).path)
        candidates = [self._folder / name.lstrip("/")]
        if not name.startswith("/"):
            candidates.insert(0, self._folder / self._directory / name)
        root = self._folder.resolve()
        for candidate in candidates:
            try:
                self._looked_at[str(candidate)] = look_at(str(candidate))
                file = candidate.resolve(strict=True)
                if not file.is_relative_to(root) or not file.is_file():
                    continue
                with open_inside(root, file) as stream:
                    facts = picture_facts(stream)
            except (OSError, RuntimeError, ValueError):
                continue
            path = file.relative_to(root)
            if facts is not None and not any(part.startswith(".") for part in path.parts):
                return path.as_posix(), facts
        return None


def type_of(url: str) -> str | None:
    """The MIME type that the ending of `url` tells, if it tells one."""
    return _TYPES.get(urlsplit(url).path.rpartition("/")[2].rpartition(".")[2].lower())


FileFacts = tuple[str, tuple[int | None, int | None], int]
"""MIME type, (width, height) in pixels, size in bytes."""


def look_at(path: str) -> Asset:
    """The file at `path` as it is now."""
    try:
        status = Path(path).stat()
    except (OSError, ValueError):
        return Asset(path, None, None)
    return Asset(path, status.st_size, max(status.st_mtime_ns, status.st_ctime_ns))


def picture_facts(stream: BufferedReader) -> FileFacts | None:
    """What the content of a file says it is; `None` if it isn't a picture. Raises OSError."""
    status = os.fstat(stream.fileno())
    if not stat.S_ISREG(status.st_mode):
        return None
    byte_size = status.st_size
    if _is_svg(stream.read(_SVG_HEAD_BYTES)):
        return "image/svg+xml", (None, None), byte_size
    stream.seek(0)
    try:
        with Picture.open(stream, formats=_SERVED_FORMATS) as picture:
            mime_type = Picture.MIME.get(picture.format or "")
            return (mime_type, picture.size, byte_size) if mime_type else None
    except (UnidentifiedImageError, Picture.DecompressionBombError, ValueError, SyntaxError):
        return None


def _is_svg(head: bytes) -> bool:
    """Whether the first element is <svg>, after a declaration, comments and a document type."""
    rest = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    for opening, closing in ((b"<?", b"?>"), (b"<!--", b"-->"), (b"<!DOCTYPE", b">")) * 3:
        while rest.startswith(opening):
            end = rest.find(closing, len(opening))
            if end < 0:
                return False
            rest = rest[end + len(closing) :].lstrip()
    return rest.startswith(b"<svg") and rest[4:5] in b" \t\r\n>/"


def _expected(found: str) -> str:
    return f"expected an image's http or https address or a file of the folder, found {found}"
