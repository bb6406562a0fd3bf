"""P6: an article that an editor takes back is gone from the first request after, everywhere, without a build."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.faults.routes import all_routes
from tests.web.site import Site
from tests.web.support import CHARGED, HTML, Visitor, browser, visitor

NAME = "en/billing/refund-timing.md"
QUESTION = "How long does a refund take?"
WORDS = ("How long does a refund take", "three to ten business days", "billing/refund-timing")
TAGS = ("en", "ja", "pt-BR")  # its own language, one with articles of its own, and the longest fallback chain


def _status(word: str) -> Callable[[Path], None]:
    def change(path: Path) -> None:
        path.write_text(
            path.read_text(encoding="utf-8").replace("---\n", f"---\nstatus: {word}\n", 1), encoding="utf-8"
        )

    return change


WAYS: dict[str, Callable[[Path], None]] = {
    "archived": _status("archived"),
    "draft": _status("draft"),
    "deleted": Path.unlink,
    "renamed": lambda path: path.rename(path.with_name("another-slug.md")),
    "emptied": lambda path: path.write_text(""),
}


def listings() -> list[str]:
    """Everything that lists or shows articles, in every language. The searches are asked for its very words."""
    question = QUESTION.replace(" ", "+")
    pages = [
        f"/{tag}{rest}"
        for tag in TAGS
        for rest in (
            "/",
            "/billing/",
            f"/search?q={question}",
            "/search?q=refund&topic=billing",
            "/chat",
            "/account-health/dissatisfaction-rate",
        )
    ]
    api = [
        f"/api/{kind}?q={asked}&language={tag}"
        for tag in TAGS
        for kind, asked in (
            ("search", question),
            ("search", "refund"),
            ("suggestions", "How+long"),
            ("suggestions", "refund"),
        )
    ]
    return [
        *pages,
        *api,
        "/sitemap.xml",
        "/llms.txt",
        "/robots.txt",
        "/api/articles/en/account-health/dissatisfaction-rate",
    ]


def addresses() -> list[str]:
    """Its own addresses, also along the fallback chain."""
    return [
        address
        for tag in TAGS
        for address in (
            f"/{tag}/billing/refund-timing",
            f"/{tag}/billing/refund-timing.md",
            f"/api/articles/{tag}/billing/refund-timing",
        )
    ]


@pytest.mark.parametrize("way", WAYS)
def test_it_is_gone_everywhere(way: str, own_site: Site) -> None:
    """Search, suggestions, chat, related, sitemap, llms.txt, page, Markdown and JSON, from the first request after."""
    assert (
        sum(_leaks(own_site, path) for path in listings()) > 15
    )  # so that silence afterwards means something
    chats = [visitor(own_site, tag) for tag in ("en", "ja")]
    asked = chats[0].say(QUESTION).json()
    assert any(one["family"] == "billing/refund-timing" for one in asked["citations"])
    WAYS[way](own_site.content / NAME)
    assert [path for path in listings() if _leaks(own_site, path)] == []
    for path in addresses():
        assert own_site.client.get(path).status_code == 404, path
    assert own_site.client.post("/en/billing/refund-timing/votes", data={"helpful": "yes"}).status_code == 404
    _check_chat(own_site, chats)


def test_links_of_other_articles_lead_to_a_friendly_page(own_site: Site) -> None:
    """Another article's text may still name it; the link then leads to a 404 with a search."""
    own_site.withdraw(NAME)
    assert "Check" in own_site.page("/en/billing/charged-twice")
    assert 'action="/en/search"' in own_site.page("/en/billing/refund-timing", status=404)


def test_a_withdrawn_translation_gives_way_everywhere(own_site: Site) -> None:
    """The Japanese words are gone; a Japanese reader gets the English article instead, flagged."""
    words = "二重請求の見分け方"
    asked = {"q": words, "language": "ja"}
    assert words in own_site.client.get("/api/search", params=asked).text
    own_site.withdraw("ja/billing/charged-twice.md")
    found = own_site.client.get("/api/search", params={"q": "charged twice", "language": "ja"}).json()["hits"]
    assert {
        (hit["language"], hit["is_fallback"]) for hit in found if hit["family"] == "billing/charged-twice"
    } == {("en", True)}
    for answer in (
        own_site.client.get("/api/search", params=asked),
        own_site.client.get("/api/suggestions", params={"q": "二重", "language": "ja"}),
        own_site.client.get("/ja/billing/", headers=HTML), own_site.client.get("/api/articles/ja/billing/charged-twice"),
        own_site.client.get("/sitemap.xml"),
    ):  # fmt: skip
        assert "請求書番号" not in answer.text and "二重請求の見分け方です" not in answer.text
        assert "/ja/billing/charged-twice</loc>" not in answer.text
    turn = visitor(own_site, "ja").say("二重請求の見分け方を教えてください").json()
    assert all(one["language"] == "en" and one["is_fallback"] for one in turn["citations"])


def test_the_last_article_of_a_topic_takes_the_topic_along(own_site: Site) -> None:
    own_site.withdraw("en/account-health/dissatisfaction-rate.md")
    assert own_site.client.get("/en/account-health/").status_code == 404
    for path in ("/en/", "/sitemap.xml", "/llms.txt"):
        answer = own_site.client.get(path, headers=HTML)
        assert (
            answer.status_code == 200
            and 'href="/en/account-health/"' not in answer.text
            and "/account-health/dissatisfaction-rate" not in answer.text
        )


def test_it_is_back_as_soon_as_it_is_published_again(own_site: Site) -> None:
    path, text = own_site.content / NAME, (own_site.content / NAME).read_text(encoding="utf-8")
    own_site.withdraw(NAME)
    assert own_site.client.get("/en/billing/refund-timing").status_code == 404
    path.write_text(text, encoding="utf-8")
    assert own_site.client.get("/en/billing/refund-timing").status_code == 200
    assert _leaks(own_site, "/sitemap.xml")


def test_no_listing_is_forgotten() -> None:
    """Every route that reads articles is asked above: a new one has to be added."""
    public = {call.path for call in all_routes() if call.method == "GET"}
    asked = {
        "/{language}", "/{language}/", "/{language}/search", "/{language}/{topic}", "/{language}/{topic}/",
        "/{language}/{topic}/{slug}", "/{language}/chat",
        "/api/search", "/api/suggestions", "/api/articles/{language}/{topic}/{slug}", "/sitemap.xml", "/llms.txt",
        "/robots.txt", "/",
    }  # fmt: skip
    shows_none = {
        "/healthz", "/readyz", "/metrics", "/favicon.ico", "/static/{version}/{name:path}", "/media/{name}", "/sign-in",
        "/{language}/contact",
        "/tickets/{number}", "/api/tickets/{number}", "/workspace", "/workspace/tickets/{number}",
        "/{language}/chat/messages", "/{language}/chat/ticket", "/api/conversations/{conversation_id}/messages",
    }  # fmt: skip
    assert public == asked | shows_none


def _leaks(site: Site, path: str) -> bool:
    answer = site.client.get(path, headers=HTML)
    assert answer.status_code == 200, path
    # A search repeats its question in the field, the title and the links to other languages.
    text = (
        answer.text
        if "q=" not in path or "/api/" in path
        else answer.text.replace(QUESTION, "").replace(WORDS[0], "")
    )
    if "/api/search" in path:
        text = str(answer.json()["hits"])
    return any(word in text for word in WORDS)


def _check_chat(site: Site, chats: list[Visitor]) -> None:
    """A new conversation, one that had the article as its answer, and a follow-up to that answer."""
    fresh = [visitor(site, tag) for tag in ("en", "de", "ja")]
    for chat in (*fresh, *chats):
        assert QUESTION not in chat.opened["starters"] or chat in chats
        for text in (QUESTION, "And how long exactly?", "tell me more", CHARGED):
            turn = chat.say(text).json()
            shown = {key: turn[key] for key in ("text", "html", "citations", "choices")}
            assert not any(word in str(shown).replace(text, "") for word in WORDS), (text, shown)
    client = browser(site)
    client.post("/en/chat/turns", data={"text": QUESTION, "key": "k"})
    page = client.get("/en/chat", headers=HTML).text
    assert "three to ten business days" not in page and "billing/refund-timing" not in page
