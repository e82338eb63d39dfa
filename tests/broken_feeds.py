"""Feeds of each format that are right, and what is said of them when they are broken in one place.

Seen by test_validate.py; each row is what is replaced, by what, and what is found then.
"""

from __future__ import annotations

RSS_FEED = """\
<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom"
     xmlns:content="http://purl.org/rss/1.0/modules/content/"
     xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:media="http://search.yahoo.com/mrss/"
     xmlns:fh="http://purl.org/syndication/history/1.0"
     xmlns:sy="http://purl.org/rss/1.0/modules/syndication/">
  <channel>
    <title>A &#x26; B</title>
    <link>https://a.example/</link>
    <description>Of the sea.</description>
    <atom:link rel="self" href="https://a.example/feed.rss" type="application/rss+xml"/>
    <language>en</language>
    <managingEditor>ada@a.example (Ada)</managingEditor>
    <ttl>60</ttl>
    <skipDays><day>Sunday</day></skipDays>
    <sy:updatePeriod>hourly</sy:updatePeriod>
    <image>
      <url>https://a.example/a.png</url>
      <title>A &#x26; B</title>
      <link>https://a.example/</link>
      <width>144</width>
    </image>
    <item>
      <title>One</title>
      <link>https://a.example/1</link>
      <description>Short.</description>
      <content:encoded>&lt;a href="https://a.example/2"&gt;Two&lt;/a&gt;</content:encoded>
      <guid>https://a.example/1</guid>
      <dc:creator>Bo</dc:creator>
      <enclosure url="https://a.example/1.mp3" length="83" type="audio/mpeg"/>
      <pubDate>Tue, 03 Mar 2026 10:00:00 GMT</pubDate>
      <media:content url="https://a.example/1.png" type="image/png" medium="image" width="16"/>
    </item>
    <item>
      <title>Two</title>
      <guid isPermaLink="false">urn:x:2</guid>
    </item>
  </channel>
</rss>
"""
ATOM_FEED = """\
<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en"
      xmlns:at="http://purl.org/atompub/tombstones/1.0"
      xmlns:fh="http://purl.org/syndication/history/1.0">
  <id>urn:x:feed</id>
  <title>A feed</title>
  <updated>2026-03-04T10:00:00Z</updated>
  <link rel="self" href="https://a.example/feed"/>
  <link href="https://a.example/" type="text/html" hreflang="en"/>
  <at:deleted-entry ref="urn:x:3" when="2026-03-04T10:00:00Z"/>
  <entry>
    <id>urn:x:1</id>
    <title>One</title>
    <published>2026-03-03T10:00:00+01:00</published>
    <updated>2026-03-04T10:00:00.5+01:00</updated>
    <author><name>Ada</name><email>ada@a.example</email></author>
    <link href="https://a.example/1"/>
    <link rel="enclosure" type="image/png" length="83" href="https://a.example/1.png"/>
    <category term="sea" scheme="https://a.example/topics/"/>
    <summary type="html">&lt;a href="https://a.example/2"&gt;Two&lt;/a&gt;</summary>
  </entry>
  <entry>
    <id>urn:x:2</id>
    <title type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">Two</div></title>
    <updated>2026-03-04T10:00:00Z</updated>
    <author><name>Bo</name><uri>https://b.example/</uri></author>
    <content type="image/svg+xml"><svg xmlns="http://www.w3.org/2000/svg"/></content>
  </entry>
</feed>
"""
JSON_FEED = """\
{
  "version": "https://jsonfeed.org/version/1.1",
  "title": "A feed",
  "home_page_url": "https://a.example/",
  "feed_url": "https://a.example/feed.json",
  "next_url": "https://a.example/feed.json?page=2",
  "language": "en-GB",
  "authors": [{"name": "Ada", "url": "mailto:ada@a.example"}],
  "hubs": [{"type": "WebSub", "url": "https://hub.example/"}],
  "expired": false,
  "_a": {"about": "https://a.example/about"},
  "items": [
    {
      "id": "1",
      "url": "https://a.example/1",
      "title": "One",
      "content_html": "<a href='https://a.example/2'>Two</a>",
      "date_published": "2026-03-04T10:00:00.5+01:00",
      "date_modified": "2026-03-05T10:00:00Z",
      "tags": ["sea"],
      "attachments": [
        {"url": "https://a.example/1.mp3", "mime_type": "audio/mpeg", "size_in_bytes": 83}
      ]
    },
    {"id": "2", "content_text": "Two"}
  ]
}
"""
RSS_ITEMS = RSS_FEED[RSS_FEED.index("    <item>") : RSS_FEED.index("  </channel>")]
ATOM_ENTRIES = ATOM_FEED[ATOM_FEED.index("  <entry>") : ATOM_FEED.index("</feed>")]
JSON_ITEMS = JSON_FEED[JSON_FEED.index("    {") : JSON_FEED.index("  ]\n}")]

RSS_BROKEN: list[tuple[str, str, list[str]]] = [
    ("One</title>", "One&nbsp;</title>",
     ["24: entity-undefined: document: expected a character, or a number such as &#160;, found “Entity 'nbsp' not defined” (XML 1.0)"]),
    ("One</title>", "One&#1;</title>",
     ["24: character-forbidden: document: expected characters that XML 1.0 allows, found “xmlParseCharRef: invalid xmlChar value 1” (XML 1.0)"]),
    ("One</title>", "One\x1b</title>",
     ["24: character-forbidden: document: expected characters that XML 1.0 allows, found “PCDATA invalid Char value 27” (XML 1.0)"]),
    ("One</title>", "One",
     ["33: xml-malformed: document: expected well-formed XML, found “Opening and ending tag mismatch: title line 24 and item” (XML 1.0)"]),
    ("<dc:creator>", "<x:y/><dc:creator>",
     ["29: namespace-undeclared: document: expected a prefix with an xmlns, found “Namespace prefix x on y is not defined” (Namespaces)"]),
    ("<?xml", "\n<?xml",
     ["2: xml-malformed: document: expected the XML declaration at the very start, found something before it (XML 1.0 §2.8)"]),
    ("<?xml", "\ufeff<?xml",
     ["1: byte-order-mark: document: expected text at the start, found a byte order mark (RFC 7303 §3.3)"]),
    ('encoding="UTF-8"', 'encoding="bogus"',
     ["1: encoding-unknown: document: expected an encoding such as UTF-8, found “bogus” (XML 1.0 §4.3.3)"]),
    ('encoding="UTF-8"', 'encoding="UTF-16"',
     ["1: encoding-wrong: document: expected text in UTF-16, found other text (XML 1.0 §4.3.3)"]),
    ('encoding="UTF-8"', 'encoding="windows-1252"',
     ["1: encoding-not-utf-8: document: expected UTF-8, found “windows-1252” (practice)"]),
    ("?>\n<rss", "?>\n<!DOCTYPE rss [<!ENTITY x 'sea'>]>\n<rss",
     ["1: doctype: document: expected no DOCTYPE, found “rss” (practice)",
      "1: entity-declared: document: expected characters, not entities, found &x; (practice)"]),
    ("?>\n<rss", "?>\n<!DOCTYPE rss>\n<rss",
     ["1: doctype: document: expected no DOCTYPE, found “rss” (practice)"]),
    ("rss/1.0/modules/content/", "rss/1.0/modules/content",
     ["6: namespace-misspelt: rss: expected “http://purl.org/rss/1.0/modules/content/”, found “http://purl.org/rss/1.0/modules/content” (Namespaces)"]),
    ('<rss version="2.0"', '<rss version="0.91"',
     ["6: version-old: rss/@version: expected 2.0, found “0.91” (RSS 2.0 <rss>)"]),
    ('<rss version="2.0"', '<rss version="3.0"',
     ["6: version-unknown: rss/@version: expected 2.0, found “3.0” (RSS 2.0 <rss>)"]),
    ('<rss version="2.0"', "<rss",
     ["6: attribute-missing: rss/@version: expected the attribute version, found none (RSS 2.0 <rss>)"]),
    ("<description>Of the sea.</description>", "",
     ["7: element-missing: channel/description: expected one <description>, found none (RSS 2.0 <channel>)"]),
    ("<description>Of the sea.</description>", "<description/>",
     ["10: value-empty: channel/description: expected text, found nothing (RSS 2.0 <description>)"]),
    ("<language>en</language>", "<language>en</language><language>de</language>",
     ["12: element-repeated: channel/language[2]: expected one <language>, found 2 (RSS 2.0 <channel>)"]),
    ("<language>en</language>", "<language>en_GB</language>",
     ["12: language-invalid: channel/language: expected a language tag such as “en-GB”, found “en_GB” (RSS 2.0 <language>)"]),
    ("<language>en</language>", "<lastbuilddate>now</lastbuilddate>",
     ["12: element-unknown: channel/lastbuilddate: expected an element that may be here, perhaps lastBuildDate, found <lastbuilddate> (RSS 2.0 <channel>)"]),
    ("<language>en</language>", "words",
     ["7: text-stray: channel: expected elements alone, found “words” (RSS 2.0 <channel>)"]),
    ("<link>https://a.example/1</link>", "<link>/1</link>",
     ["25: link-relative: channel/item[1]/link: expected an absolute address, found “/1” (RSS 2.0 <link>)"]),
    ("<link>https://a.example/1</link>", "<link> https://a.example/1 </link>",
     ["25: space-around: channel/item[1]/link: expected no white space around the value, found some (RSS 2.0 <link>)"]),
    ("<link>https://a.example/1</link>", "<link>https://a.example/a b</link>",
     ["25: link-invalid: channel/item[1]/link: expected an address without spaces and quotes, found “https://a.example/a b” (RSS 2.0 <link>)"]),
    ("<link>https://a.example/1</link>", "<link>https:///1</link>",
     ["25: link-invalid: channel/item[1]/link: expected an address with a host, found “https:///1” (RSS 2.0 <link>)"]),
    ("<link>https://a.example/1</link>", "<link>gopher://a.example/1</link>",
     ["25: link-not-web: channel/item[1]/link: expected an http or https address, found “gopher://a.example/1” (RSS 2.0 <link>)"]),
    ("ada@a.example (Ada)", "Ada",
     ["13: email-invalid: channel/managingEditor: expected an address such as “ada@example.org (Ada)”, found “Ada” (RSS 2.0 <managingEditor>)"]),
    ("<ttl>60</ttl>", "<ttl>1 hour</ttl>",
     ["14: number-invalid: channel/ttl: expected a whole number, 0 or more, found “1 hour” (RSS 2.0 <ttl>)"]),
    ("<day>Sunday</day>", "<day>Sun</day>",
     ["15: value-unknown: channel/skipDays/day: expected one of Monday, Tuesday, Wednesday, Thursday, Friday, Saturday, Sunday, found “Sun” (RSS 2.0 <skipDays>)"]),
    ("<skipDays><day>Sunday</day></skipDays>", "<skipHours><hour>24</hour></skipHours>",
     ["15: number-invalid: channel/skipHours/hour: expected a whole number, from 0 to 23, found “24” (RSS 2.0 <skipHours>)"]),
    ("hourly", "often",
     ["16: value-unknown: channel/sy:updatePeriod: expected one of hourly, daily, weekly, monthly, yearly, found “often” (RSS 1.0 Syndication)"]),
    ('<atom:link rel="self" href="https://a.example/feed.rss" type="application/rss+xml"/>', "",
     ["7: self-missing: channel: expected a link rel=self, found none (RSS profile)"]),
    ("<language>en</language>", '<atom:link rel="self" href="https://a.example/feed.rss"/>',
     ["12: self-repeated: channel/atom:link[2]: expected one link rel=self, found 2 (RSS profile)"]),
    ("<language>en</language>", "<fh:archive/>",
     ["7: archive-current-missing: channel: expected a link rel=current, found none (RFC 5005 §4)"]),
    ("<title>A &#x26; B</title>\n      <link>", "<title>B</title>\n      <link>",
     ["19: image-differs: channel/image/title: expected the channel's title, found “B” (RSS profile)"]),
    ("<width>144</width>", "<width>145</width>",
     ["21: image-size: channel/image/width: expected at most 144, found 145 (RSS 2.0 <image>)"]),
    ("<guid>https://a.example/1</guid>", "",
     ["23: guid-missing: channel/item[1]: expected a <guid>, found none (RSS profile)"]),
    ("<guid>https://a.example/1</guid>", "<guid/>",
     ["28: value-empty: channel/item[1]/guid: expected an id, found nothing (RSS 2.0 <guid>)"]),
    ('isPermaLink="false"', "",
     ["36: guid-not-permalink: channel/item[2]/guid: expected a web address, or isPermaLink=false, found “urn:x:2” (RSS 2.0 <guid>)"]),
    ('isPermaLink="false"', 'isPermaLink="no"',
     ["36: value-unknown: channel/item[2]/guid/@isPermaLink: expected one of true, false, found “no” (RSS 2.0 <guid>)"]),
    ('isPermaLink="false"', 'isPermaLink="false" id="2"',
     ["36: attribute-unknown: channel/item[2]/guid/@id: expected an attribute that may be here, found id (RSS 2.0 <guid>)"]),
    ('<guid isPermaLink="false">urn:x:2</guid>', "<guid>https://a.example/1</guid>",
     ["36: id-duplicate: channel/item[2]/guid: expected another id than that of channel/item[1]/guid, found “https://a.example/1” (RSS 2.0 <guid>)"]),
    ("<title>Two</title>", "",
     ["34: entry-empty: channel/item[2]: expected a title or a description, found neither (RSS 2.0 <item>)"]),
    ("<title>Two</title>", "<title>Two &amp; more</title>",
     ["35: title-references: title: expected &#x26; and &#x3C; in titles, found “&amp;” (RSS profile)"]),
    ("<title>Two</title>", "<title>&#x3C;b>Two&#x3C;/b></title>",
     ["35: text-markup: channel/item[2]/title: expected plain text, found “<b>” (RSS profile)"]),
    ("<title>Two</title>", "<title>CafÃ©</title>",
     ["35: text-garbled: channel/item[2]/title: expected text in its encoding, found “CafÃ©” (practice)"]),
    ("<title>Two</title>", "<title>Two <b>more</b></title>",
     ["35: markup-unescaped: channel/item[2]/title: expected escaped text, found <b> (RSS 2.0 <title>)"]),
    ("<dc:creator>Bo</dc:creator>", "<author>bo@a.example</author><dc:creator>Bo</dc:creator>",
     ["29: author-twice: channel/item[1]/dc:creator: expected author or dc:creator, found both (RSS profile)"]),
    ("<dc:creator>Bo</dc:creator>", "<dc:creator/>",
     ["29: value-empty: channel/item[1]/dc:creator: expected a name, found nothing (RSS profile)"]),
    ("<title>Two</title>", '<title>Two</title><enclosure url="https://a.example/2.mp3" length="0" type="audio/mpeg"/><enclosure url="https://a.example/3.mp3" length="0" type="audio/mpeg"/>',
     ["35: enclosure-repeated: channel/item[2]/enclosure[2]: expected one enclosure, found 2 (RSS profile)"]),
    (' length="83"', "",
     ["30: attribute-missing: channel/item[1]/enclosure/@length: expected the attribute length, found none (RSS 2.0 <enclosure>)"]),
    ('length="83"', 'length="1:23"',
     ["30: number-invalid: channel/item[1]/enclosure/@length: expected a whole number, 0 or more, found “1:23” (RSS 2.0 <enclosure>)"]),
    ('type="audio/mpeg"', 'type="mp3"',
     ["30: media-type-invalid: channel/item[1]/enclosure/@type: expected a media type such as “audio/mpeg”, found “mp3” (RSS 2.0 <enclosure>)"]),
    ('url="https://a.example/1.mp3"', 'url="ftp://a.example/1.mp3"',
     ["30: link-not-web: channel/item[1]/enclosure/@url: expected an http or https address, found “ftp://a.example/1.mp3” (RSS 2.0 <enclosure>)"]),
    ("Tue, 03 Mar", "Mon, 03 Mar",
     ["31: date-weekday: channel/item[1]/pubDate: expected Tue, found “Mon, 03 Mar 2026 10:00:00 GMT” (RSS 2.0 <pubDate>)"]),
    ("03 Mar 2026", "03 Mar 26",
     ["31: date-two-digit-year: channel/item[1]/pubDate: expected four digits of the year, found “Tue, 03 Mar 26 10:00:00 GMT” (RSS 2.0 <pubDate>)"]),
    ("10:00:00 GMT", "10:00:00 B",
     ["31: date-zone: channel/item[1]/pubDate: expected GMT or an offset such as +0100, found “Tue, 03 Mar 2026 10:00:00 B” (RSS 2.0 <pubDate>)"]),
    ("10:00:00 GMT", "10:00:00 CEST",
     ["31: date-invalid: channel/item[1]/pubDate: expected a date such as “Wed, 04 Mar 2026 10:00:00 GMT”, found “Tue, 03 Mar 2026 10:00:00 CEST” (RSS 2.0 <pubDate>)"]),
    ("Tue, 03 Mar 2026 10:00:00 GMT", "2026-03-03T10:00:00Z",
     ["31: date-invalid: channel/item[1]/pubDate: expected a date such as “Wed, 04 Mar 2026 10:00:00 GMT”, found “2026-03-03T10:00:00Z” (RSS 2.0 <pubDate>)"]),
    ("Tue, 03 Mar 2026 10:00:00 GMT", "Tue, 31 Feb 2026 10:00:00 GMT",
     ["31: date-invalid: channel/item[1]/pubDate: expected a date such as “Wed, 04 Mar 2026 10:00:00 GMT”, found “Tue, 31 Feb 2026 10:00:00 GMT” (RSS 2.0 <pubDate>)"]),
    ("Tue, 03 Mar 2026 10:00:00 GMT", "Wed, 03 Mar 2027 10:00:00 GMT",
     ["31: date-future: channel/item[1]/pubDate: expected a moment that is over, found “Wed, 03 Mar 2027 10:00:00 GMT” (practice)"]),
    ("Tue, 03 Mar 2026 10:00:00 GMT", "Thu, 01 Jan 1970 00:00:00 GMT",
     ["31: date-zero: channel/item[1]/pubDate: expected a date, or none, found “Thu, 01 Jan 1970 00:00:00 GMT” (practice)"]),
    ('href="https://a.example/2"', 'href="../2"',
     ["27: content-relative: channel/item[1]/content:encoded: expected absolute addresses, found “../2” (practice)"]),
    ("<description>Short.</description>", '<description>&lt;script src="//x/"&gt;&lt;/script&gt;</description>',
     ["26: content-relative: channel/item[1]/description: expected absolute addresses, found “//x/” (practice)",
      "26: content-script: channel/item[1]/description: expected text and media alone, found “<script>” (practice)"]),
    ("<description>Short.</description>", "<description>&lt;p onclick='x()'&gt;Short.&lt;/p&gt;</description>",
     ["26: content-script: channel/item[1]/description: expected text and media alone, found “onclick” (practice)"]),
    ("<description>Short.</description>", "<description>&amp;lt;p&amp;gt;Short.&amp;lt;/p&amp;gt;</description>",
     ["26: escaped-twice: channel/item[1]/description: expected markup that is escaped once, found “&lt;p&gt;Short.&lt;/p&gt;” (practice)"]),
    ("<description>Short.</description>", "<description><p>Short.</p></description>",
     ["26: markup-unescaped: channel/item[1]/description: expected escaped text, found <p> (RSS 2.0 <description>)"]),
    ("<description>Short.</description>\n      <content:encoded>", "<content:encoded>x</content:encoded>\n      <description>Short.</description><content:encoded>",
     ["26: content-before-description: channel/item[1]/content:encoded[1]: expected the description before content:encoded, found it behind (RSS profile)"]),
    ("<title>Two</title>", "<title>Two</title><content:encoded>x</content:encoded><description>Late.</description>",
     ["35: content-before-description: channel/item[2]/content:encoded: expected the description before content:encoded, found it behind (RSS profile)"]),
    ("<title>Two</title>", "<title>Two</title><category/><source url='/'>x</source><comments>/</comments>",
     ["35: value-empty: channel/item[2]/category: expected a category, found nothing (RSS 2.0 <category>)",
      "35: link-relative: channel/item[2]/source/@url: expected an absolute address, found “/” (RSS 2.0 <source>)",
      "35: link-relative: channel/item[2]/comments: expected an absolute address, found “/” (RSS 2.0 <comments>)"]),
    ('<guid isPermaLink="false">urn:x:2</guid>', "<guid isPermaLink='false'> urn:x:2 </guid>",
     ["36: space-around: channel/item[2]/guid: expected no white space around the value, found some (RSS 2.0 <guid>)"]),
    ("10:00:00 GMT", "10:00:00 +2500",
     ["31: date-invalid: channel/item[1]/pubDate: expected a date such as “Wed, 04 Mar 2026 10:00:00 GMT”, found “Tue, 03 Mar 2026 10:00:00 +2500” (RSS 2.0 <pubDate>)"]),
    ("Tue, 03 Mar 2026 10:00:00 GMT", "Die, 03 Mar 2026 10:00:00 GMT",
     ["31: date-invalid: channel/item[1]/pubDate: expected a date such as “Wed, 04 Mar 2026 10:00:00 GMT”, found “Die, 03 Mar 2026 10:00:00 GMT” (RSS 2.0 <pubDate>)"]),
    ("https://a.example/feed.rss", "/feed.rss",
     ["11: link-relative: channel/atom:link/@href: expected an absolute address, found “/feed.rss” (RSS profile)"]),
    ("<language>en</language>", "<cloud domain='a.example' port='80'/>",
     ["12: attribute-missing: channel/cloud/@path: expected the attribute path, found none (RSS 2.0 <cloud>)",
      "12: attribute-missing: channel/cloud/@protocol: expected the attribute protocol, found none (RSS 2.0 <cloud>)",
      "12: attribute-missing: channel/cloud/@registerProcedure: expected the attribute registerProcedure, found none (RSS 2.0 <cloud>)"]),
    ("<language>en</language>", "<textInput><title>T</title><description>D</description><name>n</name><link>/</link></textInput>",
     ["12: link-relative: channel/textInput/link: expected an absolute address, found “/” (RSS 2.0 <textInput>)"]),
    ("<width>144</width>", "<width>wide</width>",
     ["21: number-invalid: channel/image/width: expected a whole number, 0 or more, found “wide” (RSS 2.0 <image>)"]),
    ("</rss>", "</rss><!--",
     ["40: xml-malformed: document: expected well-formed XML, found “Comment not terminated” (XML 1.0)"]),
    (RSS_ITEMS, "",
     ["7: entries-none: channel: expected an item, found none (practice)"]),
    ('medium="image"', 'medium="picture"',
     ["32: value-unknown: channel/item[1]/media:content/@medium: expected one of image, audio, video, document, executable, found “picture” (Media RSS 1.5.1)"]),
    ('url="https://a.example/1.png"', "",
     ["32: attribute-missing: channel/item[1]/media:content/@url: expected the attribute url, found none (Media RSS 1.5.1)"]),
    ('width="16"', 'width="16px"',
     ["32: number-invalid: channel/item[1]/media:content/@width: expected a whole number, 0 or more, found “16px” (Media RSS 1.5.1)"]),
]  # fmt: skip

ATOM_BROKEN: list[tuple[str, str, list[str]]] = [
    ("<id>urn:x:feed</id>", "",
     ["3: element-missing: feed/id: expected one <id>, found none (RFC 4287 §4.1.1)"]),
    ("<id>urn:x:feed</id>", "<id>feed</id>",
     ["4: id-relative: feed/id: expected an absolute IRI, found “feed” (RFC 4287 §4.2.6)"]),
    ("<id>urn:x:2</id>", "<id>urn:x:1</id>",
     ["22: id-duplicate: feed/entry[2]/id: expected another id than that of feed/entry[1]/id, found “urn:x:1” (RFC 4287 §4.1.1)"]),
    ("<id>urn:x:2</id>", "<id>urn:x:2 </id>",
     ["22: space-around: feed/entry[2]/id: expected no white space around the value, found some (RFC 4287 §4.2.6)"]),
    ("<title>One</title>", "<title>One</title><title>Uno</title>",
     ["12: element-repeated: feed/entry[1]/title[2]: expected one <title>, found 2 (RFC 4287 §4.1.2)"]),
    ("<title>One</title>", "<title>O<b>n</b>e</title>",
     ["12: markup-unescaped: feed/entry[1]/title: expected escaped text, or type=xhtml, found <b> (RFC 4287 §3.1.1)"]),
    ("<title>One</title>", '<title type="text/plain">One</title>',
     ["12: text-type-unknown: feed/entry[1]/title/@type: expected text, html or xhtml, found “text/plain” (RFC 4287 §3.1)"]),
    ("<title>One</title>", '<title type="xhtml">One</title>',
     ["12: xhtml-div: feed/entry[1]/title: expected one XHTML <div>, found “One” (RFC 4287 §3.1.1.3)"]),
    ("<title>One</title>", "<title>&lt;i>One&lt;/i></title>",
     ["12: text-markup: feed/entry[1]/title: expected plain text, found “<i>” (RFC 4287 §3.1.1)"]),
    ("<title>One</title>", "<title/>",
     ["12: value-empty: feed/entry[1]/title: expected a title, found nothing (RFC 4287 §4.2.14)"]),
    ("<name>Ada</name>", "",
     ["15: element-missing: feed/entry[1]/author/name: expected one <name>, found none (RFC 4287 §3.2)"]),
    ("ada@a.example", "ada",
     ["15: email-invalid: feed/entry[1]/author/email: expected an e-mail address, found “ada” (RFC 4287 §3.2.3)"]),
    ("<author><name>Bo</name><uri>https://b.example/</uri></author>", "",
     ["21: author-missing: feed/entry[2]: expected an author, here or of the feed, found none (RFC 4287 §4.1.2)"]),
    ("<uri>https://b.example/</uri>", "<uri>b.example</uri>",
     ["25: link-relative: feed/entry[2]/author/uri: expected an absolute address, found “b.example” (RFC 4287 §2)"]),
    ("2026-03-04T10:00:00.5+01:00", "4 March 2026",
     ["14: date-invalid: feed/entry[1]/updated: expected a date such as “2026-03-04T10:00:00Z”, found “4 March 2026” (RFC 4287 §3.3)"]),
    ("2026-03-04T10:00:00.5+01:00", "2026-03-04t10:00:00z",
     ["14: date-invalid: feed/entry[1]/updated: expected a date such as “2026-03-04T10:00:00Z”, found “2026-03-04t10:00:00z” (RFC 4287 §3.3)"]),
    ("2026-03-04T10:00:00.5+01:00", "2026-03-02T10:00:00Z",
     ["14: date-order: feed/entry[1]/updated: expected a date not before published, found “2026-03-02T10:00:00Z” (RFC 4287 §4.2.15)"]),
    ("2026-03-04T10:00:00.5+01:00", "2026-06-02T10:00:00Z",
     ["14: date-future: feed/entry[1]/updated: expected a moment that is over, found “2026-06-02T10:00:00Z” (practice)"]),
    ("2026-03-03T10:00:00+01:00", "0001-01-01T00:00:00Z",
     ["13: date-zero: feed/entry[1]/published: expected a date, or none, found “0001-01-01T00:00:00Z” (practice)"]),
    (' href="https://a.example/1"', "",
     ["16: attribute-missing: feed/entry[1]/link[1]/@href: expected the attribute href, found none (RFC 4287 §4.2.7)"]),
    ('href="https://a.example/1"', 'href="/1"',
     ["16: link-relative: feed/entry[1]/link[1]/@href: expected an absolute address, found “/1” (RFC 4287 §4.2.7)"]),
    ('type="image/png"', 'type="png"',
     ["17: media-type-invalid: feed/entry[1]/link[2]/@type: expected a media type such as “audio/mpeg”, found “png” (RFC 4287 §4.2.7)"]),
    ('length="83"', 'length="unknown"',
     ["17: number-invalid: feed/entry[1]/link[2]/@length: expected a whole number, 0 or more, found “unknown” (RFC 4287 §4.2.7)"]),
    ('hreflang="en"', 'hreflang="in English"',
     ["8: language-invalid: feed/link[2]/@hreflang: expected a language tag such as “en-GB”, found “in English” (RFC 4287 §4.2.7)"]),
    ('xml:lang="en"', 'xml:lang="en_GB"',
     ["3: language-invalid: feed/@xml:lang: expected a language tag such as “en-GB”, found “en_GB” (XML 1.0 §2.12)"]),
    ('rel="enclosure"', 'rel="image"',
     ["17: rel-unknown: feed/entry[1]/link[2]/@rel: expected a registered relation or an IRI, found “image” (RFC 4287 §4.2.7.2)"]),
    ('rel="enclosure" type="image/png" length="83" ', "",
     ["17: link-repeated: feed/entry[1]/link[2]: expected one alternate link of a type and hreflang, found another (RFC 4287 §4.1.2)"]),
    ('rel="self" href', 'rel="via" href',
     ["3: self-missing: feed: expected a link rel=self, found none (RFC 4287 §4.1.1)"]),
    (' term="sea"', "",
     ["18: attribute-missing: feed/entry[1]/category/@term: expected the attribute term, found none (RFC 4287 §4.2.2)"]),
    ('scheme="https://a.example/topics/"', 'scheme="topics"',
     ["18: link-relative: feed/entry[1]/category/@scheme: expected an absolute address, found “topics” (RFC 4287 §4.2.2)"]),
    ("<category", "<subject>x</subject><category",
     ["18: element-unknown: feed/entry[1]/subject: expected an element that may be here, found <subject> (RFC 4287 §4.1.2)"]),
    ('xml:lang="en"', 'xml:lang="en" version="1.0"',
     ["3: attribute-unknown: feed/@version: expected an attribute that may be here, found version (RFC 4287 §4.1.1)"]),
    ('<summary type="html">', "<summary>",
     ['19: text-markup: feed/entry[1]/summary: expected plain text, found “<a href="https://a.example/2">” (RFC 4287 §3.1.1)']),
    (' href="https://a.example/2"', ' href="/2" srcset="/3 1x, /4 2x"',
     ["19: content-relative: feed/entry[1]/summary: expected absolute addresses, found “/2” and 2 more (practice)"]),
    ('href="https://a.example/1"', 'href=""',
     ["16: value-empty: feed/entry[1]/link[1]/@href: expected an address, found nothing (RFC 4287 §4.2.7)"]),
    ('<content type="image/svg+xml">', '<content type="multipart">',
     ["26: media-type-invalid: feed/entry[2]/content/@type: expected a media type such as “audio/mpeg”, found “multipart” (RFC 4287 §4.1.3.1)"]),
    ("<updated>2026-03-04T10:00:00Z</updated>\n  <link", "<updated>2026-03-04T10:00:00+25:00</updated>\n  <link",
     ["6: date-invalid: feed/updated: expected a date such as “2026-03-04T10:00:00Z”, found “2026-03-04T10:00:00+25:00” (RFC 4287 §3.3)"]),
    ("</entry>\n</feed>", "<source><id>x</id><title>S</title><entry/></source></entry>\n</feed>",
     ["27: element-unknown: feed/entry[2]/source/entry[1]: expected an element that may be here, found <entry> (RFC 4287 §4.2.11)",
      "27: id-relative: feed/entry[2]/source/id: expected an absolute IRI, found “x” (RFC 4287 §4.2.6)"]),
    (ATOM_ENTRIES, "",
     ["3: entries-none: feed: expected an entry, found none (practice)"]),
    ('href="https://a.example/2"', 'href="two"',
     ["19: content-relative: feed/entry[1]/summary: expected absolute addresses, found “two” (practice)"]),
    ('href="https://a.example/2"', 'href="javascript:x()" onclick="x()"',
     ["19: content-script: feed/entry[1]/summary: expected text and media alone, found “onclick” and 1 more (practice)"]),
    ("Two</div>", 'Two<p xmlns="">x</p></div>',
     ["23: xhtml-div: feed/entry[2]/title: expected XHTML alone in it, found <p> (RFC 4287 §3.1.1.3)"]),
    ("Two</div>", '<a href="two">Two</a></div>',
     ["23: content-relative: feed/entry[2]/title: expected absolute addresses, found “two” (practice)"]),
    ('<content type="image/svg+xml"><svg xmlns="http://www.w3.org/2000/svg"/></content>', "",
     ["21: content-missing: feed/entry[2]: expected content or a link rel=alternate, found neither (RFC 4287 §4.1.2)"]),
    ('"image/svg+xml"', '"image/png"',
     ["26: summary-missing: feed/entry[2]/content: expected a summary, found none (RFC 4287 §4.1.2)"]),
    ('<content type="image/svg+xml">', '<content src="https://a.example/2" type="image/svg+xml">',
     ["26: content-src: feed/entry[2]/content: expected no content beside src, found some (RFC 4287 §4.1.3.2)",
      "26: summary-missing: feed/entry[2]/content: expected a summary, found none (RFC 4287 §4.1.2)"]),
    ('type="image/svg+xml"><svg', 'type="html"><svg',
     ["26: markup-unescaped: feed/entry[2]/content: expected escaped text, or type=xhtml, found <svg> (RFC 4287 §3.1.1)"]),
    (' ref="urn:x:3"', "",
     ["9: attribute-missing: feed/at:deleted-entry/@ref: expected the attribute ref, found none (RFC 6721 §3)"]),
    ('ref="urn:x:3"', 'ref="3"',
     ["9: id-relative: feed/at:deleted-entry/@ref: expected an absolute IRI, found “3” (RFC 6721 §3)"]),
    ('when="2026-03-04T10:00:00Z"', 'when="now"',
     ["9: date-invalid: feed/at:deleted-entry/@when: expected a date such as “2026-03-04T10:00:00Z”, found “now” (RFC 6721 §3)"]),
    ("</entry>\n</feed>", "</entry><rights>R</rights><icon>https://a.example/i</icon></feed>",
     ["27: metadata-late: feed/rights: expected everything about the feed before its entries, found <rights> behind one (RFC 4287 §4.1.1)"]),
    ("<at:deleted", "<fh:archive/><at:deleted",
     ["3: archive-current-missing: feed: expected a link rel=current, found none (RFC 5005 §4)"]),
    ("http://www.w3.org/2005/Atom", "http://purl.org/atom/ns#",
     ["1: format-unknown: document: expected RSS 2.0, Atom 1.0 or JSON Feed 1.1, found Atom 0.3 (practice)"]),
    ("http://www.w3.org/2005/Atom", "http://www.w3.org/2005/atom",
     ["1: format-unknown: document: expected RSS 2.0, Atom 1.0 or JSON Feed 1.1, found the element <{http://www.w3.org/2005/atom}feed> (practice)",
      "3: namespace-misspelt: feed: expected “http://www.w3.org/2005/Atom”, found “http://www.w3.org/2005/atom” (Namespaces)"]),
]  # fmt: skip

JSON_BROKEN: list[tuple[str, str, list[str]]] = [
    ("version/1.1", "version/1",
     ["-: version-old: /version: expected https://jsonfeed.org/version/1.1, found “https://jsonfeed.org/version/1” (JSON Feed 1.1)"]),
    ("version/1.1", "version/2",
     ["-: version-unknown: /version: expected https://jsonfeed.org/version/1.1, found “https://jsonfeed.org/version/2” (JSON Feed 1.1)"]),
    ('"title": "A feed",', "",
     ["-: member-missing: /title: expected the member title, found none (JSON Feed 1.1)"]),
    ('"title": "A feed",', '"title": "",',
     ["-: value-empty: /title: expected text, found nothing (JSON Feed 1.1)"]),
    ('"title": "A feed",', '"title": "A feed", "title": "B",',
     ["-: member-duplicate: document: expected each name once, found “title” (RFC 8259 §4)"]),
    ('"title": "A feed",', '"title": "A feed", "subtitle": "Of the sea.",',
     ["-: member-unknown: /subtitle: expected a known name or one with _, perhaps title, found “subtitle” (JSON Feed 1.1)"]),
    ('"title": "A feed",', '"title": "<b>A</b> feed",',
     ["-: text-markup: /title: expected plain text, found “<b>” (JSON Feed 1.1)"]),
    ('"title": "A feed",', '"title": "A \ufffd feed",',
     ["-: text-garbled: /title: expected text in its encoding, found “A \ufffd feed” (practice)"]),
    ('"title": "A feed",', '"title": null,',
     ["-: member-type: /title: expected a string, found null (JSON Feed 1.1)"]),
    ('"title": "A feed",', '"title": "A feed"',
     ["4: json-malformed: document: expected JSON, found “Expecting ',' delimiter” in column 3 (RFC 8259)"]),
    ('"expired": false', '"expired": NaN',
     ["-: json-malformed: document: expected JSON, found NaN, which is no number of JSON (RFC 8259)"]),
    ('"expired": false', '"expired": "no"',
     ["-: member-type: /expired: expected true or false, found a string (JSON Feed 1.1)"]),
    ('"_a": {"about": "https://a.example/about"}', '"_a": "about"',
     ["-: extension-invalid: /_a: expected an object, found a string (JSON Feed 1.1)"]),
    ('"home_page_url": "https://a.example/"', '"home_page_url": "/"',
     ["-: link-relative: /home_page_url: expected an absolute address, found “/” (JSON Feed 1.1)"]),
    ('"feed_url": "https://a.example/feed.json",', "",
     ["-: self-missing: /feed_url: expected the address of the feed, found none (JSON Feed 1.1)"]),
    ("feed.json?page=2", "feed.json",
     ["-: next-url-loop: /next_url: expected another address, found “https://a.example/feed.json” (JSON Feed 1.1)"]),
    ('"language": "en-GB"', '"language": "en_GB"',
     ["-: language-invalid: /language: expected a language tag such as “en-GB”, found “en_GB” (JSON Feed 1.1)"]),
    ('"name": "Ada", "url": "mailto:ada@a.example"', "",
     ["-: author-empty: /authors/0: expected a name, url or avatar, found none (JSON Feed 1.1)"]),
    ('"authors": [{"name": "Ada", "url": "mailto:ada@a.example"}]', '"author": {"name": "Ada"}',
     ["-: member-deprecated: /author: expected authors, found author (JSON Feed 1.1)"]),
    ('"type": "WebSub", ', "",
     ["-: member-missing: /hubs/0/type: expected the member type, found none (JSON Feed 1.1)"]),
    ('"id": "1",', "",
     ["-: member-missing: /items/0/id: expected the member id, found none (JSON Feed 1.1)"]),
    ('"id": "1",', '"id": 1,',
     ["-: member-type: /items/0/id: expected a string, found a number (JSON Feed 1.1)"]),
    ('"id": "2"', '"id": "1"',
     ["-: id-duplicate: /items/1/id: expected another id than that of /items/0/id, found “1” (JSON Feed 1.1)"]),
    ('"id": "2"', '"id": ""',
     ["-: value-empty: /items/1/id: expected text, found nothing (JSON Feed 1.1)"]),
    ('"content_text": "Two"', '"title": "Two"',
     ["-: content-missing: /items/1: expected content_html or content_text, found neither (JSON Feed 1.1)"]),
    ('"tags": ["sea"]', '"tags": "sea"',
     ["-: member-type: /items/0/tags: expected an array, found a string (JSON Feed 1.1)"]),
    ('"tags": ["sea"]', '"keywords": ["sea"]',
     ["-: member-unknown: /items/0/keywords: expected a known name or one with _, found “keywords” (JSON Feed 1.1)"]),
    ("2026-03-04T10:00:00.5+01:00", "2026-03-04 10:00:00",
     ["-: date-invalid: /items/0/date_published: expected a date such as “2026-03-04T10:00:00Z”, found “2026-03-04 10:00:00” (JSON Feed 1.1)"]),
    ("2026-03-05T10:00:00Z", "2026-03-03T10:00:00Z",
     ["-: date-order: /items/0/date_modified: expected a date not before date_published, found “2026-03-03T10:00:00Z” (JSON Feed 1.1)"]),
    ("2026-03-05T10:00:00Z", "2027-03-03T10:00:00Z",
     ["-: date-future: /items/0/date_modified: expected a moment that is over, found “2027-03-03T10:00:00Z” (practice)"]),
    ('"mime_type": "audio/mpeg", ', "",
     ["-: member-missing: /items/0/attachments/0/mime_type: expected the member mime_type, found none (JSON Feed 1.1)"]),
    ("audio/mpeg", "mp3",
     ["-: media-type-invalid: /items/0/attachments/0/mime_type: expected a media type such as “audio/mpeg”, found “mp3” (JSON Feed 1.1)"]),
    ('"size_in_bytes": 83', '"size_in_bytes": "83"',
     ["-: member-type: /items/0/attachments/0/size_in_bytes: expected a number, found a string (JSON Feed 1.1)"]),
    ('"size_in_bytes": 83', '"size_in_bytes": -1',
     ["-: number-invalid: /items/0/attachments/0/size_in_bytes: expected 0 or more, found “-1” (JSON Feed 1.1)"]),
    ("href='https://a.example/2'", "href='/2'",
     ["-: content-relative: /items/0/content_html: expected absolute addresses, found “/2” (practice)"]),
    ('{\n  "version"', '\ufeff{\n  "version"',
     ["1: json-byte-order-mark: document: expected text at the start, found a byte order mark (RFC 8259 §8.1)"]),
    ('"title": "A feed",', '"title": "A feed", "home_page_ulr": "https://a.example/",',
     ["-: member-unknown: /home_page_ulr: expected a known name or one with _, perhaps home_page_url, found “home_page_ulr” (JSON Feed 1.1)"]),
    ('"tags": ["sea"]', '"tags": ["sea", ""]',
     ["-: value-empty: /items/0/tags/1: expected text, found nothing (JSON Feed 1.1)"]),
    ('"content_text": "Two"', '"content_text": 2',
     ["-: member-type: /items/1/content_text: expected a string, found a number (JSON Feed 1.1)"]),
    ('{"id": "2", "content_text": "Two"}', '"two"',
     ["-: member-type: /items/1: expected an object, found a string (JSON Feed 1.1)"]),
    ('"_a": {"about"', '"_": {"about"',
     ["-: extension-invalid: /_: expected a name with a _, a letter and no period, found “_” (JSON Feed 1.1)"]),
    (JSON_ITEMS, "",
     ["-: entries-none: /items: expected an item, found none (practice)"]),
    ('"items": [', '"items": {}, "_x": [',
     ["-: member-type: /items: expected an array, found an object (JSON Feed 1.1)",
      "-: extension-invalid: /_x: expected an object, found an array (JSON Feed 1.1)"]),
]  # fmt: skip

NO_FEEDS: list[tuple[str, str]] = [
    ("", "nothing"),
    ("Not a feed.", "something else"),
    ("[1]", "other JSON"),
    ("{}", "other JSON"),
    ('<opml version="2.0"/>', "the element <opml>"),
    ('<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"/>', "RSS 1.0 (RDF)"),
    (
        "<!doctype html><title>A</title><link rel=alternate type='application/rss+xml' href='/feed'>",
        "an HTML page that names the feed “/feed”",
    ),
    ("<!doctype html><title>A</title>", "an HTML page"),
]
