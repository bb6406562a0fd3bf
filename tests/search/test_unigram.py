"""The pieces of the bundled encoder: the same as those of the library that made the vocabulary."""

import json
from pathlib import Path
from unicodedata import ucd_3_2_0

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer

from app.search.encoder import WEIGHTS
from app.search.unigram import Unigram

TOKENIZER = WEIGHTS / "tokenizer.json"


@pytest.fixture(scope="module")
def ours() -> Unigram:
    return Unigram.read(TOKENIZER)


@pytest.fixture(scope="module")
def theirs() -> Tokenizer:
    return Tokenizer.from_file(str(TOKENIZER))


def of_library(theirs: Tokenizer, text: str) -> list[int]:
    return list(theirs.encode(text, add_special_tokens=False).ids)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "how do i pause my campaign",
        "Ads (paused), for 24 hrs , x: 3.5%",
        "a  b   , c ",
        " , leading and trailing ",
        "ΟΔΟΣ ΣΑΣ Σ",
        "İstanbul ﬁn ﷺ ｆｕｌｌ　ｗｉｄｔｈ１２３",
        "x▁y ▁ z",
        "12½ ⅷ ①② ٣٤ ३",
        "€5 → 10 %, naïve… “x”—y ´ a¨b",
        "👍🏽 ok 👍👍👍",
        "广告为什么不显示？我该怎么办",
        "広告が表示されないのはなぜですか。２回目です",
        "لماذا لا يظهر إعلاني؟ ١٢٣",
        "ERR-4012_x@handrail.example",
        "Rindfleischetikettierungsüberwachungsaufgabenübertragungsgesetz",
    ],
)
def test_pieces_are_those_of_the_library(ours: Unigram, theirs: Tokenizer, text: str) -> None:
    assert ours.ids(text) == of_library(theirs, text)


def test_all_articles_and_questions_are_cut_alike(ours: Unigram, theirs: Tokenizer) -> None:
    """Every line of the sample content and every gold question, in eight languages."""
    files = [*Path("content").glob("*/*/*.md"), *Path("tests/quality/questions").glob("*.tsv")]
    lines = sorted(
        {" ".join(line.split()) for file in files for line in file.read_text(encoding="utf-8").splitlines()}
    )
    assert len(lines) > 10_000
    expected = theirs.encode_batch_fast(lines, add_special_tokens=False)
    different = [line for line, one in zip(lines, expected, strict=True) if ours.ids(line) != list(one.ids)]
    assert different == []


# What is a punctuation mark, both sides know from their Unicode tables: only of signs that stand in old ones too is it the same.
SIGNS = st.characters(exclude_categories=("Cs", "Cn", "Co")).filter(
    lambda sign: ucd_3_2_0.category(sign) != "Cn"
)


@settings(max_examples=300)
@given(text=st.text(st.one_of(SIGNS, st.sampled_from(" .,-'1aé한の广")), max_size=40))
def test_any_text_is_cut_alike(ours: Unigram, theirs: Tokenizer, text: str) -> None:
    assert ours.ids(text) == of_library(theirs, text)


def test_a_word_is_cut_where_the_pieces_are_likeliest() -> None:
    vocabulary = [
        ("<unk>", 0.0),
        ("▁", -4.0),
        ("▁ab", -2.0),
        ("a", -3.0),
        ("b", -3.0),
        ("c", -3.0),
        ("bc", -1.0),
    ]
    model = Unigram(vocabulary, 0)
    assert model.ids("abc") == [2, 5]  # ▁ab + c costs 5; ▁ + a + bc costs 8
    assert model.ids("xyab") == [1, 0, 3, 4]  # what is unknown side by side is one piece


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"model": {"type": "WordPiece", "unk_id": 1, "vocab": []}}, "must be a Unigram"),
        ({"model": {"type": "Unigram", "unk_id": 1, "vocab": [], "byte_fallback": True}}, "byte fallback"),
        ({"normalizer": {"normalizers": [{"type": "NFC"}]}}, "NFKC"),
        ({"model": {"type": "Unigram", "unk_id": 1, "vocab": {"a": 1}}}, "no unigram tokenizer"),
        ({"normalizer": None}, "no unigram tokenizer"),
    ],
)
def test_another_kind_of_tokenizer_is_refused(tmp_path: Path, changed: dict[str, object], says: str) -> None:
    stored = json.loads(TOKENIZER.read_text(encoding="utf-8"))
    file = tmp_path / "tokenizer.json"
    file.write_text(json.dumps({**stored, **changed}), encoding="utf-8")
    with pytest.raises(ValueError, match=says):
        Unigram.read(file)
