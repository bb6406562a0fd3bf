"""How an answer reads: the same words as text and as markup, and never a tag that an article or a visitor wrote."""

import re
from html import unescape
from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st

from app.chat.answer import notice_html, write_answer
from app.chat.conversation import Citation

ALLOWED = {"p", "ol", "ul", "li", "a"}


def citation(quote: str, number: int = 1, language: str = "en") -> Citation:
    return Citation(
        number, "billing/x", language, "X", f"/{language}/billing/x#a", quote, language != "en", False
    )


class Tags(HTMLParser):
    """Collects what a browser would see."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.open: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.open.append(tag)
        self.attributes += attrs

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_lists_become_lists_and_the_number_links_to_the_passage() -> None:
    answer = write_answer([citation("Do this:\n1. Open it.\n2. Close it.")], "en")
    assert answer.text == "Do this:\n1. Open it.\n2. Close it. [1]"
    assert answer.html == (
        '<p>Do this:</p><ol><li>Open it.</li><li>Close it. <a href="/en/billing/x#a">[1]</a></li></ol>'
    )


def test_a_list_that_starts_later_keeps_its_numbers() -> None:
    assert '<ol start="3"><li>c</li><li>d' in write_answer([citation("3. c\n4. d")], "en").html


def test_a_quotation_in_another_language_says_so_to_screen_readers() -> None:
    html = write_answer([citation("مرحبا.", language="ar")], "en", before=["Note:"]).html
    assert html == '<p>Note:</p><p lang="ar" dir="rtl">مرحبا. <a href="/ar/billing/x#a">[1]</a></p>'


def test_own_words_stand_around_the_quotations() -> None:
    answer = write_answer([citation("One."), citation("Two.", 2)], "en", before=["A"], after=["B"])
    assert answer.text == "A\n\nOne. [1]\n\nTwo. [2]\n\nB"
    assert answer.html.startswith("<p>A</p><p>One.")
    assert answer.html.endswith("</p><p>B</p>")


@given(st.text(alphabet="<>&\"'a1.- \n/=x", min_size=1, max_size=80).filter(lambda text: text.strip()))
def test_whatever_a_passage_says_stays_text(quote: str) -> None:
    """P17: text stays text; the markup holds the words of the text and nothing else."""
    answer = write_answer([citation(quote)], "en")
    seen = Tags(answer.html)
    assert set(seen.tags) <= ALLOWED
    assert not seen.open
    assert {name for name, _ in seen.attributes} <= {"href", "start"}
    shown = unescape(re.sub(r"<[^>]*>", "", answer.html))
    # Browsers draw the marks of lists, so numbers and dashes are left out of the comparison.
    assert re.sub(r"[\s\d.-]", "", shown) == re.sub(r"[\s\d.-]", "", answer.text)


def test_a_link_in_a_notice_can_be_followed_and_nothing_else_can() -> None:
    html = notice_html("See <b>\nhttps://x.test/t?a=1&b=2", "https://x.test/t?a=1&b=2")
    assert html == (
        '<p>See &lt;b&gt;</p><p><a href="https://x.test/t?a=1&amp;b=2">https://x.test/t?a=1&amp;b=2</a></p>'
    )
