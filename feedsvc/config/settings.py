"""The whole configuration as one frozen value, and what the rest of feedsvc makes of it.

The options of each section are declared in `sections.py`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import Field

from feedsvc.config.sections import (
    CheckSettings,
    ContentSettings,
    FeedSettings,
    IndexSettings,
    LoggingSettings,
    NamingSettings,
    Section,
    ServerSettings,
    ServingSettings,
    SiteSettings,
)
from feedsvc.feeds.site import FeedOptions, Naming, SavedFeed, Site
from feedsvc.model import Facet, Person
from feedsvc.slugs import slugify


class Settings(Section):
    """The whole configuration. `directory` is what relative folders start from."""

    site: SiteSettings = SiteSettings()
    content: ContentSettings = ContentSettings()
    index: IndexSettings = IndexSettings()
    feeds: FeedSettings = FeedSettings()
    topics: dict[str, NamingSettings] = Field(
        {},
        examples=[
            {
                "Energy": {
                    "title": "Energy at the harbour",
                    "description": "Wind, tides and what keeps the lamps lit.",
                    "image": "https://harbour.example/energy.png",
                    "full_text": False,
                }
            }
        ],
    )
    """How single topics are presented: by name, each with title, description, image and
    full_text, all optional. Default: the name as most articles spell it.
    """
    providers: dict[str, NamingSettings] = Field(
        {}, examples=[{"tidewater.example": {"title": "The Tidewater Gazette"}}]
    )
    """The same for single providers: by domain or name."""
    server: ServerSettings = ServerSettings()
    serving: ServingSettings = ServingSettings()
    logging: LoggingSettings = LoggingSettings()
    check: CheckSettings = CheckSettings()
    directory: Annotated[Path, Field(exclude=True)] = Path()

    @property
    def folders(self) -> tuple[Path, ...]:
        """The content folders, absolute."""
        return tuple(Path(self.directory, folder).absolute() for folder in self.content.folders)

    @property
    def index_directory(self) -> Path:
        """Where the index lies if it is a file, absolute."""
        return Path(self.directory, self.index.directory).absolute()

    @property
    def socket_file(self) -> Path | None:
        """The Unix socket to listen on instead of host and port, absolute."""
        socket = self.server.socket
        return Path(self.directory, socket).absolute() if socket else None

    @property
    def icon_file(self) -> Path | None:
        """The configured icon, absolute."""
        return Path(self.directory, self.site.icon).absolute() if self.site.icon else None

    @property
    def templates_directory(self) -> Path:
        """Where the site's own templates are, if it has any."""
        return Path(self.directory, self.site.templates).absolute()

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.site.timezone)

    def describe_site(self) -> Site:
        """The site as feeds know it."""
        author = self.site.author
        namings = {
            (facet, key): Naming(named.title, named.description, named.image, named.full_text)
            for facet, section in ((Facet.TOPIC, self.topics), (Facet.PROVIDER, self.providers))
            for key, named in _by_key(facet, section)
        }
        return Site(
            title=self.site.title,
            description=self.site.description,
            language=self.site.language,
            id_authority=self.site.id_authority,
            since=self.site.since,
            author=Person(author.name, author.url, author.email) if author else None,
            rights=self.site.rights,
            namings=namings,
            saved={
                name: SavedFeed(saved.parameters, saved.title, saved.description, saved.image)
                for name, saved in self.feeds.saved.items()
            },
            zone=self.zone,
            formats=self.feeds.formats,
            options=FeedOptions(
                images=self.feeds.images,
                related=self.feeds.related,
                full_text=self.feeds.full_text,
                max_age_seconds=self.feeds.max_age_seconds,
            ),
        )


def _by_key(
    facet: Facet, section: Mapping[str, NamingSettings]
) -> Iterator[tuple[str, NamingSettings]]:
    """Topics may be written as label or slug, providers as domain or name."""
    for name, named in section.items():
        yield slugify(name), named
        if facet is Facet.PROVIDER:
            yield name.lower(), named
