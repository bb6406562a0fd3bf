"""The chat as a visitor lives it: a cited answer, a choice, a person, and that person's reply."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import NewPage
from tests.browser.live import LiveSite
from tests.browser.people import NUMBER, WORDS, ask, hand_off

REPLY_MS = 15_000


@pytest.mark.parametrize("language", ["en", "ja", "ar"])
def test_an_answer_streams_in_and_its_citation_leads_to_the_passage(tab: Page, language: str) -> None:
    """R0.2: the answer quotes an article; the numbered link goes to the very heading."""
    tab.goto(f"/{language}/chat")
    tab.locator("#chat-text").fill(WORDS[language].question)
    with tab.expect_response(re.compile("/chat/turns$")) as sent:
        tab.locator("#chat-text").press("Enter")
    assert sent.value.headers["content-type"].startswith("text/event-stream")
    answer = tab.locator("[data-kind=answer]")
    expect(answer).to_be_visible()
    expect(answer.locator(".said-text")).to_have_attribute("lang", language)
    expect(tab.locator("#chat-text")).to_be_focused()
    expect(tab.locator("#chat-text")).to_have_value("")
    source = answer.locator(".sources a").first
    expect(source).to_contain_text("[1]")
    source.click()
    expect(tab).to_have_url(re.compile(f"/{language}/billing/"))
    expect(tab.locator("article.prose")).to_be_visible()
    if "#" in tab.url:
        expect(tab.locator(":target")).to_be_in_viewport()


def test_the_conversation_is_still_there_after_reading_the_article(tab: Page) -> None:
    tab.goto("/en/chat")
    ask(tab, WORDS["en"].question)
    tab.locator("[data-kind=answer] .sources a").first.click()
    expect(tab.locator("article.prose")).to_be_visible()
    tab.goto("/en/chat")
    expect(tab.locator("[data-kind=answer]")).to_have_count(1)
    tab.get_by_role("button", name="Start over").click()
    expect(tab.locator("[data-kind=answer]")).to_have_count(0)


def test_a_vague_question_is_asked_back_and_a_choice_answers_it(tab: Page) -> None:
    """R1.5: two or three buttons, no guess."""
    tab.goto("/en/chat")
    ask(tab, WORDS["en"].vague)
    choices = tab.locator("[data-kind=clarification] .chat-choices button")
    expect(choices.first).to_be_visible()
    assert choices.count() in (2, 3)
    choices.first.click()
    expect(tab.locator("[data-kind=answer] .sources")).to_be_visible()
    expect(tab.locator(".chat-choices")).to_have_count(0)


def test_a_starter_asks_itself(tab: Page) -> None:
    tab.goto("/en/chat")
    starter = tab.locator(".chat-choices button").first
    question = starter.inner_text()
    starter.click()
    expect(tab.locator(".said-visitor").first).to_contain_text(question)
    expect(tab.locator("[data-kind=answer]")).to_be_visible()


def test_a_vote_on_an_answer_asks_why(tab: Page) -> None:
    tab.goto("/en/chat")
    ask(tab, WORDS["en"].question)
    vote = tab.locator("form.vote")
    vote.get_by_role("button", name="No").click()
    expect(vote.get_by_role("button", name="No")).to_have_attribute("aria-pressed", "true")
    vote.get_by_label("It is hard to follow").check()
    vote.get_by_role("button", name="Send").click()
    expect(vote).to_contain_text("The editors read what you tell them.")


@pytest.mark.parametrize(
    ("language", "city"), [("en", "(Madrid)"), ("ja", "(マドリード)"), ("ar", "(مدريد)")]
)
def test_what_no_article_answers_becomes_a_ticket(tab: Page, language: str, city: str) -> None:
    """R1.9: number, due time where the visitor is, and a link that opens the ticket."""
    number = hand_off(tab, language)
    message = tab.locator("[data-kind=handoff]")
    expect(message).to_contain_text(city)
    message.get_by_role("link", name=re.compile(number)).click()
    expect(tab).to_have_url(re.compile(f"/tickets/{number}"))
    assert "token=" not in tab.url
    expect(tab.locator("main")).to_contain_text(WORDS[language].unanswerable)
    expect(tab.locator("html")).to_have_attribute("lang", language)


def test_a_person_is_one_click_away_and_their_reply_arrives_by_itself(tab: Page, live: LiveSite) -> None:
    """R1.9: the visitor waits on the page, and what the agent writes appears there without a reload."""
    tab.goto("/en/chat")
    tab.get_by_role("button", name="Talk to a person").click()
    message = tab.locator("[data-kind=handoff]")
    expect(message).to_contain_text(NUMBER)
    found = NUMBER.search(message.inner_text())
    assert found is not None
    tab.evaluate("window.stillHere = true")
    live.reply(found[0], "Hello, Ana here. I am looking at your account now.")
    reply = tab.locator(".said-agent")
    expect(reply).to_contain_text("Ana here", timeout=REPLY_MS)
    expect(reply).to_contain_text("Ana Ruiz")
    tab.locator("#chat-text").fill("Thank you, Ana.")
    tab.locator("#chat-text").press("Enter")
    expect(tab.locator(".said-visitor[id]").last).to_contain_text("Thank you, Ana.")
    assert tab.evaluate("window.stillHere")
    expect(tab.locator(".said-bot[id]")).to_have_count(1)  # the assistant is silent now


def test_the_address_can_be_given_after_the_handoff(tab: Page, live: LiveSite) -> None:
    number = hand_off(tab, "en")
    box = tab.locator(".handed")
    box.locator("summary").click()
    box.get_by_label("E-mail").fill("bo@example.com")
    box.get_by_role("button", name="Save").click()
    expect(tab.locator(".handed summary")).to_contain_text("bo@example.com")
    assert live.services.desk.view(number).requester.email == "bo@example.com"


def test_words_that_do_not_arrive_stay_in_the_field(tab: Page) -> None:
    """P7: nothing typed is lost when the connection is."""
    tab.goto("/en/chat")
    tab.route(
        "**/chat/turns", lambda route: route.fulfill(status=200, body="", content_type="text/event-stream")
    )
    tab.locator("#chat-text").fill(WORDS["en"].question)
    tab.locator("#chat-text").press("Enter")
    expect(tab.get_by_role("alert")).to_contain_text("Your words are still here")
    expect(tab.locator("#chat-text")).to_have_value(WORDS["en"].question)
    tab.unroute("**/chat/turns")
    tab.locator("#chat-text").press("Enter")
    expect(tab.locator("[data-kind=answer]")).to_be_visible()


def test_the_chat_works_without_javascript(new_page: NewPage) -> None:
    page = new_page(java_script_enabled=False)
    page.goto("/en/chat")
    page.locator("#chat-text").fill(WORDS["en"].question)
    page.get_by_role("button", name="Send").click()
    expect(page.locator("[data-kind=answer] .sources")).to_be_visible()
    page.get_by_role("button", name="Talk to a person").click()
    expect(page.locator("[data-kind=handoff]")).to_contain_text(NUMBER)


def test_what_is_typed_stays_text(tab: Page) -> None:
    """P17: a message is never markup, neither while it is sent nor after."""
    tab.goto("/en/chat")
    hostile = "<img src=x onerror=\"document.title='broken'\"> <b>refund</b> {{7*7}}"
    ask(tab, hostile)
    expect(tab.locator(".said-visitor[id] .said-text")).to_have_text(hostile)
    tab.reload()
    expect(tab.locator(".said-visitor .said-text")).to_have_text(hostile)
    assert tab.title() != "broken" and tab.locator(".said img").count() == 0
