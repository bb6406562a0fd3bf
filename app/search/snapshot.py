"""One built index with all it was built from, in memory and never changed: what a query holds while it is answered.

A generation's folder holds `manifest.json`, `articles.json`, `passages.json`, `vectors.faiss`, `lexical/` and
`calibration.json`. Row `i` of the vectors, the lexical index and all `…_of_row` arrays is passage `i`.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.articles.article import Article, Passage
from app.articles.rendering import Rendered
from app.errors import IndexRefused
from app.search.encoder import Encoder
from app.search.generations import folder_of
from app.search.lexical import LexicalIndex
from app.search.manifest import Manifest, read_verified
from app.search.stored import from_bytes, to_bytes
from app.search.vectors import Rows, VectorIndex

ARTICLES_FILE = "articles.json"
PASSAGES_FILE = "passages.json"
VECTORS_FILE = "vectors.faiss"
LEXICAL_FOLDER = "lexical"
CALIBRATION_FILE = "calibration.json"

Names = NDArray[np.str_]


@dataclass(frozen=True, slots=True)
class IndexedArticle:
    """A published article as it is served: its source, the page made of it, and whether it lags behind.

    `is_outdated_translation`: the English original has had a major edit since this translation was made.
    """

    article: Article
    rendered: Rendered
    is_outdated_translation: bool

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
class Snapshot:
    """Everything a query needs, of one generation. The arrays `…_of_row` are (len(passages),) and read-only."""

    generation: str
    manifest: Manifest
    articles: tuple[IndexedArticle, ...]
    passages: tuple[Passage, ...]
    encoded_sha256: tuple[str, ...]
    vectors: VectorIndex
    lexical: LexicalIndex
    calibration: Mapping[str, Any]
    language_of_row: Names
    family_of_row: Names
    topic_of_row: Names
    kind_of_row: Names
    _articles: Mapping[tuple[str, str], IndexedArticle]
    _rows: Mapping[str, Rows]

    def article(self, language: str, family: str) -> IndexedArticle | None:
        """The article of this family in exactly this language."""
        return self._articles.get((language, family))

    def article_of_row(self, row: int) -> IndexedArticle:
        """The article that passage `row` belongs to."""
        passage = self.passages[row]
        return self._articles[passage.language, passage.family]

    def rows_of(self, language: str) -> Rows:
        """The rows of all passages in one language, ascending; empty for a language without articles."""
        return self._rows.get(language, np.empty(0, dtype=np.int64))


@dataclass(frozen=True, slots=True)
class Parts:
    """What a snapshot is put together from."""

    articles: tuple[IndexedArticle, ...]
    passages: tuple[IndexedPassage, ...]
    vectors: VectorIndex
    lexical: LexicalIndex
    calibration: Mapping[str, Any]

    def save(self, folder: Path) -> None:
        """Writes every file of a generation except the manifest."""
        (folder / ARTICLES_FILE).write_bytes(to_bytes(self.articles))
        (folder / PASSAGES_FILE).write_bytes(to_bytes(self.passages))
        self.vectors.save(folder / VECTORS_FILE)
        (folder / LEXICAL_FOLDER).mkdir()
        self.lexical.save(folder / LEXICAL_FOLDER)
        (folder / CALIBRATION_FILE).write_text(json.dumps(self.calibration), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path, manifest: Manifest) -> "Parts":
        """What `save` wrote; every file's hash was checked before."""
        return cls(
            articles=from_bytes(tuple[IndexedArticle, ...], (folder / ARTICLES_FILE).read_bytes()),
            passages=from_bytes(tuple[IndexedPassage, ...], (folder / PASSAGES_FILE).read_bytes()),
            vectors=VectorIndex.load(folder / VECTORS_FILE, manifest.files[VECTORS_FILE].sha256),
            lexical=LexicalIndex.load(folder / LEXICAL_FOLDER),
            calibration=json.loads((folder / CALIBRATION_FILE).read_bytes()),
        )

    def snapshot(self, manifest: Manifest) -> Snapshot:
        """The parts with their lookups; `IndexRefused` when they do not belong together."""
        articles = {(one.article.language, one.article.family): one for one in self.articles}
        passages = tuple(one.passage for one in self.passages)
        self._check(manifest, articles)
        owners = [articles[passage.language, passage.family].article for passage in passages]
        languages = _names(owners, lambda article: article.language)
        return Snapshot(
            generation=manifest.generation,
            manifest=manifest,
            articles=self.articles,
            passages=passages,
            encoded_sha256=tuple(one.encoded_sha256 for one in self.passages),
            vectors=self.vectors,
            lexical=self.lexical,
            calibration=self.calibration,
            language_of_row=languages,
            family_of_row=_names(owners, lambda article: article.family),
            topic_of_row=_names(owners, lambda article: article.topic),
            kind_of_row=_names(owners, lambda article: article.kind.value),
            _articles=articles,
            _rows={str(one): np.flatnonzero(languages == one) for one in np.unique(languages)},
        )

    def _check(self, manifest: Manifest, articles: Mapping[tuple[str, str], IndexedArticle]) -> None:
        rows = {len(self.passages), len(self.vectors), len(self.lexical), manifest.counts["passages"]}
        orphans = {(one.passage.language, one.passage.family) for one in self.passages} - articles.keys()
        if len(rows) > 1 or orphans or len(articles) != manifest.counts["articles"]:
            raise IndexRefused(f"The parts of generation {manifest.generation} do not belong together.")
        if self.vectors.dimension != manifest.encoder.dimension:
            raise IndexRefused(
                f"The vectors of generation {manifest.generation} are {self.vectors.dimension} wide, its encoder's "
                f"{manifest.encoder.dimension}."
            )


def open_snapshot(index_dir: Path, encoder: Encoder, generation: str | None = None) -> Snapshot:
    """A generation (without a name the current one), ready to be searched with `encoder`.

    `IndexRefused`, with a sentence that says what to do: there is no index, it is damaged or incomplete, or another
    encoder built it. Every file's hash is checked before anything is parsed, and FAISS loads it in a child process first.
    """
    return load_generation(folder_of(index_dir, generation), encoder)


def load_generation(folder: Path, encoder: Encoder) -> Snapshot:
    """The same for the generation in one folder."""
    manifest = read_verified(folder)
    manifest.refuse_other(encoder)
    try:
        return Parts.load(folder, manifest).snapshot(manifest)
    except (OSError, ValueError, KeyError) as error:
        raise IndexRefused(
            f"Generation {folder.name} cannot be read by this version of Handrail ({error}). Build the index again."
        ) from error


def _names(owners: Sequence[Article], name: Callable[[Article], str]) -> Names:
    names = np.array([name(article) for article in owners], dtype=np.str_)
    names.flags.writeable = False
    return names
