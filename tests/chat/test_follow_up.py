"""Questions that go on from the one before, and those that do not."""

import pytest

from app.chat.conversation import TurnKind
from tests.chat.conftest import Visitor
from tests.chat.help_center import Judge

QUESTION = "why did my payment fail"


def test_a_follow_up_goes_on_from_the_question_before(visitor: Visitor) -> None:
    visitor.says("how do I change the card payment method")
    turn = visitor.says("and how long does it take?")
    assert turn.kind is TurnKind.ANSWER
    assert turn.citations[0].family == "billing/change-payment-method"
    assert visitor.conversation.turns[-1].searched.startswith("how do I change the card")


def test_the_same_follow_up_to_another_question_is_no_repetition(visitor: Visitor) -> None:
    for question in ("how do I change the card payment method", "why did my payment fail"):
        visitor.says(question)
        assert visitor.says("and how long does it take?").kind is TurnKind.ANSWER
    assert visitor.says("and how long does it take?").kind is TurnKind.HANDOFF


def test_half_a_question_is_understood_after_the_other_half(visitor: Visitor) -> None:
    visitor.says("what are the checks for a failed payment")
    half = visitor.says("approval missing bank app")
    assert half.kind is TurnKind.ANSWER
    assert half.citations[0].family == "billing/payment-failed"


@pytest.mark.parametrize("text", ["why?", "And why", "tell me more please"])
def test_a_bare_question_word_means_the_question_before(visitor: Visitor, text: str) -> None:
    first = visitor.says("my ad was rejected")
    turn = visitor.says(text)
    assert turn.kind is TurnKind.ANSWER
    assert turn.citations[0].family == first.citations[0].family


@pytest.mark.parametrize("text", ["why?", "どうしてですか", "¿cómo?"])
def test_with_nothing_before_it_a_question_word_is_asked_back(visitor: Visitor, text: str) -> None:
    turn = visitor.says(text)
    assert turn.kind is TurnKind.NOTICE
    assert turn.confidence is None


def test_one_word_is_a_subject_and_not_a_question(visitor: Visitor, judge: Judge) -> None:
    judge.verdict = "high"
    assert visitor.says("ad").kind is TurnKind.CLARIFICATION
    alone = visitor.says("refund")
    assert alone.confidence is not None
    assert alone.confidence.band == "middling"


@pytest.mark.parametrize("text", ["penguins?", "zzz qqq xxx", "opening hours of the zoo"])
def test_short_nonsense_after_an_answer_is_not_answered_again(visitor: Visitor, text: str) -> None:
    visitor.says(QUESTION)
    assert visitor.says(text).kind is TurnKind.HANDOFF


def test_an_unrelated_question_does_not_lean_on_the_one_before(visitor: Visitor) -> None:
    visitor.says("how do I change the card payment method")
    turn = visitor.says("do you sell umbrellas or gummy bears in wholesale quantities to zoos?")
    assert turn.kind is TurnKind.HANDOFF


def test_a_bare_question_word_is_never_answered_by_what_it_happens_to_hit(visitor: Visitor) -> None:
    """ "How long does it take?" is nearly a title of ours; after another question it means that question."""
    visitor.says("how do I change the card payment method")
    turn = visitor.says("how long does it take?")
    assert turn.confidence is not None
    assert visitor.conversation.turns[-1].searched.startswith("how do I change the card")
