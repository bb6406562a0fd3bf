"""Votes on turns and articles: one each, the last one counts."""

import pytest

from app.chat.dialogue import Dialogue
from app.chat.votes import Ballot
from app.errors import Invalid, NotFound
from app.events import log
from tests.chat.conftest import NOW, Visitor

QUESTION = "why did my payment fail"


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
