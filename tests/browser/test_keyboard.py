"""Without a mouse: everything is reached in reading order, the focus is seen, Escape closes."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import NewPage
from tests.browser.people import WORDS, Cast
from tests.browser.scenes import SCENES, Scene, go

MOST_STOPS = 120


def test_the_skip_link_is_first_and_leads_to_the_content(tab: Page) -> None:
    tab.goto("/en/billing/charged-twice")
    tab.keyboard.press("Tab")
    skip = tab.get_by_role("link", name="Skip to the content")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    tab.keyboard.press("Enter")
    expect(tab.locator("main")).to_be_focused()
    tab.keyboard.press("Tab")
    expect(tab.get_by_role("navigation", name="Breadcrumbs").get_by_role("link").first).to_be_focused()


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.name)
def test_tab_goes_through_the_page_in_reading_order_and_the_focus_is_seen(
    new_page: NewPage, cast_of: Callable[[str], Cast], scene: Scene
) -> None:
    cast = cast_of("en")
    page = new_page(storage_state=cast.cookies[scene.role])
    go(page, scene, cast)
    places = []
    for _ in range(MOST_STOPS):
        page.keyboard.press("Tab")
        place = page.evaluate(PLACE)
        if place is None:
            break
        places.append(place)
    assert len(places) > 3 and page.evaluate(PLACE) is None, "Tab does not come to an end"
    assert [place["index"] for place in places] == sorted(place["index"] for place in places)
    assert [place["name"] for place in places if not place["marked"]] == []


def test_the_language_menu_opens_and_escape_closes_it(tab: Page) -> None:
    tab.goto("/en/")
    menu = tab.locator("details[data-menu]")
    summary = menu.locator("summary")
    summary.focus()
    tab.keyboard.press("Enter")
    expect(menu).to_have_attribute("open", "")
    tab.keyboard.press("Tab")
    expect(menu.get_by_role("link").first).to_be_focused()
    tab.keyboard.press("Escape")
    expect(menu).not_to_have_attribute("open", "")
    expect(summary).to_be_focused()


def test_from_the_home_page_to_a_cited_answer_with_keys_only(tab: Page) -> None:
    tab.goto("/en/")
    tab_to(tab, "Ask the assistant")
    tab.keyboard.press("Enter")
    expect(tab.locator("#chat-text")).to_be_visible()
    tab_to(tab, "Your question")
    tab.keyboard.type(WORDS["en"].question)
    tab.keyboard.press("Enter")
    expect(tab.locator("[data-kind=answer]")).to_be_visible()
    expect(tab.locator("#chat-text")).to_be_focused()  # ready for the next question
    tab.keyboard.press("Shift+Tab")
    tab_to(tab, "[1] I think I was charged twice for advertising", back=True)
    tab.keyboard.press("Enter")
    expect(tab).to_have_url(re.compile("/en/billing/charged-twice"))


def tab_to(page: Page, name: str, *, back: bool = False) -> None:
    """Press Tab until what has the focus is called `name`."""
    for _ in range(MOST_STOPS):
        if page.evaluate(PLACE_NAME) == name:
            return
        page.keyboard.press("Shift+Tab" if back else "Tab")
    raise AssertionError(f"no way to {name!r} by keyboard")


PLACE_NAME = """() => {
  const one = document.activeElement;
  return (one.labels?.[0]?.textContent ?? one.getAttribute("aria-label") ?? one.textContent).trim().replace(/\\s+/g, " ");
}"""
# Where the focus is, and whether an outline shows it, on the element itself or on what stands for it.
PLACE = """() => {
  const one = document.activeElement;
  if (one === document.body) return null;
  const outlined = (style) => style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
  // The controls inside a film are the browser's own and mark themselves.
  const marked = one.matches("video") || [one, one.closest(".search, .chat-field, label")].filter(Boolean)
    .some((at) => outlined(getComputedStyle(at)) || outlined(getComputedStyle(at, "::after")));
  return { index: [...document.querySelectorAll("*")].indexOf(one), name: one.outerHTML.slice(0, 100), marked };
}"""
