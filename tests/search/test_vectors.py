"""Exact and graph search on unit vectors, filters inside the search, and files that come back equal."""

from pathlib import Path

import numpy as np
import pytest

from app.errors import IndexRefused
from app.search.encoder import Floats, unit_rows
from app.search.vectors import VectorIndex

pytestmark = pytest.mark.usefixtures("either_way")
ROWS, DIMENSION = 3_000, 32


def _random(rows: int, seed: int = 7) -> Floats:
    return unit_rows(np.random.default_rng(seed).standard_normal((rows, DIMENSION), dtype=np.float32))


# As an index keeps them: in half precision.
VECTORS = _random(ROWS).astype(np.float16).astype(np.float32)
QUESTIONS = _random(20, seed=8)


@pytest.fixture(scope="module", params=["exact", "graph"])
def index(request: pytest.FixtureRequest) -> VectorIndex:
    return VectorIndex.build(VECTORS, exact_up_to=ROWS if request.param == "exact" else 0)


def test_the_nearest_come_first_with_their_cosines(index: VectorIndex) -> None:
    """R0.1: equal to a plain product of matrices; a graph may miss a few."""
    found = 0
    for question in QUESTIONS:
        rows, scores = index.search(question, 10)
        cosines = VECTORS @ question
        assert scores == pytest.approx(cosines[rows], abs=1e-5)
        assert (np.diff(scores) <= 0).all()
        found += len(set(rows.tolist()) & set(np.argsort(-cosines)[:10].tolist()))
    assert found >= 0.98 * 10 * len(QUESTIONS)


def test_the_filter_holds_inside_the_search(index: VectorIndex) -> None:
    """As many as asked for come back although almost everything nearer is filtered out."""
    allowed = np.arange(5, ROWS, 100)
    for question in QUESTIONS:
        rows, scores = index.search(question, 10, index.allowed(allowed))
        expected = allowed[np.argsort(-(VECTORS[allowed] @ question))[:10]]
        assert rows.tolist() == expected.tolist()
        assert scores == pytest.approx(VECTORS[rows] @ question, abs=1e-5)


def test_a_wide_filter_on_a_graph_keeps_to_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Above the size that is scanned, the graph itself is walked with the filter."""
    monkeypatch.setattr("app.search.vectors.SCAN_UP_TO", 10)
    graph, allowed = VectorIndex.build(VECTORS, exact_up_to=0), np.arange(0, ROWS, 2)
    found = 0
    for question in QUESTIONS:
        rows, _ = graph.search(question, 10, graph.allowed(allowed))
        assert set(rows.tolist()) <= set(allowed.tolist())
        found += len(
            set(rows.tolist()) & set(allowed[np.argsort(-(VECTORS[allowed] @ question))[:10]].tolist())
        )
    assert found >= 0.9 * 10 * len(QUESTIONS)


def test_fewer_rows_than_asked_for_are_all_of_them(index: VectorIndex) -> None:
    rows, scores = index.search(QUESTIONS[0], 10, index.allowed(np.array([4, 9])))
    assert sorted(rows.tolist()) == [4, 9]
    assert len(scores) == 2
    assert index.search(QUESTIONS[0], 10, index.allowed(np.empty(0, dtype=np.int64)))[0].size == 0
    assert index.search(QUESTIONS[0], 0)[0].size == 0
    assert len(index.search(QUESTIONS[0], 2 * ROWS)[0]) <= ROWS


def test_no_vectors_are_an_index_that_finds_nothing(tmp_path: Path) -> None:
    empty = VectorIndex.build(np.empty((0, DIMENSION), dtype=np.float32))
    empty.save(tmp_path / "vectors.faiss")
    again = VectorIndex.load(tmp_path / "vectors.faiss", "empty")
    assert len(again) == 0
    assert again.search(QUESTIONS[0], 5)[0].size == 0
    assert again.vectors().shape == (0, DIMENSION)


def test_chosen_rows_get_their_cosines(index: VectorIndex) -> None:
    rows = np.array([2, 3, 2_999])
    assert index.cosines(QUESTIONS[0], rows) == pytest.approx(VECTORS[rows] @ QUESTIONS[0], abs=1e-5)


def test_half_precision_loses_nothing_that_matters() -> None:
    """A vector is kept to three digits, and its cosines to more."""
    vectors = _random(ROWS, seed=9)
    index = VectorIndex.build(vectors)
    assert np.abs(index.vectors() - vectors).max() < 1e-3
    for question in QUESTIONS:
        rows, _ = index.search(question, 10)
        assert len(set(rows.tolist()) & set(np.argsort(-(vectors @ question))[:10].tolist())) >= 9


def test_another_width_is_a_mistake_of_the_caller(index: VectorIndex) -> None:
    with pytest.raises(ValueError, match="32 wide"):
        index.search(np.ones(31, dtype=np.float32), 1)


def test_what_was_saved_comes_back_equal(index: VectorIndex, tmp_path: Path) -> None:
    index.save(tmp_path / "vectors.faiss")
    again = VectorIndex.load(tmp_path / "vectors.faiss", f"hash of {len(index)} {index.engine}")
    assert np.array_equal(again.vectors(), VECTORS)
    for question in QUESTIONS:
        assert again.search(question, 5)[0].tolist() == index.search(question, 5)[0].tolist()


def test_the_same_vectors_give_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        VectorIndex.build(VECTORS).save(tmp_path / name)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


@pytest.mark.parametrize("content", [b"", b"no index", b"IxFI" + b"\xff" * 200])
def test_what_faiss_cannot_read_is_refused_in_a_child(content: bytes, tmp_path: Path) -> None:
    """P4: a file that breaks the library breaks a child process, not this one."""
    (tmp_path / "vectors.faiss").write_bytes(content)
    with pytest.raises(IndexRefused, match="FAISS failed"):
        VectorIndex.load(tmp_path / "vectors.faiss", f"hash of {content!r}")


def test_a_folder_swept_while_it_is_read_is_refused_and_not_a_crash(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A later build may collect a generation between the check of its files and their reading (P3)."""
    monkeypatch.setattr("app.search.vectors._try_in_a_child", lambda path, sha256: None)
    with pytest.raises(IndexRefused, match="cannot be read"):
        VectorIndex.load(tmp_path / "vectors.faiss", "0" * 64)
