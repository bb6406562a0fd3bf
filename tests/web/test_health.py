"""`/healthz`, `/readyz`, `/metrics`."""

from dataclasses import replace
from types import SimpleNamespace

from app.storage.database import Database
from tests.web.site import Site


def test_healthz_says_ok_only(site: Site) -> None:
    assert site.client.get("/healthz").json() == {"status": "ok"}


def test_readyz_names_the_index(site: Site) -> None:
    body = site.client.get("/readyz").json()
    assert body == {
        "status": "ready",
        "degraded": [],
        "index_generation": site.services.snapshot.generation,
        "index_age_s": 0,
    }


def test_readyz_names_what_is_missing(own_site: Site) -> None:
    """P7: degraded is not down."""
    holder = SimpleNamespace(current=own_site.services.snapshot, degraded=("index",))
    nowhere = Database("postgresql://nobody@127.0.0.1:1/none")
    own_site.client.app.state.services = replace(own_site.services, holder=holder, database=nowhere)
    answer = own_site.client.get("/readyz")
    assert (answer.status_code, answer.json()["status"]) == (200, "degraded")
    assert answer.json()["degraded"] == ["index", "database"]


def test_metrics_count_by_route_never_by_address(own_site: Site) -> None:
    own_site.client.get("/en/billing/charged-twice")
    own_site.client.get("/no/such/secret-address")
    text = own_site.client.get("/metrics").text
    assert 'handrail_requests_total{method="GET",route="/{language}/{topic}/{slug}",status="200"} 1.0' in text
    assert "secret-address" not in text
    assert "charged-twice" not in text
    assert "handrail_index_age_seconds 0.0" in text
