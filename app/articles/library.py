"""The library: all articles of a content folder, read at once and checked against one another.

Also the live filter: whether an article's file still says that it is published, asked at every request (P6).
"""

import hashlib
import os
import re
import time
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from enum import StrEnum
from pathlib import Path

from app.articles import front_matter
from app.articles.article import Article, Status
from app.articles.consistency import inconsistencies
from app.articles.sources import Source, read_sources
from app.errors import ContentRefused
from app.languages import DEFAULT, TAGS, fallback_chain

# More than the front matter can be; what follows it is of no interest to the live filter.
_HEAD_BYTES = 65_536
# A file changed this short a time ago may change again without a new time stamp (as git treats its index).
_RACY_NS = 2_000_000_000
_STATUS_LINE = re.compile(r"""^\s*["']?status["']?\s*:\s*["']?(\w*)""", re.MULTILINE)


class Staleness(StrEnum):
    """Why an article should not be believed without a second look."""

    TRANSLATION = "translation"  # the English article has had a major edit since it was translated
    REVIEW = "review"  # the day it was to be verified again has passed


class Library:
    """All articles of a content folder, in memory. Lookups know published articles only, but for `get`."""

    def __init__(self, articles: Iterable[Article]) -> None:
        order = {tag: place for place, tag in enumerate(TAGS)}
        self.articles = tuple(sorted(articles, key=lambda a: (order.get(a.language, 99), a.topic, a.slug)))
        self.published = tuple(a for a in self.articles if a.status is Status.PUBLISHED)
        self._all = {(a.language, a.family): a for a in self.articles}
        self._published = {(a.language, a.family): a for a in self.published}

    @property
    def digest(self) -> str:
        """The sha256 (hex) of all articles' paths and files: equal if and only if nothing was edited."""
        lines = "".join(f"{article.digest} {article.path}\n" for article in self.articles)
        return hashlib.sha256(lines.encode()).hexdigest()

    def get(self, language: str, family: str) -> Article | None:
        """The article in exactly this language, whatever its status."""
        return self._all.get((language, family))

    def best(self, family: str, language: str) -> Article | None:
        """The published article that a reader of `language` gets: the first along the fallback chain."""
        found = (self._published.get((tag, family)) for tag in fallback_chain(language))
        return next((article for article in found if article), None)

    def families(self) -> tuple[str, ...]:
        """All families with a published article, sorted."""
        return tuple(sorted({article.family for article in self.published}))

    def topics(self, language: str) -> tuple[str, ...]:
        """The topics in which a reader of `language` finds something, sorted; fallbacks count."""
        chain = fallback_chain(language)
        return tuple(sorted({article.topic for article in self.published if article.language in chain}))

    def translations(self, family: str) -> tuple[Article, ...]:
        """The published articles of a family, in the order of the site's languages."""
        return tuple(article for tag in TAGS if (article := self._published.get((tag, family))))

    def source(self, article: Article) -> Article | None:
        """The English article that `article` renders; None for English ones and for originals."""
        return self.get(DEFAULT, article.family) if article.translation_of is not None else None

    def staleness(self, article: Article, today: date) -> Staleness | None:
        """Why `article` is stale on this day, or None. An outdated translation weighs more than a late review."""
        source = self.source(article)
        if source and article.translation_of is not None and article.translation_of < source.last_major:
            return Staleness.TRANSLATION
        return Staleness.REVIEW if article.review_by is not None and article.review_by < today else None

    def is_stale(self, article: Article, today: date) -> bool:
        """Whether there is any reason to doubt `article` on this day."""
        return self.staleness(article, today) is not None


def read_library(folder: Path) -> Library:
    """Every article under `folder`. Raises `ContentRefused` with every fault, each with file, line and field."""
    return Library(source.article for source in checked_sources(folder, {}))


def checked_sources(folder: Path, known: Mapping[str, Source]) -> Sequence[Source]:
    """Every article under `folder` with its source, likewise; `known` sources, by path, are taken over where they fit."""
    sources, faults = read_sources(folder, known)
    faults = [*faults, *inconsistencies(folder, sources)]
    if faults:
        raise ContentRefused(faults)
    return sources


class LivePublication:
    """Whether articles are published this moment, by their files. One `stat` an article and question."""

    def __init__(self, folder: Path) -> None:
        self._folder = os.fspath(folder)
        self._known: dict[str, tuple[tuple[int, ...], bool]] = {}

    def is_published(self, article_path: str) -> bool:
        """False as soon as the file (relative path, `/`) is gone or its status is another.

        A folder that is absent as a whole was not shipped with this index; then the index alone decides.
        """
        path = os.path.join(self._folder, article_path)
        try:
            stat = os.stat(path)
            signature = (stat.st_mtime_ns, stat.st_ctime_ns, stat.st_size, stat.st_ino)
            known = self._known.get(article_path)
            if known and known[0] == signature:
                return known[1]
            is_published = _says_published(path)
        except OSError:
            return not os.path.isdir(self._folder)
        if abs(time.time_ns() - stat.st_ctime_ns) > _RACY_NS:
            self._known[article_path] = signature, is_published
        return is_published


def _says_published(path: str) -> bool:
    with open(path, "rb") as file:
        text = file.read(_HEAD_BYTES).decode("utf-8", "replace")
    try:
        head, _, _ = front_matter.split(path, text)
        values, _ = front_matter.load(path, head)
        return bool(values.get("status", Status.PUBLISHED) == Status.PUBLISHED)
    except ContentRefused:
        # Half-written or faulty: the next build will say so, and until then the old index serves. But whoever took
        # an article back must not see it again because of a slip elsewhere.
        return bool(text.strip()) and all(said == Status.PUBLISHED for said in _STATUS_LINE.findall(text))
