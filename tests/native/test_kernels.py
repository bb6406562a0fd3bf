"""What is compiled gives what numpy gives, on any processor, and what is damaged is refused before it is read."""

import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from app.detection.detector import detector
from app.languages import TAGS
from app.native import compiled
from app.search import runs
from app.search.bm25 import ASKED
from app.search.encoder import Floats, Ids, open_encoder, unit_rows
from app.search.gold import read_questions
from app.search.lexical import LexicalIndex
from app.search.query import Query
from app.search.retriever import BREADTH, _best_positions
from app.search.searcher import Searcher
from app.search.token_matching import SORTS, TokenIndex, TokenMatcher
from app.search.vectors import VectorIndex, cosines_of
from tests.search.repair_pages import PAGES
from tests.search.small_snapshot import TODAY, Fixed, Published, snapshot_of

COMPILED = compiled.kernels
QUESTIONS = Path(__file__).parents[1] / "quality" / "questions"
needs_compiled = pytest.mark.skipif(COMPILED is None, reason="no C compiler when Handrail was installed")
seeds = st.integers(0, 2**32 - 1)


def _in_all_ways(compute: Callable[[], Any]) -> tuple[Any, list[Any]]:
    """By numpy; and compiled, as on any processor and for this one."""
    try:
        compiled.kernels = None
        by_numpy = compute()
        compiled.kernels = COMPILED
        COMPILED.be_plain(True)
        return by_numpy, [compute(), [COMPILED.be_plain(False), compute()][1]]
    finally:
        compiled.kernels = COMPILED
        COMPILED.be_plain(False)


def test_where_there_is_a_compiler_the_kernels_are_there() -> None:
    has_compiler = any(shutil.which(name) for name in (os.environ.get("CC", "cc"), "gcc", "clang"))
    has_headers = Path(sysconfig.get_path("include"), "Python.h").is_file()
    assert COMPILED is not None or not (has_compiler and has_headers)


@needs_compiled
@settings(deadline=None)
@given(seeds)
def test_means_and_bests_of_runs(seed: int) -> None:
    draw = np.random.default_rng(seed)
    starts = np.concatenate([[0], np.cumsum(draw.integers(1, 6, draw.integers(0, 40)))]).astype(np.int64)
    # Few different numbers, so that some are equal.
    numbers = draw.integers(-4, 4, starts[-1]).astype(np.float32)
    by_numpy, compiled = _in_all_ways(lambda: (runs.means(numbers, starts), *runs.best(numbers, starts)))
    for one in compiled:
        np.testing.assert_allclose(one[0], by_numpy[0], atol=1e-6)
        np.testing.assert_array_equal(one[1], by_numpy[1])
        np.testing.assert_array_equal(one[2], by_numpy[2])


@needs_compiled
@settings(deadline=None)
@given(seeds)
def test_gathered_runs(seed: int) -> None:
    draw = np.random.default_rng(seed)
    starts = np.concatenate([[0], np.cumsum(draw.integers(0, 6, draw.integers(1, 40)))]).astype(np.int64)
    numbers = draw.integers(0, 1000, starts[-1])
    chosen = draw.integers(0, len(starts) - 1, draw.integers(0, 20))
    by_numpy, compiled = _in_all_ways(lambda: runs.gathered(numbers, starts, chosen))
    for one in compiled:
        np.testing.assert_array_equal(one[0], by_numpy[0])
        np.testing.assert_array_equal(one[1], by_numpy[1])


@needs_compiled
@settings(deadline=None)
@given(seeds, st.integers(0, 3000), st.booleans())
def test_the_highest_scores(seed: int, size: int, is_whole: bool) -> None:
    draw = np.random.default_rng(seed)
    scores = np.where(draw.random(size) < 0.5, draw.random(size), 0).astype(np.float32)
    rows = np.arange(size // 3, size) if is_whole else np.flatnonzero(draw.random(size) < 0.4)
    by_numpy, compiled = _in_all_ways(lambda: np.sort(_best_positions(scores, rows)))
    for one in compiled:
        np.testing.assert_array_equal(one, by_numpy)
    assert len(by_numpy) == min(BREADTH, (scores[rows] > 0).sum())


@needs_compiled
@settings(deadline=None)
@given(seeds, st.integers(1, 600), st.sampled_from([1, 8, 31, 32, 48, 256]), st.booleans())
def test_the_nearest_rows(seed: int, size: int, width: int, is_whole: bool) -> None:
    """By fewer bits than half precision has, so that neighbours may change places: among a few more are all of the best."""
    draw = np.random.default_rng(seed)
    rows = unit_rows(draw.standard_normal((size, width)).astype(np.float32))
    index = VectorIndex.build(rows)
    places = np.arange(size // 3, size) if is_whole else np.flatnonzero(draw.random(size) < 0.5)
    allowed, question = index.allowed(places), rows[0]
    cosines = rows[places] @ question
    by_faiss, compiled = _in_all_ways(lambda: index.nearest(question, 40, allowed))
    for found in (by_faiss, *compiled):
        assert len(set(found.tolist())) == len(found) == min(40, len(places))
        if len(found):
            lost = np.delete(cosines, found).max(initial=-1)
            assert lost <= cosines[found].min() + 0.05
    by_numpy, searched = _in_all_ways(lambda: index.search(question, 5, allowed))
    for one in searched:
        np.testing.assert_allclose(one[1], by_numpy[1], atol=1e-5)


@needs_compiled
@settings(deadline=None)
@given(seeds, st.sampled_from([1, 7, 16, 33, 256]), st.booleans())
def test_cosines_of_rows_in_half_precision(seed: int, width: int, at_an_odd_address: bool) -> None:
    """A mapped file's rows may begin anywhere."""
    draw = np.random.default_rng(seed)
    halves = draw.standard_normal((50, width)).astype(np.float16)
    shifted = np.concatenate([np.zeros(1, np.uint8), halves.view(np.uint8).ravel()])[1:].reshape(50, -1)
    codes = shifted if at_an_odd_address else halves
    vector, rows = draw.standard_normal(width).astype(np.float32), draw.integers(0, 50, 20)
    by_numpy, compiled = _in_all_ways(lambda: cosines_of(codes, rows, vector))
    for one in compiled:
        np.testing.assert_allclose(one, by_numpy, atol=1e-4)
    np.testing.assert_allclose(by_numpy, halves[rows].astype(np.float32) @ vector, atol=1e-4)


@needs_compiled
@settings(deadline=None)
@given(seeds)
def test_scores_of_words(seed: int) -> None:
    draw = np.random.default_rng(seed)
    vocabulary = ["tap", "boiler", "drain", "#_tap", "#tap_", "=err-1"]
    lists = [draw.choice(vocabulary, draw.integers(0, 30)).tolist() for _ in range(60)]
    for tokens in lists:
        # A listed question's tokens are those that do not stand in the passage.
        tokens += [ASKED + word for word in ("tap", "visit") if word not in tokens and draw.random() < 0.5]
    index = LexicalIndex.build(lists, draw.choice(["en", "de"], 60).tolist())
    asked = draw.choice(["tap", "visit", "drain", "#_tap", "#tap_", "nowhere", "=err-1"], 5).tolist()
    by_numpy, compiled = _in_all_ways(lambda: index.scores(asked, None, ["boiler"]))
    for scores, shares in compiled:
        np.testing.assert_allclose(scores, by_numpy[0], atol=1e-6)
        np.testing.assert_allclose(shares, by_numpy[1], atol=1e-6)
    assert by_numpy[0].max() <= 1 >= by_numpy[1].max()


class _Tokens:
    """Token vectors by chance: text `"3 17"` has the tokens 3 and 17."""

    def __init__(self, rows: Floats) -> None:
        self._rows = rows

    def token_ids(self, texts: list[str]) -> list[Ids]:
        return [np.array([int(word) for word in text.split()], dtype=np.int32) for text in texts]

    def token_rows(self, ids: Ids) -> tuple[Floats, Floats]:
        return self._rows[ids], 1 + ids.astype(np.float32)


@needs_compiled
@pytest.mark.parametrize("kind", [np.uint16, np.int32])
@settings(deadline=None)
@given(seeds, st.sampled_from([4, 13, 128]))
def test_late_interaction(kind: type[Any], seed: int, width: int) -> None:
    draw = np.random.default_rng(seed)
    rows = unit_rows(draw.standard_normal((200, width)).astype(np.float32))
    lists = [
        [np.unique(draw.integers(0, 50, draw.integers(0, 9))).astype(np.int32) for _ in range(SORTS)]
        for _ in range(12)
    ]
    index = TokenIndex.of(lists)
    index = TokenIndex(index.known, index.places.astype(kind), index.starts)
    matcher = TokenMatcher(index, _Tokens(rows))
    question = " ".join(map(str, draw.integers(0, 200, draw.integers(0, 25))))
    compared = np.unique(draw.integers(0, 12, 6))
    language = str(draw.choice(TAGS))
    by_numpy, compiled = _in_all_ways(lambda: matcher.compare(question, language, compared))
    for one in compiled:
        np.testing.assert_allclose(one, by_numpy, atol=1e-5)


def test_without_a_compiler_there_are_none() -> None:
    """In a process of its own, which cannot find what was compiled."""
    code = "import sys; sys.modules['app.native._kernels'] = None; from app.native.compiled import kernels; print(kernels)"
    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
        == "None\n"
    )


@needs_compiled
@settings(deadline=None)
@given(st.text())
def test_features_of_any_text(text: str) -> None:
    by_python, compiled = _in_all_ways(lambda: detector().scores(text))
    for one in compiled:
        assert one == by_python


@needs_compiled
def test_languages_of_every_gold_question() -> None:
    for question in read_questions(QUESTIONS):
        by_python, compiled = _in_all_ways(lambda text=question.text: detector().scores(text))
        assert compiled == [by_python, by_python]


@needs_compiled
def test_a_whole_search_finds_the_same() -> None:
    encoder = open_encoder("bundled")
    snapshot = snapshot_of(PAGES, encoder)
    questions = (
        ("my tap is dripping", "en"),
        ("Heizkessel verliert Druck", "de"),
        ("水龙头", "zh-Hans"),
        ("???", "en"),
    )

    def found() -> list[Any]:
        searcher = Searcher(Fixed(snapshot), encoder, Published(), lambda: TODAY)
        hits = (hit for text, language in questions for hit in searcher.search(Query(text, language)).hits)
        return [(hit.row, hit.score, *hit.legs) for hit in hits]

    by_numpy, compiled = _in_all_ways(found)
    assert len(by_numpy) > 5
    for one in compiled:
        np.testing.assert_allclose(one, by_numpy, atol=1e-4)


F4, I8, I4, U1, I1 = np.float32, np.int64, np.int32, np.uint8, np.int8
FIRST, LAST = np.iinfo(np.int64).min, np.iinfo(np.int64).max


def _of(kind: Any, *numbers: int | float) -> NDArray[Any]:
    return np.array(numbers, dtype=kind)


@needs_compiled
@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("highest", (_of(F4, 1, 2), _of(I8, 0, 2), _of(I8, 0))),
        ("highest", (_of(F4, 1, 2), _of(I8, 1, 2), _of(I8, 0))),
        ("highest", (_of(F4, 1, 2), _of(I8, -1), _of(I8, 0))),
        ("highest", (_of(F4, 1, 2), _of(I8, 0), _of(I8))),
        ("nearest", (_of(U1, 1, 2), _of(I1, 1), _of(I8, 1, 2), _of(I8, 0))),
        ("nearest", (_of(U1, 1, 2), _of(I1, 1), _of(I8, 0, 2), _of(I8, 0))),
        ("cosines", (_of(U1, 0, 0), _of(F4, 1), _of(I8, 1), _of(F4, 0))),
        ("cosines", (_of(U1, 0, 0), _of(F4, 1), _of(I8, 0, 0), _of(F4, 0))),
        ("means_of_runs", (_of(F4, 1), _of(I8, 0, 2), _of(F4, 0))),
        ("means_of_runs", (_of(F4, 1), _of(I8, 0, 0, 1), _of(F4, 0))),
        ("best_of_runs", (_of(F4, 1), _of(I8, 0, 1), _of(I8), _of(F4, 0))),
        ("gathered_runs", (_of(I8, 1), _of(I8, 0, 2), _of(I8, 0), _of(I8, 0, 0))),
        ("gathered_runs", (_of(I8, 1), _of(I8, 0, 1), _of(I8, 1), _of(I8, 0, 0))),
        ("weigh", (_of(F4, 1), _of(I8, 1), _of(F4, 1), _of(F4, 0), _of(F4, 0))),
        ("weigh", (_of(F4, 1, 1, 1), _of(I8, 0, 0), _of(F4, 1), _of(F4, 0, 0, 0), _of(F4, 0, 0))),
        ("highest", (_of(F4, 1), _of(I8, LAST, *[0] * 14, FIRST + 14), _of(I8, 0))),
        ("nearest", (_of(U1, 1), _of(I1, 1), _of(I8, LAST, FIRST), _of(I8, 0))),
        ("cosines", (np.zeros((2, 8), U1), _of(F4, 1, 1), _of(I8, 0), _of(F4, 0))),
        ("means_of_runs", (_of(F4, 1, 2), _of(I8, 0, 1), _of(F4, 0, 0))),
        ("best_of_runs", (_of(F4, 1, 2), _of(I8, 0, 1), _of(I8, 0), _of(F4, 0))),
        ("gathered_runs", (_of(I8, 1), _of(I8, 1, 0), _of(I8, 0), _of(I8, 0, 0))),
        ("count_features", (*[_of(I4, 0)] * 4, 2**62, b"a", _of(I8, 0), _of(F4, 0))),
        ("count_features", (*[_of(I4, 0)] * 4, 1, b"a", _of(I8), _of(F4))),
        ("count_features", (_of(I4, -1000), *[_of(I4, 0)] * 3, 1, b"a", _of(I8, 0), _of(F4, 0))),
        ("count_features", (_of(I4, 0), *[_of(I4, *[0] * 200)] * 3, 1, b"a", _of(I8, 0), _of(F4, 0))),
        ("count_features", (_of(I4, 0), _of(I4, *[0] * 200), _of(I4, 0), _of(I4, 5), 1, b"a", _of(I8, 0), _of(F4, 0))),
    ],
)  # fmt: skip
def test_what_reaches_beyond_an_array_is_refused(name: str, arguments: tuple[NDArray[Any], ...]) -> None:
    with pytest.raises(IndexError):
        getattr(COMPILED, name)(*arguments)


@needs_compiled
@pytest.mark.parametrize(
    ("column", "value"),
    [("indptr", 9), ("rows", 2), ("rows", -1), ("tokens", 1), ("tokens", -1), ("tokens", LAST)],
)
def test_a_damaged_index_of_words_is_refused(column: str, value: int) -> None:
    columns = {
        "indptr": _of(I8, 0, 1), "rows": _of(I4, 0), "counts": _of(U1, 1), "saturations": _of(F4, 1, 1), "tokens": _of(I8, 0),
        "worths": _of(F4, 1), "listed": _of(U1, 0), "words": _of(F4, 1), "share": 0.5, "scores": _of(F4, 0, 0), "shares": _of(F4, 0, 0),
    }  # fmt: skip
    COMPILED.add_bm25(*columns.values())
    assert columns["scores"].tolist() == [0.5, 0]
    columns[column][-1] = value
    with pytest.raises(IndexError):
        COMPILED.add_bm25(*columns.values())


@needs_compiled
@pytest.mark.parametrize(
    ("column", "at", "value"),
    [
        ("places", 0, 2), ("starts", 3, 4), ("starts", 0, LAST), ("starts", 0, 2), ("starts", 0, -1), ("rows", 0, 3), ("rows", 0, LAST),
        ("rows", 0, FIRST), ("listed", 0, 3), ("listed", 0, -1),
    ],
)  # fmt: skip
def test_a_damaged_index_of_tokens_is_refused(column: str, at: int, value: int) -> None:
    columns = {
        "table": _of(np.float16, 1, 0), "asked": _of(F4, 1), "weights": _of(F4, 1), "places": _of(np.uint16, 0, 1, 0),
        "starts": _of(I8, 0, 1, 2, 3), "rows": _of(I8, 0), "listed": _of(I8, 2), "n": 1, "found": np.zeros((1, 3), F4),
    }  # fmt: skip
    COMPILED.compare_tokens(*columns.values())
    assert columns["found"].tolist() == [[1, 1, 0]]
    columns[column][at] = value
    with pytest.raises(IndexError):
        COMPILED.compare_tokens(*columns.values())


@needs_compiled
def test_arrays_of_another_kind_or_number_are_refused() -> None:
    with pytest.raises(TypeError, match="8 bytes an item, where 4 are read"):
        COMPILED.highest(np.zeros(3), _of(I8, 0), _of(I8, 0))
    for kind in (np.dtype([]), np.int64):
        with pytest.raises(TypeError, match="where 2 or 4 are read"):
            COMPILED.compare_tokens(
                np.zeros((1, 1), np.float16), _of(F4, 1), _of(F4, 1), np.zeros(1, kind), *[None] * 5
            )
    with pytest.raises(TypeError, match="highest takes 3 arguments, not 1"):
        COMPILED.highest(np.zeros(3))
    with pytest.raises(ValueError, match="contiguous"):
        COMPILED.highest(np.zeros(6, F4)[::2], _of(I8, 0), _of(I8, 0))
    with pytest.raises(TypeError, match="odd address"):
        COMPILED.highest(np.frombuffer(bytes(9), F4, 2, 1), _of(I8, 0), _of(I8, 0))
    with pytest.raises(ValueError, match="truth value"):
        COMPILED.be_plain(np.zeros(2))
