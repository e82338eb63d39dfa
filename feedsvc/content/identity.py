"""What an article is called for ever: its id, its page's name, and what a file's name says.

None of this is ever to change: a changed id sends every subscriber the article again.
"""

from __future__ import annotations

import hashlib
import re
from datetime import date
from urllib.parse import quote, urlsplit

from feedsvc.slugs import slugify

_DATED_NAME = re.compile(r"(?P<day>\d{4}-\d{2}-\d{2})(?:[-_ ](?P<rest>.+))?")
_SLUG_LIKE = re.compile(r"[^\sA-Z]+")
_IRI = re.compile(r'[A-Za-z][A-Za-z0-9+.-]*:[^\s<>"{}|\\^`]+')
_STORY_WORDS_LENGTH = 60


def article_id(
    given: str, url: str | None, authority: str, since: date, day: date, name: str
) -> str:
    """The id that is given; else the absolute link; else a tag URI (RFC 4151) of `authority`.

    A given id that is no IRI becomes a tag URI of the day `since`; without a link the tag
    URI has the article's `day`, as its author wrote it, and the slug of its `name`.
    """
    if given:
        if _IRI.fullmatch(given):
            return given
        return f"tag:{authority},{since.isoformat()}:{quote(given)}"
    if url and urlsplit(url).scheme:
        return url
    return f"tag:{authority},{day.isoformat()}:{quote(slugify(name))}"


def story_slug(title: str, identity: str) -> str:
    """What the story's page is called: words of the title, and a digest of the id."""
    words = slugify(title)
    if len(words) > _STORY_WORDS_LENGTH:
        cut = words[:_STORY_WORDS_LENGTH]
        words = cut.rpartition("-")[0] or cut
    return f"{words}-{hashlib.sha256(identity.encode()).hexdigest()[:10]}"


def name_of(path: str) -> tuple[date | None, str]:
    """The day at the start of a file's name, if there is one, and the rest of it without its
    ending. Of a page bundle, `my-story/index.md`, the folder's name counts.
    """
    directory, _, name = path.rpartition("/")
    stem = name.rpartition(".")[0] or name
    if stem.lower() == "index" and directory:
        stem = directory.rpartition("/")[2]
    dated = _DATED_NAME.fullmatch(stem)
    if dated is None:
        return None, stem
    try:
        return date.fromisoformat(dated["day"]), dated["rest"] or stem
    except ValueError:
        return None, stem


def title_of_name(name: str) -> str:
    """A title for an article that has none: `harbour-lights` gives `Harbour lights`.

    A name that somebody wrote as a title (`A-B test`, `2024-06-07`) stays as it is.
    """
    if not _SLUG_LIKE.fullmatch(name) or _DATED_NAME.fullmatch(name):
        return name
    words = " ".join(name.replace("-", " ").replace("_", " ").split())
    return words[:1].upper() + words[1:] or "Untitled"
