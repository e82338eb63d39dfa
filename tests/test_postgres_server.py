"""The PostgreSQL server that other tests rely on keeps what it promises."""

from __future__ import annotations

import psycopg
import pytest
from postgres import PostgresServer


def connect(url: str) -> psycopg.Connection:
    return psycopg.connect(url.replace("postgresql+psycopg:", "postgresql:"))


def tables(url: str) -> list[str]:
    with connect(url) as connection:
        rows = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        return [name for (name,) in rows]


def test_a_fresh_database_answers(postgres_url: str) -> None:
    with connect(postgres_url) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
        assert connection.execute("SHOW server_encoding").fetchone() == ("UTF8",)
        assert connection.execute("SHOW is_superuser").fetchone() == ("off",)
    assert tables(postgres_url) == []


def test_two_databases_are_apart(postgres_server: PostgresServer, postgres_url: str) -> None:
    with connect(postgres_url) as connection:
        connection.execute("CREATE TABLE article (id text)")
    other = postgres_server.new_database()
    assert tables(postgres_url) == ["article"]
    assert tables(other) == []
    postgres_server.drop_database(other)
    with pytest.raises(psycopg.OperationalError, match="does not exist"):
        connect(other)


def test_the_server_vanishes_and_returns(
    postgres_server: PostgresServer, postgres_url: str
) -> None:
    with connect(postgres_url) as connection:
        connection.execute("CREATE TABLE article (id text)")
        connection.execute("INSERT INTO article VALUES ('kept')")
    lost = connect(postgres_url)
    postgres_server.stop()
    with pytest.raises(psycopg.OperationalError):
        lost.execute("SELECT 1")
    lost.close()
    with pytest.raises(psycopg.OperationalError, match="refused"):
        connect(postgres_url)
    postgres_server.start()
    with connect(postgres_url) as connection:
        assert connection.execute("SELECT id FROM article").fetchall() == [("kept",)]


def test_a_database_is_dropped_under_a_connection(postgres_server: PostgresServer) -> None:
    url = postgres_server.new_database()
    left_open = connect(url)
    postgres_server.drop_database(url)
    with pytest.raises(psycopg.OperationalError):
        left_open.execute("SELECT 1")
    left_open.close()


def test_a_server_leaves_nothing_behind(postgres_server: PostgresServer) -> None:
    with PostgresServer(postgres_server.programs) as server:
        directory, process = server.directory, server._process
        assert process is not None
        assert server.port != postgres_server.port
    assert process.poll() is not None
    assert not directory.exists()
