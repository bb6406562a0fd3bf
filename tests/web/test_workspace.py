"""`/workspace` in a browser without JavaScript."""

import re

import pytest

from app.people.person import Role
from tests.web.site import Site
from tests.web.support import (
    CHARGED,
    HTML,
    UNANSWERABLE,
    browser,
    hidden,
    make_read_only,
    signed_in,
    ticket,
    version_of,
    visitor,
)


def test_tickets_come_in_the_order_of_their_due_moment(own_site: Site) -> None:
    """R2.2: with language, topic, priority, team and due moment, relative and absolute."""
    calm = ticket(own_site, subject="Calm", language="ja")
    pressing = ticket(own_site, subject="Pressing", topic="billing", time_zone="Asia/Tokyo")
    agent = signed_in(own_site)
    agent.cookies.set("handrail_zone", "Europe%2FMadrid")
    answer = agent.get("/workspace", headers=HTML)
    page = answer.text
    assert answer.headers["cache-control"] == "no-store"
    assert page.index(pressing["number"]) < page.index(calm["number"])
    for words in ("in 8 hours", "(Madrid)", "in 24 hours", "日本語", "Billing", "High", "Asia and Pacific"):
        assert words in page


def test_marks_are_told_by_words_and_shape_not_by_colour_alone(own_site: Site) -> None:
    opened = ticket(own_site)
    agent = signed_in(own_site)
    with own_site.services.database.transaction() as tx:
        tx.exec_driver_sql("UPDATE ticket_clocks SET due_at = '2026-11-24 09:40:00.000000'")
    page = agent.get("/workspace", headers=HTML).text
    assert re.search(r'mark-breached">\s*<svg.*?</svg>\s*Overdue', page, re.S) and "20 minutes ago" in page
    assert opened["number"] in page


def test_queues(own_site: Site) -> None:
    mine, other = ticket(own_site, language="en"), ticket(own_site, language="de")
    agent = signed_in(own_site)
    agent.post(f"/workspace/tickets/{mine['number']}/assignments", data={"version": 1})
    shown = {
        show: {one["number"] for one in (mine, other) if one["number"] in agent.get(f"/workspace?show={show}", headers=HTML).text}
        for show in ("open", "mine", "languages", "solved", "nonsense")
    }  # fmt: skip
    both = {mine["number"], other["number"]}
    assert shown == {
        "open": both, "mine": {mine["number"]}, "languages": {mine["number"]}, "solved": set(), "nonsense": both,
    }  # fmt: skip


def test_empty_queues_say_so(own_site: Site) -> None:
    agent = signed_in(own_site)
    assert "No ticket is waiting for a reply." in agent.get("/workspace", headers=HTML).text
    assert "You have no open tickets." in agent.get("/workspace?show=mine", headers=HTML).text


def test_the_ticket_shows_what_was_said_and_what_the_bot_tried(own_site: Site) -> None:
    chat = visitor(own_site)
    cited = chat.say(CHARGED).json()["citations"][0]
    number = chat.say(UNANSWERABLE).json()["handoff"]["ticket"]["number"]
    page = signed_in(own_site).get(f"/workspace/tickets/{number}", headers=HTML).text
    assert UNANSWERABLE in page and CHARGED.replace("'", "&#39;") in page
    assert f'href="{cited["url"]}"' in page and "Why the assistant handed over" in page


def test_reply_and_note_differ_and_the_reply_fulfils_the_promise(own_site: Site) -> None:
    opened = ticket(own_site)
    agent = signed_in(own_site)
    path = f"/workspace/tickets/{opened['number']}"
    agent.post(f"{path}/notes", data={"text": "Known fraudster <script>"})
    version = hidden(agent.get(path, headers=HTML).text, "version")
    answer = agent.post(f"{path}/replies", data={"text": "Hello\r\nBo.", "version": version, "then": "wait"})
    assert answer.status_code == 303
    page = agent.get(path, headers=HTML).text
    assert re.search(
        r'class="entry entry-note".*Internal note, not shown to the requester.*Known fraudster &lt;script&gt;',
        page,
        re.S,
    )
    assert re.search(r'class="entry entry-agent".*Public reply.*Hello\nBo\.', page, re.S)
    seen = own_site.services.desk.view(opened["number"])
    assert seen.first_responded_at is not None and seen.status == "pending"
    assert all("fraudster" not in entry.text for entry in seen.timeline)


def test_a_stale_version_keeps_the_draft(own_site: Site) -> None:
    """promises.md 2: 412; the colleague's words are shown, one's own are still in the field."""
    opened = ticket(own_site)
    ana, bo = signed_in(own_site), signed_in(own_site, "bo@handrail.example")
    path = f"/workspace/tickets/{opened['number']}"
    assert ana.post(f"{path}/replies", data={"text": "Ana was quicker.", "version": 1}).status_code == 303
    answer = bo.post(f"{path}/replies", data={"text": "My long draft.", "version": 1}, headers=HTML)
    assert answer.status_code == 412
    assert "Ana was quicker." in answer.text and "My long draft.</textarea>" in answer.text
    assert hidden(answer.text, "version") == "2"
    assert bo.post(f"{path}/replies", data={"text": "My long draft.", "version": 2}).status_code == 303


def test_solving_taking_and_reopening(own_site: Site) -> None:
    opened = ticket(own_site)
    agent = signed_in(own_site)
    path, desk = f"/workspace/tickets/{opened['number']}", own_site.services.desk
    assert agent.post(f"{path}/solutions", data={"version": 1}, headers=HTML).status_code == 409
    assert agent.post(f"{path}/assignments", data={"version": 1}).status_code == 303
    assert (
        agent.post(f"{path}/replies", data={"text": "Done.", "version": 2, "then": "solve"}).status_code
        == 303
    )
    assert desk.view(opened["number"]).status == "solved"
    assert (
        agent.post(f"{path}/reopenings", data={"version": version_of(agent, opened["number"])}).status_code
        == 303
    )
    assert desk.view(opened["number"]).status == "open"
    version = version_of(agent, opened["number"])
    assert agent.post(f"{path}/solutions", data={"version": version}).status_code == 303


def test_an_empty_reply_is_refused_in_place(own_site: Site) -> None:
    opened = ticket(own_site)
    path = f"/workspace/tickets/{opened['number']}"
    answer = signed_in(own_site).post(f"{path}/replies", data={"text": " ", "version": 1}, headers=HTML)
    assert answer.status_code == 422 and 'id="reply-text-fault"' in answer.text
    assert 'id="note-text-fault"' not in answer.text


def test_a_reply_that_cannot_be_kept_stays_in_the_field(own_site: Site) -> None:
    """P7."""
    opened = ticket(own_site)
    agent = signed_in(own_site)
    make_read_only(own_site)
    path = f"/workspace/tickets/{opened['number']}"
    for kind in ("replies", "notes"):
        answer = agent.post(f"{path}/{kind}", data={"text": "Long words.", "version": 1}, headers=HTML)
        assert answer.status_code == 503 and answer.text.count("Long words.</textarea>") == 1


def test_who_may_come_in(own_site: Site) -> None:
    """P14: nobody without a sign-in; editors may not read what partners wrote; unknown tickets are not found."""
    opened = ticket(own_site)
    path = f"/workspace/tickets/{opened['number']}"
    stranger, editor = browser(own_site), signed_in(own_site, "ed@handrail.example", Role.EDITOR)
    for method, where in (("GET", "/workspace"), ("GET", path), ("POST", f"{path}/replies"), ("POST", f"{path}/notes"),
                          ("POST", f"{path}/assignments"), ("POST", f"{path}/solutions"), ("POST", f"{path}/reopenings")):  # fmt: skip
        body = {"text": "x", "version": "1"} if method == "POST" else None
        assert stranger.request(method, where, data=body).status_code == 401
        assert editor.request(method, where, data=body).status_code == 403
    assert signed_in(own_site).get("/workspace/tickets/H-00000", headers=HTML).status_code == 404
    assert version_of(signed_in(own_site, "bo@handrail.example"), opened["number"]) == "1"


@pytest.mark.parametrize("language", ["ar", "ja"])
def test_the_workspace_in_other_languages(own_site: Site, language: str) -> None:
    opened = ticket(own_site, language=language)
    agent = signed_in(own_site)
    direction = "rtl" if language == "ar" else "ltr"
    for path in ("/workspace", f"/workspace/tickets/{opened['number']}"):
        page = agent.get(f"{path}?language={language}", headers=HTML).text
        assert f'<html lang="{language}" dir="{direction}">' in page
