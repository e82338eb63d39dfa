"""What a story's page says of the story to machines: schema.org NewsArticle (JSON-LD 1.1)."""

from __future__ import annotations

from collections.abc import Mapping

from feedsvc.feeds.addresses import Addresses
from feedsvc.feeds.site import Site
from feedsvc.model import Article, Person


def news_article(article: Article, addresses: Addresses, site: Site) -> dict[str, object]:
    """https://schema.org/NewsArticle, with what is known of `article`."""
    publisher = {"@type": "Organization", "name": site.title, "url": addresses.base_url}
    if article.provider is not None:
        publisher = {"@type": "Organization", "name": article.provider.name}
        if article.provider.domain:
            publisher["url"] = f"https://{article.provider.domain}/"
    return _known(
        {
            "@context": "https://schema.org",
            "@type": "NewsArticle",
            "headline": article.title,
            "description": article.excerpt,
            "url": addresses.story(article),
            "mainEntityOfPage": canonical(article, addresses),
            "datePublished": article.published and article.published.isoformat(),
            "dateModified": article.updated and article.updated.isoformat(),
            "inLanguage": article.language or site.language,
            "image": [addresses.image(image) for image in article.images],
            "author": [_person(author) for author in article.authors],
            "publisher": publisher,
            "keywords": [topic.label for topic in article.topics],
            "articleSection": [category.label for category in article.categories],
        }
    )


def canonical(article: Article, addresses: Addresses) -> str:
    """Where the story has its home: the original, if there is one (RFC 6596)."""
    original = article.original_url or article.url
    return addresses.absolute(original) if original else addresses.story(article)


def _person(person: Person) -> dict[str, object]:
    return _known({"@type": "Person", "name": person.name, "url": person.url})


def _known(values: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in values.items() if value}
