"""The addresses of feeds and of the API, described for programs (OpenAPI 3.1.1)."""

from __future__ import annotations

import msgspec

from feedsvc import __version__
from feedsvc.feeds.query import Format
from feedsvc.feeds.site import Site
from feedsvc.feeds.vocabulary import VOCABULARY, Parameter
from feedsvc.model import Facet

Json = dict[str, object]

_NAME = r"^[^/]+$"
_TIME: Json = {"type": ["string", "null"], "format": "date-time"}


def describe(site: Site, base_url: str) -> bytes:
    """The description, of a site at `base_url`."""
    return (
        msgspec.json.format(
            msgspec.json.encode(
                {
                    "openapi": "3.1.1",
                    "info": {
                        "title": f"Feeds of {site.title}",
                        "version": __version__,
                        "description": "RSS, Atom and JSON feeds of whatever can be described.",
                    },
                    "servers": [{"url": base_url.rstrip("/")}],
                    "paths": _paths(site),
                    "components": {"schemas": _SCHEMAS},
                }
            ),
            indent=1,
        )
        + b"\n"
    )


def _paths(site: Site) -> Json:
    ending = _in_path("format", {"enum": list(site.formats)})
    name = _in_path("name", {"type": "string", "pattern": _NAME})
    facet = _in_path("facet", {"enum": [one.value for one in Facet]})
    query = [_in_query(one) for one in VOCABULARY.values()]
    return {
        "/feed.{format}": _feed("Everything that is published.", [ending], site),
        "/{facet}/{name}.{format}": _feed(
            "What is listed under a topic, provider, category, type, author or language; "
            "several names are joined by +.",
            [facet, name, ending],
            site,
        ),
        "/feeds/{name}.{format}": _feed("A saved feed.", [name, ending], site),
        "/custom.{format}": _feed(
            "Whatever can be described. Each query has one address; from any other spelling of "
            "it leads a redirect.",
            [ending, *query],
            site,
        ),
        "/api/feeds.json": _operation("Every feed.", [], {"200": _json("Catalogue")}),
        "/api/query": _operation(
            "What a query means.",
            query,
            {"200": _json("Explanation"), "400": _problem(), "404": _problem()},
        ),
        "/api/openapi.json": _operation(
            "This description.",
            [],
            {"200": {"description": "OpenAPI 3.1", "content": {"application/json": {}}}},
        ),
    }


def _operation(summary: str, parameters: list[Json], responses: Json) -> Json:
    return {"get": {"summary": summary, "parameters": parameters, "responses": responses}}


def _feed(summary: str, parameters: list[Json], site: Site) -> Json:
    types = [Format(name).content_type for name in site.formats]
    responses: Json = {
        "200": {"description": "The feed.", "content": {one: {} for one in types}},
        "301": {"description": "The address of the same query in its one spelling."},
        "304": {"description": "The feed hasn't changed."},
        "400": _problem(),
        "404": _problem(),
    }
    return _operation(summary, parameters, responses)


def _in_path(name: str, schema: Json) -> Json:
    return {"name": name, "in": "path", "required": True, "schema": schema}


def _in_query(one: Parameter) -> Json:
    value: Json = {"type": "string"}
    if one.pattern is not None:
        value["pattern"] = f"^(?:{one.pattern})$|^$"  # without a value it isn't there
    schema: Json = {"type": "array", "items": value} if one.is_repeatable else value
    meaning = f"{one.meaning} Expected: {one.expected}."
    return {"name": one.name, "in": "query", "description": meaning, "schema": schema,
            "example": [one.example] if one.is_repeatable else one.example}  # fmt: skip


def _json(schema: str) -> Json:
    content = {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}}
    return {"description": schema, "content": content}


def _problem() -> Json:
    schema = {"$ref": "#/components/schemas/Problem"}
    return {
        "description": "What is wrong, and what was meant perhaps (RFC 9457).",
        "content": {
            "application/problem+json": {"schema": schema},
            "text/html": {},
            "text/plain": {},  # a request that is refused before anything looks at the address
        },
    }


def _object(required: dict[str, Json], optional: dict[str, Json] | None = None) -> Json:
    return {
        "type": "object",
        "required": list(required),
        "properties": required | (optional or {}),
        "additionalProperties": False,
    }


_TEXT: Json = {"type": "string"}
_COUNT: Json = {"type": "integer", "minimum": 0}
_URLS: Json = {
    "type": "object",
    "properties": {one.value: {"type": "string", "format": "uri"} for one in Format},
    "additionalProperties": False,
}
_SCHEMAS: Json = {
    "Catalogue": _object(
        {
            "title": _TEXT,
            "home_page_url": _TEXT,
            "feeds": {"type": "array", "items": {"$ref": "#/components/schemas/Feed"}},
        }
    ),
    "Feed": _object(
        {
            "kind": {"enum": ["everything", "saved", *(one.value for one in Facet)]},
            "name": _TEXT,
            "title": _TEXT,
            "description": _TEXT,
            "home_page_url": _TEXT,
            "urls": _URLS,
            "entries": _COUNT,
            "newest": _TIME,
        }
    ),
    "Explanation": _object(
        {
            "title": _TEXT,
            "feed_title": _TEXT,
            "parameters": {
                "type": "array",
                "items": {"type": "array", "items": _TEXT, "minItems": 2, "maxItems": 2},
            },
            "home_page_url": _TEXT,
            "urls": _URLS,
            "matches": _COUNT,
            "newest": {
                "type": "array",
                "maxItems": 5,
                "items": _object({"id": _TEXT, "title": _TEXT, "url": _TEXT, "published": _TIME}),
            },
        }
    ),
    "Problem": _object(
        {"title": _TEXT, "status": {"type": "integer"}, "detail": _TEXT},
        {
            "parameter": _TEXT,
            "found": _TEXT,
            "expected": _TEXT,
            "nearest": {"type": "array", "items": _TEXT, "maxItems": 3},
        },
    ),
}
