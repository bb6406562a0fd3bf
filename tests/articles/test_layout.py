"""Lists and fences as people write them, nested by two, three or four spaces, with and without empty lines."""

import pytest

from app.articles.layout import laid_out
from app.articles.rendering import parse

NESTED = "<ol>\n<li>one<ul>\n<li>a</li>\n<li>b</li>\n</ul>\n</li>\n<li>two</li>\n</ol>"


@pytest.mark.parametrize(
    "body",
    [
        "1. one\n   - a\n   - b\n2. two",
        "1. one\n    - a\n    - b\n2. two",
        "1) one\n   * a\n   * b\n2) two",
        "1. one\n\t- a\n\t- b\n2. two",
    ],
)
def test_lists_nest_however_far_they_are_indented(body: str) -> None:
    assert parse(body).html == NESTED


def test_a_list_may_follow_a_line_of_text_at_once() -> None:
    assert parse("Check:\n- a\n- b").html == "<p>Check:</p>\n<ul>\n<li>a</li>\n<li>b</li>\n</ul>"
    assert parse("Check:\n1. a\n2. b").html == "<p>Check:</p>\n<ol>\n<li>a</li>\n<li>b</li>\n</ol>"


def test_a_number_at_the_start_of_a_line_is_no_list() -> None:
    assert "<ol>" not in parse("It was the year\n2026. Then it ended.").html


def test_a_tight_list_stays_tight() -> None:
    assert "<p>" not in parse("- a\n- b\n  goes on\n- c").html


def test_code_stays_in_its_step_and_the_numbers_go_on() -> None:
    html = parse("1. one\n   ```\n   x\n     y\n   ```\n2. two\n").html
    assert html.count("<ol>") == 1
    assert html.count("<li>") == 2
    assert "x\n  y\n" in html


def test_a_paragraph_a_note_and_a_list_may_stand_in_a_step() -> None:
    html = parse("1. one\n\n   more\n\n   !!! note\n       inside\n\n   - x\n2. two").html
    assert html.count("<ol>") == 1
    assert "<p>more</p>" in html
    assert '<div class="admonition note">' in html
    assert html.index("admonition") < html.index("<li>x</li>") < html.index("two")


def test_what_is_inside_a_fence_is_left_alone() -> None:
    lines = ["```", "- a", "   - b", "[00:01] c", "text:", "- d", "```", ""]
    assert laid_out(lines) == [*lines[:-1], "", ""]


def test_rules_and_indented_code_are_left_alone() -> None:
    html = parse("a\n\n* * *\n\n    - code\n\n- - -\n").html
    assert html.count("<hr") == 2
    assert "<code>- code\n</code>" in html


def test_laying_out_twice_changes_nothing() -> None:
    body = "a:\n- b\n  - c\n    1. d\n\n       e\n!!! note\n    f\n    - g\n\n1) h\n   ```\n   i\n   ```\n[00:01] j"
    once = laid_out(body.split("\n"))
    assert parse("\n".join(once)).html == parse(body).html
