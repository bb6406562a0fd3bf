"""Passages: cut along headings, of a size an encoder reads well, and nothing in them that is hidden from readers."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.articles.passages import MAX_WORDS, passages, words
from tests.articles.folder import article

SENTENCE = "The quick brown fox jumps over the lazy dog again and again. "  # 12 words


def _texts(body: str, language: str = "en") -> list[str]:
    return [passage.text for passage in passages(article(body, language=language))]


def test_sections_become_passages_with_their_headings() -> None:
    """R0.1: passages follow the headings; title and heading path travel with them."""
    found = passages(
        article(
            "Intro.\n\n## One?\n\nA.\n\n### Two?\n\nB.\n\n#### Three\n\nC.\n\n## Empty?\n\n## Four?\n\nD."
        )
    )
    assert [(p.ordinal, p.anchor, p.heading, p.heading_path, p.text) for p in found] == [
        (0, "", "", (), "Intro."),
        (1, "one", "One?", ("One?",), "A."),
        (2, "two", "Two?", ("One?", "Two?"), "B.\nThree\nC."),
        (3, "four", "Four?", ("Four?",), "D."),
    ]
    assert {(p.family, p.language) for p in found} == {("billing/example", "en")}


def test_numbers_bullets_and_line_breaks_are_kept() -> None:
    body = "Do:\n\n1. one\n2. **two** with `code`\n   - a\n   - b\n\n- x\n\nline  \nbreak and\nwrap\n\n| A | B |\n|---|---|\n| 1 | 2 |\n\n```\ncode  x\n```\n"
    assert _texts(body) == [
        "Do:\n1. one\n2. two with code\n  - a\n  - b\n- x\nline\nbreak and wrap\nA | B\n1 | 2\ncode  x"
    ]


def test_a_list_that_starts_at_three_says_so() -> None:
    assert _texts("3. three\n4. four\n") == ["3. three\n4. four"]


@pytest.mark.parametrize(
    "hidden",
    [
        "<!-- secret -->",
        "x <!-- secret --> y",
        "x <!-- a\n\nsecret\n\n--> y",
        "<!-- secret",
        "![secret](../../media/nothing.png)",
        "![secret](https://x.test/a.png)",
        '[x](../billing/example.md "secret")',
        "<div hidden>secret</div>",
        "<div style='display:none'>\n\nsecret\n\n</div>",
        'x <span style="font-size:0">secret</span> y',
        "x <SPAN hidden>**secret** <b>secret</b></SPAN> y",
        "<script>secret</script>",
        "x <style>secret</style> y",
        "[//]: # (secret)",
        "<img alt=secret>",
        "x <img alt=secret> y",
        "<details><summary>x</summary>secret</details>",
        "x <?secret?> y <![CDATA[secret]]>",
        "".join(chr(0xE0000 + ord(letter)) for letter in "secret"),
    ],
)
def test_hidden_text_is_neither_encoded_nor_quoted(hidden: str) -> None:
    """promises.md §4: comments, alternative texts and raw HTML are no words of an article."""
    found = passages(replace(article("x"), body=f"Before.\n\n{hidden}\n"))
    told = "\n".join(passage.text for passage in found)
    assert "secret" not in told
    assert "\U000e0073" not in told
    assert told.startswith("Before.")


def test_visible_html_and_entities_are_read_as_they_look() -> None:
    assert _texts("Press <kbd>Ctrl</kbd> &amp; `&lt;b&gt; <i>` &copy; <your name> \\*x\\* <me@a.test>") == [
        "Press Ctrl & &lt;b&gt; <i> © <your name> *x* me@a.test"
    ]


def test_long_sections_are_cut_evenly_between_their_paragraphs() -> None:
    texts = _texts("## Long\n\n" + "\n\n".join(SENTENCE * 4 for _ in range(8)))  # 8 × 48 words
    assert [round(words(text)) for text in texts] == [144, 144, 96]
    assert all(text.endswith("again.") for text in texts)


def test_a_cut_list_of_steps_repeats_one_step() -> None:
    steps = "\n".join(f"{number}. Step {number}. {SENTENCE * 2}" for number in range(1, 11))
    first, second = _texts(f"## How?\n\n{steps}\n")
    last_of_first = first.split("\n")[-1]
    assert last_of_first == second.split("\n")[0]
    assert second.split("\n")[-1].startswith("10. Step 10.")


def test_a_cut_list_of_bullets_repeats_nothing() -> None:
    texts = _texts("\n".join(f"- Point {number}. {SENTENCE * 2}" for number in range(1, 11)))
    lines = [line for text in texts for line in text.split("\n")]
    assert len(texts) > 1
    assert len(lines) == len(set(lines)) == 10


def test_a_cut_table_repeats_its_head() -> None:
    rows = "\n".join(f"| row {number} | {SENTENCE} |" for number in range(40))
    texts = _texts(f"| Name | Meaning |\n|---|---|\n{rows}\n")
    assert len(texts) > 2
    assert all(text.startswith("Name | Meaning\n") for text in texts)


def test_an_introduction_stays_with_its_list() -> None:
    steps = "\n".join(f"{number}. {SENTENCE * 3}" for number in range(1, 6))
    texts = _texts(f"{SENTENCE * 7}\n\nThen do this:\n\n{steps}")
    assert not any(text.endswith(":") for text in texts)


def test_ideographs_count_as_parts_of_words() -> None:
    """R1.9: Japanese and Chinese, which have no spaces, are cut as well, between sentences."""
    texts = _texts("請求書を確認してください。" * 120, language="ja")
    assert len(texts) == 3
    assert all(len(text) <= 700 and text.endswith("。") for text in texts)
    assert "".join(texts) == "請求書を確認してください。" * 120


@pytest.mark.parametrize(
    "block", ["a" * 15_000, "漢" * 5_000, "word " * 3_000, "```\n" + "x = 1\n" * 800 + "```"]
)
def test_no_passage_is_larger_than_an_encoder_reads(block: str) -> None:
    texts = _texts(block)
    assert len(texts) > 1
    assert all(words(text) <= MAX_WORDS for text in texts)
    kept = "".join("".join(texts).split())
    assert kept == "".join(block.replace("```", "").split())


WORD = st.text(st.characters(categories=["L", "N", "P", "S", "Zs"]), min_size=1, max_size=30)
PIECE = st.sampled_from(
    [
        "# {}",
        "## {}",
        "- {}",
        "1. {}",
        "> {}",
        "    {}",
        "{}",
        "```\n{}\n```",
        "|a|b|\n|-|-|\n|{}|x|",
        "!!! note\n    {}",
    ]
)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(PIECE, st.lists(WORD, min_size=1, max_size=60)), min_size=1, max_size=12))
def test_any_article_gives_bounded_passages(pieces: list[tuple[str, list[str]]]) -> None:
    """P23: no text makes the cutter fail, lose its order or pass its bound."""
    from app.articles.limits import faults
    from app.articles.rendering import parse

    body = "\n\n".join(piece.replace("{}", " ".join(said)) for piece, said in pieces)
    if faults("x", body, 1):
        return
    found = passages(replace(article("x"), body=body))
    assert [passage.ordinal for passage in found] == list(range(len(found)))
    assert all(words(passage.text) <= MAX_WORDS + 1 for passage in found)
    assert {passage.anchor for passage in found} <= parse(body).anchors | {""}
