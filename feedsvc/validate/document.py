"""Bytes → a tree or a JSON value, and what is wrong with the bytes themselves.

XML is parsed without entities, DTDs, network and huge trees: a bomb is a finding, nothing more.
"""

from __future__ import annotations

import codecs
import json
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any, NoReturn

from lxml import etree

from feedsvc.validate.findings import Finding, Spot, finding, quoted
from feedsvc.validate.markup import alternate_feeds

LIMIT_BYTES = 16 * 2**20
"""More is not read, of an answer or a file, and not unpacked either."""
OVERSIZE = 1_000_000
"""From so many bytes on a feed is a burden for readers: they fetch it over and over."""

_DECLARED = re.compile(rb"<\?xml[^>]*?encoding\s*=\s*[\"']([A-Za-z0-9._:-]+)[\"']")
_MARKS = (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
# The encodings that are in use for feeds; Python has others, which are for other things.
_ENCODINGS = re.compile(
    r"utf-8|utf-16(-[lb]e)?|ascii|iso8859-[0-9]+|cp125[0-9]|koi8-[ru]|mac-roman|cp949|cp932"
    r"|shift_jis|euc_(jp|kr)|iso2022_jp|gb2312|gbk|gb18030|big5"
)
_RULE_OF_ERROR = {
    etree.ErrorTypes.ERR_INVALID_CHAR: "character-forbidden",
    etree.ErrorTypes.ERR_UNDECLARED_ENTITY: "entity-undefined",
    etree.ErrorTypes.WAR_UNDECLARED_ENTITY: "entity-undefined",
    etree.ErrorTypes.NS_ERR_UNDEFINED_NAMESPACE: "namespace-undeclared",
    etree.ErrorTypes.ERR_UNKNOWN_ENCODING: "encoding-unknown",
    etree.ErrorTypes.ERR_UNSUPPORTED_ENCODING: "encoding-unknown",
    etree.ErrorTypes.ERR_INVALID_ENCODING: "encoding-wrong",
}
_EXPECTED = {
    "character-forbidden": "characters that XML 1.0 allows",
    "entity-undefined": "a character, or a number such as &#160;",
    "namespace-undeclared": "a prefix with an xmlns",
    "encoding-unknown": "an encoding such as UTF-8",
    "encoding-wrong": "text in the declared encoding",
    "xml-malformed": "well-formed XML",
}


def bytes_of(body: bytes, charset: str | None) -> Iterator[Finding]:
    """What holds for bytes of any format. `charset` is what the Content-Type says."""
    if len(body) > OVERSIZE:
        expected, size = f"at most {OVERSIZE:,} bytes", f"{len(body):,}"
        yield finding("feed-oversize", Spot("document"), expected, size, "practice")
    is_json = looks_like(body) == "json"
    if body.startswith(codecs.BOM_UTF8):
        rule = "json-byte-order-mark" if is_json else "byte-order-mark"
        source = "RFC 8259 §8.1" if is_json else "RFC 7303 §3.3"
        yield finding(rule, Spot("document", 1), "text at the start", "a byte order mark", source)
    declared = encoding_of(body, charset)
    if charset and _codec(charset) != _codec(declared):
        source = "RFC 8259 §8.1" if is_json else "RFC 7303 §3.2"
        expected = f"the charset {declared}"
        yield finding("charset-conflict", Spot("Content-Type"), expected, quoted(charset), source)
    yield from _encoding(body, declared)


def _encoding(body: bytes, declared: str) -> Iterator[Finding]:
    codec, spot = _codec(declared), Spot("document", 1)
    if codec is None:
        expected = _EXPECTED["encoding-unknown"]
        yield finding("encoding-unknown", spot, expected, quoted(declared), "XML 1.0 §4.3.3")
        return
    if _is_wide(codec) and not body.startswith(_MARKS[1:]) and _DECLARED.match(body):
        # Whoever can read the declaration byte by byte knows that it isn't true.
        yield finding("encoding-wrong", spot, f"text in {declared}", "other text", "XML 1.0 §4.3.3")
        return
    if codec not in {"utf-8", "ascii"}:
        yield finding("encoding-not-utf-8", spot, "UTF-8", quoted(declared), "practice")
    try:
        body.decode(codec)
    except UnicodeDecodeError as error:
        spot = Spot("document", body.count(b"\n", 0, error.start) + 1)
        found = f"the bytes {body[error.start : error.start + 4].hex(' ')}"
        yield finding("encoding-wrong", spot, f"text in {declared}", found, "XML 1.0 §4.3.3")
    except UnicodeError:
        yield finding("encoding-wrong", spot, f"text in {declared}", "other text", "XML 1.0 §4.3.3")


def encoding_of(body: bytes, charset: str | None = None) -> str:
    """The encoding that a document says it has, by its mark or declaration; else `charset`, which
    holds where the document says nothing (RFC 7303 §3.2), but not for JSON; else UTF-8.
    """
    if body.startswith(_MARKS[1:]):
        return "UTF-16"
    if body.startswith(codecs.BOM_UTF8):
        return "UTF-8"
    match = _DECLARED.match(body.lstrip()[:400])
    if match:
        return match[1].decode("ascii")
    return charset if charset and body.lstrip()[:1] == b"<" else "UTF-8"


def text_of(body: bytes, charset: str | None = None) -> str:
    """The document as text, whatever is wrong with its encoding."""
    mark = body.startswith(codecs.BOM_UTF8)
    codec = _codec(encoding_of(body, charset)) or "utf-8"
    if _is_wide(codec) and _DECLARED.match(body.lstrip()[:400]):
        codec = "utf-8"
    return body[3 * mark :].decode(codec, "replace")


def _is_wide(codec: str) -> bool:
    """Whether its characters take two bytes, so that not even a declaration is ASCII."""
    return codec.startswith("utf-16")


def _codec(name: str) -> str | None:
    """Python's name of an encoding, `None` if feeds don't have it."""
    try:
        codec = codecs.lookup(name.strip().strip("\"'")).name
    except (LookupError, ValueError):
        return None
    return codec if _ENCODINGS.fullmatch(codec) else None


def looks_like(body: bytes) -> str:
    """`xml`, `json`, `html` or nothing, by how it begins."""
    start = text_of(body[:2000]).lstrip("\ufeff \t\r\n")
    lower = start[:200].lower()
    if lower.startswith(("<!doctype html", "<html")):
        return "html"
    if start.startswith("<"):
        return "xml"
    return "json" if start.startswith(("{", "[")) else ""


def no_feed(body: bytes) -> Finding:
    """What to say of what is neither XML nor JSON."""
    found = "something else" if body.strip() else "nothing"
    if looks_like(body) == "html":
        feeds = alternate_feeds(text_of(body))
        found = "an HTML page" + (f" that names the feed {quoted(feeds[0])}" if feeds else "")
    return unknown_format(found)


def unknown_format(found: str) -> Finding:
    expected = "RSS 2.0, Atom 1.0 or JSON Feed 1.1"
    return finding("format-unknown", Spot("document", 1), expected, found, "practice")


def parse_xml(body: bytes, charset: str | None) -> tuple[Any | None, list[Finding]]:
    """The root of the document; `None` where it isn't well-formed."""
    says_nothing = encoding_of(body) != encoding_of(body, charset)
    parser = etree.XMLParser(
        encoding=_codec(charset) if charset and says_nothing else None,
        resolve_entities=False, load_dtd=False, no_network=True, huge_tree=False,
        attribute_defaults=False, dtd_validation=False,
    )  # fmt: skip
    try:
        root = etree.fromstring(body, parser)
    except etree.XMLSyntaxError as error:
        return None, [_syntax_fault(body, error)]
    except (etree.LxmlError, ValueError, LookupError) as error:
        spot = Spot("document", 1)
        return None, [finding("xml-malformed", spot, "well-formed XML", str(error), "XML 1.0")]
    return root, list(_doctype(root))


def _syntax_fault(body: bytes, error: Any) -> Finding:
    rule = _RULE_OF_ERROR.get(error.code, "xml-malformed")
    line, _ = error.position
    spot = Spot("document", line or 1)
    if error.code == etree.ErrorTypes.ERR_RESERVED_XML_NAME and body.lstrip().startswith(b"<?xml"):
        expected = "the XML declaration at the very start"
        return finding(rule, spot, expected, "something before it", "XML 1.0 §2.8")
    message = re.sub(r", line \d+, column \d+.*", "", str(error.msg))
    source = "Namespaces" if rule == "namespace-undeclared" else "XML 1.0"
    return finding(rule, spot, _EXPECTED[rule], quoted(message), source)


def _doctype(root: Any) -> Iterator[Finding]:
    dtd = root.getroottree().docinfo.internalDTD
    if dtd is None:
        return
    yield finding("doctype", Spot("document", 1), "no DOCTYPE", quoted(dtd.name or ""), "practice")
    entities = [entity.name for entity in dtd.iterentities()]
    if entities:
        found = ", ".join(f"&{name};" for name in entities[:3])
        yield finding(
            "entity-declared", Spot("document", 1), "characters, not entities", found, "practice"
        )


class _JsonFaultError(ValueError):
    """What JSON may not hold, though Python reads it."""


def parse_json(body: bytes) -> tuple[Any, list[Finding]]:
    """The value of the document, and `(None, findings)` where it is no JSON."""
    repeated: list[str] = []

    def members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        taken = dict(pairs)
        if len(taken) < len(pairs):
            counts = Counter(key for key, _ in pairs)
            repeated.extend(key for key, count in counts.items() if count > 1)
        return taken

    def constant(name: str) -> NoReturn:
        raise _JsonFaultError(f"{name}, which is no number of JSON")

    try:
        value = json.loads(text_of(body), object_pairs_hook=members, parse_constant=constant)
    except json.JSONDecodeError as error:
        return None, [_json_fault(f"“{error.msg}” in column {error.colno}", error.lineno)]
    except RecursionError:
        return None, [_json_fault("more levels than anybody reads", None)]
    except ValueError as error:
        return None, [_json_fault(str(error), None)]
    return value, [
        finding("member-duplicate", Spot("document"), "each name once", quoted(key), "RFC 8259 §4")
        for key in repeated
    ]


def _json_fault(found: str, line: int | None) -> Finding:
    return finding("json-malformed", Spot("document", line), "JSON", found, "RFC 8259")
