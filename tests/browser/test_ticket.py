"""The requester's side: the contact form, also without JavaScript, and the ticket's own page."""

import re

from playwright.sync_api import Page, expect

from tests.browser.conftest import NewPage
from tests.browser.live import LiveSite
from tests.browser.people import NUMBER, hand_off
from tests.browser.watching import Watch


def test_the_contact_form_works_without_javascript(new_page: NewPage, watches: list[Watch]) -> None:
    """R1.9: what is missing is named, nothing typed is lost, and the ticket's page follows."""
    page = new_page(java_script_enabled=False)
    watches[0].expect_status(422)
    page.goto("/en/contact?topic=billing")
    expect(page.get_by_label("Topic")).to_have_value("billing")
    page.get_by_label("What is it about?").fill("Charged twice")
    page.get_by_label("What happened, and what did you expect?").fill("Two payments.\n\nOne invoice.")
    page.get_by_label("Call me back").check()
    page.get_by_label("E-mail").fill("bo@example.com")
    page.get_by_role("button", name="Send to a person").click()
    expect(page.get_by_role("alert")).to_contain_text("Phone, with country code")
    expect(page.get_by_label("What happened, and what did you expect?")).to_have_value(
        "Two payments.\n\nOne invoice."
    )
    page.get_by_label("Phone, with country code").fill("+34 600 000 000")
    page.get_by_role("button", name="Send to a person").click()
    expect(page).to_have_url(re.compile(r"/tickets/H-[0-9A-Z]{5}\?"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Charged twice")
    expect(page.get_by_role("status")).to_contain_text("We have your request")
    page.get_by_label("Your message").fill("The second payment has been returned.")
    page.get_by_role("button", name="Send").click()
    expect(page.locator(".timeline")).to_contain_text("The second payment has been returned.")


def test_a_phone_number_is_asked_for_only_when_a_call_is_wanted(tab: Page) -> None:
    tab.goto("/en/contact")
    phone = tab.get_by_label("Phone, with country code")
    expect(phone).to_be_hidden()
    tab.get_by_label("Call me back").check()
    expect(phone).to_be_visible()
    expect(phone).to_have_attribute("required", "")


def test_the_ticket_page_tells_the_whole_story(tab: Page, live: LiveSite) -> None:
    """R1.9, R2.2: promise, reply, solved, and open again when it was not."""
    number = hand_off(tab, "en")
    tab.goto("/en/chat/ticket")
    main = tab.locator("main")
    expect(main).to_contain_text("A person replies by")
    expect(main).to_contain_text("(Madrid)")
    live.reply(number, "There is no app yet.")
    tab.reload()
    expect(tab.locator(".timeline")).to_contain_text("Ana Ruiz")
    expect(tab.locator(".timeline")).to_contain_text("There is no app yet.")
    tab.get_by_role("button", name="Yes, it is solved").click()
    expect(tab.get_by_role("status")).to_contain_text("marked as solved")
    tab.get_by_role("button", name="No, it is not solved").click()
    expect(tab.get_by_role("status")).to_contain_text("open again")


def test_the_private_link_opens_the_ticket_elsewhere_and_is_taken_out_of_the_address(
    tab: Page, new_page: NewPage, watches: list[Watch]
) -> None:
    """P15: who has the link sees the ticket; who has only the number does not."""
    number = hand_off(tab, "en")
    tab.goto("/en/chat/ticket")
    link = tab.get_by_label("Your private link to this page").input_value()
    assert NUMBER.search(link)
    elsewhere = new_page()
    elsewhere.goto(link)
    expect(elsewhere.get_by_role("heading", level=1)).to_be_visible()
    assert "token" not in elsewhere.url
    stranger = new_page()
    watches[-1].expect_status(404)
    stranger.goto(f"/tickets/{number}")
    expect(stranger.locator("main")).not_to_contain_text("Android")
