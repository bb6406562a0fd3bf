"""The phrasebook: whole phrases in eight languages, and nothing that only looks like one."""

import csv
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.chat.conversation import Conversation
from app.chat.handoff import reason_in_words
from app.chat.phrases import Phrasebook, words
from app.chat.small_talk import small_talk
from app.languages import TAGS

QUESTIONS = Path(__file__).parents[1] / "quality/questions"
FRESH = Conversation("0" * 24, "en", None, None, None, datetime(2026, 11, 24, tzinfo=UTC))


@pytest.mark.parametrize(
    "greeting",
    [
        "Hello!",
        "  hi   there ",
        "¡Hola!",
        "Guten Tag.",
        "BONJOUR",
        "こんにちは！",
        "你好，",
        "السَّلامُ عليكم",
        "Olá",
        "ola",
        "Ｈｅｌｌｏ",
    ],
)
def test_a_greeting_is_one_however_it_is_written(phrases: Phrasebook, greeting: str) -> None:
    assert phrases.is_whole("greeting", greeting)


@pytest.mark.parametrize(
    "question",
    [
        "hello, where is my refund?",
        "hola mi pago fue rechazado",
        "こんにちは、支払いに失敗しました",
        "what is a hello world ad",
        "hire",
        "你好我的付款失败了",
        "👋",
    ],
)
def test_a_question_with_a_greeting_in_it_is_a_question(phrases: Phrasebook, question: str) -> None:
    assert not phrases.is_whole("greeting", question)


def test_the_greeting_before_a_question_is_not_searched(phrases: Phrasebook) -> None:
    assert phrases.without_greeting("Hello! Where is my refund?") == "Where is my refund?"
    assert phrases.without_greeting("こんにちは、返金はいつですか") == "返金はいつですか"
    assert phrases.without_greeting("hello") == "hello"
    assert phrases.without_greeting("hidden costs") == "hidden costs"


@pytest.mark.parametrize(
    "wish",
    [
        "I want to talk to a human", "agent please", "call me back!", "can someone call me?", "quiero hablar con una persona",
        "Ich möchte mit einem Menschen sprechen", "je veux parler à un conseiller", "担当者と話したいです", "人と話したい", "转人工",
        "我要人工客服", "أريد التحدث مع موظف", "أُريدُ شخصًا", "quero falar com um atendente", "Atendente",
    ],
)  # fmt: skip
def test_a_wish_for_a_person_is_heard_in_every_language(phrases: Phrasebook, wish: str) -> None:
    """Complaint 2: a person can be had at any time."""
    assert reason_in_words(FRESH, wish, phrases) == "ASKED_FOR_PERSON"


@pytest.mark.parametrize(
    "question",
    [
        "how do I add a person to my account", "my agent code is invalid", "the buyer wants to talk to a human at my shop",
        "I don't want to talk to a person", "add agent role", "personas en mi cuenta",
    ],
)  # fmt: skip
def test_words_about_persons_are_not_a_wish_for_one(phrases: Phrasebook, question: str) -> None:
    assert reason_in_words(FRESH, question, phrases) is None


@pytest.mark.parametrize(
    ("text", "topic"),
    [
        ("My lawyer will contact you", "legal"), ("voy a demandar a la empresa", "legal"), ("弁護士に相談します", "legal"),
        ("I want to die", "self_harm"), ("quiero morir", "self_harm"), ("死にたい", "self_harm"), ("أريد أن أموت", "self_harm"),
        ("there was a DATA BREACH at your side", "data_breach"), ("Datenleck!", "data_breach"), ("数据泄露了", "data_breach"),
        ("my account was hacked", "fraud"), ("fui vítima de fraude", "fraud"), ("on m’a arnaqué", "fraud"),
    ],
)  # fmt: skip
def test_a_sensitive_topic_is_seen_in_every_language(phrases: Phrasebook, text: str, topic: str) -> None:
    assert phrases.sensitive_topic(text) == topic


@pytest.mark.parametrize("language", TAGS)
def test_every_group_speaks_every_language(phrases: Phrasebook, language: str) -> None:
    for groups in (phrases.groups, phrases.sensitive):
        for name, group in groups.items():
            assert group[language], f"{name} has nothing in {language}"
            assert () not in group[language], f"{name} has an empty phrase in {language}"


@pytest.mark.parametrize("language", TAGS)
def test_no_gold_question_is_mistaken_for_something_else(phrases: Phrasebook, language: str) -> None:
    """Partners' real questions are searched; only who asks how to reach a person may get one at once."""
    with (QUESTIONS / f"{language}.tsv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    assert len(rows) >= 40
    for row in rows:
        if row["answer"] not in ("contacting-support/ways-to-contact", "none"):
            assert reason_in_words(FRESH, row["question"], phrases) is None, row["question"]
        assert small_talk(row["question"], FRESH, phrases) is None, row["question"]


def test_words_are_cut_alike_in_all_scripts() -> None:
    assert words("Don’t ＣＡＬＬ me!") == ("dont", "call", "me")
    assert words("電話 please") == ("電", "話", "please")
