"""Which rows may answer a query: one language a family, the topic and kind asked for, nothing that was withdrawn.

The filters hold inside the search and not after it, so a narrow filter still gets its ten hits.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from app import languages
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
    """The allowed `rows` (n,), ascending, and for each the position in `articles` of the article it belongs to."""

    articles: tuple[IndexedArticle, ...]
    rows: Rows
    owner: Rows
    languages: tuple[str, ...]

    def article_means(self, scores: NDArray[np.float32]) -> NDArray[np.float32]:
        """For each row the mean of `scores` (n,) over all rows of its article."""
        sizes = np.bincount(self.owner, minlength=len(self.articles))
        sums = np.bincount(self.owner, weights=scores, minlength=len(self.articles))
        return (sums / np.maximum(sizes, 1))[self.owner].astype(np.float32)


class Scopes:
    """The scopes of one snapshot, each made once."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._families: dict[str, dict[str, IndexedArticle]] = defaultdict(dict)
        for one in snapshot.articles:
            self._families[one.article.family][one.article.language] = one
        self._rows = _rows_by_article(snapshot)
        self._cached = lru_cache(maxsize=KEPT_SCOPES)(self._scope)

    def of(self, query: Query, hidden: Hidden = NOTHING_HIDDEN) -> Scope:
        """The scope of a query; `hidden` articles make way for the next language of the chain."""
        chain = query.evidence or languages.fallback_chain(query.language)
        return self._cached(chain, query.topic, query.kind, query.without, hidden)

    def _scope(
        self,
        chain: tuple[str, ...],
        topic: str | None,
        kind: str | None,
        without: frozenset[str],
        hidden: Hidden,
    ) -> Scope:
        chosen = (
            _first(translations, chain, hidden)
            for family, translations in self._families.items()
            if family not in without
        )
        articles = tuple(one for one in chosen if one and _fits(one, topic, kind))
        groups = [self._rows[one.article.language, one.article.family] for one in articles]
        rows = np.concatenate(groups) if groups else np.empty(0, dtype=np.int64)
        owner = np.repeat(np.arange(len(groups)), [len(group) for group in groups])
        order = np.argsort(rows)
        spoken = dict.fromkeys(one.article.language for one in articles)
        return Scope(articles, rows[order], owner[order], tuple(spoken))


def _rows_by_article(snapshot: Snapshot) -> Mapping[tuple[str, str], Rows]:
    rows: dict[tuple[str, str], list[int]] = defaultdict(list)
    for row, passage in enumerate(snapshot.passages):
        rows[passage.language, passage.family].append(row)
    return defaultdict(
        lambda: np.empty(0, dtype=np.int64),  # an article without any text has no passage
        {key: np.array(members, dtype=np.int64) for key, members in rows.items()},
    )


def _first(
    translations: Mapping[str, IndexedArticle], chain: tuple[str, ...], hidden: Hidden
) -> IndexedArticle | None:
    for language in chain:
        one = translations.get(language)
        if one and (language, one.article.family) not in hidden:
            return one
    return None


def _fits(one: IndexedArticle, topic: str | None, kind: str | None) -> bool:
    return topic in (None, one.article.topic) and kind in (None, one.article.kind.value)
