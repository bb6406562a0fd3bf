"""The search as everybody else uses it: a query in, hits out, from whichever snapshot is current."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import islice
from typing import Protocol

from app import languages
from app.search.calibration import fusion_of
from app.search.encoder import Encoder, TokenVectors
from app.search.hit import Hit, Results, Suggestion
from app.search.indexed import IndexedArticle
from app.search.query import Query
from app.search.question import Question, read_question
from app.search.ranker import Ranking, rank
from app.search.retriever import Candidates, compare_tokens, retrieve
from app.search.scope import NOTHING_HIDDEN, Hidden, Scope, Scopes
from app.search.signals import signals_of
from app.search.snapshot import Snapshot
from app.search.suggestions import TitleIndex
from app.search.synonyms import Synonyms
from app.search.token_matching import TokenIndex, TokenMatcher


class Holder(Protocol):
    """Where the current snapshot is."""

    @property
    def current(self) -> Snapshot:
        """The snapshot to use for one whole query."""
        ...


class Publication(Protocol):
    """Who knows what is published at this very moment."""

    def is_published(self, article_path: str) -> bool:
        """Whether the article in this file may be shown."""
        ...


@dataclass(frozen=True, slots=True)
class Fixed:
    """A holder of one snapshot for good: to measure a build before it is published."""

    current: Snapshot


class Everything:
    """Takes all that is in the snapshot for published: to measure it as it was built."""

    def is_published(self, article_path: str) -> bool:  # noqa: ARG002  # the protocol's signature
        """Always."""
        return True


class Searcher:
    """Answers queries. Safe in many threads; each query sees one snapshot only.

    `encoder` None means that it could not be opened: every search is then by words alone. `today` gives the date on
    which an article's review is due or not.
    """

    def __init__(
        self, holder: Holder, encoder: Encoder | None, publication: Publication, today: Callable[[], date]
    ) -> None:
        self._holder = holder
        self._encoder = encoder
        self._publication = publication
        self._today = today
        self._prepared: _Prepared | None = None

    @property
    def snapshot(self) -> Snapshot:
        """The snapshot that the next query will use."""
        return self._holder.current

    def search(self, query: Query) -> Results:
        """The best passage of each fitting article, best first."""
        prepared = self._current()
        snapshot = prepared.snapshot
        question = prepared.read(query)
        ranking = self._published_ranking(prepared, query, question)
        today = self._today()
        return Results(
            query=query,
            hits=tuple(_hits(snapshot, query, ranking, today)),
            mode="lexical" if question.encoder_away else "hybrid",
            degraded=("encoder",) if question.encoder_away else (),
            generation=snapshot.generation,
            question_language=question.language,
            encoder=snapshot.manifest.encoder.weights_sha256,
            others=question.others,
            take_signals=lambda: signals_of(
                snapshot, query, question, (ranking, prepared.fusion), today, prepared.matcher
            ),
        )

    def candidates(self, query: Query) -> tuple[tuple[str, ...], Candidates]:
        """All that comes into question before it is ordered, and the family of each article there: to learn weights from."""
        prepared = self._current()
        question = prepared.read(query)
        scope = prepared.scopes.of(query)
        candidates = prepared.candidates(scope, question)
        return tuple(scope.articles[place].article.family for place in candidates.places), candidates

    def suggest(self, text: str, language: str, limit: int = 8) -> list[Suggestion]:
        """Titles that fit what has been typed so far, or that answer a question which fits, best first."""
        scope, titles = self._current().titles(language)
        found = (scope.articles[at].article for at in titles.search(text, language))
        published = (article for article in found if self._publication.is_published(article.path))
        return [
            Suggestion(article.title, article.url, article.family, article.language)
            for article in islice(published, limit)
        ]

    def warm(self) -> None:
        """Reads what the first queries would otherwise wait for: every language's titles, the tokens in use."""
        prepared = self._current()
        for tag in languages.TAGS:
            prepared.titles(tag)

    def _current(self) -> "_Prepared":
        snapshot = self._holder.current
        prepared = self._prepared
        if prepared is None or prepared.snapshot is not snapshot:
            # Two threads may both do this after a swap; either result serves.
            prepared = self._prepared = _Prepared(snapshot, self._encoder)
        return prepared

    def _published_ranking(self, prepared: "_Prepared", query: Query, question: Question) -> Ranking:
        """The ranking over what is published now, not when the index was built (P6).

        A withdrawn article gives way to the next language of the chain, hence a new search and not a filter.
        """
        hidden: Hidden = NOTHING_HIDDEN
        while True:
            scope = prepared.scopes.of(query, hidden)
            ranking = prepared.ranking(scope, question)
            # After many surprises a whole folder may be gone: look at every article at once.
            first = [scope.articles[at] for at in ranking.places[: query.limit + 1]]
            gone = self._withdrawn(scope.articles if len(hidden) > query.limit else first)
            if not gone:
                return ranking
            hidden |= gone

    def _withdrawn(self, shown: Sequence[IndexedArticle]) -> Hidden:
        articles = (one.article for one in shown)
        return frozenset(
            (article.language, article.family)
            for article in articles
            if not self._publication.is_published(article.path)
        )


class _Prepared:
    """A snapshot with what is worth computing once for it."""

    def __init__(self, snapshot: Snapshot, encoder: Encoder | None) -> None:
        self.snapshot = snapshot
        self.scopes = Scopes(snapshot)
        self.fusion = fusion_of(snapshot.calibration)
        self._encoder = encoder
        self._synonyms = Synonyms(snapshot.glossary)
        self.matcher = _matcher(snapshot.tokens, encoder)
        self._titles: dict[str, tuple[Scope, TitleIndex]] = {}

    def read(self, query: Query) -> Question:
        """The query as the legs read it."""
        return read_question(query, self._encoder, self.snapshot.vectors.dimension, self._synonyms)

    def ranking(self, scope: Scope, question: Question) -> Ranking:
        """The candidates of a scope in order."""
        return rank(self.candidates(scope, question), self.fusion)

    def candidates(self, scope: Scope, question: Question) -> Candidates:
        """What every leg gives to what comes into question."""
        found = retrieve(self.snapshot, scope, question)
        if self.matcher:
            compare_tokens(found, question, self.matcher, self.fusion.weighed(found)[1])
        return found

    def titles(self, language: str) -> tuple[Scope, TitleIndex]:
        """The articles that a reader of `language` sees, and the index of their titles."""
        if language not in self._titles:
            scope = self.scopes.of(Query("", language))
            # Readers of two languages without articles of their own see the same.
            same = next((one for one in self._titles.values() if one[0].articles == scope.articles), None)
            articles = [one.article for one in scope.articles]
            self._titles[language] = same or (scope, TitleIndex.build(articles))
        return self._titles[language]


def _matcher(tokens: TokenIndex | None, encoder: object) -> TokenMatcher | None:
    if tokens is None or not isinstance(encoder, TokenVectors):
        return None
    return TokenMatcher(tokens, encoder)


def _hits(snapshot: Snapshot, query: Query, ranking: Ranking, today: date) -> Iterator[Hit]:
    for row, score, legs in ranking.shown(query.limit):
        passage = snapshot.passages[row]
        one = snapshot.article_of_row(row)
        article = one.article
        yield Hit(
            family=article.family,
            language=article.language,
            is_fallback=article.language != query.language,
            is_stale=one.is_stale(today),
            kind=article.kind.value,
            topic=article.topic,
            title=article.title,
            heading=passage.heading,
            anchor=passage.anchor,
            url=f"{article.url}#{passage.anchor}" if passage.anchor else article.url,
            passage=passage.text,
            row=row,
            score=score,
            legs=legs,
        )
