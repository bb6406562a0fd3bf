"""An article is one page of help in one language; a passage is the part of it that is encoded and quoted."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import date, timedelta
from enum import StrEnum
from operator import attrgetter

# Between the parts of a digest: cannot occur in a text, as control characters are refused in articles.
_SEPARATOR = "\x1f"


class Kind(StrEnum):
    """What an article is for; decides how it is laid out and which filter finds it."""

    FAQ = "faq"
    TUTORIAL = "tutorial"
    TROUBLESHOOTING = "troubleshooting"
    VIDEO = "video"


class Status(StrEnum):
    """Only published articles are searched, quoted or shown."""

    DRAFT = "draft"
    PUBLISHED = "published"
    ARCHIVED = "archived"


class Significance(StrEnum):
    """How much the latest revision changed; a major one makes the translations stale."""

    TYPO = "typo"
    MEDIUM = "medium"
    MAJOR = "major"


@dataclass(frozen=True, slots=True)
class Video:
    """The film of a video article; files are plain names inside `content/media/`."""

    file: str
    poster: str | None = None
    duration: timedelta | None = None
    captions: Mapping[str, str] = field(default_factory=dict, hash=False)  # language tag -> WebVTT file


@dataclass(frozen=True, slots=True)
class ArticleFacts:
    """What is said about one page of help in one language, without its text and without what other articles say.

    `family` is `"topic/slug"`, shared by all translations. `last_major` is the newest revision that changed the
    meaning. `translation_of` is the English revision that a translation renders. `path` is relative to the content
    folder, with `/`. `digest` is the sha256 of the file, in hex. `questions` are other ways in which readers ask for this
    article: they are searched and not shown.
    """

    family: str
    language: str
    topic: str
    slug: str
    title: str
    kind: Kind
    summary: str
    tags: tuple[str, ...]
    questions: tuple[str, ...]
    updated: date | None
    revision: int
    significance: Significance
    last_major: int
    translation_of: int | None
    review_by: date | None
    owner: str | None
    status: Status
    related: tuple[str, ...]
    video: Video | None
    path: str
    digest: str

    @property
    def url(self) -> str:
        """The path of the article's page, without host."""
        return f"/{self.language}/{self.topic}/{self.slug}"


@dataclass(frozen=True, slots=True)
class Article(ArticleFacts):
    """The same with its text, as its file says it: `body` is Markdown without front matter."""

    body: str

    @property
    def facts(self) -> ArticleFacts:
        """All but the text."""
        return ArticleFacts(*_facts_of(self))


# Thousands at each build: the names are looked up once.
_facts_of = attrgetter(*(field.name for field in fields(ArticleFacts)))


@dataclass(frozen=True, slots=True)
class Passage:
    """The part of an article that is encoded and quoted.

    `ordinal` counts from 0 inside the article. `anchor` is the id of the heading on the page, `""` for what stands
    before the first heading. `heading_path` runs from the outermost heading to `heading`, without the title. `text`
    is plain text with line breaks and list numbers kept: what a reader sees, and nothing that is hidden from them.
    """

    family: str
    language: str
    ordinal: int
    anchor: str
    heading: str
    heading_path: tuple[str, ...]
    text: str
    digest: str

    def encoded_text(self, title: str) -> str:
        """What the encoder reads: title and heading path travel with the passage, so that it can stand alone."""
        return f"{self.head_text(title)}\n{self.text}"

    def head_text(self, title: str) -> str:
        """The first part of it: title and heading path."""
        return "\n".join((title, *self.heading_path))


def passage_digest(
    language: str, title: str, heading_path: tuple[str, ...], text: str, questions: Sequence[str] = ()
) -> str:
    """The sha256 (hex) of all that decides a passage's vector: equal digests may share one."""
    parts = (language, title, str(len(heading_path)), *heading_path, text, *questions)
    return hashlib.sha256(_SEPARATOR.join(parts).encode()).hexdigest()
