"""What search engines read of an article: JSON-LD of schema.org, as a script that cannot break out of its element."""

import json
from typing import Any

from markupsafe import Markup

from app.articles.article import Kind
from app.search.indexed import IndexedArticle

# "</script>" and "<!--" inside a string would end or hide the element.
_ESCAPES = str.maketrans(
    {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}
)


def structured_data(indexed: IndexedArticle, public_url: str) -> Markup:
    """The JSON-LD of an article's page; a film is described as one."""
    article = indexed.article
    described: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "HowTo" if article.kind is Kind.TUTORIAL else "TechArticle",
        "headline": article.title,
        "name": article.title,
        "description": article.summary,
        "inLanguage": article.language,
        "url": public_url + article.url,
        "keywords": ", ".join(article.tags),
        "isAccessibleForFree": True,
    }
    if article.updated:
        described["dateModified"] = article.updated.isoformat()
    if article.video:
        described["video"] = _video(indexed, public_url)
    text = json.dumps(described, ensure_ascii=False).translate(_ESCAPES)
    return Markup(text)  # noqa: S704  # JSON with every markup character escaped


def _video(indexed: IndexedArticle, public_url: str) -> dict[str, Any]:
    video = indexed.article.video
    assert video is not None
    described: dict[str, Any] = {
        "@type": "VideoObject",
        "name": indexed.article.title,
        "description": indexed.article.summary,
        "contentUrl": f"{public_url}/media/{video.file}",
    }
    if indexed.article.updated:
        described["uploadDate"] = indexed.article.updated.isoformat()
    if video.poster:
        described["thumbnailUrl"] = f"{public_url}/media/{video.poster}"
    if video.duration:
        described["duration"] = f"PT{round(video.duration.total_seconds())}S"
    return described
