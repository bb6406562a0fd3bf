"""Questions that editors list under an article: they lead readers to it, and leave the choice of the passage to the passages."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.articles.article import Passage
from app.languages import TAGS
from app.search.bm25 import ASKED
from app.search.encoder import Encoder, Floats, Ids, TokenVectors, encode_with_questions, open_encoder
from app.search.indexer import build
from app.search.lexical import STORED, LexicalIndex, passage_tokens
from app.search.listed import listed_texts
from app.search.query import Query
from app.search.retriever import LEGS
from app.search.searcher import Searcher
from app.search.snapshot import Snapshot, open_snapshot
from app.search.token_matching import FILES, SORTS, TokenIndex, TokenMatcher
from app.search.tokens import analyse
from tests.search.repair_pages import BOILER, PAGES
from tests.search.small_content import write_article, write_content
from tests.search.small_snapshot import TODAY, Fixed, Page, Published, snapshot_of

STRANGE = "the thingamajig in the attic gurgles at night"


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    return open_encoder("bundled")


@pytest.fixture(scope="module")
def listed(encoder: Encoder) -> Snapshot:
    """The boiler's page knows a question of which no page has a word."""
    return snapshot_of(
        [_asked(STRANGE) if (page.family, page.language) == (BOILER, "en") else page for page in PAGES],
        encoder,
    )


def _asked(*questions: str) -> Page:
    page = next(page for page in PAGES if page.family == BOILER and page.language == "en")
    return replace(page, questions=questions)


def _searcher(snapshot: Snapshot, encoder: Encoder | None) -> Searcher:
    return Searcher(Fixed(snapshot), encoder, Published(), lambda: TODAY)


@pytest.mark.parametrize("away", [False, True])
def test_a_listed_question_finds_its_article(listed: Snapshot, encoder: Encoder, away: bool) -> None:
    """Also by words alone (P7)."""
    query = Query("attic gurgling, what is the thingamajig?", "en")
    without = _searcher(snapshot_of(PAGES, encoder), None if away else encoder).search(query)
    found = _searcher(listed, None if away else encoder).search(query)
    assert found.hits[0].family == BOILER
    assert not without.hits or without.hits[0].family != BOILER or without.hits[0].score < found.hits[0].score
    assert found.signals.words_in_article > without.signals.words_in_article


@pytest.mark.parametrize("text", ["how do I see the pressure, gauge", "top up: filling loop, E-119"])
def test_it_says_nothing_about_which_passage_answers(listed: Snapshot, encoder: Encoder, text: str) -> None:
    plain = _searcher(snapshot_of(PAGES, encoder), encoder).search(Query(text, "en")).hits[0]
    found = _searcher(listed, encoder).search(Query(text, "en")).hits[0]
    assert (found.family, found.heading) == (BOILER, plain.heading)


def test_every_passage_of_the_article_moves_alike(encoder: Encoder) -> None:
    """Half of a vector is the passage, half the questions, however long either is."""
    texts = ["Short.", "The gauge should stand between one and one and a half bar. " * 5]
    plain, asked = encoder.encode_passages(texts), encoder.encode_passages([STRANGE])[0]
    moved = encode_with_questions(encoder, texts, [STRANGE, STRANGE])
    np.testing.assert_allclose(np.linalg.norm(moved, axis=1), 1, atol=1e-5)
    for before, after in zip(plain, moved, strict=True):
        np.testing.assert_allclose(after @ asked, after @ before, atol=1e-5)
    np.testing.assert_array_equal(encode_with_questions(encoder, texts, ["", ""]), plain)


def test_words_of_questions_are_kept_apart_and_make_no_passage_longer() -> None:
    passage = Passage("a/b", "en", 0, "", "", (), "Your refund is on its way.", "")
    own = passage_tokens(passage, "Title")
    both = passage_tokens(passage, "Title", (), ("Where is my refund cash?",))
    added = both[len(own) :]
    assert both[: len(own)] == own
    assert ASKED + "cash" in added
    assert ASKED + "refund" not in added, "it is the passage's own word"
    plain, asked = (LexicalIndex.build([one, analyse("other", "en")], ["en", "en"]) for one in (own, both))
    np.testing.assert_array_equal(plain.columns["en"].lengths, asked.columns["en"].lengths)
    np.testing.assert_allclose(plain.scores(["refund"]), asked.scores(["refund"]))
    scores, shares = asked.scores(["cash"])
    assert scores[0] > 0 == scores[1]
    assert shares[0] == 1
    assert asked.found(["cash"], "en", [0]) == 1
    assert asked.known(["cash"], "en") == 1


def test_another_question_makes_the_article_anew_and_no_other(tmp_path: Path, encoder: Encoder) -> None:
    """And what is kept of the others is what a clean build makes."""
    content, now = write_content(tmp_path / "content"), datetime(2026, 11, 25, tzinfo=UTC)
    build(content, tmp_path / "index", encoder, now=now)
    asked = ("Where is my cash?", "Wo ist mein Geld geblieben?", "お金はどこですか")
    write_article(content, "en/billing/refund-1", front=f"questions: {json.dumps(asked)}\n")
    report = build(content, tmp_path / "index", encoder, now=now)
    assert [(one.language, one.family) for one in report.changes] == [("en", "billing/refund-1")]
    assert report.encoded < report.passages
    build(content, tmp_path / "clean", encoder, now=now)
    kept, clean = (open_snapshot(tmp_path / name, encoder) for name in ("index", "clean"))
    assert (kept.passages, kept.pages) == (clean.passages, clean.pages)
    np.testing.assert_array_equal(kept.vectors.vectors(), clean.vectors.vectors())
    assert ASKED + "cash" in kept.lexical.columns["en"].vocabulary
    assert ASKED + "geld" in kept.lexical.columns["de"].vocabulary
    assert kept.lexical.columns.keys() == clean.lexical.columns.keys() >= {"en", "de", "ja"}
    for language, columns in clean.lexical.columns.items():
        assert kept.lexical.columns[language].vocabulary == columns.vocabulary
        for name in STORED:
            np.testing.assert_array_equal(
                getattr(kept.lexical.columns[language], name), getattr(columns, name)
            )
    assert kept.tokens is not None
    assert clean.tokens is not None
    np.testing.assert_array_equal(kept.tokens.places, clean.tokens.places)


GERMAN = "Dingsda auf dem Dachboden"
PORTUGUESE = "aquela coisa no sótão"


def test_questions_are_told_apart_by_their_language() -> None:
    """In doubt a question is in the article's language; what a language lacks is blank, not the article's own once more."""
    texts = listed_texts((STRANGE, GERMAN, "Boiler E-119", PORTUGUESE), "en")
    own = f"{STRANGE}\nBoiler E-119"
    assert texts[0] == own
    assert dict(zip(TAGS, texts[1:], strict=True)) == {
        **dict.fromkeys(TAGS, ""), "de": f"{own}\n{GERMAN}", "pt-BR": f"{own}\n{PORTUGUESE}",
    }  # fmt: skip
    assert listed_texts((), "en") == ("",) * (1 + len(TAGS))


def test_a_question_is_compared_with_those_in_its_own_language(encoder: Encoder) -> None:
    """R1.9: forty questions in eight languages are near to anything; those of another reader do not count."""
    assert isinstance(encoder, TokenVectors)
    snapshot = snapshot_of([_asked(STRANGE, GERMAN, PORTUGUESE)], encoder)
    assert snapshot.tokens is not None
    matcher = TokenMatcher(snapshot.tokens, encoder)
    rows, title = np.arange(len(snapshot.passages)), snapshot.articles[0].article.title
    texts = dict(zip(("", *TAGS), listed_texts((STRANGE, GERMAN, PORTUGUESE), "en"), strict=True))
    for language, asks in (
        ("de", GERMAN),
        ("pt-BR", PORTUGUESE),
        ("ja", GERMAN),
        ("en", PORTUGUESE),
        ("xx", GERMAN),
    ):
        compared = matcher.compare(asks, language, rows)
        met = matcher.met(asks, language, rows, title)
        for row, got in enumerate(compared[:, 1]):
            head = snapshot.passages[row].head_text(title)
            heads = [head, texts.get(language) or texts[""]]
            best = np.maximum(*(_cosines(encoder, asks, one) for one in heads))
            _, weights = encoder.token_rows(encoder.token_ids([asks])[0])
            np.testing.assert_allclose(got, weights @ best / weights.sum(), atol=1e-4)
        assert (met.by_headings > 0.99) == (compared[0, 1] > 0.99) == (language in ("de", "pt-BR"))


def _cosines(encoder: TokenVectors, asks: str, said: str) -> Floats:
    asked, there = (encoder.token_rows(encoder.token_ids([one])[0])[0] for one in (asks, said))
    best: Floats = (asked @ there.T).max(axis=1)
    return best


@pytest.mark.parametrize("away", [False, True])
def test_its_words_find_an_article_that_is_in_another_language(encoder: Encoder, away: bool) -> None:
    """R1.9, P7: also with the encoder away, and for a language that has no article at all."""
    page = _asked(STRANGE, GERMAN, PORTUGUESE)
    snapshot = snapshot_of([page, *(other for other in PAGES if other.family != BOILER)], encoder)
    searcher = _searcher(snapshot, None if away else encoder)
    for text, language in ((PORTUGUESE, "pt-BR"), (GERMAN, "de"), ("Dachboden", "de")):
        found = searcher.search(Query(text, language))
        assert (found.hits[0].family, found.hits[0].language) == (BOILER, "en")
        assert found.hits[0].legs[LEGS.index("article_words")] == pytest.approx(1, abs=0.01)


def test_words_from_elsewhere_weigh_nothing_for_other_readers(encoder: Encoder) -> None:
    """What is listed in Portuguese makes no English passage longer and no English word rarer."""
    plain, asked = (snapshot_of([_asked(*listed)], encoder) for listed in ((), (PORTUGUESE,)))
    for name in STORED:
        np.testing.assert_array_equal(
            getattr(plain.lexical.columns["en"], name), getattr(asked.lexical.columns["en"], name)
        )
    rows = asked.lexical.columns["pt-BR"]
    assert (len(rows.members), rows.size) == (0, len(asked.passages))
    assert not asked.lexical.scores(["=sotao", "sotao"], ["en"])[0].any()


LISTS = st.lists(st.integers(0, 40), max_size=4, unique=True).map(lambda ids: np.array(sorted(ids), np.int32))
PASSAGES = st.lists(st.lists(LISTS, min_size=SORTS, max_size=SORTS), max_size=6)


@given(PASSAGES, PASSAGES, st.randoms())
def test_taken_over_tokens_are_those_of_a_clean_build(
    before: list[list[Ids]], new: list[list[Ids]], draw: Random
) -> None:
    """P3: byte for byte, whatever is kept, dropped, added and moved."""
    kept = draw.sample(range(len(before)), draw.randint(0, len(before)))
    rows = [*kept, *[-1] * len(new)]
    draw.shuffle(rows)
    unseen = iter(new)
    clean = TokenIndex.of([before[row] if row >= 0 else next(unseen) for row in rows])
    moved = TokenIndex.of(before).moved(np.array(rows, dtype=np.int64), TokenIndex.of(new))
    for name in FILES:
        got, expected = getattr(moved, name), getattr(clean, name)
        np.testing.assert_array_equal(got, expected)
        assert got.dtype == expected.dtype
