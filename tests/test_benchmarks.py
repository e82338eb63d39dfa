"""The archive that the benchmarks index: always the same, of the sizes of a real one."""

import statistics
import subprocess
import sys
from pathlib import Path

import pytest
from support import ROOT, RULES, source_of

from feedsvc.content.article import read_article


def write(directory: Path, *options: str) -> list[Path]:
    command = [sys.executable, "-m", "benchmarks.archive", *options, str(directory)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    return sorted(directory.glob("*.md"))


@pytest.fixture(scope="module")
def archive(tmp_path_factory) -> list[Path]:
    return write(tmp_path_factory.mktemp("archive"), "--articles", "500")


def test_the_same_seed_gives_the_same_articles_and_another_seed_others(archive, tmp_path):
    again = write(tmp_path / "again", "--articles", "500")
    others = write(tmp_path / "others", "--articles", "500", "--seed", "2")
    assert [file.name for file in again] == [file.name for file in archive]
    assert [file.read_bytes() for file in again] == [file.read_bytes() for file in archive]
    assert not {file.read_bytes() for file in others} & {file.read_bytes() for file in archive}


def test_the_sizes_are_those_of_a_real_archive(archive):
    sizes = [file.stat().st_size for file in archive]
    cuts = statistics.quantiles(sizes, n=100)
    assert len(sizes) == 500
    assert statistics.fmean(sizes) == pytest.approx(24_000, rel=0.05)
    assert statistics.median(sizes) == pytest.approx(9_600, rel=0.05)
    assert cuts[89] == pytest.approx(99_000, rel=0.1)
    assert cuts[98] == pytest.approx(143_000, rel=0.05)


def test_small_articles_have_the_size_of_the_seeds(tmp_path):
    sizes = [
        file.stat().st_size for file in write(tmp_path, "--articles", "200", "--kind", "seeds")
    ]
    assert statistics.fmean(sizes) == pytest.approx(3_000, rel=0.1)


def test_every_article_is_read_without_any_problem(archive):
    parsed = [read_article(source_of(file, file.parent), RULES) for file in archive[::5]]
    assert [problem for one in parsed for problem in one.problems] == []
    articles = [one.article for one in parsed if one.article is not None]
    assert len(articles) == 100
    assert all(article.is_published and article.provider for article in articles)
    assert len({article.id for article in articles}) == 100
    assert {len(article.topics) for article in articles} == {1, 2, 3, 4}
    assert 0 < sum(bool(article.html) for article in articles) < 20


def test_an_archive_is_never_mixed_with_other_files(archive):
    with pytest.raises(subprocess.CalledProcessError):
        write(archive[0].parent, "--articles", "500")
