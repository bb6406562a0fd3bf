"""One article: its contents, its other languages, the vote, and the film with captions."""

import re

import pytest
from playwright.sync_api import Page, expect

from app.languages import TAGS
from tests.browser.chromium import wait_until
from tests.browser.conftest import NewPage
from tests.browser.live import LiveSite
from tests.browser.watching import Watch

ARTICLE = "/en/billing/charged-twice"
FILM = "/en/getting-started/first-campaign-video"


def test_the_contents_lead_to_their_headings(tab: Page) -> None:
    tab.goto(ARTICLE)
    contents = tab.get_by_role("navigation", name="On this page").get_by_role("link")
    assert contents.count() > 2
    last = contents.last
    last.click()
    target = tab.locator("article.prose :target")
    expect(target).to_have_text(last.inner_text())
    expect(target).to_be_in_viewport()


def test_the_language_menu_opens_the_same_article(tab: Page) -> None:
    """R1.2: the language switch keeps the place; a person is one click away on every page."""
    tab.goto(ARTICLE)
    tab.get_by_label("Language", exact=True).click()
    tab.get_by_role("link", name="Español").first.click()
    expect(tab).to_have_url(re.compile("/es/billing/charged-twice$"))
    expect(tab.locator("html")).to_have_attribute("lang", "es")
    expect(tab.locator("article.prose")).to_have_attribute("lang", "es")
    expect(tab.locator("a[href^='/es/contact']").first).to_be_visible()


def test_a_vote_is_thanked_without_a_new_page(tab: Page) -> None:
    tab.goto(ARTICLE)
    tab.evaluate("window.stillHere = true")
    box = tab.locator("#helpful")
    box.get_by_role("button", name="No").click()
    box.get_by_label("It is out of date").check()
    box.get_by_label("What would have helped?").fill("The menu has another name now.")
    box.get_by_role("button", name="Send").click()
    expect(box.get_by_role("heading", name="Thank you. The editors read what you tell them.")).to_be_visible()
    expect(box).to_be_focused()
    assert tab.evaluate("window.stillHere")


def test_a_vote_works_without_javascript(new_page: NewPage) -> None:
    page = new_page(java_script_enabled=False)
    page.goto(ARTICLE)
    page.get_by_role("button", name="Yes").click()
    expect(page.get_by_role("heading", name="Thank you. Good to know that it helped.")).to_be_visible()


def test_the_film_plays_with_captions_in_the_readers_language(tab: Page) -> None:
    """The captions of all eight languages come along; the reader's are on."""
    tab.goto(FILM)
    film = tab.locator("video")
    assert film.locator("track").evaluate_all("all => all.map((one) => one.srclang)") == sorted(TAGS)
    film.evaluate("film => { film.muted = true; return film.play(); }")
    wait_until(tab, "document.querySelector('video').currentTime > 0.4")
    shown = "[...document.querySelector('video').textTracks].find((track) => track.mode === 'showing')"
    wait_until(tab, f"{shown}.cues?.length >= 7")
    assert tab.evaluate(f"{shown}.language") == "en"
    length = film.evaluate("film => film.duration")
    assert 30 < length < 60
    assert tab.evaluate(f"Math.max(...[...{shown}.cues].map((cue) => cue.endTime))") <= length + 0.1


def test_a_time_stamp_of_the_transcript_jumps_in_the_film(tab: Page) -> None:
    tab.goto(FILM)
    film = tab.locator("video")
    wait_until(tab, "document.querySelector('video').readyState >= 1")
    film.evaluate("film => { film.muted = true; }")
    tab.locator("a.timestamp[data-seconds='10']").click()
    wait_until(tab, "document.querySelector('video').currentTime >= 10")
    expect(film).to_be_in_viewport()


@pytest.mark.parametrize("language", ["ja", "ar"])
def test_what_is_not_translated_comes_in_english_and_says_so(
    tab: Page, live: LiveSite, language: str
) -> None:
    """R1.2: a fallback keeps its own language and direction inside the reader's page."""
    snapshot = live.services.snapshot
    families = {one.article.family for one in snapshot.articles if one.article.language == "en"}
    missing = families - {one.article.family for one in snapshot.articles if one.article.language == language}
    tab.goto(f"/{language}/{min(missing)}")
    expect(tab.locator("html")).to_have_attribute("dir", "rtl" if language == "ar" else "ltr")
    expect(tab.locator("article.prose")).to_have_attribute("lang", "en")
    expect(tab.locator("article.prose")).to_have_attribute("dir", "ltr")
    expect(tab.locator(".notice").first).to_contain_text("English")


def test_an_article_that_is_none_says_so_and_offers_the_search(
    new_page: NewPage, watches: list[Watch]
) -> None:
    page = new_page()
    watches[0].expect_status(404)
    page.goto("/en/billing/no-such-article")
    expect(page.get_by_role("combobox")).to_be_visible()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
