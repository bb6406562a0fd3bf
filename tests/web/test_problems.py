"""Errors to answers: one table, one shape, never a trace."""

import inspect
from http import HTTPStatus

import pytest
from fastapi import FastAPI
from pydantic import BaseModel
from starlette.testclient import TestClient

from app import errors
from app.errors import FieldProblem, HandrailError
from app.web import problems
from app.web.problems import STATUSES, WORDS, status_of
from app.web.protection.proxies import TrustedProxies
from app.web.protection.wall import Wall
from tests.web.site import Site

EVERY = [
    kind
    for kind in vars(errors).values()
    if inspect.isclass(kind)
    and issubclass(kind, HandrailError)
    and kind is not HandrailError
    and kind.__name__[0] != "_"
]


@pytest.mark.parametrize("kind", EVERY)
def test_every_error_has_a_status_and_words(kind: type[HandrailError]) -> None:
    """architecture.md 4: a test that none is unmapped."""
    status = next(STATUSES[parent] for parent in kind.__mro__ if parent in STATUSES)
    assert status in WORDS


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (errors.Malformed("m"), 400),
        (errors.NotSignedIn("n"), 401),
        (errors.NotAllowed("n"), 403),
        (errors.NotFound(), 404),
        (errors.BuildRunning("b"), 409),
        (errors.StaleVersion("s"), 412),
        (errors.TooLarge("t"), 413),
        (errors.WrongType("w"), 415),
        (errors.Invalid("i"), 422),
        (errors.TooMany("t", retry_after_s=7), 429),
        (errors.Unavailable("u", retry_after_s=7), 503),
    ],
)
def test_statuses_are_those_of_the_contract(error: HandrailError, status: int) -> None:
    """promises.md 2."""
    assert status_of(error) == status


class Asked(BaseModel):
    number: int


def app_that_raises() -> TestClient:
    app = FastAPI()
    problems.install(app)
    app.add_middleware(
        Wall, public_url="https://help.test", proxies=TrustedProxies(()), answer=problems.answer
    )

    @app.get("/api/invalid")
    def invalid() -> None:
        raise errors.Invalid("subject: too long", problems=[FieldProblem("subject", "too long")])

    @app.get("/api/busy")
    def busy() -> None:
        raise errors.TooMany("Slow down.", retry_after_s=7)

    @app.get("/api/index")
    def index() -> None:
        raise errors.IndexRefused("/var/secret/path is damaged")

    @app.get("/api/broken")
    def broken() -> None:
        raise RuntimeError("SELECT secret FROM /home/place")

    @app.post("/api/asked")
    def asked(asked: Asked) -> int:
        return asked.number

    return TestClient(app)


def test_the_shape_is_rfc_9457() -> None:
    answer = app_that_raises().get("/api/invalid")
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json() == {
        "type": "about:blank",
        "title": HTTPStatus(422).phrase,
        "status": 422,
        "detail": "subject: too long",
        "errors": [{"field": "subject", "message": "too long"}],
    }


def test_later_says_when() -> None:
    answer = app_that_raises().get("/api/busy")
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "7")


def test_the_inside_is_never_told() -> None:
    """P23: no traces, paths, SQL in bodies; the answer is a designed one with the usual headers."""
    for path, status in (("/api/broken", 500), ("/api/index", 503)):
        answer = app_that_raises().get(path)
        assert answer.status_code == status
        assert "secret" not in answer.text
        assert answer.headers["x-content-type-options"] == "nosniff"


def test_a_refusal_does_not_repeat_what_was_sent() -> None:
    answer = app_that_raises().post("/api/asked", json={"number": "<script>secret"})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "number"
    assert "secret" not in answer.text


def test_a_wrong_method_is_405_with_allow(site: Site) -> None:
    answer = site.client.post("/healthz")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET")
    assert answer.headers["content-type"] == "application/problem+json"


def test_programs_get_json_and_browsers_get_a_page(site: Site) -> None:
    assert site.client.get("/api/nothing", headers={"accept": "text/html"}).json()["status"] == 404
    assert site.client.get("/en/nothing").json()["status"] == 404
    assert "We cannot find that page" in site.page("/en/nothing", status=404)


def test_denials_are_identical_byte_for_byte(site: Site) -> None:
    """P14: nothing tells an object you may not see from one that does not exist."""
    one, other = (site.client.get(f"/api/articles/en/billing/{slug}") for slug in ("nothing", "other"))
    assert one.content == other.content
