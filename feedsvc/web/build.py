"""The builder, `/build`: a form that describes a feed, and what it then is.

The form works by itself; a script sends it while it is filled in. Both get this one page.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from flask import Blueprint
from werkzeug.wrappers import Response as AnyResponse

from feedsvc.errors import QueryError, UnknownFeedError
from feedsvc.feeds.catalogue import look_at
from feedsvc.feeds.query import PARAMETER_OF, FeedQuery
from feedsvc.feeds.snippet import config_snippet
from feedsvc.feeds.vocabulary import VOCABULARY
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
_FIELDS = {"q", "min_quality", "min_heat", "order", "since", "has", "fold", "pace", "limit"}
_PACES = ("5/day by heat", "1/day by newest", "3/week by quality")


@dataclass(frozen=True, slots=True)
class Choice:
    """What can be asked of a facet: the commonest names, those chosen among them; `rest` are the
    labels of all others.
    """

    facet: Facet
    title: str
    parameter: str
    offered: tuple[FacetCount, ...]
    rest: tuple[str, ...]


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
        query, mistake = None, error
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
        paces=_PACES,
        vocabulary=VOCABULARY,
        subscription=query and subscription(query, here.formats, here.addresses()),
        snippet=query and meaning and config_snippet(query, meaning.words),
    )


def _choices(given: Iterable[tuple[str, str]]) -> Iterable[Choice]:
    pairs = set(given)
    for facet, title in _OFFERED.items():
        counts = shelf().view().counts(facet)
        parameter = PARAMETER_OF[facet]
        common = sorted(counts, key=lambda one: -one.count)[:_MOST_OFFERED]
        chosen = {value for name, value in pairs if name in {parameter, f"not_{parameter}"}}
        slugs = {one.slug for one in common} | chosen
        offered = tuple(one for one in counts if one.slug in slugs)
        if len(offered) > 1 or chosen:
            rest = tuple(one.label for one in counts if one.slug not in slugs)
            yield Choice(facet, title, parameter, offered, rest)


def _others(given: Iterable[tuple[str, str]], choices: list[Choice]) -> list[tuple[str, str]]:
    """What is asked for and has no field in the form."""
    known = {
        (prefix + one.parameter, count.slug)
        for one in choices
        for prefix in ("", "not_")
        for count in one.offered
    }
    return [pair for pair in given if pair[0] not in _FIELDS and pair not in known]
