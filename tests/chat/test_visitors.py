"""Conversations opened, and who may see them."""

from pathlib import Path

import pytest

from app.chat.dialogue import Dialogue
from app.errors import NotFound
from tests.chat.conftest import NOW, Visitor


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
