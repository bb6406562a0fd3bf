"""Which rows may answer a query: one language a family, the topic and kind asked for, nothing that was withdrawn.

The filters hold inside the search and not after it, so a narrow filter still gets its ten hits.
"""

from collections import defaultdict
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from app import languages
from app.search.families import Voices
from app.search.indexed import IndexedArticle
from app.search.query import Query
from app.search.snapshot import Snapshot
from app.search.vectors import Allowed, Rows

# (language, family) of articles that are in the snapshot but no longer published.
Hidden = frozenset[tuple[str, str]]
NOTHING_HIDDEN: Hidden = frozenset()
# Chains × topics × kinds that people really ask for; one scope is a few kilobytes.
KEPT_SCOPES = 512


@dataclass(frozen=True, slots=True, eq=False)
class Scope:
    """The allowed `rows` (n,), ascending; article `i` of `articles` has `rows[starts[i]:starts[i + 1]]`.

    `owner` (n,) is the place of each row's article, `voices` are the translations that speak for each article, its own
    language among them.
    """

    articles: tuple[IndexedArticle, ...]
    rows: Rows
    owner: Rows
    starts: Rows
    languages: tuple[str, ...]
    voices: Voices
    allowed: Allowed


class Scopes:
    """The scopes of one snapshot, each made once."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._families: dict[str, dict[str, int]] = defaultdict(dict)
        for at, one in enumerate(snapshot.articles):
            self._families[one.article.family][one.article.language] = at
        self._snapshot = snapshot
        self._counts = np.diff(snapshot.starts)
        self._cached = lru_cache(maxsize=KEPT_SCOPES)(self._scope)

    def of(self, query: Query, hidden: Hidden = NOTHING_HIDDEN) -> Scope:
        """The scope of a query; `hidden` articles make way for the next language of the chain."""
        key = (query.language, query.topic, query.kind, query.evidence, query.without)
        return self._cached(key, hidden)

    def _scope(
        self,
        key: tuple[str, str | None, str | None, tuple[str, ...] | None, frozenset[str]],
        hidden: Hidden,
    ) -> Scope:
        language, topic, kind, evidence, without = key
        query = replace(Query("", language), topic=topic, kind=kind, evidence=evidence, without=without)
        chain = evidence or languages.fallback_chain(language)
        chosen: list[tuple[int, list[int]]] = []
        for family, translations in self._families.items():
            allowed = {tag: at for tag, at in translations.items() if (tag, family) not in hidden}
            first = next((allowed[tag] for tag in chain if tag in allowed), None)
            if first is None or family in without or not _fits(self._snapshot.articles[first], query):
                continue
            if self._counts[first]:
                heard = [at for tag, at in allowed.items() if not evidence or tag in chain]
                chosen.append((first, heard))
        return self._assembled(sorted(chosen))

    def _assembled(self, chosen: list[tuple[int, list[int]]]) -> Scope:
        at = np.array([first for first, _ in chosen], dtype=np.int64)
        counts = self._counts[at]
        starts = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
        rows = np.arange(starts[-1]) + np.repeat(self._snapshot.starts[at] - starts[:-1], counts)
        articles = tuple(self._snapshot.articles[first] for first, _ in chosen)
        speakers = np.array([one for _, heard in chosen for one in heard], dtype=np.int64)
        heard_starts = np.concatenate([[0], np.cumsum([len(heard) for _, heard in chosen])]).astype(np.int64)
        return Scope(
            articles,
            rows,
            np.repeat(np.arange(len(at)), counts),
            starts,
            tuple(dict.fromkeys(one.article.language for one in articles)),
            Voices(self._snapshot.means, speakers, heard_starts),
            self._snapshot.vectors.allowed(rows),
        )


def _fits(one: IndexedArticle, query: Query) -> bool:
    return query.topic in (None, one.article.topic) and query.kind in (None, one.article.kind.value)
