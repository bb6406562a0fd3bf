"""Other words for what is asked: matched on our own tokens, the longest phrase first, in scripts with and without spaces."""

from app.articles.glossary import Entry
from app.search.encoder import open_encoder
from app.search.query import Query
from app.search.searcher import Searcher
from app.search.synonyms import Synonyms
from app.search.tokens import analyse
from tests.search.small_snapshot import TODAY, Fixed, Page, Published, snapshot_of

GLOSSARY = (
    Entry("en", ("refund", "money back"), ""),
    Entry("en", ("card declined", "card"), ""),
    Entry("es", ("reembolso", "devolución del dinero"), "refund"),
    Entry("ja", ("返金", "払い戻し", "henkin"), "refund"),
    Entry("de", ("ACOS", "Werbekosten-Umsatz"), ""),
)
SYNONYMS = Synonyms(GLOSSARY)


def _others(text: str, language: str) -> set[str]:
    return set(SYNONYMS.of(analyse(text, language), language))


def test_one_word_brings_the_others() -> None:
    assert set(analyse("refund", "en")) <= _others("I want my money back now", "en")
    assert not _others("I want an invoice", "en")
    assert not _others("money for nothing", "en"), "half a phrase is not the phrase"


def test_inflection_accents_and_scripts_are_no_hindrance() -> None:
    assert set(analyse("reembolso", "es")) <= _others("quiero la devolucion del dinero", "es")
    assert {"払い", "い戻"} <= _others("返金してほしい", "ja")
    assert "返金" in _others("henkin wa itsu", "ja"), "typed without a Japanese keyboard"


def test_the_longest_phrase_wins_and_nothing_is_said_twice() -> None:
    tokens = analyse("my card was, sorry, card declined", "en")
    others = SYNONYMS.of(tokens, "en")
    assert not set(others) & set(tokens)
    assert len(others) == len(set(others))


def test_the_english_name_finds_what_exists_in_english_only() -> None:
    assert set(analyse("refund", "en")) <= _others("reembolso", "es")


def test_a_code_is_not_taken_apart() -> None:
    assert _others("was ist ACOS", "de") >= {"=werbekosten-umsatz"}
    assert not _others("aco", "de")


def test_the_search_finds_what_is_called_otherwise() -> None:
    """R1.9: a synonym finds as its word does, across languages too, and not having one costs nothing."""
    pages = [
        Page("en", "t/refund", "How long does a refund take?", (("", "A refund takes five days."),)),
        Page("en", "t/visit", "Book a visit", (("", "Choose a day for the visit."),)),
    ]
    encoder = open_encoder("hash:64")  # it knows no meanings, so only words can find

    def first(text: str, language: str, glossary: tuple[Entry, ...]) -> list[str]:
        snapshot = snapshot_of(pages, encoder, glossary=glossary)
        searcher = Searcher(Fixed(snapshot), None, Published(), lambda: TODAY)
        return [hit.family for hit in searcher.search(Query(text, language)).hits]

    assert first("money back please", "en", GLOSSARY)[0] == "t/refund"
    assert first("devolución del dinero", "es", GLOSSARY)[0] == "t/refund"
    assert "t/refund" not in first("devolución del dinero", "es", ())
    assert first("refund", "en", GLOSSARY) == first("refund", "en", ())


def test_romanised_words_are_looked_up_in_the_readers_glossary() -> None:
    """R1.9: Latin letters look like another language, and the page is still the Japanese one."""
    pages = [
        Page("ja", "t/refund", "返金の時期", (("", "返金は五日ほどかかります。"),)),
        *(
            Page("ja", f"t/other-{at}", f"{word}の予約", (("", f"{word}を選んでください。"),))
            for at, word in enumerate("日月火水木金土")
        ),
    ]
    encoder = open_encoder("bundled")
    snapshot = snapshot_of(pages, encoder, glossary=GLOSSARY)
    searcher = Searcher(Fixed(snapshot), encoder, Published(), lambda: TODAY)
    found = searcher.search(Query("henkin itsu", "ja"))
    assert found.question_language != "ja"
    assert found.hits[0].family == "t/refund"
