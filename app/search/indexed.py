"""What a generation consists of beside its manifest, as parts in memory and as files in its folder.

`articles.json`, `passages.json`, `vectors.faiss`, `lexical/`, `tokens/` (of an encoder that has token vectors),
`glossary.json` and `calibration.json`; row `i` of vectors, lexical index and tokens is passage `i`.
"""

import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from app.articles.article import Article, Passage
from app.articles.glossary import Entry
from app.articles.rendering import Rendered
from app.articles.sources import Source
from app.search.lexical import LexicalIndex
from app.search.manifest import Manifest
from app.search.stored import from_bytes, to_bytes
from app.search.token_matching import TokenIndex
from app.search.vectors import VectorIndex

ARTICLES_FILE = "articles.json"
PASSAGES_FILE = "passages.json"
VECTORS_FILE = "vectors.faiss"
LEXICAL_FOLDER = "lexical"
TOKENS_FOLDER = "tokens"
GLOSSARY_FILE = "glossary.json"
CALIBRATION_FILE = "calibration.json"


def calibration_json(calibration: Mapping[str, Any]) -> str:
    """The text of a calibration file; `ValueError` for a number that is none, which a fit that went wrong would leave."""
    return json.dumps(calibration, ensure_ascii=False, allow_nan=False, sort_keys=True)


@dataclass(frozen=True, slots=True)
class IndexedArticle:
    """A published article as it is served: its source, the page made of it, and whether it lags behind.

    `is_outdated_translation`: the English original has had a major edit since this translation was made.
    """

    source: Source
    rendered: Rendered
    is_outdated_translation: bool

    @property
    def article(self) -> Article:
        """The article itself."""
        return self.source.article

    def is_stale(self, today: date) -> bool:
        """Whether readers should be warned: an outdated translation, or not reviewed in time."""
        review_by = self.article.review_by
        return self.is_outdated_translation or (review_by is not None and review_by < today)


@dataclass(frozen=True, slots=True)
class IndexedPassage:
    """A passage with the sha256 of the text that was encoded for it: equal hashes share a vector."""

    passage: Passage
    encoded_sha256: str


@dataclass(frozen=True, slots=True)
class Parts:
    """What a snapshot is put together from."""

    articles: tuple[IndexedArticle, ...]
    passages: tuple[IndexedPassage, ...]
    vectors: VectorIndex
    lexical: LexicalIndex
    tokens: TokenIndex | None
    glossary: tuple[Entry, ...]
    calibration: Mapping[str, Any]

    def save(self, folder: Path) -> None:
        """Writes every file of a generation except the manifest."""
        (folder / ARTICLES_FILE).write_bytes(to_bytes(self.articles))
        (folder / PASSAGES_FILE).write_bytes(to_bytes(self.passages))
        self.vectors.save(folder / VECTORS_FILE)
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
                articles=from_bytes(tuple[IndexedArticle, ...], (folder / ARTICLES_FILE).read_bytes()),
                passages=from_bytes(tuple[IndexedPassage, ...], (folder / PASSAGES_FILE).read_bytes()),
                lexical=LexicalIndex.load(folder / LEXICAL_FOLDER),
                tokens=TokenIndex.load(folder / TOKENS_FOLDER) if (folder / TOKENS_FOLDER).is_dir() else None,
                glossary=from_bytes(tuple[Entry, ...], (folder / GLOSSARY_FILE).read_bytes()),
                calibration=json.loads((folder / CALIBRATION_FILE).read_bytes()),
                vectors=vectors.result(),
            )
