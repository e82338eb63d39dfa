"""The builder, `/build`: a form that describes a feed, and what it then is.

The form works by itself; a script sends it while it is filled in. Both get this one page.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from flask import Blueprint
from werkzeug.wrappers import Response as AnyResponse

from feedsvc.errors import QueryError, UnknownFeedError
from feedsvc.feeds.catalogue import look_at
from feedsvc.feeds.query import PARAMETER_OF, FeedQuery, encode
from feedsvc.feeds.snippet import config_snippet
from feedsvc.feeds.vocabulary import VOCABULARY, name_of
from feedsvc.model import Facet, FacetCount
from feedsvc.web.asked import asked_feed, asked_parameters
from feedsvc.web.page import answer_page
from feedsvc.web.shelf import shelf
from feedsvc.web.subscribe import subscription

blueprint = Blueprint("build", __name__)

_OFFERED = {
    Facet.TOPIC: "Topics",
    Facet.PROVIDER: "Providers",
    Facet.CATEGORY: "Categories",
    Facet.TYPE: "Types",
}
_MOST_OFFERED = 40
_LABELS = {
    "q": "Words",
    "min_quality": "Quality of at least",
    "min_heat": "Heat of at least",
    "order": "What comes first",
    "since": "Not older than",
    "has": "Only with a picture",
    "fold": "The same story once",
    "pace": "Only the best of each day or week",
    "limit": "At most so many entries",
}
"""What the form calls the parameters that have a field each."""
_PACES = ("5/day by heat", "1/day by newest", "3/week by quality")
_FACETS = {
    prefix + name: facet for facet, name in PARAMETER_OF.items() for prefix in ("", "all_", "not_")
}

Parameters = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Choice:
    """What can be asked of a facet: the commonest names and those chosen, these first; `rest` are
    the labels of all others.
    """

    facet: Facet
    title: str
    parameter: str
    offered: tuple[FacetCount, ...]
    rest: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Mistake:
    """Why the form asks for nothing that there can be: what to say, of which parameter, and what
    may have been meant, each with the query of the form that asks for it.
    """

    parameter: str
    text: str
    remedies: tuple[tuple[str, str], ...]


@blueprint.get("/build")
def build() -> AnyResponse:
    here = shelf()
    given = asked_parameters()
    query: FeedQuery | None = None
    meaning = mistake = None
    try:
        query = asked_feed()
        meaning = look_at(query, here.view(), here.site, here.settings.feeds.limit)
        given = query.as_parameters()
    except (QueryError, UnknownFeedError) as error:
        query, mistake = None, _explain(error, given)
    choices = list(_choices(given))
    return answer_page(
        "build.html",
        until=meaning.selection.until if meaning else None,
        query=query,
        meaning=meaning,
        mistake=mistake,
        choices=choices,
        chosen=frozenset(given),
        values=dict(given),
        others=_others(given, choices),
        labels=_LABELS,
        paces=_PACES,
        subscription=query and subscription(query, here.formats, here.addresses()),
        snippet=query and meaning and config_snippet(query, meaning.words),
    )


def _choices(given: Parameters) -> Iterator[Choice]:
    for facet, title in _OFFERED.items():
        counts = shelf().view().counts(facet)
        parameter = PARAMETER_OF[facet]
        chosen = {value for name, value in given if name in {parameter, f"not_{parameter}"}}
        ranked = sorted(counts, key=lambda one: (one.slug not in chosen, -one.count))
        most = max(_MOST_OFFERED, len(chosen))
        if len(counts) > 1 or chosen:
            rest = tuple(one.label for one in ranked[most:])
            yield Choice(facet, title, parameter, tuple(ranked[:most]), rest)


def _others(given: Parameters, choices: list[Choice]) -> Parameters:
    """What is asked for and has no field in the form."""
    known = {
        (prefix + one.parameter, count.slug)
        for one in choices
        for prefix in ("", "not_")
        for count in one.offered
    }
    return [
        pair
        for pair in given
        if pair[0] in VOCABULARY and pair[0] not in _LABELS and pair not in known
    ]


def _explain(error: QueryError | UnknownFeedError, given: Parameters) -> Mistake:
    parameter = error.parameter
    facet = _FACETS.get(parameter)
    if isinstance(error, UnknownFeedError):
        typed = [value for name, value in given if _is_meant(error, name, value)]
        text = f"there is no {facet and PARAMETER_OF[facet]} “{typed[0] if typed else error.found}”"
    elif parameter in VOCABULARY:
        label = _LABELS.get(parameter, parameter)
        text = f"{label}: expected {error.expected}, found {error.found}"
    else:
        text = f"there is no condition {parameter}"
    return Mistake(parameter, text, tuple(_remedies(error, given)))


def _remedies(error: QueryError | UnknownFeedError, given: Parameters) -> Iterable[tuple[str, str]]:
    facet = _FACETS.get(error.parameter)
    for nearest in error.nearest:
        if facet is None:
            pairs = [(nearest if name == error.parameter else name, value) for name, value in given]
            yield nearest, encode(pairs)
        else:
            pairs = [
                (name, nearest if _is_meant(error, name, value) else value) for name, value in given
            ]
            yield shelf().view().label(facet, nearest) or nearest, encode(pairs)


def _is_meant(error: QueryError | UnknownFeedError, name: str, value: str) -> bool:
    facet = _FACETS.get(name)
    is_it = name == error.parameter and facet is not None
    return is_it and facet is not None and name_of(facet, value) == error.found
