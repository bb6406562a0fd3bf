"""The content folder as the parts of an index that need no encoder: pages, passages, and the texts to encode."""

import hashlib
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from glob import glob
from importlib.metadata import version
from itertools import groupby
from pathlib import Path
from typing import TypeVar

import numpy as np

import app.articles
from app.articles.article import Passage
from app.articles.glossary import GLOSSARY_FILE, Entry, read_glossaries
from app.articles.library import Library, Staleness, checked_sources
from app.articles.passages import passages
from app.articles.rendering import render
from app.search import bm25, lexical, tokens
from app.search.indexed import IndexedArticle, IndexedPassage
from app.search.lexical import Kept, LexicalIndex, passage_tokens
from app.search.snapshot import Snapshot

T = TypeVar("T")
WORDS = (tokens, bm25, lexical)
CODE = (*Path(app.articles.__file__).parent.glob("*.py"), *(Path(str(one.__file__)) for one in WORDS))
LIBRARIES = ("markdown", "nh3", "pygments", "pymdown-extensions", "pystemmer", "python-frontmatter", "pyyaml")
# What is being done, how much of it is done, and how much there is to do.
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Draft:
    """All published articles. `texts[i]` is what the encoder reads for `passages[i]`, `headings[i]` its first part.

    `kept` says which passages the generation before had already, made by this very code.
    """

    articles: tuple[IndexedArticle, ...]
    passages: tuple[IndexedPassage, ...]
    texts: tuple[str, ...]
    headings: tuple[str, ...]
    glossary: tuple[Entry, ...]
    content_digest: str
    kept: Kept | None

    def lexical(self, progress: Progress) -> LexicalIndex:
        """The words of all passages."""
        articles = {(one.article.language, one.article.family): one.article for one in self.articles}
        said: list[list[str]] = [[] for _ in self.passages]
        is_new = np.ones(len(self.passages), dtype=bool) if self.kept is None else self.kept.rows < 0
        for row in _counted(progress, "indexing words", np.flatnonzero(is_new).tolist()):
            passage = self.passages[row].passage
            article = articles[passage.language, passage.family]
            said[row] = passage_tokens(passage, article.title, article.tags)
        return LexicalIndex.build(said, [one.passage.language for one in self.passages], self.kept)


def read_draft(content_dir: Path, progress: Progress, previous: Snapshot | None = None) -> Draft:
    """Reads everything and renders what `previous` has not; `ContentRefused` lists every fault with file and line."""
    progress("reading articles", 0, 0)
    # First: a file saved from now on makes the index stale, not unnoticed.
    digest = content_digest(content_dir)
    made = _made_before(previous)
    sources = {
        one.article.path: one
        for one in checked_sources(content_dir, {path: one.indexed.source for path, one in made.items()})
    }
    library = Library(one.article for one in sources.values())
    published = sorted(library.published, key=lambda article: (article.language, article.family))
    indexed: list[IndexedArticle] = []
    cut: list[tuple[Passage, str, str]] = []
    kept: list[int] = []
    for article in _counted(progress, "rendering articles", published):
        before = made.get(article.path)
        # No review can be overdue on the first day there is: what is left is what the library knows for good.
        is_outdated = library.staleness(article, date.min) is Staleness.TRANSLATION
        if before and before.indexed.article == article:
            rendered, pieces = before.indexed.rendered, before.passages
            kept += range(before.first_row, before.first_row + len(pieces))
        else:
            rendered, pieces = render(article), passages(article)
            kept += [-1] * len(pieces)
        indexed.append(IndexedArticle(sources[article.path], rendered, is_outdated))
        cut += (
            (passage, passage.encoded_text(article.title), passage.head_text(article.title))
            for passage in pieces
        )
    return Draft(
        articles=tuple(indexed),
        passages=tuple(IndexedPassage(passage, _sha256(text)) for passage, text, _ in cut),
        texts=tuple(text for _, text, _ in cut),
        headings=tuple(heading for *_, heading in cut),
        glossary=read_glossaries(content_dir),
        content_digest=digest,
        kept=Kept(previous.lexical, np.array(kept, dtype=np.int64)) if previous and made else None,
    )


@cache
def recipe() -> str:
    """One hash over the code that reads, cuts and renders articles and finds their words, ours and the libraries': what
    another made is made anew."""
    ours = [_sha256(path.read_bytes()) for path in sorted(CODE)]
    return _sha256("\n".join([*ours, *(f"{name} {version(name)}" for name in LIBRARIES)]))


@dataclass(frozen=True, slots=True)
class _Made:
    """An article of the generation before, its passages in order, and the row of the first of them."""

    indexed: IndexedArticle
    passages: tuple[Passage, ...]
    first_row: int


def _made_before(previous: Snapshot | None) -> dict[str, _Made]:
    """The articles of the generation before by the paths of their files, where this very code made them."""
    if previous is None or previous.manifest.recipe != recipe():
        return {}
    made: dict[str, _Made] = {}
    row = 0
    for (language, family), group in groupby(previous.passages, key=lambda one: (one.language, one.family)):
        pieces = tuple(group)
        article = previous.article(language, family)
        if article is not None:
            made[article.article.path] = _Made(article, pieces, row)
        row += len(pieces)
    return made


def content_digest(content_dir: Path) -> str:
    """One hash over the names and bytes of all article and glossary files; equal as long as a build would find nothing to do."""
    digest = hashlib.sha256()
    files = [*glob("*/*/*.md", root_dir=content_dir), *glob(f"*/{GLOSSARY_FILE}", root_dir=content_dir)]
    for name in sorted(files):
        with open(os.path.join(content_dir, name), "rb") as file:
            digest.update(f"{name}\0{_sha256(file.read())}\n".encode())
    return digest.hexdigest()


def _counted(progress: Progress, step: str, items: Sequence[T]) -> Iterator[T]:
    for done, item in enumerate(items):
        progress(step, done, len(items))
        yield item
    progress(step, len(items), len(items))


def _sha256(text: str | bytes) -> str:
    return hashlib.sha256(text.encode() if isinstance(text, str) else text).hexdigest()
