"""Browsers of people: a visitor, one who has asked, one who waits for a person, and the agent."""

import re
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.chromium import PATIENCE_MS
from tests.browser.live import AGENT, PASSWORD, LiveSite

ZONE = "Europe/Madrid"
NUMBER = re.compile(r"H-[0-9A-Z]{5}")
WIDE = {"width": 1280, "height": 900}
NARROW = {"width": 360, "height": 780}


@dataclass(frozen=True)
class Words:
    """What a partner types in one language; the answers come from the shipped articles."""

    search: str
    nonsense: str
    question: str
    vague: str
    unanswerable: str
    more: str


WORDS = {
    "en": Words(
        "double charge", "xqzzv blorptang", "How do I recognise a double charge?", "refund",
        "Is there an Android app for partners?", "It is about the invoice of November.",
    ),
    "ja": Words(
        "二重請求", "ンヌヴォブロ", "支払いに失敗したときはどうすればいいですか", "返金",
        "御社の求人に応募したい", "11月の請求書のことです。",
    ),
    "ar": Words(
        "رسوم مكررة", "خظغضث", "لماذا فشلت عملية الدفع؟", "استرداد",
        "برنامج رواتب لعمال المستودع", "الأمر يخص فاتورة نوفمبر.",
    ),
}  # fmt: skip


def new_context(browser: Browser, site: LiveSite, **options: Any) -> BrowserContext:
    """A browser that nobody has used before, somewhere in Madrid."""
    options = {
        "viewport": WIDE,
        "timezone_id": ZONE,
        "reduced_motion": "reduce",
        "locale": "en-GB",
        **options,
    }
    context = browser.new_context(base_url=site.url, **options)
    context.set_default_timeout(PATIENCE_MS)
    return context


def ask(page: Page, text: str) -> None:
    """Type into the chat, send, and wait for what comes back."""
    before = page.locator(".said-bot[id]").count()
    page.locator("#chat-text").fill(text)
    page.locator("#chat-text").press("Enter")
    expect(page.locator(".said-bot[id]")).to_have_count(before + 1)


def hand_off(page: Page, language: str) -> str:
    """Ask what no article answers; the number of the ticket that a person has now."""
    page.goto(f"/{language}/chat")
    ask(page, WORDS[language].unanswerable)
    message = page.locator("[data-kind=handoff]")
    expect(message).to_contain_text(NUMBER)
    return _number(message.inner_text())


def sign_in(page: Page, then: str = "/workspace") -> None:
    """As the agent, through the form."""
    page.goto(then)
    page.locator("#email").fill(AGENT.email)
    page.locator("#password").fill(PASSWORD)
    page.locator("#password").press("Enter")
    expect(page.locator(".workspace")).to_be_visible()


@dataclass(frozen=True)
class Cast:
    """The cookies of each, by role, and the ticket they share; made once a language."""

    language: str
    ticket: str
    cookies: dict[str, Any]


def gather(browser: Browser, site: LiveSite, language: str) -> Cast:
    """Let each of them do their part in the browser and keep their cookies."""
    cookies: dict[str, Any] = {"visitor": None}
    page = new_context(browser, site).new_page()
    page.goto(f"/{language}/chat")
    ask(page, WORDS[language].question)
    cookies["asker"] = _leave(page)
    page = new_context(browser, site).new_page()
    ticket = hand_off(page, language)
    page.goto(f"/{language}/chat/ticket")
    expect(page).to_have_url(re.compile(ticket))
    cookies["requester"] = _leave(page)
    page = new_context(browser, site).new_page()
    sign_in(page, f"/workspace?language={language}")
    cookies["agent"] = _leave(page)
    return Cast(language, ticket, cookies)


def _leave(page: Page) -> Any:
    state = page.context.storage_state()
    page.context.close()
    return state


def _number(text: str) -> str:
    found = NUMBER.search(text)
    assert found is not None
    return found[0]
