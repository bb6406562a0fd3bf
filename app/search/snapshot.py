"""One built index with all it was built from, in memory and never changed: what a query holds while it is answered.

`open_snapshot` brings a generation from the disk into memory, or refuses it. `SnapshotHolder` keeps the one that a
server answers from and replaces it by a newer one while questions are being answered.
"""

import logging
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.articles.article import Passage
from app.articles.glossary import Entry
from app.errors import IndexRefused
from app.search.encoder import Encoder
from app.search.families import Halves
from app.search.generations import current, folder_of
from app.search.indexed import IndexedArticle, Page, Parts
from app.search.lexical import LexicalIndex
from app.search.manifest import Manifest, read_verified
from app.search.stored import Records
from app.search.token_matching import TokenIndex
from app.search.vectors import Rows, VectorIndex

POLL_INTERVAL_S = 0.5
# A refused generation is read again after this long: somebody may have mended it, or memory was short.
RETRY_INTERVAL_S = 30.0

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything a query needs, of one generation.

    Row `i` of the vectors and the lexical index is `passages[i]`; `articles[a]` has the rows `starts[a]:starts[a + 1]`
    and the mean vector `means[a]`.
    `calibration` is the JSON object that the build stored; empty when it was built without.
    """

    generation: str
    manifest: Manifest
    articles: tuple[IndexedArticle, ...]
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
    _places: Mapping[tuple[str, str], int]
    _owners: NDArray[np.int32]
    _rows: Mapping[str, Rows]
    _is_in: Mapping[str, NDArray[np.bool_]]

    @classmethod
    def of(cls, parts: Parts, manifest: Manifest) -> "Snapshot":
        """The parts with their lookups; `IndexRefused` when they do not belong together."""
        places = {(one.article.language, one.article.family): at for at, one in enumerate(parts.articles)}
        _check(parts, manifest, len(places))
        owners = np.repeat(np.arange(len(parts.articles), dtype=np.int32), np.diff(parts.starts))
        languages = np.array([one.article.language for one in parts.articles], dtype=np.str_)
        is_in = {str(one): (languages == one)[owners] for one in np.unique(languages)}
        return cls(
            generation=manifest.generation,
            manifest=manifest,
            articles=parts.indexed(),
            pages=parts.pages,
            passages=parts.passages,
            encoded=parts.encoded,
            starts=parts.starts,
            vectors=parts.vectors,
            means=parts.means,
            lexical=parts.lexical,
            tokens=parts.tokens,
            glossary=parts.glossary,
            calibration=parts.calibration,
            _places=places,
            _owners=owners,
            _rows={one: np.flatnonzero(mask) for one, mask in is_in.items()},
            _is_in=is_in,
        )

    def article(self, language: str, family: str) -> IndexedArticle | None:
        """The article of this family in exactly this language."""
        at = self._places.get((language, family))
        return None if at is None else self.articles[at]

    def article_of_row(self, row: int) -> IndexedArticle:
        """The article that passage `row` belongs to."""
        return self.articles[int(self._owners[row])]

    def passages_of(self, language: str, family: str) -> Sequence[Passage]:
        """The passages of an article in reading order; none when there is no such article."""
        at = self._places.get((language, family))
        return () if at is None else self.passages[int(self.starts[at]) : int(self.starts[at + 1])]

    def rows_of(self, language: str) -> Rows:
        """The rows of all passages in one language, ascending; empty for a language without articles."""
        return self._rows.get(language, np.empty(0, dtype=np.int64))

    def are_in(self, language: str, rows: Rows) -> NDArray[np.bool_]:
        """Which of these rows are in this language."""
        known = self._is_in.get(language)
        return np.zeros(len(rows), dtype=bool) if known is None else known[rows]


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
    return load_parts(folder, manifest)


def load_parts(folder: Path, manifest: Manifest) -> Snapshot:
    """The snapshot in a folder whose files were checked against `manifest`."""
    try:
        return Snapshot.of(Parts.load(folder, manifest), manifest)
    except (OSError, ValueError, KeyError) as error:
        raise IndexRefused(
            f"Generation {manifest.generation} cannot be read by this version of Handrail ({error}). "
            "Build the index again."
        ) from error


class SnapshotHolder:
    """The snapshot that is served, and the thread that follows the pointer on the disk.

    `holder.current` is one attribute read: whoever took it answers the whole query from that one generation,
    however often the index is rebuilt meanwhile. A new generation that is refused is logged and named in `refusal`;
    the old one goes on being served. The constructor raises `IndexRefused` when there is nothing to serve at all.
    """

    def __init__(
        self, index_dir: Path, encoder: Encoder, *, poll_interval_s: float = POLL_INTERVAL_S
    ) -> None:
        self.current = open_snapshot(index_dir, encoder)
        self.refusal: str | None = None
        self._index_dir = index_dir
        self._encoder = encoder
        self._poll_interval_s = poll_interval_s
        self._refused: str | None = None
        self._retry_at = 0.0
        self._polling = threading.Lock()
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def degraded(self) -> tuple[str, ...]:
        """`("index",)` while the newest generation is refused and an older one is served, else `()`."""
        return ("index",) if self.refusal else ()

    def poll(self) -> bool:
        """Follows the pointer once; True when another generation is served now."""
        with self._polling:
            try:
                pointed = current(self._index_dir)
            except IndexRefused as refusal:
                return self._refuse("the pointer", refusal)
            if pointed == self.current.generation:
                self.refusal = self._refused = None
                return False
            if pointed == self._refused and time.monotonic() < self._retry_at:
                return False
            return self._open(pointed)

    def start(self) -> None:
        """Begins to poll in a thread of its own."""
        self._stopped.clear()
        self._thread = threading.Thread(target=self._follow, name="index-poll", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stops polling; what is served stays."""
        self._stopped.set()
        if self._thread:
            self._thread.join()
            self._thread = None

    def _open(self, pointed: str) -> bool:
        try:
            self.current = open_snapshot(self._index_dir, self._encoder, pointed)
        except IndexRefused as refusal:
            if self._has_moved_on(pointed):
                return False  # collected while it was read; the next poll opens its successor
            return self._refuse(pointed, refusal)
        self.refusal = self._refused = None
        _log.info("serving index generation %s", pointed)
        return True

    def _refuse(self, what: str, refusal: IndexRefused) -> bool:
        if self._refused != what:
            _log.error(
                "refused: %s Generation %s goes on being served.", refusal.detail, self.current.generation
            )
        self.refusal, self._refused = refusal.detail, what
        self._retry_at = time.monotonic() + RETRY_INTERVAL_S
        return False

    def _has_moved_on(self, pointed: str) -> bool:
        try:
            return current(self._index_dir) != pointed
        except IndexRefused:
            return False

    def _follow(self) -> None:
        while not self._stopped.wait(self._poll_interval_s):
            try:
                self.poll()
            except Exception:  # the outermost edge of a thread: it must not die of one bad moment
                _log.exception("the index could not be polled")


def _check(parts: Parts, manifest: Manifest, named: int) -> None:
    """`named`: how many articles there are by their names."""
    rows = {len(parts.passages), len(parts.encoded), len(parts.vectors), len(parts.lexical)}
    rows |= {int(parts.starts[-1]), manifest.counts["passages"]}
    rows |= {len(parts.passages) if parts.tokens is None else len(parts.tokens)}
    articles = {
        named,
        len(parts.articles),
        len(parts.pages),
        len(parts.starts) - 1,
        len(parts.means),
        manifest.counts["articles"],
    }
    if len(rows) > 1 or len(articles) > 1 or (np.diff(parts.starts, prepend=0) < 0).any():
        raise IndexRefused(f"The parts of generation {manifest.generation} do not belong together.")
    if {parts.vectors.dimension, *parts.means.shape[1:]} != {manifest.encoder.dimension}:
        raise IndexRefused(
            f"The vectors of generation {manifest.generation} are {parts.vectors.dimension} wide, its encoder's "
            f"{manifest.encoder.dimension}."
        )
