"""The main job, end to end, over the shipped articles with the bundled encoder, in English, Japanese and Arabic.

A partner uses the pages in a browser without JavaScript, a colleague the workspace.
"""

import re
from dataclasses import dataclass
from html import unescape

import pytest
from starlette.testclient import TestClient

from app.main import LOCALES as PROJECT_LOCALES
from app.wording import Wording
from tests.web.site import Site
from tests.web.support import HTML, browser, signed_in, version_of

pytestmark = [pytest.mark.xdist_group("journeys"), pytest.mark.timeout(300)]


@dataclass(frozen=True)
class Partner:
    """Somebody with a question: their language and zone, and what they ask."""

    language: str
    time_zone: str
    city: str
    answerable: str
    family: str
    vague: tuple[str, ...]
    unanswerable: str
    reply: str
    thanks: str


PARTNERS = (
    Partner(
        "en", "Europe/Madrid", "Madrid",
        "My account is suspended, what should I do now?", "account-health/account-suspended",
        ("video", "campaign not running", "ad problem", "payment problem", "account", "numbers", "my order", "review"),
        "Can I feed my parrot with uranium on the moon?",
        "Please use seeds instead, and stay on Earth.", "Thank you, that is all.",
    ),
    Partner(
        "ja", "Asia/Tokyo", "東京",
        "アカウントが停止されました。どうすればいいですか", "account-health/account-suspended",
        ("アカウント", "動画", "キャンペーン", "支払いの問題", "広告の問題", "注文", "審査", "数字"),
        "オウムに月で何を食べさせればいいですか",
        "月ではなく地球で、種を与えてください。", "ありがとうございます。",
    ),
    Partner(
        "ar", "Africa/Cairo", "القاهرة",
        "تم تعليق حسابي ماذا أفعل", "account-health/account-suspended",
        ("فيديو", "حملة", "مشكلة في الحملة", "الحساب", "طلب", "مراجعة", "الإعلان", "مشكلة في الإعلان"),
        "كيف أطعم الببغاء على القمر",
        "على الأرض فقط، ومن الحبوب.", "شكرا جزيلا.",
    ),
)  # fmt: skip


@pytest.fixture(params=PARTNERS, ids=lambda partner: partner.language)
def partner(request: pytest.FixtureRequest) -> Partner:
    return request.param  # type: ignore[no-any-return]


class Chat:
    """A partner at the chat page."""

    def __init__(self, site: Site, partner: Partner) -> None:
        self.client, self.partner = browser(site), partner

    def say(self, text: str) -> str:
        """Send the form and read the newest of the assistant's messages."""
        form = {"text": text, "time_zone": self.partner.time_zone}
        answer = self.client.post(f"/{self.partner.language}/chat/turns", data=form)
        assert answer.status_code == 303, answer.text
        return self.messages()[-1]

    def page(self) -> str:
        answer = self.client.get(f"/{self.partner.language}/chat", headers=HTML)
        assert answer.status_code == 200
        return str(answer.text)

    def messages(self) -> list[str]:
        """The HTML of each message."""
        log = self.page().split('role="log"')[1].partition('class="chat-composer"')[0]
        return [f"<article {part}" for part in re.split(r"<article ", log) if 'id="message-' in part]


def kind_of(message: str) -> str | None:
    found = re.search(r'data-kind="(\w+)"', message)
    return found[1] if found else None


def open_link(client: TestClient, path: str) -> str:
    """Follow redirects as a browser does."""
    answer = client.get(path, headers=HTML, follow_redirects=True)
    assert answer.status_code == 200
    return str(answer.text)


def test_ask_and_get_a_cited_answer(shipped: Site, partner: Partner) -> None:
    """An answer in the partner's language whose quotation stands in the article it links to."""
    chat = Chat(shipped, partner)
    answer = chat.say(partner.answerable)
    assert kind_of(answer) == "answer"
    assert f'lang="{partner.language}"' in answer
    link = re.search(rf'class="sources.*?href="(/{partner.language}/{partner.family}[^"]*)"', answer, re.S)
    assert link
    article = open_link(chat.client, link[1].partition("#")[0])
    quoted = re.search(r'<div class="said-text"[^>]*>\s*<(?:p|ol|ul)[^>]*>(?:<li>)?([^<]{12,})', answer)
    assert quoted
    plain = unescape(re.sub(r"<[^>]+>|\s+", "", article))
    assert re.sub(r"\s+", "", unescape(quoted[1])) in plain
    if "#" in link[1]:
        assert f'id="{unescape(link[1].partition("#")[2])}"' in unescape(article)


def test_ask_back_and_answer_the_choice(shipped: Site, partner: Partner) -> None:
    """Two or three articles to choose between; the chosen one answers."""
    for vague in partner.vague:
        chat = Chat(shipped, partner)
        asked_back = chat.say(vague)
        if kind_of(asked_back) == "clarification":
            break
    else:
        pytest.fail("none of the vague questions was asked back")
    choices = re.findall(r'name="text" value="([^"]*)"', asked_back)
    assert 2 <= len(choices) <= 3
    chosen = unescape(choices[-1])
    answer = chat.say(chosen)
    assert kind_of(answer) == "answer"
    cited = re.search(r'class="sources.*?\[1\] <span[^>]*>([^<]*)</span>', answer, re.S)
    assert cited and unescape(cited[1]) == chosen
    assert "chat-choices" not in chat.messages()[1]


def test_what_no_article_answers_is_answered_by_a_person(shipped: Site, partner: Partner) -> None:
    """Unanswerable → ticket → agent replies in the workspace → seen in the chat and on the ticket page → solved."""
    chat = Chat(shipped, partner)
    chat.say(partner.answerable)
    handed = chat.say(partner.unanswerable)
    assert kind_of(handed) == "handoff"
    number = re.search(r"H-[0-9A-Z]{5}", handed)
    assert number and f"({partner.city})" in handed

    agent = signed_in(shipped)
    queue = agent.get("/workspace", headers=HTML).text
    assert number[0] in queue
    desk = agent.get(f"/workspace/tickets/{number[0]}", headers=HTML).text
    assert partner.unanswerable in desk and partner.answerable in unescape(desk)
    assert f"/{partner.language}/{partner.family}" in desk  # what the bot tried
    note = {"text": "A colleague's secret."}
    assert agent.post(f"/workspace/tickets/{number[0]}/notes", data=note).status_code == 303
    reply = {"text": partner.reply, "version": version_of(agent, number[0]), "then": "wait"}
    assert agent.post(f"/workspace/tickets/{number[0]}/replies", data=reply).status_code == 303

    heard = chat.messages()[-1]
    assert (
        "said-agent" in heard
        and partner.reply in heard
        and "Ana Ruiz" in heard
        and f"({partner.city})" in heard
    )
    ticket = open_link(chat.client, f"/{partner.language}/chat/ticket")
    assert partner.reply in ticket and number[0] in ticket and f'<html lang="{partner.language}"' in ticket
    assert "secret" not in ticket and "secret" not in chat.page()

    before = len(chat.messages())
    chat.client.post(f"/{partner.language}/chat/turns", data={"text": partner.thanks})
    assert len(chat.messages()) == before + 1  # the partner's own words, and no word of the bot
    assert partner.thanks in agent.get(f"/workspace/tickets/{number[0]}", headers=HTML).text

    solved = chat.client.post(
        f"/tickets/{number[0]}/solution?language={partner.language}", data={"solved": "yes"}
    )
    assert solved.status_code == 303
    words = Wording(PROJECT_LOCALES).text(partner.language, "Solved")
    assert words in unescape(open_link(chat.client, solved.headers["location"]))
    assert number[0] not in agent.get("/workspace", headers=HTML).text
    assert number[0] in agent.get("/workspace?show=solved", headers=HTML).text
    assert shipped.services.desk.view(number[0]).status == "solved"


@pytest.mark.parametrize(
    ("language", "first", "second"),
    [
        ("en", "how do I recognise a double charge", "is there an Android app for partners"),
        ("de", "meine Anzeige wurde abgelehnt", "gibt es eine App für Android"),
    ],
)
def test_a_new_question_after_an_answer_is_not_answered_with_the_old_article(
    shipped: Site, language: str, first: str, second: str
) -> None:
    """R0.3: "Is there …" and "gibt es …" point back to nothing; the question stands for itself."""
    opened = shipped.client.post("/api/conversations", json={"language": language}).json()
    turns, token = f"/api/conversations/{opened['id']}/turns", {"authorization": f"Bearer {opened['token']}"}
    before = shipped.client.post(turns, json={"text": first}, headers=token).json()
    after = shipped.client.post(turns, json={"text": second}, headers=token).json()
    assert before["kind"] == "answer"
    old = {citation["family"] for citation in before["citations"]}
    assert old.isdisjoint(citation["family"] for citation in after["citations"])
