"""One writer at a time, and clear refusals where nothing can be written."""

import os
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.errors import BuildRunning, IndexRefused
from app.search.encoder import open_encoder
from app.search.generations import current, rollback
from app.search.indexer import build
from tests.faults.index_builder import NOW, SPEC, Builder
from tests.search.small_content import write_content

NOBODY = 65534
ENCODER = open_encoder(SPEC)


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that other users may enter, unlike pytest's own."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


def test_two_builds_at_once_are_one_build(tmp_path: Path) -> None:
    """Promises §5 rule 2: the second is told so at once; the lock is gone with the process that held it."""
    content, index = write_content(tmp_path / "content"), tmp_path / "index"
    with Builder(content, index) as first, Builder(content, index) as second:
        first.send(hold=True)
        holder = first.outcome()["holding"]
        outcome = second.order()
        assert outcome["refused"] == "BuildRunning"
        assert "Another build is running" in outcome["detail"]
        for verb in (lambda: build(content, index, ENCODER, now=NOW), lambda: rollback(index)):
            with pytest.raises(BuildRunning):
                verb()
        with pytest.raises(IndexRefused, match="no index"):
            current(index)
        os.kill(holder, signal.SIGKILL)
        assert first.outcome() == {"killed": True}
        assert second.order()["generation"] == current(index)


@pytest.mark.parametrize("limit", [0, 500, 4_000])
def test_a_full_disk_is_a_sentence(tmp_path: Path, limit: int) -> None:
    """The system itself refuses to write further bytes; the index stays as it was, and no half build stays behind."""
    content, index = write_content(tmp_path / "content"), tmp_path / "index"
    with Builder(content, index) as builder:
        served = builder.order()["generation"]
        outcome = builder.order(file_limit=limit)
        assert outcome["refused"] == "IndexRefused"
        assert "there is no room left on the disk" in outcome["detail"]
        assert "What was served before is unchanged" in outcome["detail"]
        assert current(index) == served
        assert os.listdir(index / "generations") == [served]


def test_a_folder_of_somebody_else_is_a_sentence(open_folder: Path) -> None:
    content, index = write_content(open_folder / "content"), open_folder / "index"
    index.mkdir()
    index.chmod(0o555)
    order = {"uid": NOBODY} if os.getuid() == 0 else {}  # root may write anywhere
    with Builder(content, index) as builder:
        outcome = builder.order(**order)
    assert outcome["refused"] == "IndexRefused"
    assert f"The index folder {index} cannot be written: Permission denied" in outcome["detail"]


def test_a_file_in_the_folders_place_is_a_sentence(tmp_path: Path) -> None:
    content = write_content(tmp_path / "content")
    (tmp_path / "index").write_text("not a folder")
    with pytest.raises(IndexRefused, match="cannot be written"):
        build(content, tmp_path / "index", ENCODER, now=NOW)
    assert (tmp_path / "index").read_text() == "not a folder"
