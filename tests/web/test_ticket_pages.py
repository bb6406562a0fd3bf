"""`/{language}/contact` and `/tickets/{number}` in a browser without JavaScript."""

import re

import pytest

from tests.web.site import Site
from tests.web.support import HTML, browser, by_link, hidden, make_read_only, signed_in, ticket

FORM = {
    "subject": "Charged twice", "body": "Two payments.\r\nOne invoice.", "email": "partner@example.com", "name": "Bo",
    "channel": "email", "topic": "billing", "time_zone": "Europe/Madrid", "key": "form-1",
}  # fmt: skip


def test_the_form_opens_a_ticket_and_shows_number_promise_and_link(own_site: Site) -> None:
    """R1.1, R1.6, R3.6: one form; the confirmation holds number, due moment in the requester's zone, and link."""
    client = browser(own_site)
    answer = client.post("/en/contact", data=FORM)
    assert answer.status_code == 303
    number = answer.headers["location"].split("/")[2].partition("?")[0]
    page = client.get(answer.headers["location"], headers=HTML).text
    assert number in page and "(Madrid)" in page and "We have your request." in page
    link = re.search(r'id="private-link" readonly value="([^"]*)"', page)
    assert link and f"/tickets/{number}?token=" in link[1]
    kept = own_site.services.desk.view(number)
    assert (kept.topic, kept.timeline[0].text) == ("billing", "Two payments.\nOne invoice.")


def test_sending_the_form_twice_makes_one_ticket(own_site: Site) -> None:
    """P11 for people: a double click, or going back and sending again."""
    client = browser(own_site)
    places = {client.post("/en/contact", data=FORM).headers["location"] for _ in range(3)}
    assert len(places) == 1


def test_a_call_back_needs_a_number_and_nothing_is_lost(own_site: Site) -> None:
    answer = browser(own_site).post("/en/contact", data={**FORM, "channel": "phone"}, headers=HTML)
    assert answer.status_code == 422
    page = answer.text
    assert 'id="phone-fault"' in page and 'href="#phone"' in page
    assert (
        "Two payments." in page and 'value="Charged twice"' in page and 'value="partner@example.com"' in page
    )
    assert '<option value="billing" selected>' in page and hidden(page, "key") == "form-1"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"subject": ""}, "subject"), ({"body": "  "}, "body"), ({"email": "a@x.test, b@evil.test"}, "email"),
        ({"email": ""}, "email"), ({"topic": "cooking"}, "topic"), ({"amount": "12", "currency": "EUR"}, "order_id"),
        ({"order_id": "A-1", "amount": "10.005", "currency": "EUR"}, "amount"), ({"order_id": "A-1", "amount": "1", "currency": "XX"}, "currency"),
        ({"order_id": "A-1", "amount": "1e400", "currency": "EUR"}, "amount"), ({"order_id": "A-1", "delivered_on": "yesterday"}, "delivered_on"),
    ],
)  # fmt: skip
def test_each_fault_is_named_beside_its_field(own_site: Site, change: dict[str, str], field: str) -> None:
    page = browser(own_site).post("/en/contact", data={**FORM, **change}, headers=HTML)
    assert page.status_code == 422
    assert f'id="{field}-fault"' in page.text or field == "topic"
    assert f'href="#{field}"' in page.text


@pytest.mark.parametrize(
    ("amount", "currency", "minor"), [("123.45", "EUR", 12345), ("1200", "jpy", 1200), ("7,5", "USD", 750)]
)
def test_amounts_are_kept_in_minor_units(own_site: Site, amount: str, currency: str, minor: int) -> None:
    """R3.7, and money is an integer of the smallest unit."""
    order = {"order_id": "A-1", "amount": amount, "currency": currency, "delivered_on": "2026-11-20"}
    answer = browser(own_site).post("/en/contact", data={**FORM, **order})
    number = answer.headers["location"].split("/")[2].partition("?")[0]
    agent = signed_in(own_site)
    assert agent.get(f"/workspace/tickets/{number}", headers=HTML).status_code == 200
    with own_site.services.database.reading() as tx:
        kept = str(tx.exec_driver_sql('SELECT "order" FROM tickets').scalar())
    assert f'"minor": {minor}' in kept and currency.upper() in kept


def test_the_form_keeps_the_draft_while_the_database_is_away(own_site: Site) -> None:
    """P7: 503, and everything that was typed is still there."""
    make_read_only(own_site)
    answer = browser(own_site).post("/en/contact", data=FORM, headers=HTML)
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) > 0
    assert "Two payments." in answer.text and 'value="Charged twice"' in answer.text


def test_the_private_link_is_taken_out_of_the_address(own_site: Site) -> None:
    """P15: 303 to the clean address, a cookie for this ticket alone, no Referer, nothing cached; a GET consumes nothing."""
    opened = ticket(own_site)
    client = browser(own_site)
    for _ in range(2):
        answer = client.get(f"/tickets/{opened['number']}?token={opened['token']}", headers=HTML)
        assert (answer.status_code, answer.headers["location"]) == (303, f"/tickets/{opened['number']}")
    cookie = answer.headers["set-cookie"]
    assert (
        "HttpOnly" in cookie and "SameSite=lax" in cookie and f"Path=/tickets/{opened['number']};" in cookie
    )
    page = client.get(answer.headers["location"], headers=HTML)
    for one in (answer, page):
        assert one.headers["referrer-policy"] == "no-referrer" and one.headers["cache-control"] == "no-store"
    assert page.status_code == 200 and opened["number"] in page.text


def test_wrong_tokens_and_unknown_numbers_are_alike(own_site: Site) -> None:
    """P14, P15."""
    opened, other = ticket(own_site), ticket(own_site)
    stranger = by_link(own_site, other)
    json = {"accept": "application/json"}
    paths = (f"/tickets/{opened['number']}", f"/tickets/{opened['number']}?token={other['token']}", "/tickets/H-00000",
             "/tickets/H-00000?token=x", "/tickets/nothing")  # fmt: skip
    answers = [stranger.get(path, headers=json) for path in paths]
    assert {(one.status_code, one.content) for one in answers} == {(404, answers[0].content)}
    assert stranger.post(f"/tickets/{opened['number']}/messages", data={"text": "x"}).status_code == 404
    assert stranger.post(f"/tickets/{opened['number']}/withdrawals").status_code == 404
    assert len(own_site.services.desk.view(opened["number"]).timeline) == 1


def test_a_number_as_people_type_it(own_site: Site) -> None:
    opened = ticket(own_site)
    answer = by_link(own_site, opened).get(f"/tickets/{opened['number'].lower()}", headers=HTML)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/tickets/{opened['number']}")


def test_the_page_speaks_the_requesters_language(own_site: Site) -> None:
    opened = ticket(own_site, language="ar", time_zone="Africa/Cairo")
    client = by_link(own_site, opened)
    page = client.get(f"/tickets/{opened['number']}", headers=HTML).text
    assert '<html lang="ar" dir="rtl">' in page
    assert (
        '<html lang="en" dir="ltr">'
        in client.get(f"/tickets/{opened['number']}?language=en", headers=HTML).text
    )


def test_reply_solve_reopen_withdraw(own_site: Site) -> None:
    """R1.6: every step is in plain words on the page."""
    opened = ticket(own_site)
    client = by_link(own_site, opened)
    path = f"/tickets/{opened['number']}"
    said = {"text": "<b>It is</b> {{7*7}} invoice 7.", "key": "k1"}
    for _ in range(2):
        answer = client.post(f"{path}/messages", data=said)
        assert answer.status_code == 303
    page = client.get(answer.headers["location"].partition("#")[0], headers=HTML).text
    assert page.count("&lt;b&gt;It is&lt;/b&gt; {{7*7}} invoice 7.") == 1
    for solved, words in (("yes", "marked as solved"), ("no", "open again"), ("no", None)):
        answer = client.post(f"{path}/solution", data={"solved": solved})
        page = client.get(answer.headers["location"], headers=HTML).text
        assert answer.status_code == 303 and (words is None or words in page)
    answer = client.post(f"{path}/withdrawals")
    assert "This ticket is closed" in client.get(answer.headers["location"], headers=HTML).text
    assert own_site.services.desk.view(opened["number"]).status == "closed"


def test_an_empty_message_is_refused_in_place(own_site: Site) -> None:
    opened = ticket(own_site)
    answer = by_link(own_site, opened).post(
        f"/tickets/{opened['number']}/messages", data={"text": " "}, headers=HTML
    )
    assert answer.status_code == 422 and 'id="text-fault"' in answer.text


def test_a_message_that_cannot_be_kept_stays_in_the_field(own_site: Site) -> None:
    """P7."""
    opened = ticket(own_site)
    client = by_link(own_site, opened)
    make_read_only(own_site)
    answer = client.post(f"/tickets/{opened['number']}/messages", data={"text": "Invoice 7."}, headers=HTML)
    assert answer.status_code == 503 and "Invoice 7.</textarea>" in answer.text


def test_another_sites_form_cannot_write(own_site: Site) -> None:
    opened = ticket(own_site)
    client = by_link(own_site, opened)
    evil = {"sec-fetch-site": "cross-site", "origin": "https://evil.test"}
    assert client.post(f"/tickets/{opened['number']}/withdrawals", headers=evil).status_code == 403
    assert own_site.services.desk.view(opened["number"]).status == "new"
