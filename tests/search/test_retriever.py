"""Candidates: filters inside the search, whole articles, late interaction, and legs that may be away."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.native import compiled
from app.search.calibration import fusion_of
from app.search.encoder import Encoder, Floats, TokenVectors, open_encoder
from app.search.query import Query
from app.search.question import Question, read_question
from app.search.retriever import (
    BREADTH,
    LATE,
    LEGS,
    RERANKED,
    Candidates,
    _best_positions,
    compare_tokens,
    retrieve,
)
from app.search.scope import Scope, Scopes
from app.search.snapshot import Snapshot
from app.search.synonyms import Synonyms
from app.search.token_matching import CLOSE, HEADINGS, TEXT, WORST, Met, TokenIndex, TokenMatcher, read_tokens
from tests.search.repair_pages import BOILER, DRAIN, PAGES, TAP, VISIT
from tests.search.small_snapshot import Page, snapshot_of


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    return open_encoder("bundled")


@pytest.fixture(scope="module")
def snapshot(encoder: Encoder) -> Snapshot:
    return snapshot_of(PAGES, encoder)


@pytest.fixture(scope="module")
def scopes(snapshot: Snapshot) -> Scopes:
    return Scopes(snapshot)


def _families(scope: Scope) -> dict[str, str]:
    return {one.article.family: one.article.language for one in scope.articles}


def _question(encoder: Encoder | None, text: str, language: str = "en") -> Question:
    return read_question(Query(text, language), encoder, 256, Synonyms(()))


def test_each_family_is_there_once_in_the_first_language_of_the_chain(scopes: Scopes) -> None:
    """R1.9: the reader's language first."""
    assert _families(scopes.of(Query("", "de"))) == {TAP: "en", BOILER: "en", DRAIN: "en", VISIT: "de"}
    assert _families(scopes.of(Query("", "pt-BR"))) == {TAP: "en", BOILER: "es", DRAIN: "en", VISIT: "en"}
    assert set(_families(scopes.of(Query("", "en"))).values()) == {"en"}


def test_filters_narrow_the_candidates_themselves(scopes: Scopes) -> None:
    assert set(_families(scopes.of(Query("", "de", topic="visits")))) == {VISIT}
    assert set(_families(scopes.of(Query("", "en", kind="faq")))) == {TAP, BOILER, DRAIN, VISIT}
    assert not scopes.of(Query("", "en", kind="video")).articles
    assert TAP not in _families(scopes.of(Query("", "en", without=frozenset([TAP]))))
    assert _families(scopes.of(Query("", "ja", evidence=("es",)))) == {BOILER: "es"}


def test_a_hidden_article_makes_way_for_the_next_language(scopes: Scopes) -> None:
    """P6: what was withdrawn in German is shown in English, not lost."""
    assert _families(scopes.of(Query("", "de"), frozenset([("de", VISIT)])))[VISIT] == "en"
    assert VISIT not in _families(scopes.of(Query("", "de"), frozenset([("de", VISIT), ("en", VISIT)])))


def test_rows_and_owners_belong_together(scopes: Scopes, snapshot: Snapshot) -> None:
    scope = scopes.of(Query("", "de"))
    assert (np.diff(scope.rows) > 0).all()
    for row, owner in zip(scope.rows, scope.owner, strict=True):
        assert snapshot.article_of_row(int(row)) is scope.articles[owner]


def test_a_family_is_heard_in_the_languages_that_may_be_used(scopes: Scopes, snapshot: Snapshot) -> None:
    free, english = scopes.of(Query("", "de")), scopes.of(Query("", "de", evidence=("en",)))
    languages = {snapshot.articles[at].article.language for at in english.voices.speakers}
    assert languages == {"en"}
    assert {snapshot.articles[at].article.language for at in free.voices.speakers} == {"en", "de", "es"}


def test_every_leg_speaks_for_a_question_in_the_language_of_the_articles(
    snapshot: Snapshot, scopes: Scopes, encoder: Encoder
) -> None:
    question = _question(encoder, "my tap is dripping")
    found = _late(snapshot, retrieve(snapshot, scopes.of(Query("", "en")), question), question, encoder)
    for name in LEGS:
        assert _family(snapshot, found, name) == TAP, name
    assert found.readable.all()


def test_vectors_read_what_words_cannot(snapshot: Snapshot, scopes: Scopes, encoder: Encoder) -> None:
    question = _question(encoder, "Der Druck im Heizkessel ist zu niedrig", "de")
    found = retrieve(snapshot, scopes.of(Query("", "fr")), question)
    assert _family(snapshot, found, "dense") == BOILER
    assert not found.readable.any()


def test_without_a_vector_only_words_remain(snapshot: Snapshot, scopes: Scopes, encoder: Encoder) -> None:
    """P7: the encoder is away."""
    question = _question(None, "washer")
    assert question.encoder_away
    found = retrieve(snapshot, scopes.of(Query("", "en")), question)
    assert _family(snapshot, found, "lexical") == TAP
    assert len(found.places) == 1, "no other article has the word"
    assert not found.legs[:, LEGS.index("dense") :].any()
    assert not _late(snapshot, found, question, encoder).legs[:, LATE].any()


@pytest.mark.parametrize("text", ["", "???", "😀"])
def test_what_holds_no_word_finds_nothing(
    snapshot: Snapshot, scopes: Scopes, encoder: Encoder, text: str
) -> None:
    question = _question(encoder, text)
    assert not question.encoder_away
    assert not len(retrieve(snapshot, scopes.of(Query("", "en")), question).rows)


def test_an_empty_scope_has_no_candidates(snapshot: Snapshot, scopes: Scopes, encoder: Encoder) -> None:
    scope = scopes.of(Query("", "en", topic="nowhere"))
    assert not len(retrieve(snapshot, scope, _question(encoder, "tap")).rows)


def test_rows_beyond_the_compared_ones_get_the_lowest_value_found(encoder: Encoder) -> None:
    pages = [
        Page("en", f"t/a{at}", f"Article {at} on taps", (("", f"Tap number {at} drips."),))
        for at in range(120)
    ]
    snapshot = snapshot_of(pages, encoder)
    question = _question(encoder, "tap 7 drips")
    found = retrieve(snapshot, Scopes(snapshot).of(Query("", "en")), question)
    before = found.legs.copy()
    late = _late(snapshot, found, question, encoder)
    assert len(found.rows) > RERANKED + 5
    values, counts = np.unique(late.leg("matching"), return_counts=True)
    assert counts[0] >= len(found.rows) - RERANKED - 1
    assert values[0] == late.leg("matching").min()
    np.testing.assert_array_equal(late.legs[:, : LATE.start], before[:, : LATE.start])


def test_late_interaction_is_what_its_definition_says(encoder: Encoder, snapshot: Snapshot) -> None:
    assert isinstance(encoder, TokenVectors)
    passage, title = snapshot.passages[0], snapshot.article_of_row(0).article.title
    text = "drip from the tap, washer?"

    def rows(said: str) -> tuple[Floats, Floats]:
        assert isinstance(encoder, TokenVectors)
        return encoder.token_rows(encoder.token_ids([said])[0])

    asked, weights = rows(text)
    expected = [
        (weights * (asked @ rows(said)[0].T).max(axis=1)).sum() / weights.sum()
        for said in (passage.encoded_text(title), *[passage.head_text(title)] * 2)
    ]
    got = _matcher(snapshot, encoder).compare(text, "en", np.array([0, 3]))
    np.testing.assert_allclose(got[0], expected, atol=1e-4)


def test_of_a_long_story_only_the_heaviest_tokens_are_looked_for(
    encoder: Encoder, snapshot: Snapshot
) -> None:
    """A long question must not cost more than a short one: what is light is left out."""
    matcher, rows = _matcher(snapshot, encoder), np.array([0, 3])
    heavy = "washer boiler radiator thermostat plumber gasket valve leakage"
    np.testing.assert_allclose(
        matcher.compare(heavy * 3, "en", rows),
        matcher.compare(f"{'the of and '}" * 9 + heavy * 3, "en", rows),
        atol=0.05,
    )


def test_what_an_article_meets_worst_is_what_its_definition_says(
    encoder: Encoder, snapshot: Snapshot
) -> None:
    assert isinstance(encoder, TokenVectors)
    rows = np.arange(int(snapshot.starts[0]), int(snapshot.starts[1]))
    title = snapshot.articles[0].article.title
    texts = [snapshot.passages[row] for row in rows.tolist()]
    asked, weights = encoder.token_rows(encoder.token_ids(["change the washer of my guitar"])[0])
    shares = weights / weights.sum()

    def best(said: str) -> Floats:
        assert isinstance(encoder, TokenVectors)
        cosines: Floats = (asked @ encoder.token_rows(encoder.token_ids([said])[0])[0].T).max(axis=1)
        return np.maximum(cosines, 0)

    headings = best("\n".join(one.head_text(title) for one in texts))
    everything = np.maximum(headings, best("\n".join(one.encoded_text(title) for one in texts)))
    met = _matcher(snapshot, encoder).met("change the washer of my guitar", "en", rows, title)
    assert met.close == pytest.approx(shares[everything >= CLOSE].sum(), abs=1e-4)
    for got, cosines in ((met.by_headings, headings), (met.by_title, best(title))):
        assert got == pytest.approx(1 - sum(sorted(shares * (1 - cosines))[-WORST:]), abs=1e-4)


def test_one_word_from_elsewhere_shows_although_all_others_are_met(
    encoder: Encoder, snapshot: Snapshot
) -> None:
    rows = np.arange(int(snapshot.starts[0]), int(snapshot.starts[1]))
    title = snapshot.articles[0].article.title
    matcher = _matcher(snapshot, encoder)
    ours, alien = (
        matcher.met(text, "en", rows, title)
        for text in ("How do I fix a dripping tap?", "How do I fix a dripping guitar?")
    )
    assert ours.by_title == pytest.approx(1, abs=1e-4)
    assert alien.by_title < ours.by_title - 0.1
    assert alien.by_headings < ours.by_headings - 0.1
    assert matcher.met("", "en", rows, title) == Met()


def test_tokens_come_back_from_the_disk_as_they_were(
    encoder: Encoder, snapshot: Snapshot, tmp_path: Path
) -> None:
    assert snapshot.tokens is not None
    snapshot.tokens.save(tmp_path)
    back = TokenIndex.load(tmp_path)
    assert len(back) == len(snapshot.passages)
    for row, passage in enumerate(snapshot.passages):
        title = snapshot.article_of_row(row).article.title
        texts = [passage.encoded_text(title), passage.head_text(title)]
        assert isinstance(encoder, TokenVectors)
        for sort, expected in zip((TEXT, HEADINGS), read_tokens(encoder, texts), strict=True):
            np.testing.assert_array_equal(back.tokens(sort, row), expected)


def _matcher(snapshot: Snapshot, encoder: Encoder) -> TokenMatcher:
    assert isinstance(encoder, TokenVectors)
    assert snapshot.tokens is not None
    return TokenMatcher(snapshot.tokens, encoder)


def _late(snapshot: Snapshot, found: Candidates, question: Question, encoder: Encoder) -> Candidates:
    compare_tokens(found, question, _matcher(snapshot, encoder), fusion_of({}).weighed(found)[1])
    return found


def _family(snapshot: Snapshot, found: Candidates, leg: str) -> str:
    return snapshot.passages[int(found.rows[found.leg(leg).argmax()])].family


@given(st.integers(0, 3000), st.integers(0, 2**32 - 1))
def test_the_highest_scores_are_found(size: int, seed: int) -> None:
    draw = np.random.default_rng(seed)
    scores = np.where(draw.random(size) < 0.5, draw.random(size), 0).astype(np.float32)
    expected = np.sort(scores[scores > 0])[::-1][:BREADTH]
    with pytest.MonkeyPatch.context() as patch:
        for kernels in (compiled.kernels, None):
            patch.setattr(compiled, "kernels", kernels)
            found = _best_positions(scores, np.arange(size))
            assert np.sort(scores[found])[::-1].tolist() == expected.tolist()
            assert len(set(found.tolist())) == len(found)
