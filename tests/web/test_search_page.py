"""`/{language}/search`: linkable, marked, honest."""

import re
from dataclasses import replace
from typing import NoReturn

from app.search.encoder import EncoderIdentity
from app.search.searcher import Searcher
from tests.web.site import NOW, Site


def test_hits_are_marked_and_link_to_the_passage(site: Site) -> None:
    page = site.page("/en/search?q=a+double+charge+has+two+payments")
    assert 'href="/en/billing/charged-twice#how-do-i-recognise-a-double-charge"' in page
    assert "<mark>double</mark> <mark>charge</mark>" in page


def test_the_question_is_escaped_wherever_it_stands(site: Site) -> None:
    """P17."""
    page = site.page("/en/search", status=200)
    assert "<h1" in page
    page = site.page("/en/search?q=%3Cscript%3Ealert(1)%3C/script%3E%22%7B%7B7*7%7D%7D")
    assert "<script>alert" not in page
    assert "{{7*7}}" in page
    assert "49" not in re.sub(r"nonce=\"[^\"]*\"|/static/\w+/|alert\(1\)", "", page)


def test_filters_stand_in_the_address(site: Site) -> None:
    page = site.page("/en/search?q=refund+charge&kind=faq&topic=billing")
    hits = re.findall(r'<li class="hit">\s*<h2><a href="([^"#]+)', page)
    assert hits == ["/en/billing/refund-timing"]
    assert 'href="/en/search?q=refund+charge&amp;topic=billing&amp;kind=video"' in page
    assert 'href="/en/search?q=refund+charge&amp;topic=billing" ' in page


def test_a_filter_that_does_not_exist_is_no_filter(site: Site) -> None:
    assert "refund-timing" in site.page("/en/search?q=refund&kind=nonsense&topic=..%2f")


def test_a_fallback_is_flagged_and_stays_in_the_readers_pages(site: Site) -> None:
    page = site.page("/fr/search?q=how+long+does+a+refund+take")
    assert 'href="/fr/billing/refund-timing' in page
    assert '<span lang="en">English</span>' in page


def test_japanese_words_are_marked(site: Site) -> None:
    assert "<mark>二重請求</mark>" in site.page("/ja/search?q=二重請求")


def test_without_hits_the_page_offers_chat_and_a_person(site: Site) -> None:
    page = site.page("/en/search?q=refund&topic=getting-started&kind=troubleshooting")
    assert (
        "0 articles found" in page and "We have no article that answers" not in page
    )  # others may: see the filters
    assert 'href="/en/chat?q=refund"' in page
    assert 'href="/en/contact"' in page
    assert 'href="/en/search?q=refund"' in page


def test_a_question_that_no_article_may_answer_is_said_to_be_one(site: Site) -> None:
    page = site.page("/en/search?q=how+do+i+cook+pasta+for+two+hundred+elephants")
    assert "Perhaps none of our articles answers this" in page


class Broken:
    """The site's encoder after its model has gone away."""

    def __init__(self, identity: EncoderIdentity) -> None:
        self.identity = identity

    def encode_queries(self, texts: object) -> NoReturn:
        raise RuntimeError("the model is away")

    encode_passages = encode_queries


def test_degraded_search_says_so(site: Site) -> None:
    """P7: the encoder is away, the search goes on by words and names what is missing."""
    services = site.services
    broken = Broken(services.encoder.identity)
    searcher = Searcher(services.holder, broken, services.publication, NOW.date)
    app = site.client.app
    app.state.services = replace(services, searcher=searcher)
    try:
        page = site.page("/en/search?q=refund")
        answer = site.client.get("/api/search?q=refund&language=en").json()
    finally:
        app.state.services = services
    assert "Search is working with reduced means" in page
    assert "/en/billing/refund-timing" in page
    assert (answer["mode"], answer["degraded"]) == ("lexical", ["encoder"])
