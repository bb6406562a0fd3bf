"""What a build takes over from the generation before is what a build from nothing would make."""

import random
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from app.errors import IndexRefused
from app.search.encoder import Encoder, open_encoder
from app.search.generations import current, folder_of
from app.search.indexer import build
from app.search.manifest import MANIFEST_FILE
from app.search.snapshot import open_snapshot
from tests.search.small_content import write_article, write_content

NOW = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    return open_encoder("bundled")


def _files(index: Path) -> dict[str, bytes]:
    folder = folder_of(index)
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != MANIFEST_FILE
    }


@pytest.mark.parametrize("seed", range(6))
def test_after_any_edits_the_files_are_those_of_a_clean_build(
    seed: int, tmp_path: Path, encoder: Encoder
) -> None:
    """`nobody has` 5: unchanged text is never read or encoded again, and nobody could tell from the bytes."""
    draw = random.Random(seed)
    content = write_content(tmp_path / "content", articles=6)
    build(content, tmp_path / "grown", encoder, now=NOW)
    for step in range(4):
        # Not the one that has a translation: without it the build would be refused, as it should.
        files = [path for path in sorted(content.glob("*/*/*.md")) if path.name != "refund-0.md"]
        chosen = draw.choice(files)
        match draw.choice(("edit", "add", "remove", "retitle")):
            case "edit":
                chosen.write_text(
                    chosen.read_text("utf-8") + f"\nOne more sentence, number {step}.\n", "utf-8"
                )
            case "add":
                write_article(content, f"en/campaigns/new-{step}", words=f"budget {step}")
            case "remove" if len(files) > 3:
                chosen.unlink()
            case _:
                chosen.write_text(chosen.read_text("utf-8").replace("title: The", "title: That"), "utf-8")
        build(content, tmp_path / "grown", encoder, now=NOW)
        build(content, tmp_path / f"clean-{step}", encoder, now=NOW)
        assert _files(tmp_path / "grown") == _files(tmp_path / f"clean-{step}")


def test_what_other_code_rendered_is_rendered_anew(
    tmp_path: Path, encoder: Encoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    content, index = write_content(tmp_path / "content"), tmp_path / "index"
    build(content, index, encoder, now=NOW)
    rendered: list[str] = []
    monkeypatch.setattr("app.search.draft.render", lambda article: rendered.append(article.path))
    monkeypatch.setattr("app.search.draft.recipe", lambda: "of another version")
    with pytest.raises(IndexRefused, match="cannot be read"):
        build(content, index, encoder, now=NOW)
    assert len(rendered) == 4
    rendered.clear()
    monkeypatch.undo()
    monkeypatch.setattr("app.search.draft.render", lambda article: rendered.append(article.path))
    build(content, index, encoder, now=NOW)
    assert rendered == [], "the same code has made these pages"


def test_a_calibration_is_kept_while_it_holds_and_the_changes_add_up(
    tmp_path: Path, encoder: Encoder
) -> None:
    content, index = write_content(tmp_path / "content", articles=9), tmp_path / "index"
    asked: list[float] = []
    fitted: list[int] = []

    def fit(_: object) -> dict[str, Any]:
        fitted.append(len(fitted))
        return {"number": len(fitted)}

    def keeps(_: object, share: float) -> bool:
        asked.append(share)
        return share < 0.06

    def publish() -> bool:
        return build(content, index, encoder, now=NOW, calibrate=fit, keeps=keeps).is_calibration_kept

    assert not publish()
    assert publish(), "nothing has changed"
    for number in range(3):
        edited = content / f"en/billing/refund-{number}.md"
        edited.write_text(edited.read_text("utf-8") + "\nAnd one more sentence.\n", "utf-8")
        assert publish() == (number < 2)
    assert asked == pytest.approx([0, 1 / 40, 2 / 40, 3 / 40])
    snapshot = open_snapshot(index, encoder)
    assert (snapshot.calibration, snapshot.manifest.changed_since_fit) == ({"number": 2}, 0)
    assert snapshot.generation == current(index)
