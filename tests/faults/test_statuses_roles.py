"""P14: who may do what, route by route. A route without a row in the matrix fails."""

import pytest

from app.people.person import Role
from tests.faults.cast import NOBODY, OTHER, OWNER, ROLES, STAFF, Belongings, Cast
from tests.faults.routes import Call, all_routes, described, sample
from tests.web.support import TICKET, UNANSWERABLE

IN = range(200, 400)
EDITOR = Role.EDITOR.value
DESK = tuple(role for role in STAFF if role != EDITOR)


def row(*, nobody: object, owner: object, other: object, desk: object, editor: object) -> dict[str, object]:
    """What each role gets: a status, or `IN`."""
    return {NOBODY: nobody, OWNER: owner, OTHER: other, **dict.fromkeys(DESK, desk), EDITOR: editor}


EVERYBODY = row(nobody=IN, owner=IN, other=IN, desk=IN, editor=IN)
# A conversation is its bearer's; staff meet it as a ticket.
CONVERSATION = row(nobody=401, owner=IN, other=404, desk=401, editor=401)
# Staff may read a ticket here; they speak in their own name, in the workspace.
READING = row(nobody=401, owner=IN, other=404, desk=IN, editor=404)
SPEAKING = row(nobody=401, owner=IN, other=404, desk=403, editor=404)
# Pages of a ticket open by its link alone.
TICKET_PAGE = row(nobody=404, owner=IN, other=404, desk=404, editor=404)
# The chat page shows each browser its own conversation, and only that; there is nothing to ask for by name.
OWN_CHAT = row(nobody=404, owner=IN, other=IN, desk=404, editor=404)
OWN_CHAT_TURN = row(nobody=404, owner=IN, other=404, desk=404, editor=404)
WORKSPACE = row(nobody=401, owner=401, other=401, desk=IN, editor=403)

MATRIX: dict[str, dict[str, object]] = {
    **dict.fromkeys(
        (
            "GET /healthz", "GET /readyz", "GET /metrics", "GET /favicon.ico", "GET /media/{name}",
            "GET /static/{version}/{name:path}",
            "GET /api/search", "GET /api/suggestions", "GET /api/articles/{language}/{topic}/{slug}",
            "GET /sitemap.xml", "GET /llms.txt", "GET /robots.txt", "GET /", "GET /{language}", "GET /{language}/",
            "GET /{language}/search",
            "GET /{language}/{topic}", "GET /{language}/{topic}/", "GET /{language}/{topic}/{slug}",
            "POST /{language}/{topic}/{slug}/votes",
            "GET /sign-in", "POST /sign-out", "GET /{language}/contact", "POST /{language}/contact",
            "GET /{language}/chat", "POST /{language}/chat/turns", "POST /{language}/chat/handoffs", "POST /{language}/chat/ends",
            "POST /api/conversations", "POST /api/tickets",
        ),
        EVERYBODY,
    ),
    **dict.fromkeys(
        (
            "POST /api/conversations/{conversation_id}/turns", "POST /api/conversations/{conversation_id}/handoff",
            "PATCH /api/conversations/{conversation_id}/contact", "GET /api/conversations/{conversation_id}/messages",
            "POST /api/turns/{turn_id}/votes",
        ),
        CONVERSATION,
    ),
    "GET /api/tickets/{number}": READING,
    **dict.fromkeys(
        (
            "POST /api/tickets/{number}/messages", "PUT /api/tickets/{number}/solution",
            "DELETE /api/tickets/{number}/solution",
        ),
        SPEAKING,
    ),
    **dict.fromkeys(
        (
            "GET /tickets/{number}", "POST /tickets/{number}/messages", "POST /tickets/{number}/solution",
            "POST /tickets/{number}/withdrawals",
        ),
        TICKET_PAGE,
    ),
    "GET /{language}/chat/messages": OWN_CHAT,
    "POST /{language}/chat/contact": OWN_CHAT,
    "GET /{language}/chat/ticket": OWN_CHAT,
    "POST /{language}/chat/votes": OWN_CHAT_TURN,
    **dict.fromkeys(
        (
            "GET /workspace", "GET /workspace/tickets/{number}", "POST /workspace/tickets/{number}/replies",
            "POST /workspace/tickets/{number}/notes", "POST /workspace/tickets/{number}/assignments",
            "POST /workspace/tickets/{number}/solutions", "POST /workspace/tickets/{number}/reopenings",
        ),
        WORKSPACE,
    ),
    # A wrong password is 401 for everybody; the right one is tested with the sign-in itself.
    "POST /sign-in": row(nobody=401, owner=401, other=401, desk=401, editor=401),
}  # fmt: skip
CONTACT = {"subject": TICKET["subject"], "body": TICKET["body"], "email": TICKET["email"]}
FORMS = {
    "/{language}/{topic}/{slug}/votes": {"helpful": "yes"},
    "/{language}/contact": CONTACT,
    "/{language}/chat/turns": {"text": UNANSWERABLE},
    "/{language}/chat/contact": {"email": "a@x.test"},
    "/sign-in": {"email": "agent@handrail.example", "password": "a guess"},
    "/tickets/{number}/messages": {"text": "One more fact."},
    "/tickets/{number}/solution": {"solved": "yes"},
    "/workspace/tickets/{number}/replies": {"text": "Hello."},
    "/workspace/tickets/{number}/notes": {"text": "A note."},
}
BODIES = {"/api/conversations/{conversation_id}/contact": {"email": "a@x.test"}}
QUERIES = {"/api/search": {"q": "refund"}, "/api/suggestions": {"q": "refund"}}
SCHEMAS = {str(call): call.schema for call in described()}


def test_every_route_has_a_row() -> None:
    assert sorted(MATRIX) == sorted({str(call) for call in all_routes()})


@pytest.mark.parametrize("call", [call for call in all_routes() if str(call) != "POST /sign-out"], ids=str)
def test_what_each_role_gets(call: Call, cast: Cast) -> None:
    """Each role tries the route on things of one owner."""
    got = {role: _status(call, cast, role) for role in ROLES}
    wrong = {
        role: status
        for role, status in got.items()
        if status not in (wanted if isinstance(wanted := MATRIX[str(call)][role], range) else (wanted,))
    }
    assert wrong == {}


def _status(call: Call, cast: Cast, role: str) -> int:
    owned = cast.with_new_ticket() if "{number}" in call.path else cast.owner
    version = _prepare(call, cast, owned)
    path, sent = call.at(owned.path_values), {}
    if (schema := SCHEMAS.get(str(call))) is not None:
        sent["json"] = BODIES.get(call.path) or sample(schema)
    elif call.method == "POST":
        sent["data"] = FORMS.get(call.path, {}) | ({"version": version} if "workspace" in call.path else {})
    if call.path.endswith("/chat/votes"):
        sent["data"] = {"turn": owned.turn, "message": "2", "helpful": "yes"}
    client, headers = cast.browser_of(role, owned), cast.headers_of(role, path, owned)
    answer = client.request(call.method, path, params=QUERIES.get(call.path), headers=headers, **sent)
    return answer.status_code


def _prepare(call: Call, cast: Cast, owned: Belongings) -> int:
    """Bring the owner's things into the state in which the owner, or an agent, gets in; the ticket's version then."""
    desk, number, now = cast.site.services.desk, owned.ticket["number"], cast.site.services.clock()
    if str(call).startswith("DELETE") or call.path.endswith("/reopenings"):
        return desk.accept_solution(number, now).version
    if call.path.endswith("/solutions"):
        return desk.reply(number, cast.person("agent"), "Hello.", now).version
    if call.path == "/{language}/chat/ticket":
        for mine in (owned, cast.other):
            mine.chat.hand_off()
    return 1
