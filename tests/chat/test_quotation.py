"""What is quoted: unbroken stretches, whole lists, fitting sentences."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.chat.quotation import Asked, continues, cut, fitting_stretch, has_steps
from app.search.tokens import analyse

STEPS = "Do this:\n1. Open it.\n2. Close it.\n  - gently\n3. Done.\nThat was all. Really."


def parts(text: str) -> list[str]:
    return [text[part.start : part.end] for part in cut(text)]


def test_a_list_keeps_its_lead_and_what_its_items_hold() -> None:
    assert parts(STEPS) == [
        "Do this:\n1. Open it.\n2. Close it.\n  - gently\n3. Done.",
        "That was all.",
        "Really.",
    ]


def test_two_sorts_of_lists_are_two_parts() -> None:
    assert parts("1. a\n2. b\n- c\n- d\nx | y\n1 | 2") == ["1. a\n2. b", "- c\n- d", "x | y\n1 | 2"]


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("It costs 3.50 euros. Pay now!", ["It costs 3.50 euros.", "Pay now!"]),
        ("Das gilt z. B. heute. Ende", ["Das gilt z. B. heute.", "Ende"]),
        ("これは一つ。これは二つ！三つ", ["これは一つ。", "これは二つ！", "三つ"]),
        ("هل وصل؟ نعم. شكرا", ["هل وصل؟", "نعم.", "شكرا"]),
        ('He said "no." Then he left.', ['He said "no."', "Then he left."]),
    ],
)
def test_sentences_end_where_readers_end_them(text: str, sentences: list[str]) -> None:
    assert parts(text) == sentences


def test_a_numbered_list_is_never_cut() -> None:
    steps = "\n".join(f"{n}. {'word ' * 30}end." for n in range(1, 12))
    text = f"Before. {'Filler. ' * 40}\n{steps}\nAfter."
    assert fitting_stretch(text, Asked("word", "en"), 900) == steps


def test_the_sentence_that_fits_is_chosen_from_a_long_passage() -> None:
    text = " ".join(
        ["General words first."] * 30
        + ["Invoices are sent on the first of the month."]
        + ["More filler here."] * 30
    )
    assert "Invoices" in fitting_stretch(text, Asked("when are invoices sent", "en"), 200)


@given(st.text(alphabet="ab .!?:\n-|12。", max_size=200), st.integers(0, 120))
def test_a_stretch_stands_in_the_text_word_for_word(text: str, longest: int) -> None:
    """Every quotation is verbatim (complaint 12), whatever the passage looks like."""
    found = fitting_stretch(text, Asked("a b", "en"), longest)
    assert found in text
    assert bool(found) == bool(text.strip())
    if len(found) > longest:
        assert len(cut(found)) == 1  # only what may not be cut is longer


def test_a_list_that_goes_on_is_recognised() -> None:
    assert continues("1. a\n2. b", "2. b\n3. c")
    assert continues("1. a\n2. b", "3. c")
    assert not continues("1. a\n2. b", "1. x")
    assert not continues("words", "1. x")


def test_steps_are_numbered_lines() -> None:
    assert has_steps("x\n1. a")
    assert not has_steps("in 1. January\n- a")


def test_a_synonym_is_quoted_for_its_word() -> None:
    """R1.9: the glossary feeds the chat: who asks for their money back is quoted the sentence on refunds."""
    text = "Campaigns are billed by the day. We answer within a day. A refund takes five days."
    others = tuple(analyse("refund", "en"))
    assert "refund" not in fitting_stretch(text, Asked("money back", "en"), 40)
    assert "refund" in fitting_stretch(text, Asked("money back", "en", others=others), 40)
    asked = Asked("money", "en", others=others)
    assert asked.fit("money") == 1.0, "a synonym that is not there takes nothing away"
    assert 0 < asked.fit("refund") < 1
    assert asked.fit("money and a refund") == 1.0
