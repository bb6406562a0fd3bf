"""What may be read at this moment: one snapshot, seen through the live filter.

Whatever a page, a feed or an endpoint shows of the articles, it takes from here, so that an unpublished article is
gone from the very next request (P6).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Annotated

from fastapi import Depends

from app.articles.library import LivePublication
from app.languages import TAGS, fallback_chain
from app.search.indexed import IndexedArticle
from app.search.snapshot import Snapshot
from app.web.context import ServicesOf


@dataclass(frozen=True, slots=True)
class Reading:
    """The readable articles of one snapshot on one day. Take one per request."""

    snapshot: Snapshot
    publication: LivePublication
    today: date

    @property
    def generation(self) -> str:
        """Which generation is being read."""
        return self.snapshot.generation

    def article(self, language: str, family: str) -> IndexedArticle | None:
        """The article in exactly this language, if it is published now."""
        found = self.snapshot.article(language, family)
        return found if found and self.publication.is_published(found.article.path) else None

    def best(self, language: str, family: str) -> IndexedArticle | None:
        """The article in the first language of the reader's fallback chain that has it."""
        return next((found for tag in fallback_chain(language) if (found := self.article(tag, family))), None)

    def translations(self, family: str) -> tuple[IndexedArticle, ...]:
        """All published translations, in the order of the site's languages."""
        return tuple(found for tag in TAGS if (found := self.article(tag, family)))

    def families(self) -> tuple[str, ...]:
        """Every family of the snapshot, published or not, in the order of their names."""
        return tuple(sorted({one.article.family for one in self.snapshot.articles}))

    def topics(self) -> tuple[str, ...]:
        """Every topic of the snapshot, in the order of their names."""
        return tuple(sorted({one.article.topic for one in self.snapshot.articles}))

    def shelf(self, language: str, topic: str) -> tuple[IndexedArticle, ...]:
        """The articles of a topic as a reader of `language` gets them, one a family."""
        mine = (family for family in self.families() if family.partition("/")[0] == topic)
        return tuple(found for family in mine if (found := self.best(language, family)))

    def related(self, indexed: IndexedArticle, language: str, limit: int = 4) -> tuple[IndexedArticle, ...]:
        """What the editors named as related, as a reader of `language` gets it."""
        return tuple(self._each(indexed.article.related, language))[:limit]

    def picked(self, families: tuple[str, ...], language: str, limit: int) -> tuple[IndexedArticle, ...]:
        """The first `limit` readable ones of `families`; others fill up what is missing."""
        every = dict.fromkeys((*families, *self.families()))
        found = self._each(every, language)
        return tuple(one for one, _ in zip(found, range(limit), strict=False))

    def is_stale(self, indexed: IndexedArticle) -> bool:
        """Whether readers are warned that it may be out of date."""
        return indexed.is_stale(self.today)

    def _each(self, families: Iterable[str], language: str) -> Iterator[IndexedArticle]:
        for family in families:
            if found := self.best(language, family):
                yield found


async def _reading(services: ServicesOf) -> Reading:
    return Reading(services.snapshot, services.publication, services.clock().date())


ReadingOf = Annotated[Reading, Depends(_reading)]
"""The readable articles, for a route."""
