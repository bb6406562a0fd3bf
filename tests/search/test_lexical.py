"""The lexical leg: every row has a score, each language is weighed by itself, and the files are exact."""

import random
import shutil
from pathlib import Path

import bm25s
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.articles.article import Passage
from app.search.bm25 import ASKED
from app.search.lexical import STORED, VOCABULARY_FILE, Kept, LexicalIndex, passage_tokens
from app.search.tokens import analyse

ROWS = (
    ("en", "We charged your card twice for one invoice"),
    ("en", "How to appeal against a suspended account"),
    ("en", "How to download an invoice, error ERR-1042"),
    ("ja", "請求書をダウンロードする"),
    ("de", "Wie man eine Rechnung herunterlädt"),
    ("de", ""),
)


@pytest.fixture
def index() -> LexicalIndex:
    return LexicalIndex.build([analyse(text, language) for language, text in ROWS], [row[0] for row in ROWS])


def _best(index: LexicalIndex, text: str, language: str) -> int:
    return int(index.scores(analyse(text, language))[0].argmax())


@pytest.mark.parametrize(
    ("text", "language", "row"),
    [
        ("charge twice", "en", 0),
        ("suspnded acount", "en", 1),
        ("err-1042", "en", 2),
        ("請求", "ja", 3),
        ("rechnung herunterladen", "de", 4),
    ],
)
def test_the_right_row_is_first(index: LexicalIndex, text: str, language: str, row: int) -> None:
    assert _best(index, text, language) == row


def test_scores_are_shares_of_what_can_be_reached(index: LexicalIndex) -> None:
    scores, _ = index.scores(analyse(ROWS[0][1], "en"))
    assert scores.dtype == np.float32
    assert scores.shape == (len(ROWS),)
    assert 0 <= scores.min() <= scores.max() <= 1
    assert scores[0] == scores.max()


def test_an_unknown_word_lowers_the_share_and_not_the_order(index: LexicalIndex) -> None:
    plain, _ = index.scores(analyse("charged twice", "en"))
    strange, _ = index.scores(analyse("charged twice zyxwv", "en"))
    assert strange[0] < plain[0]
    assert strange.argmax() == plain.argmax()


def test_saying_a_word_twice_changes_nothing(index: LexicalIndex) -> None:
    np.testing.assert_allclose(
        index.scores(analyse("invoice invoice", "en"))[0], index.scores(analyse("invoice", "en"))[0]
    )


def test_other_languages_do_not_make_common_words_rare() -> None:
    """A shared index would take English `how` for a rare word when most passages are not English."""
    english = [analyse(text, "en") for text in ("how a", "how b", "how c", "how refund")]
    japanese = [analyse("返金の方法", "ja")] * 50
    mixed = LexicalIndex.build(english + japanese, ["en"] * 4 + ["ja"] * 50)
    alone = LexicalIndex.build(english, ["en"] * 4)
    assert (
        mixed.columns["en"].idf("how") == alone.columns["en"].idf("how") < mixed.columns["en"].idf("refund")
    )


def test_only_the_languages_asked_for_are_scored(index: LexicalIndex) -> None:
    scores, _ = index.scores(analyse("invoice", "en"), ["ja"])
    assert not scores.any()
    assert not index.scores([], ["en"])[0].any()


def test_found_and_known_weigh_words_by_how_much_they_tell(index: LexicalIndex) -> None:
    tokens = analyse("invoice bitcoin", "en")
    assert index.found(tokens, "en", [0]) == index.known(tokens, "en")
    assert 0 < index.found(tokens, "en", [0]) < 0.5, "the unknown word tells more than the known one"
    assert index.found(tokens, "en", [1]) == 0
    assert index.found(tokens, "en", [1, 2]) == index.found(tokens, "en", [2])
    assert index.found(tokens, "fr", [0]) == index.known([], "en") == 0


def test_word_shares_agree_with_found(index: LexicalIndex) -> None:
    tokens = analyse("how invoice bitcoin", "en")
    _, shares = index.scores(tokens, ["en"])
    assert [index.found(tokens, "en", [row]) for row in range(3)] == pytest.approx(shares[:3].tolist())


def test_what_is_loaded_is_what_was_saved_and_the_bytes_repeat(index: LexicalIndex, tmp_path: Path) -> None:
    folders = tmp_path / "one", tmp_path / "two"
    for folder in folders:
        folder.mkdir()
        index.save(folder)
    for name in (*(f"{name}.npy" for name in STORED), VOCABULARY_FILE):
        assert (folders[0] / name).read_bytes() == (folders[1] / name).read_bytes()
    loaded = LexicalIndex.load(folders[0])
    assert len(loaded) == len(index) == len(ROWS)
    for language, text in ROWS:
        tokens = analyse(text, language)
        np.testing.assert_array_equal(loaded.scores(tokens), index.scores(tokens))


def test_an_index_of_nothing_is_an_index(tmp_path: Path) -> None:
    for empty in (LexicalIndex.build([], []), LexicalIndex.build([[], []], ["en", "en"])):
        empty.save(tmp_path)
        assert not LexicalIndex.load(tmp_path).scores(["word"])[0].any()
        shutil.rmtree(tmp_path)  # what is mapped may be removed, but not written to
        tmp_path.mkdir()
    with pytest.raises(ValueError, match="2 token lists"):
        LexicalIndex.build([[], []], ["en"])


def test_headings_count_more_than_text() -> None:
    def passage(heading: str, text: str) -> Passage:
        return Passage("a/b", "en", 0, "", heading, (heading,), text, "")

    rows = [passage("Refunds", "About money."), passage("Money", "About refunds.")]
    index = LexicalIndex.build([passage_tokens(row, "Title", ["tag"]) for row in rows], ["en", "en"])
    assert index.scores(analyse("refund", "en"))[0].argmax() == 0
    assert index.scores(analyse("tag", "en"))[0].all()


@pytest.mark.usefixtures("either_way")
def test_weights_are_those_of_bm25s() -> None:
    """The library's Lucene form, on lists with empty rows, repetitions and rare tokens."""
    draw = random.Random(3)
    lists = [
        [draw.choice("abcdefgh") + draw.choice("xyz") for _ in range(draw.randint(0, 40))] for _ in range(80)
    ]
    columns = LexicalIndex.build(lists, ["en"] * len(lists)).columns["en"]
    theirs = bm25s.BM25(method="lucene")
    ids = [[columns.vocabulary[token] for token in tokens] for tokens in lists]
    theirs.index((ids, columns.vocabulary), create_empty_token=False, show_progress=False)
    for token, at in columns.vocabulary.items():
        scores, shares = np.zeros((2, len(lists)), dtype=np.float32)
        columns.add({token: 1.0}, {}, scores, shares)
        expected = theirs.get_scores_from_ids([at]) / columns.idfs[at]
        np.testing.assert_allclose(scores, expected, atol=1e-5)
        assert set(np.flatnonzero(shares)) == set(columns.rows_with(token).tolist())


def test_kept_rows_give_the_same_index_as_reading_them_again() -> None:
    lists = [analyse(text, language) for language, text in ROWS]
    tags = [language for language, _ in ROWS]
    before = LexicalIndex.build([lists[2], lists[0], ["gone"], lists[3]], ["en", "en", "en", "ja"])
    kept = Kept(before, np.array([1, -1, 0, 3, -1, -1]))
    grown = LexicalIndex.build(
        [[] if row >= 0 else said for row, said in zip(kept.rows, lists, strict=True)], tags, kept
    )
    _assert_equal(grown, LexicalIndex.build(lists, tags))


@given(st.integers(0, 2**32 - 1))
def test_any_rows_that_stay_come_and_go_give_the_same_index(seed: int) -> None:
    """In any order, and with words of questions in other languages; a language may come or go with them."""
    draw = np.random.default_rng(seed)
    size = int(draw.integers(0, 12))
    tags, lists, elsewhere = [], [], {}
    for row in range(size):
        tags.append(str(draw.choice(["en", "de", "ja"])))
        lists.append(
            draw.choice(["tap", "drain", "#_tap", "=e1", f"{ASKED}boiler"], draw.integers(0, 6)).tolist()
        )
        if draw.random() < 0.4:
            elsewhere[row] = {str(draw.choice(["fr", "ar"])): [f"{ASKED}robinet"]}

    def of(rows: list[int], kept: Kept | None = None) -> LexicalIndex:
        known = set() if kept is None else {row for row, old in zip(rows, kept.rows, strict=True) if old >= 0}
        return LexicalIndex.build(
            [[] if row in known else lists[row] for row in rows],
            [tags[row] for row in rows],
            kept,
            {at: elsewhere[row] for at, row in enumerate(rows) if row in elsewhere and row not in known},
        )

    before, after = (draw.permutation(size)[: draw.integers(0, size + 1)].tolist() for _ in range(2))
    old = np.array([before.index(row) if row in before else -1 for row in after], dtype=np.int64)
    _assert_equal(of(after, Kept(of(before), old)), of(after))


def _assert_equal(one: LexicalIndex, other: LexicalIndex) -> None:
    assert one.columns.keys() == other.columns.keys()
    for language, columns in other.columns.items():
        for name in STORED:
            np.testing.assert_array_equal(getattr(one.columns[language], name), getattr(columns, name))
        assert one.columns[language].vocabulary == columns.vocabulary


def test_a_token_said_very_often_does_not_overflow() -> None:
    index = LexicalIndex.build([["money"] * 1000, ["money", "back"], ["back"]], ["en"] * 3)
    scores, _ = index.scores(["money"])
    assert scores[0] > 0.5
    assert scores[2] == 0
