"""One server and one Chromium for all tests of this folder, a new browser context for each."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.chromium import chromium
from tests.browser.live import LiveSite, live_site
from tests.browser.people import Cast, gather, new_context
from tests.browser.watching import Watch

HERE = Path(__file__).parent
NewPage = Callable[..., Page]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marked, so that a run can leave them out. They share a process: `tests/conftest.py`."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.browser)


# For the package, not the session: while Playwright runs, no other test of the process could start an event loop.
@pytest.fixture(scope="package")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveSite]:
    with live_site(tmp_path_factory.mktemp("live")) as site:
        yield site


@pytest.fixture(scope="package")
def engine(live: LiveSite) -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="package")
def cast_of(engine: Browser, live: LiveSite) -> Callable[[str], Cast]:
    """The people of a language, gathered when the first test asks for them."""
    casts: dict[str, Cast] = {}

    def cast(language: str) -> Cast:
        if language not in casts:
            casts[language] = gather(engine, live, language)
        return casts[language]

    return cast


@pytest.fixture
def watches() -> Iterator[list[Watch]]:
    """Everything that was wrong on any page of the test fails it at the end."""
    kept: list[Watch] = []
    yield kept
    assert [trouble for watch in kept for trouble in watch.troubles] == []


@pytest.fixture
def new_page(engine: Browser, live: LiveSite, watches: list[Watch]) -> Iterator[NewPage]:
    """Opens a page in a fresh, watched browser: `new_page(viewport=NARROW)`."""
    contexts = []

    def make(**options: Any) -> Page:
        context = new_context(engine, live, **options)
        contexts.append(context)
        watches.append(Watch(context, live.url))
        return context.new_page()

    yield make
    for context in contexts:
        context.close()


@pytest.fixture
def tab(new_page: NewPage) -> Page:
    """A visitor's browser."""
    return new_page()


@pytest.fixture
def watch(tab: Page, watches: list[Watch]) -> Watch:
    """What watches over `tab`."""
    return watches[0]
