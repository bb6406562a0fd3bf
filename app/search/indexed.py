"""What a generation consists of beside its manifest, as parts in memory and as files in its folder.

`articles.json` (what is said about each), `pages.jsonl` (what each says), `passages.jsonl` with `encoded.npy`, `starts.npy`,
`vectors.faiss`, `means.npy`, `lexical/`, `tokens/` (of an encoder that has token vectors), `glossary.json` and `calibration.json`. Row `i`
of vectors, lexical index and tokens is passage `i`; article `a` has the passages `starts[a]:starts[a + 1]` and the mean `means[a]`.
Pages, passages, vectors, words and tokens are mapped and not read: of a large index only what readers ask for is in memory.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.articles.article import ArticleFacts, Passage
from app.articles.glossary import Entry
from app.articles.rendering import Rendered
from app.articles.sources import Source
from app.search.families import Halves
from app.search.lexical import LexicalIndex
from app.search.manifest import Manifest
from app.search.stored import Records, from_bytes, mapped_array, to_bytes
from app.search.token_matching import TokenIndex
from app.search.vectors import Rows, VectorIndex

ARTICLES_FILE = "articles.json"
PAGES_FILE = "pages.jsonl"
PASSAGES_FILE = "passages.jsonl"
ENCODED_FILE = "encoded.npy"
STARTS_FILE = "starts.npy"
MEANS_FILE = "means.npy"
VECTORS_FILE = "vectors.faiss"
LEXICAL_FOLDER = "lexical"
TOKENS_FOLDER = "tokens"
GLOSSARY_FILE = "glossary.json"
CALIBRATION_FILE = "calibration.json"

HASH_BYTES = 32


def calibration_json(calibration: Mapping[str, Any]) -> str:
    """The text of a calibration file; `ValueError` for a number that is none, which a fit that went wrong would leave."""
    return json.dumps(calibration, ensure_ascii=False, allow_nan=False, sort_keys=True)


@dataclass(frozen=True, slots=True)
class Page:
    """What an article says: its source, and the page made of it."""

    source: Source
    rendered: Rendered


@dataclass(frozen=True, slots=True)
class ArticleEntry:
    """One of `articles.json`: what search and lists need of an article.

    `is_outdated_translation`: the English original has had a major edit since this translation was made.
    """

    article: ArticleFacts
    is_outdated_translation: bool


@dataclass(frozen=True, slots=True)
class IndexedArticle:
    """A published article as it is served. What it says is read when it is asked for."""

    article: ArticleFacts
    is_outdated_translation: bool
    _pages: Records[Page] = field(repr=False, compare=False)
    _at: int = field(repr=False, compare=False)

    @property
    def page(self) -> Page:
        """Source and HTML."""
        return self._pages[self._at]

    def is_stale(self, today: date) -> bool:
        """Whether readers should be warned: an outdated translation, or not reviewed in time."""
        review_by = self.article.review_by
        return self.is_outdated_translation or (review_by is not None and review_by < today)


@dataclass(frozen=True, slots=True)
class Parts:
    """What a snapshot is put together from.

    `encoded` (passages, 32) has the sha256 of the text that was encoded for each passage: equal hashes share a vector.
    """

    articles: tuple[ArticleEntry, ...]
    pages: Records[Page]
    passages: Records[Passage]
    encoded: NDArray[np.uint8]
    starts: Rows
    vectors: VectorIndex
    means: Halves
    lexical: LexicalIndex
    tokens: TokenIndex | None
    glossary: tuple[Entry, ...]
    calibration: Mapping[str, Any]

    def indexed(self) -> tuple[IndexedArticle, ...]:
        """The articles with their pages."""
        return tuple(
            IndexedArticle(one.article, one.is_outdated_translation, self.pages, at)
            for at, one in enumerate(self.articles)
        )

    def save(self, folder: Path) -> None:
        """Writes every file of a generation except the manifest."""
        (folder / ARTICLES_FILE).write_bytes(to_bytes(self.articles))
        self.pages.save(folder / PAGES_FILE)
        self.passages.save(folder / PASSAGES_FILE)
        np.save(folder / ENCODED_FILE, self.encoded, allow_pickle=False)
        np.save(folder / STARTS_FILE, self.starts, allow_pickle=False)
        self.vectors.save(folder / VECTORS_FILE)
        np.save(folder / MEANS_FILE, self.means, allow_pickle=False)
        (folder / LEXICAL_FOLDER).mkdir()
        self.lexical.save(folder / LEXICAL_FOLDER)
        if self.tokens is not None:
            (folder / TOKENS_FOLDER).mkdir()
            self.tokens.save(folder / TOKENS_FOLDER)
        (folder / GLOSSARY_FILE).write_bytes(to_bytes(self.glossary))
        (folder / CALIBRATION_FILE).write_text(calibration_json(self.calibration), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path, manifest: Manifest) -> "Parts":
        """What `save` wrote; every file's hash was checked before."""
        # The vectors are tried in a process of their own, which takes as long as all the rest.
        with ThreadPoolExecutor(1) as beside:
            vectors = beside.submit(
                VectorIndex.load, folder / VECTORS_FILE, manifest.files[VECTORS_FILE].sha256
            )
            return cls(
                articles=from_bytes(tuple[ArticleEntry, ...], (folder / ARTICLES_FILE).read_bytes()),
                pages=Records.load(Page, folder / PAGES_FILE),
                passages=Records.load(Passage, folder / PASSAGES_FILE),
                encoded=mapped_array(folder / ENCODED_FILE),
                starts=np.load(folder / STARTS_FILE, allow_pickle=False),
                means=mapped_array(folder / MEANS_FILE),
                lexical=LexicalIndex.load(folder / LEXICAL_FOLDER),
                tokens=TokenIndex.load(folder / TOKENS_FOLDER) if (folder / TOKENS_FOLDER).is_dir() else None,
                glossary=from_bytes(tuple[Entry, ...], (folder / GLOSSARY_FILE).read_bytes()),
                calibration=json.loads((folder / CALIBRATION_FILE).read_bytes()),
                vectors=vectors.result(),
            )


def hashes_of(hex_hashes: Sequence[str]) -> NDArray[np.uint8]:
    """Sha256 hashes in hex as rows of bytes (n, 32)."""
    return np.frombuffer(bytes.fromhex("".join(hex_hashes)), dtype=np.uint8).reshape(-1, HASH_BYTES)


def starts_of(counts: Iterable[int]) -> Rows:
    """Where each article's passages begin, from their numbers, and where the last ones end."""
    starts: Rows = np.concatenate([[0], np.cumsum(list(counts), dtype=np.int64)]).astype(np.int64)
    return starts
