"""The description of the API, and the running server held to it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import schemathesis
from clients import ask, serving, write_site
from faults import FaultyServer
from hypothesis import HealthCheck, assume, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import positive_data_acceptance
from schemathesis.core.parameters import ParameterLocation

from feedsvc.feeds.vocabulary import VOCABULARY


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FaultyServer]:
    directory = tmp_path_factory.mktemp("api")
    write_site(directory, "feeds: {saved: {best: {has: image}}}\nserver: {workers: 1}\n")
    with serving(directory) as server:
        yield server


def test_the_server_answers_as_described(server: FaultyServer) -> None:
    address = f"http://127.0.0.1:{server.port}"
    description = schemathesis.openapi.from_url(f"{address}/api/openapi.json")
    operations = [found.ok() for found in description.get_all_operations()]
    assert len(operations) == 6  # all but the description itself
    for operation in operations:
        hold_to_description(operation, GenerationMode.POSITIVE, address)
        if len(operation.query) > 0:
            hold_to_description(operation, GenerationMode.NEGATIVE, address)


def hold_to_description(
    operation: schemathesis.APIOperation, mode: GenerationMode, address: str
) -> None:
    @settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
    @given(operation.as_strategy(generation_mode=mode))
    def check(case: schemathesis.Case) -> None:
        # Another kind of path is another address.
        assume(not is_negative(case, ParameterLocation.PATH))
        # Which values go together, and which names there are, no schema can say.
        case.call_and_validate(
            address, excluded_checks=[positive_data_acceptance], allow_redirects=False, timeout=30
        )

    check()


def is_negative(case: schemathesis.Case, where: ParameterLocation) -> bool:
    component = case.meta and case.meta.components.get(where)
    return bool(component) and component.mode.is_negative


def test_the_whole_vocabulary_is_described(server: FaultyServer) -> None:
    reply = ask(server.port, "/api/openapi.json")
    assert reply["content-type"] == "application/json"
    for name in VOCABULARY:
        assert f'"name": "{name}"'.encode() in reply.body


def test_it_is_kept_like_any_answer(server: FaultyServer) -> None:
    for path in ("/api/openapi.json", "/api/feeds.json", "/api/query?topic=sea"):
        reply = ask(server.port, path)
        assert reply.status == 200
        again = ask(server.port, path, {"If-None-Match": reply.tag})
        assert again.status == 304
