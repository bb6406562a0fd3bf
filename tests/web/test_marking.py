"""Marked words and excerpts."""

import pytest

from app.search.encoder import Encoder
from app.web.marking import EXCERPT, Marker
from tests.search.small_snapshot import Page, snapshot_of


@pytest.mark.parametrize(
    ("language", "question", "text", "marked"),
    [
        ("en", "charges", "A charge & <b>more</b>", "A <mark>charge</mark> &amp; &lt;b&gt;more&lt;/b&gt;"),
        ("de", "Rechnungen", "Die Rechnung kommt.", "Die <mark>Rechnung</mark> kommt."),
        ("es", "devolución", "La devolucion tarda.", "La <mark>devolucion</mark> tarda."),
        ("ar", "الفاتورة", "رقم الفاتوره هنا", "رقم <mark>الفاتوره</mark> هنا"),
        ("ja", "返金について", "返金は三日です。これについて", "<mark>返金</mark>は三日です。これについて"),
        ("zh-Hans", "退款时间", "退款的时间很长", "<mark>退款</mark>的<mark>时间</mark>很长"),
        ("en", "ERR-1042", "See ERR-1042.", "See <mark>ERR</mark>-<mark>1042</mark>."),
        ("en", "nothing", "Something else", "Something else"),
    ],
)
def test_words_are_marked_by_their_stems(
    encoder: Encoder, language: str, question: str, text: str, marked: str
) -> None:
    """P17: what is not marked is escaped all the same."""
    snapshot = snapshot_of([Page(language, "a/b", "", (("", text),))], encoder)
    assert str(Marker(question, language, snapshot).marked(text)) == marked


def test_words_that_stand_everywhere_are_not_marked(encoder: Encoder) -> None:
    sections = tuple(("", f"how do you sell item{number}") for number in range(60))
    snapshot = snapshot_of([Page("en", "a/b", "", sections)], encoder)
    marker = Marker("how do I sell item7", "en", snapshot)
    assert str(marker.marked("how do you sell item7")) == "how do you sell <mark>item7</mark>"


def test_an_excerpt_is_the_sentence_around_the_first_find(encoder: Encoder) -> None:
    text = "Nothing here. " * 40 + "The refund takes days. " + "And more of it. " * 40
    snapshot = snapshot_of([Page("en", "a/b", "", (("", text),))], encoder)
    excerpt = str(Marker("refund", "en", snapshot).excerpt(text))
    assert excerpt.startswith("… The <mark>refund</mark> takes days. And")
    assert excerpt.endswith(" …")
    assert len(excerpt) < EXCERPT + 30


def test_a_list_reads_as_one_line(encoder: Encoder) -> None:
    text = "- First thing\n- Second thing"
    snapshot = snapshot_of([Page("en", "a/b", "", (("", text),))], encoder)
    assert str(Marker("nothing", "en", snapshot).excerpt(text)) == "First thing • Second thing"


def test_a_table_reads_as_a_list_of_its_rows(encoder: Encoder) -> None:
    text = "A guide.\nStatus | Meaning\nActive | Sell as usual\nAsk if in doubt."
    snapshot = snapshot_of([Page("en", "a/b", "", (("", text),))], encoder)
    excerpt = str(Marker("nothing", "en", snapshot).excerpt(text))
    assert excerpt == "A guide. • Status – Meaning • Active – Sell as usual • Ask if in doubt."
