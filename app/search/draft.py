"""The content folder as the parts of an index that need no encoder: pages, passages, and the texts to encode."""

import hashlib
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from glob import glob
from importlib.metadata import version
from itertools import pairwise
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

import app.articles
from app import languages
from app.articles.article import ArticleFacts, Passage
from app.articles.glossary import GLOSSARY_FILE, Entry, read_glossaries
from app.articles.library import Library, Staleness, checked_sources
from app.articles.passages import passages
from app.articles.rendering import render
from app.articles.sources import Source
from app.detection import detector
from app.native.compiled import SOURCE
from app.search import bm25, lexical, listed, tokens
from app.search.indexed import HASH_BYTES, ArticleEntry, Page, starts_of
from app.search.lexical import Kept, LexicalIndex, passage_tokens, tokens_elsewhere
from app.search.listed import listed_texts
from app.search.snapshot import Snapshot
from app.search.stored import Records, to_bytes
from app.search.vectors import Rows

T = TypeVar("T")
WORDS = (tokens, bm25, lexical, listed, languages, detector)
CODE = (
    *Path(app.articles.__file__).parent.glob("*.py"),
    *(Path(str(one.__file__)) for one in WORDS),
    detector.MODEL_FILE,
    SOURCE,
)
LIBRARIES = (
    "markdown",
    "nh3",
    "pygments",
    "pymdown-extensions",
    "pystemmer",
    "python-frontmatter",
    "pyyaml",
)
# What is being done, how much of it is done, and how much there is to do.
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Draft:
    """All published articles, as `Parts` has them. `kept` says which passages the generation before had already, made by
    this very code."""

    articles: tuple[ArticleEntry, ...]
    pages: Records[Page]
    passages: Records[Passage]
    encoded: NDArray[np.uint8]
    starts: Rows
    glossary: tuple[Entry, ...]
    content_digest: str
    kept: Kept | None

    @property
    def new_rows(self) -> list[int]:
        """The passages that the generation before did not have."""
        if self.kept is None:
            return list(range(len(self.passages)))
        return np.flatnonzero(self.kept.rows < 0).tolist()

    def text(self, row: int) -> str:
        """What the encoder reads for a passage."""
        return self.passages[row].encoded_text(self._article(row).title)

    def heading(self, row: int) -> str:
        """The first part of it: title and headings."""
        return self.passages[row].head_text(self._article(row).title)

    def asked(self, row: int) -> str:
        """The questions that are listed under the passage's article, in one text."""
        return "\n".join(self._article(row).questions)

    def listed(self, row: int) -> tuple[str, ...]:
        """The same as they are compared: `listed_texts`."""
        article = self._article(row)
        return listed_texts(article.questions, article.language)

    def lexical(self, progress: Progress) -> LexicalIndex:
        """The words of all passages."""
        said: list[list[str]] = [[] for _ in self.passages]
        elsewhere = {}
        for row in _counted(progress, "indexing words", self.new_rows):
            article = self._article(row)
            said[row] = passage_tokens(self.passages[row], article.title, article.tags, article.questions)
            elsewhere[row] = tokens_elsewhere(article.questions, article.language)
        tags = [one.article.language for one in self.articles]
        counts = np.diff(self.starts).tolist()
        of_rows = [tag for tag, count in zip(tags, counts, strict=True) for _ in range(count)]
        return LexicalIndex.build(said, of_rows, self.kept, elsewhere)

    def _article(self, row: int) -> ArticleFacts:
        return self.articles[int(np.searchsorted(self.starts, row, side="right")) - 1].article


def read_draft(content_dir: Path, progress: Progress, previous: Snapshot | None = None) -> Draft:
    """Reads everything and renders what `previous` has not; `ContentRefused` lists every fault with file and line."""
    progress("reading articles", 0, 0)
    # First: what appears or is saved from now on makes the index stale, not unnoticed.
    names = _content_files(content_dir)
    glossaries = {name: _file_digest(content_dir, name) for name in names if name.endswith(GLOSSARY_FILE)}
    made = _made_before(previous)
    known = {path: one.source for path, one in made.items()}
    sources = {one.article.path: one for one in checked_sources(content_dir, known)}
    read = {path: source.article.digest for path, source in sources.items()} | glossaries
    library = Library(one.article for one in sources.values())
    published = sorted(library.published, key=lambda article: (article.language, article.family))
    entries: list[ArticleEntry] = []
    cut: list[_Cut] = []
    for article in _counted(progress, "rendering articles", published):
        source, before = sources[article.path], made.get(article.path)
        # No review can be overdue on the first day there is: what is left is what the library knows for good.
        is_outdated = library.staleness(article, date.min) is Staleness.TRANSLATION
        entries.append(ArticleEntry(article.facts, is_outdated))
        is_known = before is not None and source is before.source
        cut.append(before.cut if before and is_known else _cut(source))
    rows = [row for one in cut for row in one.rows_before]
    return Draft(
        articles=tuple(entries),
        pages=Records.of(Page, [one.page for one in cut]),
        passages=Records.of(Passage, [line for one in cut for line in one.passages]),
        encoded=np.frombuffer(b"".join(one.encoded for one in cut), dtype=np.uint8).reshape(-1, HASH_BYTES),
        starts=starts_of(len(one.passages) for one in cut),
        glossary=read_glossaries(content_dir),
        content_digest=_digest_of(content_dir, names, read),
        kept=Kept(previous.lexical, np.array(rows, dtype=np.int64)) if previous and made else None,
    )


@dataclass(frozen=True, slots=True)
class _Cut:
    """An article rendered and cut, as it is stored: its page, its passages, the hashes of what is encoded for them, and the
    rows that the passages had in the generation before (-1 for new ones)."""

    page: memoryview | bytes
    passages: Sequence[memoryview | bytes]
    encoded: bytes
    rows_before: Sequence[int]


def _cut(source: Source) -> _Cut:
    article = source.article
    found = passages(article)
    return _Cut(
        to_bytes(Page(source, render(article))),
        [to_bytes(one) for one in found],
        b"".join(
            _sha256("\n".join((one.encoded_text(article.title), *article.questions))).digest()
            for one in found
        ),
        [-1] * len(found),
    )


@cache
def recipe() -> str:
    """One hash over the code that reads, cuts and renders articles and finds their words, ours and the libraries': what
    another made is made anew."""
    ours = [_sha256(path.read_bytes()).hexdigest() for path in sorted(CODE)]
    return _sha256("\n".join([*ours, *(f"{name} {version(name)}" for name in LIBRARIES)])).hexdigest()


@dataclass(frozen=True, slots=True)
class _Made:
    """An article of the generation before: its source, and what was made of it."""

    source: Source
    cut: _Cut


def _made_before(previous: Snapshot | None) -> dict[str, _Made]:
    """The articles of the generation before by the paths of their files, where this very code made them."""
    if previous is None or previous.manifest.recipe != recipe():
        return {}
    made: dict[str, _Made] = {}
    for at, (one, (first, end)) in enumerate(
        zip(previous.articles, pairwise(previous.starts.tolist()), strict=True)
    ):
        rows = range(first, end)
        lines = [previous.passages.line(row) for row in rows]
        cut = _Cut(previous.pages.line(at), lines, previous.encoded[first:end].tobytes(), rows)
        made[one.article.path] = _Made(one.page.source, cut)
    return made


def content_digest(content_dir: Path) -> str:
    """One hash over the names and bytes of all article and glossary files; equal as long as a build would find nothing to do."""
    return _digest_of(content_dir, _content_files(content_dir), {})


def _content_files(content_dir: Path) -> list[str]:
    return sorted(
        [*glob("*/*/*.md", root_dir=content_dir), *glob(f"*/{GLOSSARY_FILE}", root_dir=content_dir)]
    )


def _digest_of(content_dir: Path, names: Sequence[str], read: Mapping[str, str]) -> str:
    """`content_digest` of the files `names`; what was `read` already is told by the sha256 of what was read."""
    digest = hashlib.sha256()
    for name in names:
        digest.update(f"{name}\0{read.get(name) or _file_digest(content_dir, name)}\n".encode())
    return digest.hexdigest()


def _file_digest(content_dir: Path, name: str) -> str:
    with open(os.path.join(content_dir, name), "rb") as file:
        return _sha256(file.read()).hexdigest()


def _counted(progress: Progress, step: str, items: Sequence[T]) -> Iterator[T]:
    for done, item in enumerate(items):
        progress(step, done, len(items))
        yield item
    progress(step, len(items), len(items))


def _sha256(text: str | bytes) -> "hashlib._Hash":
    return hashlib.sha256(text.encode() if isinstance(text, str) else text)
