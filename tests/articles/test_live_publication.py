"""P6: unpublished means gone now. The live filter reads the file, not the index."""

import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from app.articles.library import LivePublication
from tests.articles.folder import ContentFolder

PATH = "en/billing/a.md"


@pytest.fixture
def live(content: ContentFolder) -> LivePublication:
    content.write("en/billing/a")
    live = LivePublication(content.root)
    assert live.is_published(PATH)
    return live


def test_an_edited_status_counts_from_the_next_question_on(
    content: ContentFolder, live: LivePublication
) -> None:
    """Also when the file has the same size and was written within the same tick of the clock."""
    for _ in range(50):
        for status, expected in (
            ("draft", False),
            ("published", True),
            ("archived ", False),
            ("published", True),
        ):
            content.write("en/billing/a", status=status)
            assert live.is_published(PATH) is expected


def test_a_deleted_file_is_gone_and_a_restored_one_is_back(
    content: ContentFolder, live: LivePublication
) -> None:
    file = content.root / PATH
    held = file.read_bytes()
    file.unlink()
    assert not live.is_published(PATH)
    file.write_bytes(held)
    assert live.is_published(PATH)
    shutil.rmtree(content.root / "en")
    assert not live.is_published(PATH)


def test_without_the_content_folder_the_index_decides(content: ContentFolder, live: LivePublication) -> None:
    shutil.rmtree(content.root)
    assert live.is_published(PATH)
    assert LivePublication(content.root / "never").is_published("en/x/y.md")


def test_an_old_file_is_read_once(
    content: ContentFolder, live: LivePublication, monkeypatch: pytest.MonkeyPatch
) -> None:
    _wait_until_settled(content.root / PATH, live)
    opened: list[str] = []
    _count_opens(opened, monkeypatch)
    assert [live.is_published(PATH) for _ in range(100)] == [True] * 100
    assert opened == []
    content.write("en/billing/a", status="draft")
    opened.clear()
    assert not live.is_published(PATH)
    assert len(opened) == 1


def test_a_replaced_file_with_an_old_time_stamp_is_noticed(
    content: ContentFolder, live: LivePublication
) -> None:
    _wait_until_settled(content.root / PATH, live)
    stat = os.stat(content.root / PATH)
    content.write("en/billing/new", status="draft")
    os.replace(content.root / "en/billing/new.md", content.root / PATH)
    os.utime(content.root / PATH, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert not live.is_published(PATH)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("---\nkind: faq\n---\nx", True),  # faulty: the next build says so, the old index serves
        ("---\ntitle: [\nkind: faq\n---\nx", True),
        ("---\ntitle: [\nstatus: draft\n---\nx", False),
        ("---\ntitle: a\ntitle: b\n'status' : \"archived\"\n---\nx", False),
        ("---\nstatus: published\nstatus: draft\n---\nx", False),
        ("---\nstatus: live\n---\nx", False),
        ("---\nstatus: [published]\n---\nx", False),
        ("---\ntitle: never closed\nstatus: draft\n", False),
        ("--- \r\ntitle: T\r\nstatus: draft\r\n---\r\nx", False),
        ("---\nstatus: &a draft\nowner: *a\n---\nx", False),
        ("", False),
        ("---\n" + "x: " + "[" * 9000 + "\n---\n", True),
        ("\xff\xfe---\nstatus: draft", False),
    ],
)
def test_a_faulty_file_goes_on_unless_it_takes_itself_back(
    raw: str, expected: bool, content: ContentFolder, live: LivePublication
) -> None:
    (content.root / PATH).write_bytes(raw.encode("latin-1"))
    assert live.is_published(PATH) is expected


def _wait_until_settled(path: Path, live: LivePublication) -> None:
    """Until the file's last change is long enough ago to be remembered."""
    while time.time_ns() - os.stat(path).st_ctime_ns < 2_100_000_000:
        time.sleep(0.05)
    assert live.is_published(PATH)


def _count_opens(opened: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    import builtins

    real: Callable[..., object] = builtins.open

    def counted(path: str, *rest: object, **more: object) -> object:
        opened.append(str(path))
        return real(path, *rest, **more)

    monkeypatch.setattr("app.articles.library.open", counted, raising=False)
