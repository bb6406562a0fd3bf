"""The content folder as the parts of an index that need no encoder: pages, passages, and the texts to encode."""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import TypeVar

import app.articles
from app.articles.article import Passage
from app.articles.glossary import GLOSSARY_FILE, Entry, read_glossaries
from app.articles.library import Staleness, read_library
from app.articles.passages import passages
from app.articles.rendering import Rendered, render
from app.search.indexed import IndexedArticle, IndexedPassage
from app.search.lexical import LexicalIndex, passage_tokens
from app.search.snapshot import Snapshot

T = TypeVar("T")
CODE = Path(app.articles.__file__).parent
RENDERERS = ("markdown", "nh3", "pygments", "pymdown-extensions")
# What is being done, how much of it is done, and how much there is to do.
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Draft:
    """All published articles. `texts[i]` is what the encoder reads for `passages[i]`, `headings[i]` its first part."""

    articles: tuple[IndexedArticle, ...]
    passages: tuple[IndexedPassage, ...]
    texts: tuple[str, ...]
    headings: tuple[str, ...]
    glossary: tuple[Entry, ...]
    content_digest: str

    def lexical(self, progress: Progress) -> LexicalIndex:
        """The words of all passages."""
        articles = {(one.article.language, one.article.family): one.article for one in self.articles}
        tokens = []
        for one in _counted(progress, "indexing words", self.passages):
            article = articles[one.passage.language, one.passage.family]
            tokens.append(passage_tokens(one.passage, article.title, article.tags))
        return LexicalIndex.build(tokens, [one.passage.language for one in self.passages])


def read_draft(content_dir: Path, progress: Progress, previous: Snapshot | None = None) -> Draft:
    """Reads everything and renders what `previous` has not; `ContentRefused` lists every fault with file and line."""
    progress("reading articles", 0, 0)
    # First: a file saved from now on makes the index stale, not unnoticed.
    digest = content_digest(content_dir)
    library = read_library(content_dir)
    published = sorted(library.published, key=lambda article: (article.language, article.family))
    made = _made_before(previous)
    indexed: list[IndexedArticle] = []
    cut: list[tuple[Passage, str, str]] = []
    for article in _counted(progress, "rendering articles", published):
        known = made.get((article.path, article.digest))
        rendered, pieces = known or (render(article), passages(article))
        # No review can be overdue on the first day there is: what is left is what the library knows for good.
        is_outdated = library.staleness(article, date.min) is Staleness.TRANSLATION
        indexed.append(IndexedArticle(article, rendered, is_outdated))
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
    )


@cache
def recipe() -> str:
    """One hash over the code that cuts and renders articles, ours and the libraries': what another made is made anew."""
    ours = [_sha256(path.read_bytes()) for path in sorted(CODE.glob("*.py"))]
    return _sha256("\n".join([*ours, *(f"{name} {version(name)}" for name in RENDERERS)]))


def _made_before(previous: Snapshot | None) -> dict[tuple[str, str], tuple[Rendered, tuple[Passage, ...]]]:
    """Page and passages of each article by its file's path and sha256, where this very code made them."""
    if previous is None or previous.manifest.recipe != recipe():
        return {}
    grouped: dict[tuple[str, str], list[Passage]] = defaultdict(list)
    for passage in previous.passages:
        grouped[passage.language, passage.family].append(passage)
    return {
        (one.article.path, one.article.digest): (
            one.rendered,
            tuple(grouped[one.article.language, one.article.family]),
        )
        for one in previous.articles
    }


def content_digest(content_dir: Path) -> str:
    """One hash over the names and bytes of all article and glossary files; equal as long as a build would find nothing to do."""
    digest = hashlib.sha256()
    for path in sorted([*content_dir.glob("*/*/*.md"), *content_dir.glob(f"*/{GLOSSARY_FILE}")]):
        digest.update(f"{path.relative_to(content_dir).as_posix()}\0{_sha256(path.read_bytes())}\n".encode())
    return digest.hexdigest()


def _counted(progress: Progress, step: str, items: Sequence[T]) -> Iterator[T]:
    for done, item in enumerate(items):
        progress(step, done, len(items))
        yield item
    progress(step, len(items), len(items))


def _sha256(text: str | bytes) -> str:
    return hashlib.sha256(text.encode() if isinstance(text, str) else text).hexdigest()
