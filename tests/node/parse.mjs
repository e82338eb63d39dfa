// Reads a feed with parsers that the project didn't write and prints one line of JSON for each:
//
//   node parse.mjs FILE rss|atom|json
//
// {"parser": ..., "feed": {...}, "items": [{...}, ...]}. A parser's own words for a thing are put
// into one vocabulary, its values are left alone, but for dates, which become ISO 8601. What a
// parser doesn't say, or says with null or an empty text or list, is absent.

import { readFileSync } from "node:fs";
import { parseFeed as parseWithRowanmanning } from "@rowanmanning/feed-parser";
import { parseFeed as parseWithFeedsmith } from "feedsmith";
import RssParser from "rss-parser";

const isEmpty = (value) =>
  value === undefined || value === null || value === "" || (Array.isArray(value) && !value.length);

const present = (members) =>
  Object.fromEntries(Object.entries(members).filter(([, value]) => !isEmpty(value)));

const each = (list, name) => (list ?? []).map((one) => present(name(one)));

const moment = (text) => text && new Date(text).toISOString();

const number = (text) => (text === undefined ? undefined : Number(text));

const mediaOf = (media) => ({
  media: each(media?.contents, ({ url, type, medium, width, height, fileSize }) => ({
    url, type, medium, width, height, length: fileSize,
  })),
  thumbnails: each(media?.thumbnails, ({ url, width, height }) => ({ url, width, height })),
});

const linksOf = (links, rel) => (links ?? []).filter((link) => link.rel === rel);

const FEEDSMITH = {
  rss: {
    feed: (feed) => ({
      title: feed.title,
      url: feed.link,
      description: feed.description,
      language: feed.language,
      rights: feed.copyright,
      updated: moment(feed.lastBuildDate),
      image: feed.image?.url,
      imageTitle: feed.image?.title,
      imageLink: feed.image?.link,
      generator: feed.generator,
      self: linksOf(feed.atom?.links, "self")[0]?.href,
    }),
    items: (feed) => feed.items,
    item: (item) => ({
      id: item.guid?.value,
      isPermaLink: item.guid?.isPermaLink,
      title: item.title,
      url: item.link,
      published: moment(item.pubDate),
      summary: item.description,
      content: item.content?.encoded,
      authors: each(item.dc?.creators, (name) => ({ name })),
      categories: each(item.categories, ({ name, domain }) => ({ label: name, scheme: domain })),
      enclosures: each(item.enclosures, ({ url, type, length }) => ({ url, type, length })),
      language: item.dc?.languages?.[0],
      ...mediaOf(item.media),
    }),
  },
  atom: {
    feed: (feed) => ({
      id: feed.id,
      title: feed.title.value,
      url: linksOf(feed.links, "alternate").find((link) => link.type === "text/html")?.href,
      description: feed.subtitle?.value,
      language: feed.xml?.lang,
      rights: feed.rights?.value,
      updated: moment(feed.updated),
      image: feed.logo,
      icon: feed.icon,
      generator: feed.generator?.text,
      self: linksOf(feed.links, "self")[0]?.href,
      authors: each(feed.authors, ({ name, uri, email }) => ({ name, url: uri, email })),
    }),
    items: (feed) => feed.entries,
    item: (entry) => ({
      id: entry.id,
      title: entry.title.value,
      titleType: entry.title.type,
      url: linksOf(entry.links, "alternate")[0]?.href,
      published: moment(entry.published),
      updated: moment(entry.updated),
      summary: entry.summary?.value,
      summaryType: entry.summary?.type,
      content: entry.content?.value,
      contentType: entry.content?.type,
      authors: each(entry.authors, ({ name, uri, email }) => ({ name, url: uri, email })),
      categories: entry.categories,
      enclosures: each(linksOf(entry.links, "enclosure"), ({ href, type, length, title }) => ({
        url: href, type, length, title,
      })),
      related: each(linksOf(entry.links, "related"), ({ href, title }) => ({ url: href, title })),
      via: linksOf(entry.links, "via")[0]?.href,
      language: entry.xml?.lang,
      ...mediaOf(entry.media),
    }),
  },
  json: {
    feed: (feed) => ({
      title: feed.title,
      url: feed.home_page_url,
      description: feed.description,
      language: feed.language,
      image: feed.icon,
      icon: feed.favicon,
      self: feed.feed_url,
      authors: feed.authors,
    }),
    items: (feed) => feed.items,
    item: (item) => ({
      id: item.id,
      title: item.title,
      url: item.url,
      via: item.external_url,
      published: moment(item.date_published),
      updated: moment(item.date_modified),
      summary: item.summary,
      content: item.content_html,
      authors: item.authors,
      categories: each(item.tags, (label) => ({ label })),
      enclosures: each(item.attachments, ({ url, mime_type, size_in_bytes, title }) => ({
        url, type: mime_type, length: size_in_bytes, title,
      })),
      image: item.image,
      language: item.language,
    }),
  },
};

function readWithFeedsmith(text, format) {
  const parsed = parseWithFeedsmith(text);
  if (parsed.format !== format) throw new Error(`${parsed.format} instead of ${format}`);
  const { feed, items, item } = FEEDSMITH[format];
  return { feed: feed(parsed.feed), items: each(items(parsed.feed), item) };
}

// By itself rss-parser gives the first of several elements of a name; its option for custom
// fields gives them all.
const keepAll = (...pairs) => pairs.map(([name, as]) => [name, as, { keepArray: true }]);

const RSS_PARSER = {
  rss: {
    fields: keepAll(["dc:creator", "creators"], ["media:content", "media"]),
    item: (item) => ({
      id: item.guid,
      title: item.title,
      url: item.link,
      published: item.isoDate,
      summary: item.content,
      content: item["content:encoded"],
      authors: each(item.creators, (name) => ({ name })),
      categories: each(item.categories, ({ _, $ }) => ({ label: _, scheme: $.domain })),
      enclosures: each(item.enclosure && [item.enclosure], ({ url, type, length }) => ({
        url, type, length: number(length),
      })),
      language: item.language,
    }),
  },
  atom: {
    fields: [
      "updated",
      ...keepAll(
        ["author", "people"], ["category", "terms"], ["link", "links"], ["media:content", "media"],
      ),
    ],
    item: (item) => ({
      id: item.id,
      title: item.title,
      url: item.link,
      published: item.isoDate,
      updated: moment(item.updated),
      summary: item.summary,
      content: item.content,
      authors: each(item.people, ({ name, uri }) => ({ name: name[0], url: uri?.[0] })),
      categories: each(item.terms, ({ $ }) => $),
      enclosures: each(
        linksOf(item.links.map(({ $ }) => $), "enclosure"),
        ({ href, type, length, title }) => ({ url: href, type, length: number(length), title }),
      ),
    }),
  },
};

async function readWithRssParser(text, format) {
  const { fields, item } = RSS_PARSER[format];
  const feed = await new RssParser({ customFields: { item: fields } }).parseString(text);
  return {
    feed: {
      title: feed.title,
      url: feed.link,
      description: feed.description,
      language: feed.language,
      rights: feed.copyright,
      updated: moment(feed.lastBuildDate),
      image: feed.image?.url,
      imageTitle: feed.image?.title,
      imageLink: feed.image?.link,
      generator: feed.generator,
      self: feed.feedUrl,
    },
    items: each(feed.items, (one) => ({
      ...item(one),
      media: each(one.media, ({ $: { url, type, medium, width, height, fileSize } }) => ({
        url, type, medium, width: number(width), height: number(height), length: number(fileSize),
      })),
    })),
  };
}

function readWithRowanmanning(text, format) {
  const feed = parseWithRowanmanning(text).toJSON();
  if (feed.meta.type !== format) throw new Error(`${feed.meta.type} instead of ${format}`);
  return {
    feed: {
      title: feed.title,
      url: feed.url,
      description: feed.description,
      language: feed.language,
      rights: feed.copyright,
      updated: feed.updated,
      image: feed.image?.url,
      imageTitle: feed.image?.title,
      generator: feed.generator?.label,
      self: feed.self,
      authors: each(feed.authors, (person) => person),
    },
    items: each(feed.items, (item) => ({
      id: item.id,
      title: item.title,
      url: item.url,
      published: item.published,
      updated: item.updated,
      summary: item.description,
      content: item.content,
      authors: each(item.authors, (person) => person),
      categories: each(item.categories, ({ label, term, url }) => ({ label, term, scheme: url })),
      // Enclosures and Media RSS in one list, each address once.
      enclosures: each(item.media, ({ url, mimeType, length, title }) => ({
        url, type: mimeType, length, title,
      })),
      image: item.image?.url,
    })),
  };
}

const PARSERS = {
  feedsmith: { formats: ["rss", "atom", "json"], read: readWithFeedsmith },
  "rss-parser": { formats: ["rss", "atom"], read: readWithRssParser },
  "@rowanmanning/feed-parser": { formats: ["rss", "atom"], read: readWithRowanmanning },
};

const [file, format] = process.argv.slice(2);
if (!(format in FEEDSMITH)) throw new Error("usage: node parse.mjs FILE rss|atom|json");
const text = readFileSync(file, "utf8");
for (const [parser, { formats, read }] of Object.entries(PARSERS)) {
  if (!formats.includes(format)) continue;
  const { feed, items } = await read(text, format);
  console.log(JSON.stringify({ parser, feed: present(feed), items }));
}
