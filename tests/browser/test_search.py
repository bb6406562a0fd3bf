"""Search as it is typed: suggestions, results, filters, and honesty when there is nothing."""

import re

from playwright.sync_api import Page, expect


def test_a_suggestion_is_chosen_by_keyboard(tab: Page) -> None:
    """R1.1: titles while typing, in a list that a screen reader follows."""
    tab.goto("/en/")
    field = tab.get_by_role("combobox", name="Search the help articles")
    field.press_sequentially("charged tw")
    options = tab.get_by_role("option")
    expect(options.filter(has_text="charged twice")).to_have_count(1)
    expect(field).to_have_attribute("aria-expanded", "true")
    field.press("ArrowDown")
    chosen = tab.get_by_role("option", selected=True)
    expect(chosen).to_have_count(1)
    expect(field).to_have_attribute("aria-activedescendant", chosen.get_attribute("id") or "none")
    title = chosen.inner_text()
    field.press("Enter")
    expect(tab.get_by_role("heading", level=1)).to_have_text(title)


def test_escape_closes_the_suggestions_and_keeps_the_words(tab: Page) -> None:
    tab.goto("/en/")
    field = tab.get_by_role("combobox")
    field.press_sequentially("refund")
    expect(tab.get_by_role("option").first).to_be_visible()
    field.press("Escape")
    expect(tab.get_by_role("option")).to_have_count(0)
    expect(field).to_have_value("refund")
    field.press("Enter")
    expect(tab).to_have_url(re.compile(r"/en/search\?q=refund$"))


def test_results_are_narrowed_by_filters_that_stay_in_the_address(tab: Page) -> None:
    tab.goto("/en/")
    tab.get_by_role("combobox").fill("double charge")
    tab.get_by_role("button", name="Search").click()
    hits = tab.locator(".hit")
    expect(hits.first).to_contain_text("charged twice")
    expect(hits.first.locator("mark").first).to_be_visible()
    filters = tab.get_by_role("navigation", name="Filters")
    filters.get_by_role("link", name="Billing").click()
    expect(filters.get_by_role("link", name="Billing")).to_have_attribute("aria-current", "true")
    filters.get_by_role("link", name="Troubleshooting").click()
    expect(tab).to_have_url(re.compile("topic=billing&kind=troubleshooting"))
    for hit in hits.all():
        expect(hit).to_contain_text("Billing")
        expect(hit).to_contain_text("Troubleshooting")
    tab.reload()
    expect(hits.first.get_by_role("link")).to_have_attribute("href", re.compile("^/en/billing/"))
    hits.first.get_by_role("link").click()
    expect(tab.locator("article.prose")).to_be_visible()


def test_filters_that_leave_nothing_offer_the_way_out(tab: Page) -> None:
    tab.goto("/en/search?q=double+charge&topic=billing&kind=video")
    expect(tab.get_by_role("heading", name="0 articles found")).to_be_visible()
    tab.get_by_role("link", name="Search without the filters").click()
    expect(tab.locator(".hit").first).to_be_visible()


def test_what_no_article_answers_is_said_and_the_assistant_takes_the_words_along(tab: Page) -> None:
    """R1.6: near articles are no answer; chat and a person are offered beside them."""
    question = "Is there an Android app for partners?"
    tab.goto("/en/")
    tab.get_by_role("combobox").fill(question)
    tab.get_by_role("combobox").press("Enter")
    notice = tab.locator(".unsure")
    expect(notice).to_contain_text("Perhaps none of our articles answers this")
    expect(notice.get_by_role("link", name="Contact a person")).to_be_visible()
    notice.get_by_role("link", name="Ask the assistant").click()
    expect(tab.locator("#chat-text")).to_have_value(question)


def test_a_japanese_question_finds_its_article(tab: Page) -> None:
    tab.goto("/ja/")
    tab.get_by_role("combobox").fill("広告費が二重に引き落とされた")
    tab.get_by_role("combobox").press("Enter")
    expect(tab.locator(".hit h2 a").first).to_have_attribute("href", re.compile("^/ja/billing/charged-twice"))
