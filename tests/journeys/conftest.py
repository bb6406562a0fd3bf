"""`shipped`: the whole application over the articles as they are shipped, with the bundled encoder."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.search.encoder import Encoder, open_encoder
from app.search.indexer import build
from app.settings import PROJECT
from tests.web.site import NOW, Site, SiteMaker


@pytest.fixture(scope="session")
def bundled() -> Encoder:
    return open_encoder("bundled")


@pytest.fixture(scope="session")
def shipped_maker(
    bundled: Encoder, migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory
) -> SiteMaker:
    index = tmp_path_factory.mktemp("shipped-index")
    build(PROJECT / "content", index, bundled, now=NOW)
    return SiteMaker(PROJECT / "content", index, migrated_sqlite, bundled)


@pytest.fixture
def shipped(shipped_maker: SiteMaker, tmp_path: Path) -> Iterator[Site]:
    made = shipped_maker.make(tmp_path)
    yield made
    made.services.database.close()
