"""Conversations: opened, asked, voted on; who may see them; what is said when."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.chat.conversation import HandoffReason, Turn, TurnKind, deltas, turn_json
from app.chat.dialogue import Dialogue
from app.chat.replies import Replies
from app.chat.votes import Ballot
from app.errors import Invalid, NotFound
from app.events import log
from app.search.searcher import Searcher
from app.search.snapshot import Snapshot
from tests.chat.conftest import NOW, Visitor
from tests.chat.help_center import Judge

QUESTION = "why did my payment fail"


def test_a_conversation_opens_in_the_language_asked_for(dialogue: Dialogue) -> None:
    opened = dialogue.open("ja", "https://shop.test/de/cart", "fr", "Asia/Tokyo", NOW)
    assert opened.language == "ja"
    assert opened.starters == ("お支払いに失敗した場合",)
    assert len(opened.token) >= 22  # 128 bits in base64
    conversation = dialogue.authorize(opened.id, opened.token)
    assert conversation.time_zone == "Asia/Tokyo"
    assert conversation.page_language == "de"


@pytest.mark.parametrize(
    ("language", "page", "accepted", "expected"),
    [
        (None, "https://shop.test/de/cart", "fr", "de"),
        (None, "https://shop.test/cart", "fr-CA,en;q=0.5", "fr"),
        (None, "javascript:alert(1)", "", "en"),
        ("pt", None, "", "pt-BR"),
        ("nl", None, "es", "es"),
        (None, "http://[broken/de/", "", "en"),
    ],
)
def test_else_in_that_of_page_or_browser(
    dialogue: Dialogue, language: str | None, page: str | None, accepted: str, expected: str
) -> None:
    """Complaints 5 and 6: the right language, and no failure for a wrong one."""
    assert dialogue.open(language, page, accepted, "Mars/Olympus", NOW).language == expected


def test_starters_are_titles_of_published_articles(dialogue: Dialogue, content: Path) -> None:
    titles = dialogue.open("en", None, "", None, NOW).starters
    assert titles == ("My payment failed: what now?", "My ad was rejected", "Change your payment method")
    (content / "en/billing/payment-failed.md").unlink()
    assert titles[0] not in dialogue.open("en", None, "", None, NOW).starters


def test_only_the_bearer_sees_a_conversation(dialogue: Dialogue, visitor: Visitor) -> None:
    """P14: every refusal is the same."""
    other = dialogue.open("en", None, "", None, NOW)
    refusals = []
    for conversation_id, token in [
        (visitor.opened.id, other.token),
        (visitor.opened.id, ""),
        ("0" * 24, other.token),
        ("no\x00thing", "x"),
        ("\ud800", "\ud800"),
        (visitor.opened.id, "é"),
    ]:
        with pytest.raises(NotFound) as refused:
            dialogue.authorize(conversation_id, token)
        refusals.append(refused.value.detail)
    assert len(set(refusals)) == 1
    turn = visitor.says("hello")
    assert dialogue.authorize_turn(turn.id, visitor.opened.token).id == visitor.opened.id
    for turn_id, token in [(turn.id, other.token), ("0" * 24, visitor.opened.token)]:
        with pytest.raises(NotFound):
            dialogue.authorize_turn(turn_id, token)


def test_the_token_is_kept_as_a_digest_only(visitor: Visitor) -> None:
    with visitor.dialogue.database.reading() as tx:
        row = tx.exec_driver_sql("SELECT * FROM conversations").mappings().one()
    assert visitor.opened.token not in str(dict(row))


def test_a_question_gets_a_cited_answer(visitor: Visitor) -> None:
    """R0.2: an answer has citations, links to the passage, and what to do."""
    turn = visitor.says(QUESTION)
    assert turn.kind is TurnKind.ANSWER
    assert turn.citations[0].family == "billing/payment-failed"
    assert turn.citations[0].url == "/en/billing/payment-failed#why-did-my-payment-fail-checks-in-order"
    assert "3. Limit reached." in turn.text
    shown = turn_json(turn)
    assert list(shown) == [
        "id", "kind", "language", "text", "html", "citations", "confidence", "choices", "handoff", "degraded",
    ]  # fmt: skip
    assert shown["kind"] == "answer"
    assert shown["handoff"] is None
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
    assert turn_json(turn)["confidence"] == {
        "probability": turn.confidence and turn.confidence.probability,
        "band": "middling",
    }


def test_a_withdrawn_article_is_not_quoted_any_more(visitor: Visitor, content: Path) -> None:
    """P6: unpublished means gone now, in the chat too, also as a choice made before."""
    (content / "en/billing/refund-timing.md").unlink()
    assert all(
        citation.family != "billing/refund-timing"
        for citation in visitor.says("how long does a refund take").citations
    )


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


@given(st.text(max_size=200))
def test_a_stream_loses_nothing(text: str) -> None:
    turn = Turn("0", TurnKind.NOTICE, "en", text, "", "", NOW)
    assert "".join(deltas(turn)) == text


def test_half_a_question_is_understood_after_the_other_half(visitor: Visitor) -> None:
    visitor.says("what are the checks for a failed payment")
    half = visitor.says("approval missing bank app")
    assert half.kind is TurnKind.ANSWER
    assert half.citations[0].family == "billing/payment-failed"


@pytest.mark.parametrize("text", ["penguins?", "zzz qqq xxx", "opening hours of the zoo"])
def test_short_nonsense_after_an_answer_is_not_answered_again(visitor: Visitor, text: str) -> None:
    visitor.says(QUESTION)
    assert visitor.says(text).kind is TurnKind.HANDOFF


def test_an_unrelated_question_does_not_lean_on_the_one_before(visitor: Visitor) -> None:
    visitor.says("how do I change the card payment method")
    turn = visitor.says("do you sell umbrellas or gummy bears in wholesale quantities to zoos?")
    assert turn.kind is TurnKind.HANDOFF


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


def test_a_vote_is_kept_and_replaced(visitor: Visitor) -> None:
    turn = visitor.says(QUESTION)
    visitor.dialogue.vote(turn.id, False, ("confusing",), "too long", NOW)
    assert visitor.conversation.turns[0].helpful is False
    visitor.dialogue.vote(turn.id, True, (), None, NOW)
    assert visitor.conversation.turns[0].helpful is True
    with visitor.dialogue.database.reading() as tx:
        assert tx.exec_driver_sql("SELECT count(*) FROM votes").scalar() == 1
        kinds = [event.kind for event in log.of_subject(tx, "conversation", visitor.opened.id)]
    assert kinds == [
        "conversation.opened",
        "conversation.answered",
        "conversation.voted",
        "conversation.voted",
    ]


def test_a_wrong_vote_is_refused(visitor: Visitor) -> None:
    turn = visitor.says(QUESTION)
    with pytest.raises(Invalid) as refused:
        visitor.dialogue.vote(turn.id, False, ("boring",), "x" * 2001, NOW)
    assert [problem.field for problem in refused.value.problems] == ["reasons", "comment"]
    with pytest.raises(NotFound):
        visitor.dialogue.vote("0" * 24, True, (), None, NOW)


def test_an_article_is_voted_on_once_by_each_reader(dialogue: Dialogue) -> None:
    for voter in ("one", "two", "one"):
        ballot = Ballot(helpful=voter == "two", reasons=("outdated",))
        dialogue.votes.on_article("billing/refund-timing", "en", voter, ballot, NOW)
    with dialogue.database.reading() as tx:
        votes = tx.exec_driver_sql("SELECT helpful FROM votes").scalars().all()
    assert sorted(map(bool, votes)) == [False, True]


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
