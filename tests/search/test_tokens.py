"""Tokens: the same for build and question, forgiving where people slip, exact where they do not."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from app.search.tokens import EXACT, MAX_WORD, PART, analyse, fold, words


def _words(text: str, language: str) -> set[str]:
    return set(words(analyse(text, language)))


@pytest.mark.parametrize(
    ("written", "typed", "language"),
    [
        ("¿Por qué rechazó el anuncio?", "por que rechazo el anuncio", "es"),
        ("Rétrofacturation refusée", "retrofacturation refusee", "fr"),
        ("Ｒefund　１２３", "refund 123", "en"),
        ("Straße", "STRASSE", "de"),
        ("إعلان أُرفض", "اعلان ارفض", "ar"),
        ("مدرسة على", "مدرسه علي", "ar"),
        ("رقم ٢٤", "رقم 24", "ar"),
        ("カﾞイドﾀｸﾞ", "ガイドタグ", "ja"),
    ],
)
def test_width_case_accents_and_letter_forms_do_not_matter(written: str, typed: str, language: str) -> None:
    assert analyse(written, language) == analyse(typed, language)


@pytest.mark.parametrize(
    ("one", "other", "language"),
    [
        ("charged invoices", "charge invoice", "en"),
        ("Anzeigen wurden", "Anzeige wurde", "de"),
        ("anuncios", "anuncio", "pt-BR"),
    ],
)
def test_inflected_words_share_their_stem(one: str, other: str, language: str) -> None:
    assert _words(one, language) == _words(other, language)


def test_a_misspelt_word_shares_most_of_its_parts() -> None:
    right, wrong = (
        {token for token in analyse(text, "en") if token.startswith(PART)}
        for text in ("disapproved", "dissaproved")
    )
    assert len(right & wrong) >= len(right) / 2


@pytest.mark.parametrize("language", ["ja", "zh-Hans", "th"])
def test_unspaced_scripts_become_bigrams_and_single_characters(language: str) -> None:
    assert analyse("税金表", language) == ["税金", "金表", "#税", "#金", "#表"]
    assert "#税" in analyse("税", language)


def test_codes_and_names_are_kept_exact_beside_their_pieces() -> None:
    tokens = analyse("Error ERR-1042 in the A-to-z Guarantee", "en")
    assert {EXACT + "err-1042", "1042", EXACT + "a-to-z"} <= set(tokens)
    assert "email" in analyse("e-mail", "en")
    assert not any(token.startswith(PART) for token in analyse("1042", "en")), (
        "a wrong digit is another number"
    )


def test_hindi_words_are_not_cut_at_their_vowel_signs() -> None:
    assert _words("मेरा खाता निलंबित", "mr") == {"मेरा", "खाता", "निलंबित"}


def test_mixed_scripts_fall_apart_into_their_runs() -> None:
    assert {"acos", "とは"} <= _words("ACOSとは", "ja")


@pytest.mark.parametrize("text", ["", "  ", "?!…", "😀😀", "\x00"])
def test_what_has_no_letter_has_no_token(text: str) -> None:
    assert analyse(text, "en") == []


def test_lone_surrogates_and_endless_words_are_survived() -> None:
    """P23: whatever JSON brings in."""
    assert "ad" in analyse("\ud800 ad \udfff", "en")
    started = time.perf_counter()
    tokens = analyse("a" * 1_000_000 + " " + "漢" * 100_000, "en")
    assert time.perf_counter() - started < 5
    assert max(map(len, tokens)) <= MAX_WORD + 1


def test_folding_keeps_what_tells_words_apart() -> None:
    assert fold("が") != fold("か")
    assert fold("हिंदी") != fold("हद")


def test_stemming_in_many_threads_gives_what_one_gives() -> None:
    """Snowball stemmers keep state; two threads in one would mix up their words."""
    texts = [f"charging{number} rejected campaigns refunds {number}" for number in range(400)]
    alone = [analyse(text, "en") for text in texts]
    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(lambda text: analyse(text, "en"), texts)) == alone
