"""The agents' side: sign in, find the ticket, reply, keep a note, solve."""

import re

from playwright.sync_api import Page, expect

from tests.browser.conftest import NewPage
from tests.browser.live import AGENT, LiveSite
from tests.browser.people import WORDS, hand_off, sign_in
from tests.browser.watching import Watch


def test_a_ticket_is_found_answered_noted_and_solved(tab: Page, new_page: NewPage) -> None:
    """Shown by 3: from the visitor's question to the reply that the visitor reads."""
    number = hand_off(tab, "en")
    agent = new_page()
    sign_in(agent)
    row = agent.locator(".queue tr", has_text=number)
    expect(row).to_contain_text("(Madrid)")
    row.get_by_role("link").click()
    expect(agent.get_by_role("heading", level=1)).to_have_text(WORDS["en"].unanswerable)
    expect(agent.locator("details.tried")).to_contain_text(WORDS["en"].unanswerable)
    agent.get_by_label("Your note").fill("Third one who asks this month.")
    agent.get_by_role("button", name="Keep the note").click()
    expect(agent.locator(".entry-note")).to_contain_text("Third one who asks")
    agent.get_by_label("Your reply").fill("There is no app yet; the site works on telephones.")
    agent.get_by_role("button", name="Send and solve").click()
    expect(agent.locator(".entry-agent")).to_contain_text("There is no app yet")
    expect(agent.locator(".desk-title")).to_contain_text("Solved")
    agent.goto("/workspace?show=solved")
    expect(agent.locator(".queue")).to_contain_text(number)
    tab.goto("/en/chat/ticket")
    expect(tab.locator(".timeline")).to_contain_text("There is no app yet")
    expect(tab.locator("main")).not_to_contain_text("Third one")  # notes stay inside


def test_an_empty_reply_is_not_sent(tab: Page, new_page: NewPage) -> None:
    number = hand_off(tab, "en")
    agent = new_page()
    sign_in(agent, f"/workspace/tickets/{number}")
    agent.get_by_role("button", name="Send", exact=True).click()
    expect(agent.get_by_label("Your reply")).to_be_focused()
    expect(agent.locator(".entry-agent")).to_have_count(0)


def test_two_agents_do_not_answer_over_each_other(
    tab: Page, new_page: NewPage, live: LiveSite, watches: list[Watch]
) -> None:
    """Stale version: the draft stays, and what the other wrote is there to read."""
    number = hand_off(tab, "en")
    agent = new_page()
    watches[-1].expect_status(412)
    sign_in(agent, f"/workspace/tickets/{number}")
    live.reply(number, "Somebody was faster.")
    agent.get_by_label("Your reply").fill("My own words.")
    agent.get_by_role("button", name="Send", exact=True).click()
    expect(agent.get_by_role("alert")).to_be_visible()
    expect(agent.get_by_label("Your reply")).to_have_value("My own words.")
    expect(agent.locator(".thread").last).to_contain_text("Somebody was faster.")


def test_a_wrong_password_says_no_more_than_that(new_page: NewPage, watches: list[Watch]) -> None:
    page = new_page()
    watches[0].expect_status(401)
    page.goto("/workspace")
    expect(page).to_have_url(re.compile("/sign-in"))
    page.get_by_label("E-mail").fill(AGENT.email)
    page.get_by_label("Password").fill("not the password")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_contain_text("The e-mail address or the password is wrong.")


def test_signing_out_closes_the_workspace(tab: Page) -> None:
    sign_in(tab)
    tab.get_by_role("button", name="Sign out").click()
    expect(tab.get_by_role("heading", name="Sign in")).to_be_visible()
    tab.goto("/workspace")
    expect(tab).to_have_url(re.compile("/sign-in"))
