"""`/sign-in`, `/sign-out`."""

from pathlib import Path

import pytest

from app.web.sign_in import local_path
from tests.web.site import Site, SiteMaker
from tests.web.support import HTML, PASSWORD, browser, hire, signed_in

EMAIL = "ana@handrail.example"


@pytest.mark.parametrize(
    "asked",
    ["//evil.test", "///evil.test", "/\\evil.test", "\\/evil.test", "https://evil.test", "javascript:alert(1)", "evil.test", "",
     "/\t/evil.test", "/a\nb", "/ /evil.test", "/" + "a" * 500],
)  # fmt: skip
def test_next_leads_nowhere_else(asked: str) -> None:
    """promises.md 4: `next=//evil.test` is `/`."""
    assert local_path(asked) == "/"


@pytest.mark.parametrize("asked", ["/", "/workspace", "/workspace/tickets/H-2N7K4?language=ja#latest"])
def test_next_leads_to_pages_of_this_site(asked: str) -> None:
    assert local_path(asked) == asked


def test_signing_in_leads_to_where_one_wanted_to_go(own_site: Site) -> None:
    client = browser(own_site)
    sent = client.get("/workspace?show=mine", headers=HTML)
    assert (sent.status_code, sent.headers["location"]) == (303, "/sign-in?next=/workspace%3Fshow%3Dmine")
    page = client.get(sent.headers["location"], headers=HTML)
    assert (
        'name="next" value="/workspace?show=mine"' in page.text
        and page.headers["cache-control"] == "no-store"
    )
    hire(own_site)
    form = {"email": EMAIL, "password": PASSWORD, "next": "/workspace?show=mine"}
    answer = client.post("/sign-in", data=form)
    assert (answer.status_code, answer.headers["location"]) == (303, "/workspace?show=mine")
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie and "SameSite=lax" in cookie and "Secure" not in cookie
    assert client.get("/workspace", headers=HTML).status_code == 200


def test_the_cookie_is_secure_behind_https(own_site: Site) -> None:
    hire(own_site)
    client = browser(own_site)
    client.base_url = "https://testserver"
    assert (
        "Secure" in client.post("/sign-in", data={"email": EMAIL, "password": PASSWORD}).headers["set-cookie"]
    )


def test_a_wrong_password_and_an_unknown_address_are_alike(own_site: Site) -> None:
    """P14: the answer tells not which of the two was wrong."""
    hire(own_site)
    client = browser(own_site)
    pages = []
    for email in (EMAIL, "nobody@handrail.example"):
        answer = client.post("/sign-in", data={"email": email, "password": "not the password"}, headers=HTML)
        assert (answer.status_code, answer.headers.get("set-cookie")) == (401, None)
        nonce = answer.text.split('nonce="')[1].partition('"')[0]
        pages.append(answer.text.replace(email, "EMAIL").replace(nonce, "NONCE"))
    assert pages[0] == pages[1]
    assert "The e-mail address or the password is wrong." in pages[0]


def test_signing_out_ends_the_sign_in_on_the_server(own_site: Site) -> None:
    """Sessions are revocable: a copied cookie is worth nothing afterwards."""
    client = signed_in(own_site)
    copied = dict(client.cookies)
    assert client.post("/sign-out").status_code == 303
    thief = browser(own_site)
    thief.cookies.update(copied)
    assert thief.get("/workspace", headers=HTML).status_code == 303
    assert thief.get("/workspace").status_code == 401


def test_signing_in_again_ends_the_former_sign_in(own_site: Site) -> None:
    client = signed_in(own_site)
    former = dict(client.cookies)
    client.post("/sign-in", data={"email": EMAIL, "password": PASSWORD})
    other = browser(own_site)
    other.cookies.update(former)
    assert other.get("/workspace").status_code == 401


def test_guessing_is_slowed_down(site_maker: SiteMaker, tmp_path: Path) -> None:
    site = site_maker.make(tmp_path, rate_limits=True)
    client = browser(site)
    answers = [client.post("/sign-in", data={"email": EMAIL, "password": "guess"}) for _ in range(11)]
    assert [one.status_code for one in answers[:10]] == [401] * 10
    assert answers[10].status_code == 429 and int(answers[10].headers["retry-after"]) > 0
    site.services.database.close()


def test_another_sites_form_cannot_sign_anybody_in(own_site: Site) -> None:
    hire(own_site)
    evil = {"sec-fetch-site": "cross-site"}
    answer = browser(own_site).post("/sign-in", data={"email": EMAIL, "password": PASSWORD}, headers=evil)
    assert answer.status_code == 403
