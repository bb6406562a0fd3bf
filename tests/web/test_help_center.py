"""The help centre's pages, as a browser without JavaScript sees them."""

import json
import re

import pytest
from sqlalchemy import select

from app.languages import SITE_LANGUAGES, TAGS
from app.storage.tables.chat import votes
from tests.web.site import FILM, Site

ARTICLE = "/en/billing/charged-twice"
EVERY_FAMILY = (
    "billing/charged-twice",
    "billing/refund-timing",
    "account-health/dissatisfaction-rate",
    "getting-started/first-campaign-video",
)


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ("ja,en;q=0.5", "/ja/"),
        ("pt-PT", "/pt-BR/"),
        ("zh-CN,zh;q=0.9", "/zh-Hans/"),
        ("xx", "/en/"),
        ("", "/en/"),
    ],
)
def test_the_root_leads_to_the_readers_language(site: Site, accept: str, expected: str) -> None:
    answer = site.client.get("/", headers={"accept-language": accept})
    assert (answer.status_code, answer.headers["location"]) == (307, expected)


@pytest.mark.parametrize("language", SITE_LANGUAGES, ids=TAGS)
def test_home_shows_each_topic_with_its_count(site: Site, language) -> None:
    page = site.page(f"/{language.tag}/")
    assert f'<html lang="{language.tag}" dir="{language.direction}">' in page
    shelves = dict(re.findall(r'href="/[\w-]+/([\w-]+)/">.*?<p class="count">(.*?)</p>', page, re.DOTALL))
    words = site.services.wording.translations(language.tag)
    one, two = (words.ungettext("%(count)s article", "%(count)s articles", n) % {"count": n} for n in (1, 2))
    assert shelves == {"getting-started": one, "billing": two, "account-health": one}
    assert f'href="/{language.tag}/contact"' in page
    assert f'href="/{language.tag}/chat"' in page


def test_home_says_that_it_is_sample_content(site: Site) -> None:
    assert "Not affiliated with" in site.page("/en/")


@pytest.mark.parametrize("tag", TAGS)
@pytest.mark.parametrize("family", EVERY_FAMILY)
def test_no_article_is_missing_in_any_language(site: Site, tag: str, family: str) -> None:
    """product.md 6: no 404 over language x article."""
    page = site.page(f"/{tag}/{family}")
    assert f'<html lang="{tag}"' in page


def test_an_article_has_all_that_leads_on(site: Site) -> None:
    page = site.page(ARTICLE)
    assert '<a href="/en/billing/">Billing</a>' in page
    assert (
        '<li><a href="#how-do-i-recognise-a-double-charge">How do I recognise a double charge?</a></li>'
        in page
    )
    assert "Updated October 20, 2026" in page
    assert 'href="/ja/billing/charged-twice" lang="ja" dir="ltr" hreflang="ja">日本語</a>' in page
    assert 'href="/en/billing/refund-timing"' in page
    assert 'href="/en/contact?topic=billing"' in page
    assert 'action="/en/billing/charged-twice/votes"' in page


def test_the_answer_names_the_generation(site: Site) -> None:
    for path in ("/en/", "/en/billing/", ARTICLE, f"{ARTICLE}.md", "/sitemap.xml", "/llms.txt"):
        assert site.client.get(path).headers["x-index-generation"] == site.services.snapshot.generation


def test_what_authors_write_is_neither_template_nor_markup(site: Site) -> None:
    """P17, promises.md 4: `{{7*7}}` is printed literally, a title is text."""
    page = site.page(ARTICLE)
    assert '<h1 lang="en" dir="ltr">Charged twice? &lt;b&gt;Check&lt;/b&gt; {{ 7*7 }}</h1>' in page
    assert "<script>alert" not in page
    assert "invoice number. {{ 7*7 }} &amp;" in page


def test_structured_data_is_json_that_cannot_leave_its_element(site: Site) -> None:
    page = site.page(ARTICLE)
    script = re.search(r'<script type="application/ld\+json"[^>]*>(.*?)</script>', page, re.DOTALL)
    assert script
    described = json.loads(script[1])
    assert described["headline"] == "Charged twice? <b>Check</b> {{ 7*7 }}"
    assert "<" not in script[1]
    assert described["dateModified"] == "2026-10-20"


def test_canonical_and_alternates_name_real_translations_only(site: Site) -> None:
    page = site.page(ARTICLE)
    assert '<link rel="canonical" href="http://127.0.0.1:8000/en/billing/charged-twice">' in page
    assert set(re.findall(r'rel="alternate" hreflang="([\w-]+)"', page)) == {"en", "ja", "ar", "x-default"}


def test_a_fallback_says_so_and_keeps_the_reader_in_their_language(site: Site) -> None:
    page = site.page("/de/billing/refund-timing")
    words = "This article is not available in your language yet, so you see it in another one."
    assert site.services.wording.text("de", words) in page
    assert '<article class="prose" lang="en" dir="ltr">' in page
    assert '<a href="/de/billing/charged-twice" rel=' in page
    assert '<link rel="canonical" href="http://127.0.0.1:8000/en/billing/refund-timing">' in page


def test_a_fallback_inside_a_right_to_left_page_keeps_its_own_direction(site: Site) -> None:
    page = site.page("/ar/billing/refund-timing")
    assert '<html lang="ar" dir="rtl">' in page
    assert '<article class="prose" lang="en" dir="ltr">' in page


def test_a_translation_older_than_a_major_edit_is_bannered(site: Site) -> None:
    """product.md 7: the English article is at major revision 3, the Japanese one renders 2, the Arabic one 3."""
    words = "The English original has changed in an important way since this translation was made."
    text = site.services.wording.text
    assert text("ja", words) in site.page("/ja/billing/charged-twice")
    assert text("ar", words) not in site.page("/ar/billing/charged-twice")
    assert words not in site.page(ARTICLE)


def test_an_overdue_review_is_bannered(site: Site) -> None:
    words = "This article was due for a check on %(day)s. Some details may have changed."
    before_the_day = site.services.wording.text("ar", words).partition("%")[0]
    assert before_the_day in site.page("/ar/billing/charged-twice")
    assert "was due for a check on" not in site.page(ARTICLE)


def test_markdown_of_an_article(site: Site) -> None:
    answer = site.client.get("/de/billing/refund-timing.md")
    assert answer.headers["content-type"] == "text/markdown; charset=utf-8"
    assert answer.headers["content-language"] == "en"
    assert answer.text.startswith("# How long does a refund take?\n\nA refund takes")


def test_a_film_has_captions_and_can_be_sought(site: Site) -> None:
    page = site.page("/es/getting-started/first-campaign-video")
    assert 'src="/media/film.es.vtt" srclang="es" label="Español" default' in " ".join(page.split())
    assert 'class="timestamp"' in page
    part = site.client.get("/media/film.webm", headers={"range": "bytes=10-19"})
    assert (part.status_code, part.content, part.headers["content-type"]) == (206, FILM[10:20], "video/webm")


@pytest.mark.parametrize(
    "name", ["..%2fen%2fbilling%2frefund-timing.md", "%2e%2e", "nothing.webm", "film.webm%00"]
)
def test_media_are_looked_up_never_opened(site: Site, name: str) -> None:
    assert site.client.get(f"/media/{name}").status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        "/en/nothing/",
        "/en/billing/nothing",
        "/en/..%2f..%2fetc%2fpasswd",
        "/en/billing/..%2f..%2fetc%2fpasswd",
        "/en/billing/charged-twice/more/and/more",
        "/xx/billing/",
        "/static/0/nothing.css",
    ],
)
def test_unknown_addresses_get_a_friendly_page(site: Site, path: str) -> None:
    page = site.page(path, status=404)
    assert 'action="/en/search"' in page


def test_the_404_page_is_in_the_readers_language(site: Site) -> None:
    assert '<html lang="ar" dir="rtl">' in site.page("/ar/nothing/nothing", status=404)
    assert '<html lang="ja" dir="ltr">' in site.page("/nothing", status=404, **{"accept-language": "ja"})


@pytest.mark.parametrize(
    ("asked", "ours"), [("pt", "pt-BR"), ("zh-CN", "zh-Hans"), ("EN", "en"), ("pt_PT", "pt-BR")]
)
def test_other_spellings_of_a_language_lead_to_ours(site: Site, asked: str, ours: str) -> None:
    """product.md, complaint 6: wrong locale, 404 on language switch."""
    answer = site.client.get(f"/{asked}/billing/refund-timing?a=1")
    assert (answer.status_code, answer.headers["location"]) == (308, f"/{ours}/billing/refund-timing?a=1")


def test_addresses_without_their_slash_lead_to_those_with_it(site: Site) -> None:
    assert site.client.get("/de").headers["location"] == "/de/"
    assert site.client.get("/de/billing").headers["location"] == "/de/billing/"


def test_static_files_are_kept_for_long_under_their_digest_only(site: Site) -> None:
    address = site.services.pages.static.url("css/tokens.css")
    assert "immutable" in site.client.get(address).headers["cache-control"]
    old = address.replace(site.services.pages.static.version, "0" * 16)
    assert site.client.get(old).headers["cache-control"] == "no-cache"


def test_an_unpublished_article_is_gone_from_the_first_request_after(own_site: Site) -> None:
    """P6: pages, JSON, search, suggestions, related, sitemap and llms.txt, without a build."""
    own_site.page("/en/billing/refund-timing")
    own_site.withdraw("en/billing/refund-timing.md")
    assert own_site.page("/en/billing/refund-timing", status=404)
    assert own_site.client.get("/en/billing/refund-timing.md").status_code == 404
    assert own_site.client.get("/api/articles/en/billing/refund-timing").status_code == 404
    for path in (
        "/en/",
        "/en/billing/",
        "/de/billing/",
        "/en/search?q=how+long+does+a+refund+take",
        "/api/search?q=how+long+does+a+refund+take&language=en",
        "/api/suggestions?q=How+long&language=en",
        "/sitemap.xml",
        "/llms.txt",
        "/api/articles/en/account-health/dissatisfaction-rate",
    ):
        answer = own_site.client.get(path)
        assert answer.status_code == 200
        assert "refund-timing" not in answer.text, path
    side = own_site.page(ARTICLE).partition("related-title")[2]
    assert "refund-timing" not in side


def test_a_withdrawn_translation_gives_way_to_the_original(own_site: Site) -> None:
    own_site.withdraw("ja/billing/charged-twice.md")
    page = own_site.page("/ja/billing/charged-twice")
    assert '<article class="prose" lang="en" dir="ltr">' in page
    assert 'hreflang="ja" href="http' not in page


def voted(site: Site) -> list[tuple[str, str, bool, list[str], str | None]]:
    with site.services.database.reading() as tx:
        rows = tx.execute(select(votes)).mappings()
        return [
            (row["family"], row["language"], row["helpful"], row["reasons"], row["comment"]) for row in rows
        ]


def test_a_vote_without_javascript(own_site: Site) -> None:
    answer = own_site.client.post(f"{ARTICLE}/votes", data={"helpful": "no"})
    assert (answer.status_code, answer.headers["location"]) == (303, f"{ARTICLE}?voted=no#helpful")
    assert voted(own_site) == [("billing/charged-twice", "en", False, [], None)]
    page = own_site.page(f"{ARTICLE}?voted=no")
    assert 'name="reasons" value="outdated"' in page
    why = {"helpful": "no", "reasons": ["outdated", "confusing"], "comment": " The <b>menu</b> moved. "}
    assert (
        own_site.client.post(f"{ARTICLE}/votes", data=why).headers["location"].endswith("?voted=told#helpful")
    )
    assert voted(own_site) == [
        ("billing/charged-twice", "en", False, ["confusing", "outdated"], "The <b>menu</b> moved.")
    ]


def test_a_vote_counts_for_the_article_that_was_shown(own_site: Site) -> None:
    own_site.client.post("/de/billing/refund-timing/votes", data={"helpful": "yes"})
    assert voted(own_site) == [("billing/refund-timing", "en", True, [], None)]


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"helpful": "maybe"},
        {"helpful": "no", "reasons": "boring"},
        {"helpful": "yes", "status": "published"},
        {"helpful": "no", "comment": "x" * 1001},
        {"helpful": "no", "comment": "a\x00b"},
    ],
)
def test_a_wrong_vote_is_refused_and_nothing_kept(own_site: Site, form: dict[str, str]) -> None:
    assert own_site.client.post(f"{ARTICLE}/votes", data=form).status_code in (400, 422)
    assert voted(own_site) == []


def test_a_get_never_votes_and_a_vote_needs_an_article(own_site: Site) -> None:
    own_site.client.get(f"{ARTICLE}?voted=yes")
    assert own_site.client.post("/en/billing/nothing/votes", data={"helpful": "yes"}).status_code == 404
    assert voted(own_site) == []


def test_another_sites_page_cannot_vote(own_site: Site) -> None:
    for headers in ({"sec-fetch-site": "cross-site"}, {"origin": "https://evil.test"}, {"origin": "null"}):
        answer = own_site.client.post(f"{ARTICLE}/votes", data={"helpful": "yes"}, headers=headers)
        assert answer.status_code == 403
    assert voted(own_site) == []
