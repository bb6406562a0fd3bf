"""The vector leg: inner products of unit vectors with FAISS. The only file that speaks faiss.

Every row is compared up to `EXACT_UP_TO` rows, beyond that an HNSW graph is walked. Rows are kept in half precision. What is
compared with every question are their first 8 bits, since reading the rows is what takes the time (10,000 × 256: half precision
390 µs, 8 bits 200; by `app.native` 7 bits, of which two products have room in 16, 120 to 180); the nearest are then compared in
half precision.
Inner product and not L2: on unit vectors it is the cosine, and a threshold on L2 is silently wrong.
"""

import hashlib
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import faiss as untyped_faiss
import numpy as np
from numpy.typing import NDArray

from app.errors import IndexRefused
from app.native import compiled
from app.search.encoder import Floats

# The annotations it ships know neither selectors nor the parameters of a search.
faiss: Any = untyped_faiss

EXACT_UP_TO = 50_000
HNSW_NEIGHBOURS = 32
HNSW_BUILD_BREADTH = 200
HNSW_SEARCH_BREADTH = 128
# Below this many allowed rows a graph is searched by scanning them: few of the nodes it walks would be allowed.
SCAN_UP_TO = 20_000
# So many rows more than are asked for are looked at in half precision.
SPARE = 100
EPSILON = 1e-9
# The largest numbers of 8 bits and of 7, with a sign.
MOST_IN_8, MOST_IN_7 = 127, 63
CONVERTED_AT_ONCE = 4096
TRIAL_TIMEOUT_S = 120
# Loaded in a process of its own, so that a file which crashes the library cannot crash the server.
_TRIAL = "import sys, faiss; index = faiss.read_index(sys.argv[1], faiss.IO_FLAG_MMAP_IFC); print(index.ntotal, index.d)"

Rows = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Allowed:
    """Row numbers that may be found, ascending, in the form that FAISS reads; made once and used for many searches."""

    rows: Rows
    selector: Any


@dataclass(frozen=True)
class VectorIndex:
    """Row numbers 0..len-1, in the order in which the vectors were given. Searching is safe in many threads."""

    engine: Any
    dimension: int

    def __len__(self) -> int:
        return int(self.engine.ntotal)

    @classmethod
    def build(cls, vectors: Floats, *, exact_up_to: int = EXACT_UP_TO) -> "VectorIndex":
        """From unit rows (n, d)."""
        rows, dimension = vectors.shape
        half, metric = faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT
        if rows <= exact_up_to:
            engine = faiss.IndexScalarQuantizer(dimension, half, metric)
        else:
            engine = faiss.IndexHNSWSQ(dimension, half, HNSW_NEIGHBOURS, metric)
            engine.hnsw.efConstruction = HNSW_BUILD_BREADTH
            engine.train(np.ascontiguousarray(vectors[:1], dtype=np.float32))
        if rows:
            engine.add(np.ascontiguousarray(vectors, dtype=np.float32))
        return cls(engine, dimension)

    def allowed(self, rows: Rows) -> Allowed:
        """Row numbers, ascending, as a filter for a search."""
        if len(rows) == len(self):
            return Allowed(rows, None)
        if len(rows) and rows[-1] - rows[0] == len(rows) - 1:
            return Allowed(rows, faiss.IDSelectorRange(int(rows[0]), int(rows[-1]) + 1))
        mask = np.zeros(len(self), dtype=bool)
        mask[rows] = True
        return Allowed(rows, faiss.IDSelectorBitmap(np.packbits(mask, bitorder="little")))

    def search(self, vector: Floats, k: int, allowed: Allowed | None = None) -> tuple[Rows, Floats]:
        """The best `k` rows for one unit vector (d,), best first, with their cosines; fewer when there are fewer.

        The filter holds inside the search, so `k` of the allowed rows come back if there are so many.
        """
        every = np.arange(len(self)) if allowed is None else allowed.rows
        # A graph compares in half precision already.
        rows = every[np.sort(self.nearest(vector, k if self._is_graph or not k else k + SPARE, allowed))]
        cosines = self.cosines(vector, rows)
        order = np.argsort(-cosines, kind="stable")[:k]
        return rows[order], cosines[order]

    def nearest(self, vector: Floats, k: int, allowed: Allowed | None = None) -> Rows:
        """The places of these rows among the allowed ones, in no order; by their first bits: the last few may be others."""
        if vector.shape != (self.dimension,):
            raise ValueError(f"a vector of {vector.shape} for an index {self.dimension} wide")
        k = min(k, len(self) if allowed is None else len(allowed.rows))
        if k <= 0:
            return np.empty(0, dtype=np.int64)
        if not self._is_graph:
            vector = vector * np.float32(MOST_IN_8 / max(float(np.abs(vector).max()), EPSILON))
            if compiled.kernels:
                rows = np.arange(len(self)) if allowed is None else allowed.rows
                places = np.empty(k, dtype=np.int64)
                compiled.kernels.nearest(self._bytes, np.rint(vector).astype(np.int8), rows, places)
                return places
        engine, parameters = self._plan(k, allowed)
        question = np.ascontiguousarray(vector[None, :], dtype=np.float32)
        _, found = engine.search(question, k, params=parameters)
        rows = found[0][found[0] >= 0]
        nearest: Rows = rows if allowed is None else np.searchsorted(allowed.rows, rows)
        return nearest

    def cosines(self, vector: Floats, rows: Rows) -> Floats:
        """The cosine of one unit vector (d,) and each of these rows, (len(rows),)."""
        return cosines_of(self._codes, rows, vector)

    def vectors(self) -> Floats:
        """All rows, (n, d), as they were given up to half precision."""
        rows: Floats = _halves(self._codes).astype(np.float32)
        return rows

    def save(self, path: Path) -> None:
        """Writes one file; the same vectors give the same bytes."""
        data = faiss.serialize_index(self.engine).tobytes()
        path.write_bytes(data)
        with _tried_lock:  # our own bytes are read back here before anybody else does
            _tried.add(hashlib.sha256(data).hexdigest())

    @classmethod
    def load(cls, path: Path, sha256: str) -> "VectorIndex":
        """What `save` wrote, mapped, whose hash the caller has checked; tried in a child process first (P4).

        `IndexRefused` when FAISS cannot read it.
        """
        _try_in_a_child(path, sha256)
        try:
            engine = faiss.read_index(str(path), faiss.IO_FLAG_MMAP_IFC)
        except (
            RuntimeError
        ) as error:  # FAISS's only kind, also when a later build has swept the folder meanwhile
            raise IndexRefused(f"The vectors in {path.parent.name} cannot be read.") from error
        if engine.metric_type != faiss.METRIC_INNER_PRODUCT:
            raise IndexRefused(f"The vectors in {path.parent.name} are not compared by inner product.")
        return cls(engine, int(engine.d))

    def _plan(self, k: int, allowed: Allowed | None) -> tuple[Any, Any]:
        """The FAISS index to ask and the parameters to ask it with."""
        selector = None if allowed is None else allowed.selector
        if not self._is_graph:
            return self._first_bits, faiss.SearchParameters(sel=selector)
        if allowed is not None and len(allowed.rows) <= SCAN_UP_TO:
            return self.engine.storage, faiss.SearchParameters(sel=selector)
        breadth = max(HNSW_SEARCH_BREADTH, 2 * k)
        return self.engine, faiss.SearchParametersHNSW(efSearch=breadth, sel=selector)

    @cached_property
    def _bytes(self) -> NDArray[np.uint8]:
        """The rows in 7 bits, (n, d), moved so that none is negative: that moves all products with one question alike."""
        rows: NDArray[np.uint8] = np.empty((len(self), self.dimension), dtype=np.uint8)
        for at, part in zip(range(0, len(self), CONVERTED_AT_ONCE), self._in_bits(MOST_IN_7), strict=True):
            rows[at : at + len(part)] = part + (MOST_IN_7 + 1)
        return rows

    @cached_property
    def _first_bits(self) -> Any:
        """The rows in 8 bits for FAISS, which reads questions likewise."""
        coarse = faiss.IndexScalarQuantizer(
            self.dimension, faiss.ScalarQuantizer.QT_8bit_direct_signed, faiss.METRIC_INNER_PRODUCT
        )
        coarse.is_trained = True
        for part in self._in_bits(MOST_IN_8):
            coarse.add(part.astype(np.float32))
        return coarse

    def _in_bits(self, most: int) -> Iterator[NDArray[np.int8]]:
        """Part by part, from -most to most, all on one scale, which the order does not depend on."""
        parts = [self._codes[at : at + CONVERTED_AT_ONCE] for at in range(0, len(self), CONVERTED_AT_ONCE)]
        largest = max([EPSILON, *(float(np.abs(_halves(part)).max()) for part in parts)])
        for part in parts:
            yield np.rint(_halves(part).astype(np.float32) * (most / largest)).astype(np.int8)

    @cached_property
    def _codes(self) -> NDArray[np.uint8]:
        """The rows in half precision as FAISS keeps them, (n, 2 d) bytes, seen and not copied: in a mapped file they may begin
        at an odd address, from which numpy would copy all of them before it reads one number."""
        codes = (faiss.downcast_index(self.engine.storage) if self._is_graph else self.engine).codes
        seen = faiss.rev_swig_ptr(codes.data(), codes.size())
        return np.asarray(seen, dtype=np.uint8).reshape(len(self), 2 * self.dimension)

    @cached_property
    def _is_graph(self) -> bool:
        return isinstance(self.engine, faiss.IndexHNSW)


def _halves(codes: NDArray[np.uint8]) -> NDArray[np.float16]:
    return codes.copy().view(np.float16)


def cosines_of(halves: NDArray[Any], rows: Rows, vector: Floats) -> Floats:
    """The inner product of a vector (d,) and each of these rows, (len(rows),), of a matrix in half precision or its bytes."""
    if not compiled.kernels:
        return singles(halves.take(rows, axis=0).view(np.float16)) @ vector
    near: Floats = np.empty(len(rows), dtype=np.float32)
    compiled.kernels.cosines(halves.view(np.uint8), vector, rows, near)
    return near


def singles(halves: NDArray[np.float16]) -> Floats:
    """Half precision as single: the bits moved to their places, three times as fast as numpy converts finite numbers."""
    moved = np.left_shift(halves.view(np.int16), 13, dtype=np.int32)
    moved &= np.int32(-0x70002000)  # the sign, and what is left of the exponent's bits and the fraction's
    singles: Floats = moved.view(np.float32)
    singles *= np.float32(2.0**112)  # the two exponents count from 15 and from 127
    return singles


_tried: set[str] = set()
_tried_lock = threading.Lock()


def _try_in_a_child(path: Path, sha256: str) -> None:
    """Once for every content in this process: bytes that have loaded will load again."""
    with _tried_lock:
        if sha256 in _tried:
            return
    command = [sys.executable, "-P", "-c", _TRIAL, str(path)]
    try:
        subprocess.run(command, check=True, capture_output=True, timeout=TRIAL_TIMEOUT_S)  # noqa: S603  # our own words
    except subprocess.SubprocessError as error:
        raise IndexRefused(
            f"The vectors in {path.parent.name} cannot be loaded; FAISS failed on them."
        ) from error
    with _tried_lock:
        _tried.add(sha256)
