"""What feeds are called: as configured, as their articles spell it, or a query in words."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date
from typing import Protocol

from feedsvc.errors import QueryError, UnknownFeedError
from feedsvc.feeds.query import PARAMETER_OF, Bound, FeedQuery, print_bound
from feedsvc.feeds.site import Naming, Site
from feedsvc.feeds.vocabulary import name_of, parse_query
from feedsvc.likeness import nearest
from feedsvc.model import Facet, FacetCount, Names, Order, Problem, Viewpoint
from feedsvc.slugs import slugify
from feedsvc.words import print_phrase


class NameView(Protocol):
    """What a store knows of the names of topics, providers and so on."""

    viewpoint: Viewpoint

    def label(self, facet: Facet, slug: str) -> str | None: ...
    def counts(self, facet: Facet) -> tuple[FacetCount, ...]: ...
    def knows(self, facet: Facet, slug: str) -> bool: ...


Label = Callable[[Facet, str], str]

_LINK = {
    Facet.TOPIC: "about",
    Facet.PROVIDER: "from",
    Facet.CATEGORY: "in",
    Facet.TYPE: "of type",
    Facet.AUTHOR: "by",
    Facet.LANGUAGE: "in",
}
_IN_WORDS = _LINK | {Facet.TOPIC: "", Facet.LANGUAGE: "in language"}
_BEST = {Order.HEAT: "hottest", Order.QUALITY: "best", Order.NEWEST: "newest"}


def name_feed(query: FeedQuery, view: NameView, site: Site) -> Naming:
    """What the feed is called. Raises `UnknownFeedError` for a name that no article and no
    configuration uses.
    """
    naming = _name(query, view, site)
    mark = "[Preview] " if view.viewpoint.preview else ""
    return Naming(mark + naming.title, naming.description, naming.image, naming.full_text)


def _name(query: FeedQuery, view: NameView, site: Site) -> Naming:
    if query.saved:
        return _name_saved(query.saved, view, site)
    for prefix, facet, name in _all_names(query):
        _check_known(facet, name, view, site, prefix)
    match query.filter.names:
        case ():
            if query == FeedQuery():
                return Naming(site.title, site.description)
        case (Names(facet, any=(slug,)) as names,) if query.path == f"{facet}/{slug}":
            return _name_listed(names.facet, slug, view, site)
    words = in_words(query, view)
    return Naming(f"{words} – {site.title}", f"Stories on {site.title}: {words}")


def _name_saved(name: str, view: NameView, site: Site) -> Naming:
    saved = site.saved.get(name)
    if saved is None:
        raise UnknownFeedError(
            f"There is no feed feeds/{name}.", "feed", name, nearest(name, site.saved)
        )
    words = in_words(meant_by(FeedQuery(saved=name), view, site), view)
    return Naming(
        saved.title or f"{words} – {site.title}",
        saved.description or f"Stories on {site.title}: {words}",
        saved.image,
    )


def _name_listed(facet: Facet, slug: str, view: NameView, site: Site) -> Naming:
    # The spelling comes from what is shown: an article that is held back gives nothing away.
    label = view.label(facet, slug) or slug
    configured = _configured(facet, slug, label, site) or Naming()
    return Naming(
        title=configured.title or f"{label} – {site.title}",
        description=configured.description or f"Stories {_LINK[facet]} {label} on {site.title}",
        image=configured.image,
        full_text=configured.full_text,
    )


def _configured(facet: Facet, slug: str, label: str, site: Site) -> Naming | None:
    names = ((facet, slug), (facet, slugify(label)))
    return next((site.namings[name] for name in names if name in site.namings), None)


def resolve(facet: Facet, text: str, view: NameView) -> str:
    """The name that somebody meant: as it is, in another spelling, or a label."""
    return find_name(facet, text, view) or name_of(facet, text)


def find_name(facet: Facet, text: str, view: NameView) -> str | None:
    """The same, if something is listed under it."""
    slug = slugify(text)
    # What can't be printed is in no name, and PostgreSQL refuses some of it.
    spellings = dict.fromkeys((text, name_of(facet, text), slug))
    possible = (name for name in spellings if name and name.isprintable())
    found = next((name for name in possible if view.knows(facet, name)), None)
    if found is not None or facet is not Facet.PROVIDER:
        return found
    # Only theirs may be made of something else than the label: of the domain.
    for count in view.counts(facet):
        if slug in {slugify(count.label), slugify(count.slug)}:
            return count.slug
    return None


def meant_by(query: FeedQuery, view: NameView, site: Site) -> FeedQuery:
    """What a saved feed holds, its names resolved; any other query is what it says."""
    saved = site.saved.get(query.saved)
    if not query.saved or saved is None:
        return query
    try:
        return parse_query(saved.parameters, lambda facet, text: resolve(facet, text, view))
    except QueryError:  # two of its names turn out to be one, wanted and refused
        return parse_query(saved.parameters)


def unknown_names(site: Site, view: NameView) -> Iterator[Problem]:
    """The names in saved feeds that nothing is listed under: they are served, since the last
    article of a name may go and the next one come, but may be misspelt.
    """
    for saved in site.saved:
        for prefix, facet, name in _all_names(meant_by(FeedQuery(saved=saved), view, site)):
            try:
                _check_known(facet, name, view, site, prefix)
            except UnknownFeedError as error:
                meant = f"; did you mean {error.nearest[0]!r}?" if error.nearest else ""
                reason = f"expected a name that articles use, found {error.found!r}{meant}"
                place = f"feeds.saved.{saved}"
                yield Problem(place, None, error.parameter, reason, "warning", "unknown-name")


def _all_names(query: FeedQuery) -> Iterator[tuple[str, Facet, str]]:
    for one in query.filter.names:
        for prefix, names in (("", one.any), ("all_", one.all), ("not_", one.none)):
            yield from ((prefix, one.facet, name) for name in names)


def _check_known(facet: Facet, slug: str, view: NameView, site: Site, prefix: str) -> None:
    if view.knows(facet, slug) or _configured(facet, slug, slug, site) is not None:
        return
    listed = [count.slug for count in view.counts(facet)]
    raise UnknownFeedError(
        f"There is no feed {facet}/{slug}.",
        prefix + PARAMETER_OF[facet],
        slug,
        nearest(slug, listed),
    )


def in_words(query: FeedQuery, view: NameView) -> str:
    """The query as an editor would say it: `AI or AI in Healthcare, quality 60 and up`."""

    def label(facet: Facet, slug: str) -> str:
        return view.label(facet, slug) or slug

    parts = [part for names in query.filter.names for part in _names_in_words(names, label)]
    starts_with_name = bool(parts) and query.filter.names[0].facet is Facet.TOPIC
    parts += _conditions_in_words(query)
    if not parts:
        return "Everything"
    words = ", ".join(parts)
    # The spelling of a name is its own.
    return words if starts_with_name else words[0].upper() + words[1:]


def _names_in_words(names: Names, label: Label) -> Iterable[str]:
    link = _IN_WORDS[names.facet]
    for joint, slugs in (("or", names.any), ("and", names.all)):
        if slugs:
            labels = _enumerate([label(names.facet, slug) for slug in slugs], joint)
            yield f"{link} {labels}".strip()
    for slug in names.none:
        yield " ".join(filter(None, ("not", link, label(names.facet, slug))))


def _enumerate(labels: list[str], joint: str) -> str:
    *first, last = labels
    return f"{', '.join(first)} {joint} {last}" if first else last


def _conditions_in_words(query: FeedQuery) -> Iterable[str]:
    wanted = query.filter
    if wanted.phrases:
        yield "with " + _enumerate([f"“{print_phrase(one)}”" for one in wanted.phrases], "and")
    if wanted.min_quality is not None:
        yield f"quality {wanted.min_quality} and up"
    if wanted.min_heat is not None:
        yield f"heat {wanted.min_heat} and up"
    if query.since is not None:
        yield f"since {query.since}" if _is_day(query.since) else f"of the last {_age(query.since)}"
    if query.until is not None:
        yield f"until {query.until}" if _is_day(query.until) else f"older than {_age(query.until)}"
    if wanted.has_image:
        yield "with a picture"
    if query.order is not Order.NEWEST:
        yield f"{_BEST[query.order]} first"
    if query.pace is not None:
        pace = query.pace
        number = "" if pace.count == 1 else f"{pace.count} "
        yield f"the {number}{_BEST[pace.by]} of each {pace.window}"
    if query.folds:
        yield "each story once"


def _is_day(bound: Bound) -> bool:
    return isinstance(bound, date)


def _age(bound: Bound) -> str:
    printed = print_bound(bound)
    number, unit = int(printed[:-1]), {"d": "day", "h": "hour"}[printed[-1]]
    return f"{number} {unit}s" if number > 1 else unit
