"""Fixtures for the tests of articles."""

from pathlib import Path

import pytest

from tests.articles.folder import ContentFolder


@pytest.fixture
def content(tmp_path: Path) -> ContentFolder:
    root = tmp_path / "content"
    root.mkdir()
    return ContentFolder(root)
