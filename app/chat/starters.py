"""Questions to start with: real titles of articles that are published in the visitor's language right now."""

from collections.abc import Iterator

from app.articles.article import ArticleFacts
from app.search.searcher import Publication
from app.search.snapshot import Snapshot

STARTERS = 3
# What partners ask most; other articles take the place of those a language does not have.
FAVOURITES = (
    "billing/payment-failed",
    "campaigns/ad-not-showing",
    "account-health/account-suspended",
    "billing/charged-twice",
    "getting-started/verify-your-business",
    "claims-and-disputes/chargebacks",
)


def starters(snapshot: Snapshot, publication: Publication, language: str) -> tuple[str, ...]:
    """At most three titles, each of another topic as long as there are enough."""
    articles = [one.article for one in snapshot.articles if one.article.language == language]
    ranked = sorted(articles, key=_rank)
    live = [article for article in _one_a_topic_first(ranked) if publication.is_published(article.path)]
    return tuple(article.title for article in live[:STARTERS])


def _rank(article: ArticleFacts) -> tuple[int, str]:
    at = FAVOURITES.index(article.family) if article.family in FAVOURITES else len(FAVOURITES)
    return at, article.family


def _one_a_topic_first(articles: list[ArticleFacts]) -> Iterator[ArticleFacts]:
    topics: set[str] = set()
    later = []
    for article in articles:
        if article.topic in topics:
            later.append(article)
        else:
            topics.add(article.topic)
            yield article
    yield from later
