"""`site`: the whole application over a small help centre, shared by tests that only read; `own_site`: one to change."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.search.encoder import Encoder, open_encoder
from app.search.indexer import build
from tests.web.site import NOW, Site, SiteMaker, write_content


@pytest.fixture(scope="session")
def encoder() -> Encoder:
    return open_encoder("bundled")


@pytest.fixture(scope="session")
def site_maker(
    encoder: Encoder, migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory
) -> SiteMaker:
    content = write_content(tmp_path_factory.mktemp("site") / "content")
    index = tmp_path_factory.mktemp("site-index")
    build(content, index, encoder, now=NOW)
    return SiteMaker(content, index, migrated_sqlite, encoder)


@pytest.fixture(scope="session")
def site(site_maker: SiteMaker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    made = site_maker.make(tmp_path_factory.mktemp("shared-site"))
    yield made
    made.services.database.close()


@pytest.fixture
def own_site(site_maker: SiteMaker, tmp_path: Path) -> Iterator[Site]:
    made = site_maker.make(tmp_path)
    yield made
    made.services.database.close()
