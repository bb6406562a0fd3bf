"""Candidates: filters inside the search, whole articles, late interaction, and legs that may be away."""

import numpy as np
import pytest

from app.search.encoder import Encoder, open_encoder
from app.search.query import Query
from app.search.question import Question, read_question
from app.search.ranker import fused
from app.search.retriever import LATE, LEGS, Candidates, compare_tokens, retrieve
from app.search.scope import Scope, Scopes
from app.search.snapshot import Snapshot
from app.search.token_matching import TokenMatcher
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
    return read_question(Query(text, language), encoder, 256)


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
    assert set(found.owner.tolist()) == {found.owner[0]}, "no other article has the word"
    assert not found.legs[:, LEGS.index("dense") :].any()
    assert compare_tokens(snapshot, found, question, _matcher(encoder), fused(found)) is found


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
    late = _late(snapshot, found, question, encoder)
    assert len(found.rows) > 90
    values, counts = np.unique(late.leg("matching"), return_counts=True)
    assert counts[0] >= len(found.rows) - 81
    assert values[0] == late.leg("matching").min()
    np.testing.assert_array_equal(late.legs[:, : LATE.start], found.legs[:, : LATE.start])


def test_late_interaction_is_what_its_definition_says(encoder: Encoder, snapshot: Snapshot) -> None:
    passage, title = snapshot.passages[0], snapshot.article_of_row(0).article.title
    question = _question(encoder, "drip from the tap, washer?")
    assert question.vector is not None
    matcher = _matcher(encoder)
    rows, weights = encoder.token_vectors(question.text)  # type: ignore[attr-defined]
    whole, _ = encoder.token_vectors(passage.encoded_text(title))  # type: ignore[attr-defined]
    heading = "\n".join((title, *passage.heading_path))
    head, _ = encoder.token_vectors(heading)  # type: ignore[attr-defined]
    expected = [
        (weights * (rows @ whole.T).max(axis=1)).sum() / weights.sum(),
        question.vector @ encoder.encode_passages([heading])[0],
        (weights * (rows @ head.T).max(axis=1)).sum() / weights.sum(),
    ]
    for _ in range(2):  # read anew, then from memory
        got = matcher.compare(
            question.text, question.vector, [passage, snapshot.passages[3]], [title, "Other"]
        )
        np.testing.assert_allclose(got[0], expected, atol=1e-4)


def _matcher(encoder: Encoder) -> TokenMatcher:
    return TokenMatcher(encoder)  # type: ignore[arg-type]


def _late(snapshot: Snapshot, found: Candidates, question: Question, encoder: Encoder) -> Candidates:
    return compare_tokens(snapshot, found, question, _matcher(encoder), fused(found))


def _family(snapshot: Snapshot, found: Candidates, leg: str) -> str:
    return snapshot.passages[int(found.rows[found.leg(leg).argmax()])].family
