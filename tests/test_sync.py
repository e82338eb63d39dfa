"""Folder -> index: what changed is read, nothing else, and the result is as if read anew."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image as Picture
from support import NOW, RULES, Site, articles_of, listed, searched

from feedsvc.content.scan import Scanner
from feedsvc.errors import NotReadyError
from feedsvc.index.parse import parse
from feedsvc.index.store import IndexPlace, Store
from feedsvc.index.sync import Synced, sync
from feedsvc.index.view import View
from feedsvc.model import Facet, SyncPlan, Viewpoint
from feedsvc.web import create_app

INCLUDE = ("*.md",)
DATED = "publishedDateTime: 2026-03-04T10:00:00Z\n"


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> IndexPlace:
    url = None if request.param == "sqlite" else request.getfixturevalue("postgres_url")
    return IndexPlace(tmp_path / "index", "index", "rules", url)


@pytest.fixture
def store(place: IndexPlace) -> Iterator[Store]:
    with closing(Store(place)) as store:
        yield store


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "articles"
    folder.mkdir()
    return folder


def write(folder: Path, name: str, front_matter: str) -> Path:
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"---\n{front_matter}\n---\n")
    return file


def read(store: Store, folder: Path, now: datetime = NOW, **options: object) -> Synced:
    return sync(store, Scanner([folder], INCLUDE), RULES, now, **options)  # type: ignore[arg-type]


def titles(store: Store, now: datetime = NOW) -> list[str]:
    with store.view(Viewpoint(now)) as view:
        return [one.title for one in articles_of(view)]


def numbers(done: Synced) -> tuple[int, int, int]:
    return len(done.plan.added), len(done.plan.changed), len(done.plan.removed)


def test_only_what_changed_is_read(store: Store, folder: Path) -> None:
    for name in "abc":
        write(folder, f"{name}.md", f"{DATED}title: {name}")
    first = read(store, folder)
    assert numbers(first) == (3, 0, 0)
    assert read(store, folder) == Synced(SyncPlan(), (), first.generation)
    write(folder, "a.md", f"{DATED}title: A")
    write(folder, "d.md", f"{DATED}title: d")
    (folder / "b.md").unlink()
    second = read(store, folder)
    assert numbers(second) == (1, 1, 1)
    assert second.generation > first.generation
    assert sorted(titles(store)) == ["A", "c", "d"]


def test_a_file_that_is_only_touched_changes_nothing(store: Store, folder: Path) -> None:
    file = write(folder, "a.md", f"{DATED}title: A")
    first = read(store, folder)
    os.utime(file, ns=(1, 1))
    assert read(store, folder) == Synced(SyncPlan(), (), first.generation)
    # Its new time was noted: it isn't read for ever.
    scanner = Scanner([folder], INCLUDE)
    file.chmod(0o000)
    assert read(store, folder).generation == first.generation
    file.chmod(0o644)
    assert len(scanner.scan().files) == 1


def test_a_renamed_file_is_the_same_article(make_site: Callable[..., Site]) -> None:
    site = make_site()
    site.write("a.md", f"{DATED}title: A\nwebUrl: https://a.example/")
    site.write("b.md", f"{DATED}title: B")
    site.read()
    feeds = [f"/feed.{format}" for format in ("rss", "atom", "json")]
    before = [site.client.get(feed).data for feed in feeds]
    (site.folder / "sub").mkdir()
    (site.folder / "a.md").rename(site.folder / "sub" / "c.md")
    (site.folder / "b.md").rename(site.folder / "d.md")
    site.read()
    assert [site.client.get(feed).data for feed in feeds] == before


def test_places_that_changed_are_looked_at_and_nothing_else(store: Store, folder: Path) -> None:
    for name in ("a.md", "b.md", "d/x.md", "d/y.md", "dx.md"):
        write(folder, name, f"{DATED}title: {name}")
    read(store, folder)
    write(folder, "a.md", f"{DATED}title: A")
    write(folder, "b.md", f"{DATED}title: B")
    assert numbers(read(store, folder, changed={(folder, "a.md")})) == (0, 1, 0)
    shutil.rmtree(folder / "d")
    assert numbers(read(store, folder, changed={(folder, "d")})) == (0, 0, 2)
    (folder / "e").mkdir()
    write(folder, "e/z.md", f"{DATED}title: Z")
    assert numbers(read(store, folder, changed={(folder, "e"), (folder, "e/z.md")})) == (1, 0, 0)
    assert sorted(titles(store)) == ["A", "Z", "b.md", "dx.md"]
    assert numbers(read(store, folder)) == (0, 1, 0)


@pytest.mark.parametrize("path", [".git/a.md", "_site/a.md", "node_modules/m/a.md", "linked/a.md"])
def test_places_that_are_passed_over_stay_so(store: Store, folder: Path, path: str) -> None:
    (folder.parent / "elsewhere").mkdir()
    (folder / "linked").symlink_to(folder.parent / "elsewhere")
    read(store, folder)
    write(folder, path, f"{DATED}title: A")
    assert not read(store, folder, changed={(folder, path)}).plan


def test_an_article_is_read_again_when_its_picture_changes(store: Store, folder: Path) -> None:
    write(folder, "a.md", f"{DATED}title: A\nimages: [pics/p.png]")
    write(folder, "b.md", f"{DATED}title: B")
    read(store, folder)
    (folder / "pics").mkdir()
    Picture.new("RGB", (3, 2)).save(folder / "pics" / "p.png")
    assert numbers(read(store, folder, changed={(folder, "pics")})) == (0, 1, 0)
    with store.view(Viewpoint(NOW)) as view:
        [image] = [image for one in articles_of(view) for image in one.images]
        assert (image.width, image.height) == (3, 2)
        assert view.image(image.url) == image
    shutil.rmtree(folder / "pics")
    assert numbers(read(store, folder, changed={(folder, "pics")})) == (0, 1, 0)
    with store.view(Viewpoint(NOW)) as view:
        assert view.image(image.url) is None


def test_what_can_not_be_listed_keeps_its_articles(store: Store, folder: Path) -> None:
    for name in ("a.md", "d/x.md"):
        write(folder, name, f"{DATED}title: {name}")
    read(store, folder)
    away = folder.rename(folder.parent / "away")
    done = read(store, folder)
    assert not done.plan
    assert [str(problem) for problem in done.problems] == [
        "articles: the directory can't be listed"
    ]
    assert read(store, folder).problems == ()  # told once
    assert len(titles(store)) == 2
    # As when a disk isn't mounted: the place is there, but it is another and empty.
    folder.mkdir()
    [problem] = read(store, folder).problems
    assert "suddenly empty" in problem.reason
    for changed in ({(folder, "a.md")}, set(), {(folder, "new.md")}):
        assert read(store, folder, changed=changed).problems == ()
        assert not read(store, folder).plan
    assert len(titles(store)) == 2
    folder.rmdir()
    away.rename(folder)
    (folder / "a.md").unlink()
    assert numbers(read(store, folder)) == (0, 0, 1)
    with store.view(Viewpoint(NOW)) as view:
        assert view.problems() == ()
    shutil.rmtree(folder / "d")
    read(store, folder)
    assert titles(store) == []  # emptied in place: that is meant


def test_a_folder_that_was_never_there_is_no_empty_site(store: Store, folder: Path) -> None:
    folder.rmdir()
    with pytest.raises(NotReadyError, match="can't be listed"):
        read(store, folder)
    assert not store.is_ready


def test_what_other_rules_read_is_not_answered_from(place: IndexPlace, folder: Path) -> None:
    write(folder, "a.md", f"{DATED}title: A")
    with closing(Store(place)) as store:
        read(store, folder)
    others = IndexPlace(place.directory, place.name, "other rules", place.url)
    with closing(Store(others)) as store:
        assert not store.is_ready
        with pytest.raises(NotReadyError):
            store.view(Viewpoint(NOW))
        assert numbers(read(store, folder)) == (1, 0, 0)
        assert titles(store) == ["A"]


def test_the_old_state_answers_while_everything_is_read_again(store: Store, folder: Path) -> None:
    write(folder, "a.md", f"{DATED}title: A")
    read(store, folder)
    write(folder, "a.md", f"{DATED}title: B")
    with store.view(Viewpoint(NOW)) as view:
        done = read(store, folder, rebuild=True)
        assert [one.title for one in articles_of(view)] == ["A"]
        assert done.generation > view.generation
    assert titles(store) == ["B"]


def test_a_moment_that_comes_makes_a_new_generation(store: Store, folder: Path) -> None:
    then = NOW + timedelta(hours=1)
    write(folder, "a.md", f"{DATED}title: A\ntopics: [T]")
    write(folder, "b.md", f"title: B\ntopics: [t]\npublishedDateTime: {then.isoformat()}")
    first = read(store, folder)
    assert read(store, folder, then - timedelta(seconds=1), changed=()).generation == (
        first.generation
    )
    assert read(store, folder, then, changed=()).generation > first.generation
    for now, expected in ((NOW, 1), (then, 2)):
        with store.view(Viewpoint(now)) as view:
            assert view.find().total == expected
            assert [count.count for count in view.counts(Facet.TOPIC)] == [expected]


def test_a_failure_leaves_the_state_that_was(
    store: Store, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(folder, "a.md", f"{DATED}title: A")
    read(store, folder)
    for name in "bcd":
        write(folder, f"{name}.md", f"{DATED}title: {name}")
    for options in ({}, {"rebuild": True}):
        monkeypatch.setattr("feedsvc.index.write.Writer.finish", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            read(store, folder, **options)
        monkeypatch.undo()
        assert titles(store) == ["A"]
    assert numbers(read(store, folder)) == (3, 0, 0)


def test_many_files_are_read_by_several_processes_alike(folder: Path) -> None:
    for number in range(300):
        write(folder, f"{number:03}.md", f"{DATED}title: T{number}\ntopics: [a, b]")
    write(folder, "broken.md", "title: [x]")
    jobs = [(one, b"") for one in Scanner([folder], INCLUDE).scan().files]
    rows = [row for batch in parse(jobs, RULES) for row in batch]
    alone = [row for job in jobs for batch in parse([job], RULES) for row in batch]
    assert rows == alone


# What an article may say, chosen so that ids, addresses, names and moments meet.
MOMENTS = [NOW + timedelta(days=days) for days in (-2, -1, 0, 1, 2)]
articles = st.fixed_dictionaries(
    {"title": st.sampled_from(["One", "Two words", "Drei"])},
    optional={
        "id": st.sampled_from(["urn:x:1", "urn:x:2"]),
        "slug": st.sampled_from(["s1", "s2"]),
        "webUrl": st.sampled_from(["https://a.example/1", "https://a.example/2"]),
        "publishedDateTime": st.sampled_from([one.isoformat() for one in MOMENTS]),
        "expiryDate": st.sampled_from([one.isoformat() for one in MOMENTS]),
        "published": st.sampled_from(["true", "false"]),
        "removed": st.sampled_from(["true", "false"]),
        "topics": st.sampled_from(["[AI]", "[ai, Sea]", "[sea]", "[Sea, sea]"]),
        "provider": st.sampled_from(["{name: P}", "{name: p}", "{name: Q, domain: q.example}"]),
        "related": st.sampled_from(
            ["['https://a.example/1']", "['https://a.example/2', 'http://www.a.example/1/']"]
        ),
    },
)
names = st.sampled_from(["a.md", "b.md", "d/c.md", "d/e.md"])
steps = st.lists(
    st.one_of(
        st.tuples(st.just("write"), names, articles),
        st.tuples(st.just("remove"), names),
        st.tuples(st.just("rename"), names, names),
        st.tuples(st.just("wait"), st.sampled_from([-1, 1])),
    ),
    max_size=6,
)


def carry_out(folder: Path, step: tuple[object, ...]) -> set[str]:
    """Do one thing to the folder and say where."""
    match step:
        case ("write", str(name), dict(fields)):
            write(folder, name, "\n".join(f"{key}: {value}" for key, value in fields.items()))
            return {name}
        case ("remove", str(name)):
            (folder / name).unlink(missing_ok=True)
            return {name}
        case ("rename", str(old), str(new)) if (folder / old).exists():
            (folder / new).parent.mkdir(exist_ok=True)
            (folder / old).rename(folder / new)
            return {old, new}
    return set()


def everything(view: View) -> object:
    """All that can be asked of a view."""
    found = articles_of(view)
    counts = {facet: view.counts(facet) for facet in Facet}
    named = {
        (facet, count.slug): (
            articles_of(view, listed(facet, count.slug)),
            view.find(listed(facet, count.slug)).total,
            view.label(facet, count.slug),
        )
        for facet in Facet
        for count in counts[facet]
    }
    return (
        found, view.find().total, view.related(found), counts, named, view.problems(), view.census(),
        [view.story(slug) for slug in ("s1", "s2")], view.until,
        [searched(view, words) for words in ("one", '"two words"', "sea", "q.example drei", "p")],
    )  # fmt: skip


@settings(max_examples=40, deadline=None)
@given(steps, st.booleans())
def test_step_by_step_gives_what_reading_anew_gives(
    steps: list[tuple[object, ...]], is_told: bool
) -> None:
    check_steps(None, steps, is_told)


def check_steps(url: str | None, steps: list[tuple[object, ...]], is_told: bool) -> None:
    with (
        TemporaryDirectory() as directory,
        closing(Store(IndexPlace(Path(directory, "step"), "index", "rules", url))) as store,
        closing(Store(IndexPlace(Path(directory, "anew"), "index", "rules"))) as anew,
    ):
        folder, now, latest = Path(directory, "articles"), NOW, NOW
        folder.mkdir()
        write(folder, "keep.md", f"{DATED}title: Kept")
        read(store, folder, now)
        for step in steps:
            changed = {(folder, name) for name in carry_out(folder, step)}
            if step[0] == "wait":
                # Moments more than a day back aren't kept: no clock is that far behind.
                latest = max(latest, now := now + timedelta(days=int(str(step[1]))))
                now = max(now, latest - timedelta(days=1))
            read(store, folder, now, changed=changed if is_told else None)
            read(anew, folder, now, rebuild=True)
            for preview in (False, True):
                for at in (now, now + timedelta(days=1)):
                    viewpoint = Viewpoint(at, preview)
                    with store.view(viewpoint) as view, anew.view(viewpoint) as expected:
                        assert everything(view) == everything(expected)


STEPS = [
    ("write", "a.md", {"title": "One", "id": "urn:x:1", "topics": "[AI]"}),
    ("write", "b.md", {"title": "Two words", "id": "urn:x:1", "topics": "[ai, Sea]"}),
    ("write", "d/c.md", {"title": "Drei", "webUrl": "https://a.example/1", "published": "false"}),
    ("write", "b.md", {"title": "One", "related": "['https://a.example/1']", "removed": "true"}),
    ("rename", "a.md", "d/e.md"),
    ("wait", 1),
    ("remove", "d/e.md"),
]


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_these_steps_on_each_engine(request: pytest.FixtureRequest, engine: str) -> None:
    url = None if engine == "sqlite" else request.getfixturevalue("postgres_url")
    check_steps(url, STEPS, True)


def test_two_engines_give_the_same_bytes(
    make_site: Callable[..., Site], postgres_url: str, tmp_path: Path
) -> None:

    site = make_site()
    for number in range(70):
        site.write(
            f"{number}.md",
            f"title: é {number}\npublishedDateTime: 2026-01-0{1 + number % 3}\n"
            f"topics: [T{number % 3}, 'Ü', z]\nid: urn:{'aZé'[number % 3]}:{number}",
        )
    site.read()
    with closing(Store(IndexPlace(tmp_path, "index", "rules", postgres_url))) as store:
        sync(store, site.scanner(), RULES, NOW)
        other = create_app(site.settings, store, site.clock).test_client()
        for path in ("/", "/feed.rss", "/topics/t1.atom", "/archive/1.json", "/subscriptions.opml"):
            one, two = site.client.get(path), other.get(path)
            assert (one.status_code, one.data) == (two.status_code, two.data)
            assert one.headers["ETag"] == two.headers["ETag"]
