"""`/api/search`, `/api/suggestions`, `/api/articles/…` as `api.md` fixes them."""

import pytest

from tests.web.site import Site

HIT = {
    "family", "language", "is_fallback", "is_stale", "kind", "topic", "title", "heading", "url", "passage", "score",
}  # fmt: skip


def test_a_search_has_the_published_shape(site: Site) -> None:
    answer = site.client.get("/api/search", params={"q": "how long does a refund take", "language": "de"})
    body = answer.json()
    assert answer.status_code == 200
    assert set(body) == {"query", "language", "mode", "degraded", "generation", "hits"}
    assert (body["query"], body["language"], body["mode"], body["degraded"]) == (
        "how long does a refund take", "de", "hybrid", [],
    )  # fmt: skip
    first = body["hits"][0]
    assert set(first) == HIT
    assert (first["family"], first["language"], first["is_fallback"]) == ("billing/refund-timing", "en", True)
    assert first["url"].startswith("/en/billing/refund-timing")
    assert body["generation"] == answer.headers["x-index-generation"] == site.services.snapshot.generation


def test_one_hit_a_family_in_the_readers_language(site: Site) -> None:
    hits = site.client.get("/api/search", params={"q": "charged twice 二重", "language": "ja"}).json()["hits"]
    families = [hit["family"] for hit in hits]
    assert len(families) == len(set(families))
    mine = next(hit for hit in hits if hit["family"] == "billing/charged-twice")
    assert (mine["language"], mine["is_fallback"], mine["is_stale"]) == ("ja", False, True)


def test_filters_and_limit(site: Site) -> None:
    asked = {"q": "charge", "language": "en", "topic": "billing", "kind": "faq", "limit": 1}
    hits = site.client.get("/api/search", params=asked).json()["hits"]
    assert [hit["family"] for hit in hits] == ["billing/refund-timing"]


def test_the_language_is_negotiated_when_it_is_not_said(site: Site) -> None:
    answer = site.client.get("/api/search?q=refund", headers={"accept-language": "pt"})
    assert answer.json()["language"] == "pt-BR"


@pytest.mark.parametrize(
    "query",
    [
        "", "q=", "q=%20%20", f"q={'x' * 401}", "q=a&limit=0", "q=a&limit=21", "q=a&limit=1e1", "q=a&limit=9" + "9" * 30,
        "q=a&language=xx", "q=a&kind=poem", "q=a&topic=nothing", "q=a&status=draft", "q=a%00b", "q=a&limit=１２",
    ],
)  # fmt: skip
def test_what_is_refused(site: Site, query: str) -> None:
    """promises.md 2 and 4: unknown fields 422, NUL 400 or 422."""
    answer = site.client.get(f"/api/search?{query}")
    assert answer.status_code in (400, 422)
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["status"] == answer.status_code


@pytest.mark.parametrize(
    "q", ["😀😀😀", "\u202eمرحبا\u202c", "' OR 1=1 --", "<script>", "{{7*7}}", "%", "\\", "x" * 400]
)
def test_no_question_breaks_it(site: Site, q: str) -> None:
    for path in ("/api/search", "/api/suggestions"):
        assert site.client.get(path, params={"q": q, "language": "en"}).status_code == 200


def test_suggestions_are_titles(site: Site) -> None:
    answer = site.client.get("/api/suggestions", params={"q": "how lo", "language": "fr"})
    assert answer.json() == {
        "suggestions": [
            {
                "title": "How long does a refund take?",
                "url": "/en/billing/refund-timing",
                "family": "billing/refund-timing",
                "language": "en",
            }
        ]
    }
    assert answer.headers["x-index-generation"] == site.services.snapshot.generation


def test_an_article_as_json(site: Site) -> None:
    answer = site.client.get("/api/articles/ja/billing/charged-twice")
    body = answer.json()
    assert (body["language"], body["is_fallback"], body["is_stale"]) == ("ja", False, True)
    assert body["updated"] == "2026-08-01"
    assert body["url"] == "/ja/billing/charged-twice"
    assert body["contents"][0]["text"] == "二重請求の見分け方"
    assert body["translations"] == {tag: f"/{tag}/billing/charged-twice" for tag in ("en", "ja", "ar")}
    assert answer.headers["content-language"] == "ja"


def test_an_article_falls_back_and_says_so(site: Site) -> None:
    body = site.client.get("/api/articles/pt-BR/billing/refund-timing").json()
    assert (body["language"], body["is_fallback"]) == ("en", True)


@pytest.mark.parametrize(
    "path",
    [
        "xx/billing/refund-timing",
        "en/billing/nothing",
        "en/..%2f..%2fetc%2fpasswd/a",
        "pt/billing/refund-timing",
    ],
)
def test_no_such_article(site: Site, path: str) -> None:
    answer = site.client.get(f"/api/articles/{path}")
    assert answer.status_code == 404
    assert answer.json()["detail"] == "There is nothing here that you may see."


def test_the_description_has_examples_and_every_route(site: Site) -> None:
    described = site.client.get("/openapi.json").json()
    assert {"/api/search", "/api/suggestions", "/api/articles/{language}/{topic}/{slug}", "/healthz"} <= set(
        described["paths"]
    )
    assert described["components"]["schemas"]["HitShown"]["example"]["family"] == "billing/charged-twice"
    assert not any("{language}/search" in path for path in described["paths"])
    assert site.client.get("/docs").status_code == 404
