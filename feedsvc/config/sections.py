"""Each option, declared once: section, type, default and what it means.

config.yaml and docs/configuration.md are made of this (`describe.py`, `reference.py`): the text
below an option is its meaning there. An example is given where the default is empty or says little.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

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
    Token,
    Whole,
)
from feedsvc.feeds.vocabulary import MOST_ENTRIES


class Section(BaseModel):
    """Keys that stand together; none but these."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class Author(Section):
    """Who is responsible for the feeds."""

    name: Text = Field(examples=["The editors"])
    """The name of a person, or of an office."""
    email: Email | None = Field(None, examples=["editors@harbour.example"])
    """Where readers may write to."""
    url: HttpUrl | None = Field(None, examples=["https://harbour.example/"])
    """The author's own page."""


class SiteSettings(Section):
    """What every feed says of the site."""

    title: Text = "News"
    """What feed readers show as the name of the feeds."""
    description: Line = Field("", examples=["Stories about the sea and the towns around it."])
    """One sentence about the site."""
    url: HttpUrl | None = Field(None, examples=["https://news.example.org/"])
    """The public address of feedsvc, as readers reach it, with its path if it has one. Without it
    feeds carry the address of each request: fine to try out, wrong behind a proxy.
    """
    language: Language = "en"
    """The language of the articles that don't name their own (`locale`)."""
    timezone: TimeZone = "UTC"
    """The time zone of dates that don't name one (IANA)."""
    author: Author | None = None
    """Who is responsible for the feeds. Default: the site's title."""
    rights: Line = Field("", examples=["© The Harbour Courier"])
    """A line about copyright."""
    icon: Text | None = Field(None, examples=["icon.png"])
    """A square picture (PNG, JPEG, GIF or WebP), relative to the configuration file: the icon of
    the site and its feeds, and its favicon. Default: one that comes with feedsvc.
    """
    templates: Text = "templates"
    """A folder with templates and a style sheet of your own, relative to the configuration file
    (docs/theming.md). Read if it is there.
    """
    id_authority: Authority = "localhost"
    """A domain or e-mail address that is yours: with the date below it makes the ids (RFC 4151) of
    feeds and of articles without an address. Set both once and never change them, whatever the
    site is called later: a changed id sends every subscriber the articles again.
    """
    since: Date = date(2000, 1, 1)
    """A date on which that domain or address was yours."""


class ContentSettings(Section):
    """Where the articles are, and how they are read."""

    folders: Annotated[tuple[Text, ...], Field(min_length=1)] = ("articles",)
    """The folders of the articles, relative to the configuration file."""
    include: Annotated[Globs, Field(min_length=1)] = ("*.md", "*.markdown")
    """Which files are articles, as in .gitignore. README, LICENSE and CHANGELOG files never are,
    nor is what begins with a dot.
    """
    exclude: Globs = Field((), examples=[["drafts/", "*.part.md"]])
    """Which of them are not, as in .gitignore."""
    base_url: HttpUrl | None = Field(None, examples=["https://harbour.example/"])
    """Where relative addresses in articles point. Default: the article's own address, else the
    site.
    """
    fields: dict[FieldName, Names] = Field(
        {}, examples=[{"publishedDateTime": ["posted", "when"], "excerpt": "teaser"}]
    )
    """How your articles call the fields that docs/articles.md lists, where it is neither that name
    nor one of Jekyll, Hugo, Eleventy or Obsidian: one name, or several.
    """
    max_file_bytes: Annotated[Whole, Field(ge=1000, le=100_000_000)] = 5_000_000
    """A larger file is left out, in bytes."""
    watch: Literal["auto", "events", "poll", "never"] = "auto"
    """How changes of the folders are noticed: the system tells (`events`), the folders are looked
    through at intervals (`poll`), or `never`. `auto` is `events`, but on file systems that other
    machines write to (NFS, SMB, FUSE) it is `poll`, since the system tells nothing there.
    """
    watch_seconds: Annotated[float, Field(ge=0.05, le=86_400)] = 2
    """The interval of `poll`, in seconds."""


class IndexSettings(Section):
    """Where what was read of the articles is kept."""

    directory: Text = ".feedsvc"
    """A folder, relative to the configuration file. It can be deleted at any time: it is made again
    from the articles.
    """
    url: PostgresUrl | None = Field(
        None, examples=["postgresql+psycopg://feedsvc:password@db.example.org/feedsvc"]
    )
    """A PostgreSQL database instead, for more than one machine (docs/scaling.md). Because of the
    password it is better given as `FEEDSVC_INDEX__URL`.
    """


class SavedSettings(Section):
    """A feed with a name of its own: how it is presented; the other keys are the vocabulary of
    queries, and say what it holds.
    """

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, Texts]

    title: Line = Field("", examples=["Weekend reading"])
    """Its title. Default: the query in words."""
    description: Line = Field("", examples=["Long stories, a few each week."])
    """One sentence about it."""
    image: Address | None = Field(None, examples=["https://harbour.example/weekend.png"])
    """The address of a picture."""
    aliases: tuple[SavedName, ...] = Field((), examples=[["long-reads"]])
    """Its old names, under which it is served too."""

    @property
    def parameters(self) -> tuple[tuple[str, str], ...]:
        """The query, as it would stand in an address."""
        given = self.__pydantic_extra__.items()
        return tuple((name, value) for name, values in given for value in values)


class FeedSettings(Section):
    """What the feeds hold."""

    limit: Annotated[Whole, Field(ge=1, le=MOST_ENTRIES)] = 50
    """How many entries a feed holds at most: 1 to 500."""
    formats: FormatNames = FORMATS
    """Which formats are served."""
    images: Literal["enclosure", "media", "inline", "none"] = "enclosure"
    """Pictures: as enclosures and Media RSS (`enclosure`), as Media RSS alone (`media`), in the
    text (`inline`), or `none`. One that the text shows already is not attached as well.
    """
    related: Literal["visible", "all", "none"] = "visible"
    """Related articles at the end of an entry: all but those of this folder that are held back
    (`visible`), `all`, or `none`.
    """
    full_text: bool = True
    """Whether entries hold the whole text, or the excerpt alone."""
    max_age_seconds: Annotated[Whole, Field(ge=0, le=86_400)] = 300
    """How long readers may keep a feed without asking again, in seconds. It is never kept past the
    moment at which an article appears or expires.
    """
    stale_while_revalidate_seconds: Annotated[Whole, Field(ge=0, le=86_400)] = 60
    """For so much longer a cache may give out what it has while it asks again; not past such a
    moment either.
    """
    stale_if_error_seconds: Annotated[Whole, Field(ge=0, le=604_800)] = 3600
    """For so much longer a cache may give out what it has while it gets no answer; not past such a
    moment either.
    """
    saved: dict[SavedName, SavedSettings] = Field(
        {},
        examples=[
            {
                "weekend-reading": {
                    "title": "Weekend reading",
                    "topic": ["Energy", "Cities"],
                    "not_type": "press-release",
                    "min_quality": 60,
                    "pace": "3/week by quality",
                    "aliases": ["long-reads"],
                }
            }
        ],
    )
    """Feeds with names of their own, at `/feeds/<name>.rss`: each with title, description and
    image, all optional; old names (aliases), under which it is served too; and what it holds, in
    the words that addresses use (docs/urls.md).
    """


class NamingSettings(Section):
    """How one topic or provider is presented."""

    title: Line = Field("", examples=["A title of your own"])
    """What its feed is called. Default: the name as most articles spell it."""
    description: Line = Field("", examples=["One sentence about it."])
    """One sentence about it."""
    image: Address | None = Field(None, examples=["https://harbour.example/picture.png"])
    """The address of a picture."""
    full_text: bool | None = Field(None, examples=[False])
    """Whether entries of its feed hold the whole text. Default: as `feeds.full_text` says."""


class ServerSettings(Section):
    """Where `feedsvc serve` listens, and whom it believes."""

    host: Text = "127.0.0.1"
    """The address to listen on."""
    port: Annotated[Whole, Field(ge=1, le=65_535)] = 8000
    """The port to listen on."""
    socket: Text | None = Field(None, examples=["feedsvc.sock"])
    """A Unix socket instead, for a proxy on the same machine; relative to the configuration
    file.
    """
    workers: Annotated[Whole, Field(ge=1, le=256)] | None = Field(None, examples=[2])
    """How many processes answer. Default: one for each core."""
    trusted_proxies: tuple[Network, ...] = Field((), examples=[["127.0.0.1", "::1"]])
    """Proxies whose word is taken for the client's address, the scheme, the host and the path
    prefix (`Forwarded`, `X-Forwarded-For`, `-Proto`, `-Host`, `-Port`, `-Prefix`): addresses or
    networks, or `unix` for whoever connects to the Unix socket. Nobody else's is.
    """
    forwarding_headers: tuple[ForwardingHeader, ...] = Field(
        FORWARDING, examples=[["x-forwarded-for", "x-forwarded-proto"]]
    )
    """Which of these headers the proxies set: name those alone, since others reach feedsvc as
    clients send them. Default: all, `X-Forwarded-…` before `Forwarded`.
    """
    metrics_token: Token | None = Field(None, examples=["a-long-random-text-0123456789"])
    """What whoever reads `/metrics` sends (`Authorization: Bearer …`). Better given as
    `FEEDSVC_SERVER__METRICS_TOKEN`. Default: requests of this machine alone are answered.
    """
    trusted_hosts: tuple[HostName, ...] = Field((), examples=[["feeds.example.org"]])
    """Hosts by which this site may be asked for, besides that of site.url and this machine itself;
    `.example.org` stands for all below it. Others are refused. Default: any, if site.url isn't
    set.
    """


class RateSettings(Section):
    """How many full answers one client may have: `requests` at once, and as many each `seconds`."""

    requests: Annotated[Whole, Field(ge=1, le=1_000_000)] = Field(examples=[60])
    """How many feeds in a row."""
    seconds: Annotated[Whole, Field(ge=1, le=86_400)] = Field(examples=[60])
    """In how many seconds as many again."""


class ServingSettings(Section):
    """How requests are answered."""

    cache_mb: Annotated[Whole, Field(ge=0, le=1_000_000)] = 64
    """What was rendered is kept in memory and given again until something changes: at most so many
    megabytes in each process. With 0 every answer is made anew.
    """
    delta: bool = False
    """Whether a reader that asks for it (`A-IM: feed`) gets only the entries that are new or
    changed since the version it has (RFC 3229). Off, since some ask and then don't understand the
    answer.
    """
    delta_versions: Annotated[Whole, Field(ge=1, le=1000)] = 20
    """How many versions of each feed are remembered for that."""
    rate: RateSettings | None = None
    """How many feeds one client may fetch in a row without asking whether they have changed, and in
    how many seconds it may fetch as many again; beyond that it gets 429. Answers of 304 are always
    free. Default: no limit.
    """
    ignored_parameters: tuple[ParameterName, ...] = Field((), examples=[["campaign", "pk_*"]])
    """Query parameters of feeds that are passed over, besides `utm_*`, `_`, `fbclid`, `gclid`,
    `dclid`, `msclkid`, `yclid`, `mc_cid`, `mc_eid` and `ref`.
    """
    usual_addresses: bool = True
    """Whether /feed, /rss, /atom, /feed.xml, /rss.xml, /atom.xml and /index.xml are the feed of
    everything too.
    """
    old_addresses: dict[OwnPath, OwnPath] = Field(
        {}, examples=[{"/blog/energy.xml": "/topics/energy.rss"}]
    )
    """Addresses that feeds had before, and the ones they have here."""
    other_addresses: Literal["serve", "redirect"] = "serve"
    """What is done at such addresses: the feed is served (`serve`), or the reader is sent to its
    address for good (`redirect`). Not all readers follow.
    """
    frame_ancestors: tuple[FrameAncestor, ...] = ("*",)
    """Which sites may show feeds in a frame (`/embed/…`): origins, or `*` for all. None: `[]`."""


class CheckSettings(Section):
    """What `feedsvc check` looks for."""

    skip: tuple[RuleName, ...] = Field((), examples=[["naive-date", "insecure-link"]])
    """Rules that are left out, by name (docs/check.md)."""


class LoggingSettings(Section):
    """What is written to standard error."""

    format: Literal["text", "json"] = "text"
    """Lines for people, or JSON for programs."""
    level: Literal["debug", "info", "warning", "error"] = "info"
    """From which severity on."""
    access: bool = False
    """Whether each request is a line too, and is told its id (`X-Request-Id`)."""
