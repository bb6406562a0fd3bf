"""The whole application over a small help centre, for people who mean harm or have bad luck."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.cast import Cast
from tests.postgres import PostgresServer
from tests.web import conftest as web
from tests.web.site import Site, SiteMaker

encoder, site_maker, site, own_site = web.encoder, web.site_maker, web.site, web.own_site


@pytest.fixture
def any_site(site_maker: SiteMaker, database_url: str, tmp_path: Path) -> Iterator[Site]:
    """A site of one's own, once on SQLite and once on PostgreSQL (P24)."""
    made = site_maker.make(tmp_path / "site", database_url=database_url)
    yield made
    made.services.database.close()


@pytest.fixture
def strict_site(site_maker: SiteMaker, postgres: PostgresServer, tmp_path: Path) -> Iterator[Site]:
    """A site of one's own on PostgreSQL, which refuses text and numbers that SQLite keeps."""
    url = postgres.fresh_database()
    made = site_maker.make(tmp_path / "site", database_url=url)
    yield made
    made.services.database.close()
    postgres.drop(url)


@pytest.fixture(scope="module")
def cast(site_maker: SiteMaker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cast]:
    """A site with people in it, shared by the tests of one file."""
    made = site_maker.make(tmp_path_factory.mktemp("cast") / "site")
    yield Cast(made)
    made.services.database.close()
