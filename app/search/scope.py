"""Which rows may answer a query: one language a family, the topic and kind asked for, nothing that was withdrawn.

The filters hold inside the search and not after it, so a narrow filter still gets its ten hits.
"""

from collections import defaultdict
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from app import languages
from app.search.families import ArticleVectors, Voices
from app.search.indexed import IndexedArticle
from app.search.query import Query
from app.search.snapshot import Snapshot
from app.search.vectors import Rows

# (language, family) of articles that are in the snapshot but no longer published.
Hidden = frozenset[tuple[str, str]]
NOTHING_HIDDEN: Hidden = frozenset()
# Chains × topics × kinds that people really ask for; one scope is a few kilobytes.
KEPT_SCOPES = 512


@dataclass(frozen=True, slots=True, eq=False)
class Scope:
    """The allowed `rows` (n,), ascending, and for each the position in `articles` of the article it belongs to.

    `voices` are the translations that speak for each article, its own language among them.
    """

    articles: tuple[IndexedArticle, ...]
    rows: Rows
    owner: Rows
    languages: tuple[str, ...]
    voices: Voices

    def article_means(self, scores: NDArray[np.float32]) -> NDArray[np.float32]:
        """For each row the mean of `scores` (n,) over all rows of its article."""
        sizes = np.bincount(self.owner, minlength=len(self.articles))
        sums = np.bincount(self.owner, weights=scores, minlength=len(self.articles))
        return (sums / np.maximum(sizes, 1))[self.owner].astype(np.float32)


class Scopes:
    """The scopes of one snapshot, each made once."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._families: dict[str, dict[str, int]] = defaultdict(dict)
        for at, one in enumerate(snapshot.articles):
            self._families[one.article.family][one.article.language] = at
        self._articles = snapshot.articles
        self._rows = _rows_by_article(snapshot)
        self._vectors = ArticleVectors.of(snapshot, self._rows)
        self._cached = lru_cache(maxsize=KEPT_SCOPES)(self._scope)

    def of(self, query: Query, hidden: Hidden = NOTHING_HIDDEN) -> Scope:
        """The scope of a query; `hidden` articles make way for the next language of the chain."""
        return self._cached(replace(query, text="", limit=1), hidden)

    def _scope(self, query: Query, hidden: Hidden) -> Scope:
        chain = query.evidence or languages.fallback_chain(query.language)
        chosen: list[int] = []
        voices: list[tuple[int, int]] = []
        for family, translations in self._families.items():
            allowed = {tag: at for tag, at in translations.items() if (tag, family) not in hidden}
            first = next((allowed[tag] for tag in chain if tag in allowed), None)
            if first is None or family in query.without or not _fits(self._articles[first], query):
                continue
            voices += ((at, len(chosen)) for tag, at in allowed.items() if not query.evidence or tag in chain)
            chosen.append(first)
        return self._assembled(chosen, voices)

    def _assembled(self, chosen: list[int], voices: list[tuple[int, int]]) -> Scope:
        groups = [self._rows[at] for at in chosen]
        rows = np.concatenate(groups) if groups else np.empty(0, dtype=np.int64)
        owner = np.repeat(np.arange(len(groups)), [len(group) for group in groups])
        order = np.argsort(rows)
        articles = tuple(self._articles[at] for at in chosen)
        spoken = dict.fromkeys(one.article.language for one in articles)
        speakers, heard = np.array(voices, dtype=np.int64).reshape(-1, 2).T
        return Scope(
            articles, rows[order], owner[order], tuple(spoken), Voices(self._vectors, speakers, heard)
        )


def _rows_by_article(snapshot: Snapshot) -> list[Rows]:
    rows: dict[tuple[str, str], list[int]] = defaultdict(list)
    for row, passage in enumerate(snapshot.passages):
        rows[passage.language, passage.family].append(row)
    articles = (one.article for one in snapshot.articles)
    return [np.array(rows[article.language, article.family], dtype=np.int64) for article in articles]


def _fits(one: IndexedArticle, query: Query) -> bool:
    return query.topic in (None, one.article.topic) and query.kind in (None, one.article.kind.value)
