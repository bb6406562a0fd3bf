"""The lexical leg: every row has a score, each language is weighed by itself, and the files are exact."""

from pathlib import Path

import numpy as np
import pytest

from app.articles.article import Passage
from app.search.lexical import COLUMNS_FILE, VOCABULARY_FILE, LexicalIndex, passage_tokens
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
    for name in (COLUMNS_FILE, VOCABULARY_FILE):
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
    with pytest.raises(ValueError, match="2 token lists"):
        LexicalIndex.build([[], []], ["en"])


def test_headings_count_more_than_text() -> None:
    def passage(heading: str, text: str) -> Passage:
        return Passage("a/b", "en", 0, "", heading, (heading,), text, "")

    rows = [passage("Refunds", "About money."), passage("Money", "About refunds.")]
    index = LexicalIndex.build([passage_tokens(row, "Title", ["tag"]) for row in rows], ["en", "en"])
    assert index.scores(analyse("refund", "en"))[0].argmax() == 0
    assert index.scores(analyse("tag", "en"))[0].all()
