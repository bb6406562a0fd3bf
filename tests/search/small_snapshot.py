"""A snapshot made in memory from a few lines of text, with the real vectors and the real lexical index."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

import numpy as np

from app.articles.article import Article, Kind, Passage, Significance, Status, passage_digest
from app.articles.glossary import Entry
from app.articles.rendering import Rendered
from app.articles.sources import Source
from app.search.encoder import Encoder, TokenVectors, encode_with_questions
from app.search.families import article_means
from app.search.indexed import HASH_BYTES, ArticleEntry, Parts, starts_of
from app.search.indexed import Page as IndexedPage
from app.search.lexical import LexicalIndex, passage_tokens, tokens_elsewhere
from app.search.listed import listed_texts
from app.search.manifest import FORMAT, Manifest, Probes
from app.search.snapshot import Snapshot
from app.search.stored import Records, to_bytes
from app.search.token_matching import TokenIndex, read_tokens
from app.search.vectors import VectorIndex

TODAY = date(2026, 11, 22)


@dataclass(frozen=True)
class Page:
    """An article for a test: `sections` are (heading, text)."""

    language: str
    family: str
    title: str
    sections: tuple[tuple[str, str], ...]
    kind: Kind = Kind.FAQ
    tags: tuple[str, ...] = ()
    questions: tuple[str, ...] = ()
    review_by: date | None = None
    is_outdated_translation: bool = False

    def article(self) -> Article:
        topic, _, slug = self.family.partition("/")
        return Article(
            family=self.family, language=self.language, topic=topic, slug=slug, title=self.title, kind=self.kind,
            summary="", tags=self.tags, questions=self.questions, updated=None, revision=1, significance=Significance.MAJOR, last_major=1,
            translation_of=None, review_by=self.review_by, owner=None, status=Status.PUBLISHED, related=(),
            video=None, body="", path=f"{self.language}/{self.family}.md", digest="",
        )  # fmt: skip

    def passages(self) -> list[Passage]:
        return [
            Passage(
                family=self.family, language=self.language, ordinal=at, anchor=f"s{at}", heading=heading,
                heading_path=(heading,) if heading else (), text=text,
                digest=passage_digest(self.language, self.title, (heading,), text),
            )
            for at, (heading, text) in enumerate(self.sections)
        ]  # fmt: skip


def snapshot_of(
    pages: Sequence[Page],
    encoder: Encoder,
    calibration: dict[str, object] | None = None,
    glossary: Sequence[Entry] = (),
) -> Snapshot:
    """The pages as a snapshot, in their order."""
    owned = [(page, passage) for page in pages for passage in page.passages()]
    tokens = [passage_tokens(passage, page.title, page.tags, page.questions) for page, passage in owned]
    texts = [passage.encoded_text(page.title) for page, passage in owned]
    heads = [passage.head_text(page.title) for page, passage in owned]
    asked = ["\n".join(page.questions) for page, _ in owned]
    token_index = None
    if isinstance(encoder, TokenVectors):
        listed = zip(*(listed_texts(page.questions, page.language) for page, _ in owned), strict=True)
        columns = [read_tokens(encoder, list(said)) for said in (texts, heads, *listed)]
        token_index = TokenIndex.of(list(zip(*columns, strict=True)))
    starts = starts_of(len(page.sections) for page in pages)
    vectors = VectorIndex.build(encode_with_questions(encoder, texts, asked))
    parts = Parts(
        articles=tuple(ArticleEntry(page.article().facts, page.is_outdated_translation) for page in pages),
        pages=Records.of(
            IndexedPage,
            [
                to_bytes(IndexedPage(Source(page.article(), "", 1, (), ()), Rendered("", (), ())))
                for page in pages
            ],
        ),
        passages=Records.of(Passage, [to_bytes(passage) for _, passage in owned]),
        encoded=np.zeros((len(owned), HASH_BYTES), dtype=np.uint8),
        starts=starts,
        vectors=vectors,
        means=article_means(vectors, starts),
        lexical=LexicalIndex.build(
            tokens,
            [passage.language for _, passage in owned],
            elsewhere={
                row: tokens_elsewhere(page.questions, page.language) for row, (page, _) in enumerate(owned)
            },
        ),
        tokens=token_index,
        glossary=tuple(glossary),
        calibration=calibration or {},
    )
    manifest = Manifest(
        format=FORMAT,
        number=1,
        follows=None,
        created_at=datetime(2026, 11, 22, tzinfo=UTC),
        encoder=encoder.identity,
        probes=Probes.of(encoder),
        content_digest="",
        recipe="",
        changed_since_fit=0,
        counts={"articles": len(pages), "passages": len(owned)},
        files={},
    )
    return Snapshot.of(parts, manifest)


@dataclass
class Fixed:
    """A holder that never changes its snapshot unless a test does."""

    current: Snapshot


@dataclass
class Published:
    """Everything is published but what a test takes away, by path."""

    withdrawn: set[str] = field(default_factory=set)

    def is_published(self, article_path: str) -> bool:
        return article_path not in self.withdrawn
