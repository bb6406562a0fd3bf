"""`/sign-in`, `/sign-out`: staff prove who they are; and `SignedIn`, which every staff page asks for."""

import re
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Depends, Form, HTTPException, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from app.errors import NotSignedIn
from app.people.directory import SIGN_IN_LASTS
from app.people.person import Person
from app.web.context import PageAnywhere, Services, ServicesOf, limited
from app.web.cookies import NEVER_KEPT, STAFF, forget, keep
from app.web.form_words import SentForm
from app.web.pages import Page
from app.wording import N_

router = APIRouter(include_in_schema=False)

WRONG = N_("The e-mail address or the password is wrong.")
WORKSPACE = "/workspace"
# A path on this site: a browser reads `//` and `/\` as another host, and drops control characters before it looks.
_LOCAL = re.compile(r"/(?![/\\])[^\s\\\x00-\x1f\x7f]*")


class SignInForm(SentForm):
    """What the form sends."""

    email: str = ""
    password: str = ""
    next: str = WORKSPACE


@router.get("/sign-in")
def sign_in_page(page: PageAnywhere, next: str = WORKSPACE) -> HTMLResponse:  # the name in the address
    """The form."""
    return _form(page, local_path(next))


@router.post("/sign-in", dependencies=[limited("sign-in")])
def sign_in(
    page: PageAnywhere, request: Request, services: ServicesOf, form: Annotated[SignInForm, Form()]
) -> Response:
    """Begin a sign-in, or say that something was wrong: an unknown address and a wrong password look and last alike."""
    then = local_path(form.next)
    try:
        begun = services.directory.sign_in(form.email.strip(), form.password, services.clock())
    except NotSignedIn:
        return _form(page, then, email=form.email, status=401, fault=page.text(WRONG))
    _end(request, services)
    response = RedirectResponse(then, 303, NEVER_KEPT)
    keep(response, request, STAFF, begun.token, SIGN_IN_LASTS)
    return response


@router.post("/sign-out")
def sign_out(page: PageAnywhere, request: Request, services: ServicesOf) -> Response:
    """End this sign-in, on the server too."""
    _end(request, services)
    response = RedirectResponse(f"/sign-in?language={page.language}", 303, NEVER_KEPT)
    forget(response, STAFF)
    return response


def local_path(asked: str) -> str:
    """`asked` if it is a path on this site, else `/`."""
    return asked if len(asked) <= 500 and _LOCAL.fullmatch(asked) else "/"


def staff_of(request: Request, services: Services) -> Person | None:
    """Who is signed in, if anybody is."""
    token = request.cookies.get(STAFF)
    return services.directory.who(token, services.clock()) if token else None


def _signed_in(request: Request, services: ServicesOf) -> Person:
    person = staff_of(request, services)
    if person is not None:
        return person
    if request.method == "GET" and "text/html" in request.headers.get("accept", ""):
        here = f"{request.url.path}?{request.url.query}".rstrip("?")
        raise HTTPException(303, headers={"location": f"/sign-in?next={quote(here, safe='/')}"})
    raise NotSignedIn("Please sign in.")


SignedIn = Annotated[Person, Depends(_signed_in)]
"""The person at a staff page. Who opens one without being signed in is shown the form and then brought back."""


def _end(request: Request, services: Services) -> None:
    if token := request.cookies.get(STAFF):
        services.directory.sign_out(token, services.clock())


def _form(page: Page, then: str, *, email: str = "", status: int = 200, fault: str = "") -> HTMLResponse:
    response = page.render("sign_in.html", status=status, next=then, email=email, fault=fault)
    response.headers.update(NEVER_KEPT)
    return response
