"""Conversations: opened, asked, voted on; who may see them; what is said when."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.chat.conversation import HandoffReason, Turn, TurnKind, deltas
from app.chat.dialogue import Dialogue
from app.chat.replies import Replies
from app.errors import Invalid
from app.search.searcher import Searcher
from app.search.snapshot import Snapshot
from tests.chat.conftest import NOW, Visitor
from tests.chat.help_center import Judge

QUESTION = "why did my payment fail"


def test_a_question_gets_a_cited_answer(visitor: Visitor) -> None:
    """R0.2: an answer has citations, links to the passage, and what to do."""
    turn = visitor.says(QUESTION)
    assert turn.kind is TurnKind.ANSWER
    assert turn.citations[0].family == "billing/payment-failed"
    assert turn.citations[0].url == "/en/billing/payment-failed#why-did-my-payment-fail-checks-in-order"
    assert "3. Limit reached." in turn.text
    assert visitor.conversation.turns == (turn,)
    assert "".join(deltas(turn)) == turn.text
    assert any(piece.strip() == "3. Limit reached." for piece in deltas(turn))


@pytest.mark.parametrize("text", ["", "  \n ", "x" * 4001, "nul \x00", "half \ud83d"])
def test_what_is_no_text_is_refused(visitor: Visitor, text: str) -> None:
    """The public table of bad input: 422, nothing stored."""
    with pytest.raises(Invalid):
        visitor.says(text)
    assert visitor.conversation.turns == ()


@pytest.mark.parametrize(
    ("text", "language"), [("Hello!", "en"), ("danke", "de"), ("¡Adiós!", "es"), ("你好", "zh-Hans")]
)
def test_small_talk_is_not_searched_and_never_hands_off(
    visitor: Visitor, judge: Judge, text: str, language: str
) -> None:
    judge.verdict = "low"
    turn = visitor.says(text)
    assert turn.kind is TurnKind.NOTICE
    assert turn.language == language
    assert turn.confidence is None
    assert turn.citations == turn.choices == ()


def test_the_answer_follows_the_visitors_language(visitor: Visitor) -> None:
    """Complaint 5: the language is that of the turn, whatever the page is in, and follows when they switch."""
    japanese = visitor.says("支払いが失敗した原因は何ですか")
    assert japanese.language == "ja"
    assert japanese.citations[0].language == "ja"
    assert not japanese.citations[0].is_fallback
    assert visitor.says("How long does a refund take, please tell me").language == "en"
    german = visitor.says("Wie lange dauert die Erstattung auf mein Konto eigentlich?")
    assert german.language == "de"


def test_two_close_articles_are_asked_about(visitor: Visitor, judge: Judge) -> None:
    """Asked back, then answered from the article that was chosen."""
    judge.verdict = "middling"
    turn = visitor.says("problem with my ad")
    assert turn.kind is TurnKind.CLARIFICATION
    assert turn.citations == ()
    assert 2 <= len(turn.choices) <= 3
    for index, choice in enumerate(turn.choices):
        assert choice.label
        answer = Visitor(visitor.dialogue, visitor.dialogue.open("en", None, "", None, NOW))
        asked = answer.says("problem with my ad")
        chosen = answer.says(choice.text if index else str(index + 1))
        assert chosen.kind is TurnKind.ANSWER
        assert {citation.family for citation in chosen.citations} == {asked.choices[index].family}


def test_middling_without_a_rival_answers_and_says_so(visitor: Visitor, judge: Judge) -> None:
    judge.verdict = "middling"
    turn = visitor.says("how long does a refund take")
    assert turn.kind is TurnKind.ANSWER
    assert "not sure" in turn.text
    assert turn.confidence is not None
    assert turn.confidence.band == "middling"


def test_a_withdrawn_article_is_not_quoted_any_more(visitor: Visitor, content: Path) -> None:
    """P6: unpublished means gone now, in the chat too, also as a choice made before."""
    (content / "en/billing/refund-timing.md").unlink()
    assert all(
        citation.family != "billing/refund-timing"
        for citation in visitor.says("how long does a refund take").citations
    )


@given(st.text(max_size=200))
def test_a_stream_loses_nothing(text: str) -> None:
    turn = Turn("0", TurnKind.NOTICE, "en", text, "", "", NOW)
    assert "".join(deltas(turn)) == text


def test_the_encoder_being_away_costs_a_word_not_the_answer(visitor: Visitor, searcher: Searcher) -> None:
    """P7: answered by words alone, with the reason named; handoffs work too."""
    lexical = Searcher(searcher._holder, None, searcher._publication, NOW.date)
    blind = visitor.with_(replace(visitor.dialogue, searcher=lexical))
    turn = blind.says(QUESTION)
    assert turn.kind is TurnKind.ANSWER
    assert turn.degraded == ("encoder",)
    gone = blind.says("zzz qqq xxx unheard of")
    assert gone.kind is TurnKind.HANDOFF
    assert gone.degraded == ("encoder",)


def test_after_six_turns_without_a_sign_a_person_is_offered(visitor: Visitor) -> None:
    """Complaint 3: the bot does not loop."""
    questions = [
        "why did my payment fail", "how do I recognise a failed payment", "how do I change the card",
        "how long does a refund take", "my ad was rejected", "my ad is stuck in review",
    ]  # fmt: skip
    assert {visitor.says(question).kind for question in questions} == {TurnKind.ANSWER}
    offer = visitor.says("where is the billing page to change the card")
    assert offer.kind is TurnKind.NOTICE
    assert [choice.family for choice in offer.choices] == ["", ""]
    declined = visitor.says(offer.choices[1].text)
    assert declined.kind is TurnKind.ANSWER
    assert declined.citations[0].family == "billing/change-payment-method"
    assert visitor.says("how long do refunds take on cards").kind is TurnKind.ANSWER


def test_a_sign_of_help_starts_the_count_again(visitor: Visitor) -> None:
    for _ in range(2):
        for question in ("why did my payment fail", "how do I change the card", "my ad was rejected"):
            turn = visitor.says(question)
            assert turn.kind is TurnKind.ANSWER
            visitor.dialogue.vote(turn.id, True, (), None, NOW)
    assert visitor.says("how long does a refund take").kind is TurnKind.ANSWER


def test_messages_come_in_order_and_after_a_number(visitor: Visitor) -> None:
    visitor.says("hello")
    visitor.says(QUESTION)
    said = visitor.dialogue.messages(visitor.opened.id)
    assert [(message.by, message.number) for message in said] == [
        ("visitor", 1), ("bot", 2), ("visitor", 3), ("bot", 4),
    ]  # fmt: skip
    assert visitor.dialogue.messages(visitor.opened.id, after=3) == said[3:]


def test_every_reason_has_its_words(wording: object, dialogue: Dialogue) -> None:
    replies = Replies(dialogue.wording)
    for reason in HandoffReason:
        assert replies.offer("en", reason).endswith("?")


def test_a_new_index_between_two_turns_is_no_matter(visitor: Visitor, snapshot: Snapshot) -> None:
    assert visitor.says(QUESTION).generation == snapshot.generation
    later = replace(visitor, now=NOW + timedelta(days=3))
    assert later.says("how long does a refund take").at == NOW + timedelta(days=3)
