"""Each option, declared once: section, type and default. What it means stands in config.yaml."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field

from feedsvc.config.types import (
    FORMATS,
    FORWARDING,
    Address,
    Authority,
    Date,
    Email,
    FieldName,
    FormatNames,
    ForwardingHeader,
    FrameAncestor,
    Globs,
    HostName,
    HttpUrl,
    Language,
    Line,
    Names,
    Network,
    OwnPath,
    ParameterName,
    PostgresUrl,
    RuleName,
    SavedName,
    Text,
    Texts,
    TimeZone,
    Whole,
)
from feedsvc.feeds.site import FeedOptions, Naming, SavedFeed, Site
from feedsvc.feeds.vocabulary import MOST_ENTRIES
from feedsvc.model import Facet, Person
from feedsvc.slugs import slugify


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Author(_Section):
    """Who is responsible for the feeds."""

    name: Text
    email: Email | None = None
    url: HttpUrl | None = None


class SiteSettings(_Section):
    """What every feed says of the site."""

    title: Text = "News"
    description: Line = ""
    url: HttpUrl | None = None
    language: Language = "en"
    timezone: TimeZone = "UTC"
    author: Author | None = None
    rights: Line = ""
    icon: Text | None = None
    templates: Text = "templates"
    id_authority: Authority = "localhost"
    since: Date = date(2000, 1, 1)


class ContentSettings(_Section):
    """Where the articles are."""

    folders: Annotated[tuple[Text, ...], Field(min_length=1)] = ("articles",)
    include: Annotated[Globs, Field(min_length=1)] = ("*.md", "*.markdown")
    exclude: Globs = ()
    base_url: HttpUrl | None = None
    fields: dict[FieldName, Names] = {}
    max_file_bytes: Annotated[Whole, Field(ge=1000, le=100_000_000)] = 5_000_000
    watch: Literal["auto", "events", "poll", "never"] = "auto"
    watch_seconds: Annotated[float, Field(ge=0.05, le=86_400)] = 2


class IndexSettings(_Section):
    """Where what was read of the articles is kept."""

    directory: Text = ".feedsvc"
    url: PostgresUrl | None = None


class SavedSettings(_Section):
    """A feed with a name of its own: how it is presented; the other keys are the vocabulary of
    queries, and say what it holds.
    """

    model_config = ConfigDict(frozen=True, extra="allow")
    __pydantic_extra__: dict[str, Texts]

    title: Line = ""
    description: Line = ""
    image: Address | None = None
    aliases: tuple[SavedName, ...] = ()

    @property
    def parameters(self) -> tuple[tuple[str, str], ...]:
        """The query, as it would stand in an address."""
        given = self.__pydantic_extra__.items()
        return tuple((name, value) for name, values in given for value in values)


class FeedSettings(_Section):
    """What the feeds hold."""

    limit: Annotated[Whole, Field(ge=1, le=MOST_ENTRIES)] = 50
    formats: FormatNames = FORMATS
    images: Literal["enclosure", "media", "inline", "none"] = "enclosure"
    related: Literal["visible", "all", "none"] = "visible"
    full_text: bool = True
    saved: dict[SavedName, SavedSettings] = {}
    max_age_seconds: Annotated[Whole, Field(ge=0, le=86_400)] = 300
    stale_while_revalidate_seconds: Annotated[Whole, Field(ge=0, le=86_400)] = 60
    stale_if_error_seconds: Annotated[Whole, Field(ge=0, le=604_800)] = 3600


class NamingSettings(_Section):
    """How one topic or provider is presented."""

    title: Line = ""
    description: Line = ""
    image: Address | None = None
    full_text: bool | None = None


class ServerSettings(_Section):
    """Where `feedsvc serve` listens."""

    host: Text = "127.0.0.1"
    port: Annotated[Whole, Field(ge=1, le=65_535)] = 8000
    socket: Text | None = None
    workers: Annotated[Whole, Field(ge=1, le=256)] | None = None
    trusted_proxies: tuple[Network, ...] = ()
    forwarding_headers: tuple[ForwardingHeader, ...] = FORWARDING
    trusted_hosts: tuple[HostName, ...] = ()


class RateSettings(_Section):
    """How many full answers one client may have: `requests` at once, and as many each `seconds`."""

    requests: Annotated[Whole, Field(ge=1, le=1_000_000)]
    seconds: Annotated[Whole, Field(ge=1, le=86_400)]


class ServingSettings(_Section):
    """How requests are answered."""

    cache_mb: Annotated[Whole, Field(ge=0, le=1_000_000)] = 64
    delta: bool = False
    delta_versions: Annotated[Whole, Field(ge=1, le=1000)] = 20
    rate: RateSettings | None = None
    ignored_parameters: tuple[ParameterName, ...] = ()
    usual_addresses: bool = True
    old_addresses: dict[OwnPath, OwnPath] = {}
    other_addresses: Literal["serve", "redirect"] = "serve"
    frame_ancestors: tuple[FrameAncestor, ...] = ("*",)


class CheckSettings(_Section):
    """What `feedsvc check` looks for."""

    skip: tuple[RuleName, ...] = ()


class Settings(_Section):
    """The whole configuration. `directory` is what relative folders start from."""

    site: SiteSettings = SiteSettings()
    content: ContentSettings = ContentSettings()
    index: IndexSettings = IndexSettings()
    feeds: FeedSettings = FeedSettings()
    topics: dict[str, NamingSettings] = {}
    providers: dict[str, NamingSettings] = {}
    server: ServerSettings = ServerSettings()
    serving: ServingSettings = ServingSettings()
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
