"""Who may open a ticket: the bearer of its link, the visitor whose conversation became it, or staff who are signed in.

Everybody else gets the same `NotFound` as for a ticket that does not exist (P14).
"""

from fastapi import Request, Response

from app.errors import NotAllowed, NotFound, NotSignedIn
from app.people.permissions import Action, may
from app.tickets.views import RequesterView
from app.web.context import Services
from app.web.cookies import TICKET, TICKET_LASTS, keep
from app.web.sign_in import staff_of
from app.web.ticket_shapes import page_of


def bearer_of(request: Request) -> str | None:
    """The token of an `Authorization: Bearer …` header."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" and token.strip() else None


def view_by_bearer(request: Request, services: Services, number: str) -> RequesterView:
    """The ticket for a program: by its own token, or for staff who are signed in."""
    if token := bearer_of(request):
        return services.desk.view_for_requester(number, token, services.clock())
    person = staff_of(request, services)
    if person is None:
        raise NotSignedIn("Send the ticket's token as Authorization: Bearer.")
    if not may(person, Action.READ_TICKETS):
        raise NotFound
    return services.desk.view(number)


def speaker_by_bearer(request: Request, services: Services, number: str) -> RequesterView:
    """The same for whoever writes in the requester's name: only the bearer does. Staff have the workspace for it."""
    view = view_by_bearer(request, services, number)
    if bearer_of(request) is None:
        raise NotAllowed("Answer in the workspace, in your own name.")
    return view


def view_by_cookie(request: Request, services: Services, number: str) -> RequesterView:
    """The ticket for a browser that came by its private link, or that holds the conversation it came from."""
    return services.desk.view_for_requester(number, request.cookies.get(TICKET, ""), services.clock())


def keep_ticket(response: Response, request: Request, number: str, token: str) -> None:
    """Let this browser open this ticket from now on, and only this one: the cookie is sent below its page alone."""
    keep(response, request, TICKET, token, TICKET_LASTS, path=page_of(number))
