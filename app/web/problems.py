"""Errors to answers: the only place that knows status codes. RFC 9457 for programs, a page for people, never a trace."""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse, Response
from starlette.exceptions import HTTPException

from app import errors
from app.errors import FieldProblem, HandrailError
from app.languages import TAGS, negotiate, normalize
from app.web.pages import Page
from app.wording import N_

STATUSES: Mapping[type[HandrailError], int] = {
    errors.Malformed: 400,
    errors.NotSignedIn: 401,
    errors.NotAllowed: 403,
    errors.NotFound: 404,
    errors.Conflict: 409,
    errors.StaleVersion: 412,
    errors.TooLarge: 413,
    errors.WrongType: 415,
    errors.Invalid: 422,
    errors.ContentRefused: 422,
    errors.TooMany: 429,
    errors.Unavailable: 503,
    errors.IndexRefused: 503,
    errors.SettingRefused: 503,
}
"""The table error → status; a subclass without a line of its own has its parent's."""

WORDS: Mapping[int, tuple[str, str]] = {
    400: (
        N_("We could not read that request"),
        N_("Something in the address or the form was not as it should be."),
    ),
    401: (N_("Please sign in"), N_("This page is for people who are signed in.")),
    403: (N_("You may not do that"), N_("Your account can see this, but cannot do it.")),
    404: (
        N_("We cannot find that page"),
        N_("It may have been renamed or taken back. A search usually finds what you came for."),
    ),
    405: (N_("That does not work here"), N_("This address cannot be used in that way.")),
    409: (N_("That is not possible any more"), N_("Somebody was faster, or it has been done already.")),
    412: (N_("Somebody changed this meanwhile"), N_("Open the page again and look before you repeat it.")),
    413: (N_("That is too large"), N_("Please send less at once.")),
    415: (N_("We do not understand that kind of file"), N_("Please send it in another form.")),
    422: (
        N_("Something in the form needs another look"),
        N_("Please go back, correct it, and send it again."),
    ),
    429: (N_("That was a little fast"), N_("Please wait a moment and try again.")),
    500: (
        N_("Something broke on our side"),
        N_("It has been recorded. Please try again, or contact a person."),
    ),
    503: (
        N_("We are not quite here right now"),
        N_("Please try again in a moment. Nothing you sent was lost halfway."),
    ),
}
"""Title and advice of the error page, by status (English message ids)."""

_FOR_PROGRAMS = ("/api/", "/healthz", "/readyz", "/metrics", "/openapi.json", "/widget/", "/mcp")


@dataclass(frozen=True, slots=True)
class Problem:
    """One refusal, ready to be told."""

    status: int
    detail: str
    fields: tuple[FieldProblem, ...] = ()
    headers: Mapping[str, str] | None = None


def install(app: FastAPI) -> None:
    """Every error that a route raises is answered here."""
    for kind in (HandrailError, HTTPException, RequestValidationError):
        app.add_exception_handler(kind, answer)


def answer(request: Request, error: Exception) -> Response:
    """The response to an error: a page for a browser that asked for one, else problem+json."""
    if isinstance(error, HTTPException) and 300 <= error.status_code < 400:
        return RedirectResponse((error.headers or {})["location"], error.status_code)
    problem = problem_of(error)
    return _page(request, problem) if _wants_page(request) else _json(problem)


def problem_of(error: Exception) -> Problem:
    """What may be told of an error. Unknown ones are a plain 500 that says nothing of the inside."""
    match error:
        case errors.TooMany() | errors.Unavailable():
            later = {"retry-after": str(error.retry_after_s)}
            return Problem(status_of(error), error.detail, error.problems, later)
        case HandrailError():
            return Problem(status_of(error), _tellable(error), error.problems)
        case RequestValidationError():
            return Problem(422, "Some fields are wrong or unknown.", _fields(error))
        case HTTPException(status_code=404):
            return problem_of(errors.NotFound())
        case HTTPException():
            return Problem(error.status_code, str(error.detail), headers=error.headers)
    return Problem(500, "Something broke on our side. It has been recorded.")


def _tellable(error: HandrailError) -> str:
    """Errors of the inside name files and folders; the caller hears only that the service is not ready."""
    inside = (errors.ContentRefused, errors.IndexRefused, errors.SettingRefused)
    return "The service is not ready." if isinstance(error, inside) else error.detail


def with_patience(response: Response, refusal: HandrailError) -> Response:
    """A page that shows a refusal in place, with the moment to come back if the refusal knows one."""
    if isinstance(refusal, (errors.TooMany, errors.Unavailable)):
        response.headers["retry-after"] = str(refusal.retry_after_s)
    return response


def status_of(error: HandrailError) -> int:
    """The status of the nearest class in the table."""
    return next(STATUSES[kind] for kind in type(error).__mro__ if kind in STATUSES)


def _fields(error: RequestValidationError) -> tuple[FieldProblem, ...]:
    # Only place and sentence: pydantic's own dictionary repeats the input, and with it anything a caller hid in it.
    return tuple(
        FieldProblem(".".join(str(part) for part in one["loc"][1:]) or str(one["loc"][0]), str(one["msg"]))
        for one in error.errors()[:50]
    )


def _wants_page(request: Request) -> bool:
    if request.url.path.startswith(_FOR_PROGRAMS):
        return False
    return "text/html" in request.headers.get("accept", "")


def _json(problem: Problem) -> JSONResponse:
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(problem.status).phrase,
        "status": problem.status,
        "detail": problem.detail,
    }
    if problem.fields:
        body["errors"] = [{"field": one.field, "message": one.message} for one in problem.fields]
    return JSONResponse(
        body, problem.status, dict(problem.headers or {}), media_type="application/problem+json"
    )


def _page(request: Request, problem: Problem) -> Response:
    first = request.url.path.strip("/").partition("/")[0]
    language = first if first in TAGS else normalize(request.query_params.get("language", "")[:20])
    language = language or negotiate(request.headers.get("accept-language", ""))
    page = Page(request.app.state.services.pages, request, language)
    title, advice = WORDS.get(problem.status) or WORDS[500 if problem.status >= 500 else 400]
    response = page.render(
        "error.html", status=problem.status, paths={}, title=title, advice=advice, problem=problem
    )
    response.headers.update(problem.headers or {})
    return response
