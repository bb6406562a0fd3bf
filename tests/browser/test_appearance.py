"""Shown by 6: every page in three languages, light and dark, narrow and wide, without a fault that a machine can see."""

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.conftest import NewPage
from tests.browser.people import NARROW, WIDE, Cast
from tests.browser.scenes import SCENES, Scene, go

AXE = Axe()


@pytest.mark.parametrize("language", ["en", "ja", "ar"])
@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.name)
def test_no_page_has_a_fault(
    new_page: NewPage, cast_of: Callable[[str], Cast], scene: Scene, language: str
) -> None:
    """axe finds nothing in light or dark; nothing sticks out at 360 px; direction and language are the reader's."""
    cast = cast_of(language)
    page = new_page(storage_state=cast.cookies[scene.role], color_scheme="light")
    go(page, scene, cast)
    root = page.locator("html")
    expect(root).to_have_attribute("lang", language)
    expect(root).to_have_attribute("dir", "rtl" if language == "ar" else "ltr")
    assert faults(page) == []
    assert sticking_out(page) == []
    page.emulate_media(color_scheme="dark")
    assert faults(page, "color-contrast") == []  # the only rule that colours can break
    page.set_viewport_size(NARROW)
    assert sticking_out(page) == []


def test_dark_follows_the_system_and_the_button_overrules_it(new_page: NewPage) -> None:
    page = new_page(color_scheme="dark")
    page.goto("/en/")
    assert brightness(page) < 60
    toggle = page.get_by_role("button", name="Switch between light and dark")
    expect(toggle).to_have_attribute("aria-pressed", "true")
    toggle.click()
    assert brightness(page) > 200
    page.reload()
    assert brightness(page) > 200
    expect(toggle).to_have_attribute("aria-pressed", "false")


def test_arabic_is_mirrored(new_page: NewPage) -> None:
    """The brand stands at the right, the contents at the left of the article, and text begins at the right."""
    page = new_page()
    page.goto("/ar/billing/payment-failed")
    assert left_of(page, ".brand") > WIDE["width"] / 2
    assert left_of(page, ".contents") < left_of(page, ".article-main")
    page.goto("/en/billing/payment-failed")
    assert left_of(page, ".brand") < WIDE["width"] / 2
    assert left_of(page, ".contents") > left_of(page, ".article-main")


def faults(page: Page, *rules: str) -> list[str]:
    """What axe finds (by these rules, else by all), each with the elements it means."""
    options = {"resultTypes": ["violations"]} | ({"runOnly": list(rules)} if rules else {})
    found = AXE.run(page, options=options).response["violations"]
    return [f"{one['id']}: {node['target']} {node['html'][:160]}" for one in found for node in one["nodes"]]


def sticking_out(page: Page) -> list[str]:
    """Elements that make the page scroll sideways."""
    return list(
        page.evaluate("""() => {
          const width = document.documentElement.clientWidth;
          if (document.documentElement.scrollWidth <= width) return [];
          return [...document.body.querySelectorAll("*")]
            .filter((one) => { const box = one.getBoundingClientRect(); return box.width && (box.right > width + 1 || box.left < -1); })
            .map((one) => one.outerHTML.slice(0, 120));
        }""")
    )


def brightness(page: Page) -> int:
    """Of the page's ground, 0 to 255."""
    colour = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    return max(int(part) for part in colour[4:-1].split(",")[:3])


def left_of(page: Page, selector: str) -> float:
    """Where an element begins, in pixels from the window's left edge."""
    box = page.locator(selector).first.bounding_box()
    assert box is not None
    return box["x"]
