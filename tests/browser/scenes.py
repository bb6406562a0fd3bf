"""Every page worth looking at: who opens it, where it lies, and what shows that it has arrived."""

from dataclasses import dataclass
from urllib.parse import quote

from playwright.sync_api import Browser, Page, expect

from tests.browser.chromium import wait_until
from tests.browser.live import LiveSite
from tests.browser.people import WORDS, Cast, new_context


@dataclass(frozen=True)
class Scene:
    """One page in one state. `path` may hold {language}, {ticket}, {search} and {nonsense}; `sign` is a selector."""

    name: str
    path: str
    sign: str
    role: str = "visitor"

    def address(self, cast: Cast) -> str:
        """The path for that language's cast."""
        words = WORDS[cast.language]
        return self.path.format(
            language=cast.language,
            ticket=cast.ticket,
            search=quote(words.search),
            nonsense=quote(words.nonsense),
        )


SCENES = (
    Scene("home", "/{language}/", ".shelves"),
    Scene("topic", "/{language}/billing/", ".articles"),
    Scene("article", "/{language}/billing/payment-failed", "article.prose"),
    Scene("video", "/{language}/getting-started/first-campaign-video", "video"),
    Scene("search", "/{language}/search?q={search}", ".hits"),
    Scene("search-unsure", "/{language}/search?q={nonsense}", ".unsure"),
    Scene("search-empty", "/{language}/search?q={search}&topic=billing&kind=video", ".empty"),
    Scene("chat", "/{language}/chat", ".chat-choices"),
    Scene("chat-answer", "/{language}/chat", "[data-kind=answer] .sources", "asker"),
    Scene("chat-handoff", "/{language}/chat", "[data-kind=handoff] .handed", "requester"),
    Scene("contact", "/{language}/contact", "form.form"),
    Scene("ticket", "/tickets/{ticket}?language={language}", ".timeline", "requester"),
    Scene("sign-in", "/sign-in?language={language}", ".sign-in"),
    Scene("workspace", "/workspace?language={language}", ".queue", "agent"),
    Scene("workspace-ticket", "/workspace/tickets/{ticket}?language={language}", ".desk", "agent"),
)


def open_scene(browser: Browser, site: LiveSite, scene: Scene, cast: Cast, **options: object) -> Page:
    """A new browser of that person with the page open. The caller closes `page.context`."""
    page = new_context(browser, site, storage_state=cast.cookies[scene.role], **options).new_page()
    go(page, scene, cast)
    return page


def go(page: Page, scene: Scene, cast: Cast) -> None:
    """Open the page and wait until it is there, its fonts and pictures too."""
    page.goto(scene.address(cast), wait_until="load")
    expect(page.locator(scene.sign).first).to_be_visible()
    page.evaluate("document.fonts.ready.then(() => true)")
    wait_until(
        page,
        "[...document.querySelectorAll('video')].every((film) => film.readyState >= 2 && film.networkState === 1)",
    )
