"""Issue 3, shown by 4: an index and other weights than those that built it never meet, in either direction (P5)."""

import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from app.errors import HandrailError, IndexRefused, SettingRefused
from app.search.encoder import WEIGHTS
from app.search.indexer import build
from app.search.snapshot import open_snapshot
from app.search.static_encoder import ROWS_FILE, ROWS_NAME, SCALE_NAME, TOKENIZER_FILE, StaticEncoder
from tests.search.small_content import write_content

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def _copy(folder: Path) -> Path:
    folder.mkdir()
    for name in (ROWS_FILE, TOKENIZER_FILE):
        shutil.copy(WEIGHTS / name, folder / name)
    return folder


@pytest.fixture(scope="module")
def former(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Weights as an older version had them: the same tokens, half-precision rows, half as wide."""
    folder = _copy(tmp_path_factory.mktemp("weights") / "former")
    stored = load_file(folder / ROWS_FILE)
    rows = stored[ROWS_NAME].astype(np.float32) * stored[SCALE_NAME][:, None]
    save_file({ROWS_NAME: np.ascontiguousarray(rows[:, :128]).astype(np.float16)}, folder / ROWS_FILE)
    return folder


def _turned(folder: Path) -> None:
    """A file of the same size and shape, with the rows of other tokens."""
    stored = load_file(folder / ROWS_FILE)
    save_file(
        {name: np.ascontiguousarray(np.roll(array, 1, axis=0)) for name, array in stored.items()},
        folder / ROWS_FILE,
    )


def _one_bit(folder: Path) -> None:
    data = bytearray((folder / ROWS_FILE).read_bytes())
    data[len(data) // 2] ^= 1
    (folder / ROWS_FILE).write_bytes(data)


def _other_tokens(folder: Path) -> None:
    text = (folder / TOKENIZER_FILE).read_text(encoding="utf-8")
    (folder / TOKENIZER_FILE).write_text(text.replace('"▁the"', '"▁thx"', 1), encoding="utf-8")


def _no_header(folder: Path) -> None:
    (folder / ROWS_FILE).write_bytes(b"\xff" * 4096)


def _half(folder: Path) -> None:
    data = (folder / ROWS_FILE).read_bytes()
    (folder / ROWS_FILE).write_bytes(data[: len(data) // 2])


def _no_tokenizer(folder: Path) -> None:
    (folder / TOKENIZER_FILE).write_text("{}", encoding="utf-8")


def test_old_weights_and_a_new_index_refuse_each_other(former: Path, tmp_path: Path) -> None:
    content = write_content(tmp_path / "content")
    old, new = StaticEncoder(former, name="bundled"), StaticEncoder(WEIGHTS, name="bundled")
    build(content, tmp_path / "by-old", old, now=NOW)
    build(content, tmp_path / "by-new", new, now=NOW)
    for index, other in (("by-old", new), ("by-new", old)):
        with pytest.raises(IndexRefused) as refusal:
            open_snapshot(tmp_path / index, other)
        said = refusal.value.detail
        assert "was built with encoder 'bundled'" in said
        assert old.identity.weights_sha256[:8] in said
        assert new.identity.weights_sha256[:8] in said
        assert "128 wide" in said
        assert "Build the index again" in said
    for index, same in (("by-old", old), ("by-new", new)):
        assert len(open_snapshot(tmp_path / index, same).passages) > 0


def test_a_build_with_new_weights_encodes_everything_again(former: Path, tmp_path: Path) -> None:
    content = write_content(tmp_path / "content")
    build(content, tmp_path / "index", StaticEncoder(former, name="bundled"), now=NOW)
    new = StaticEncoder(WEIGHTS, name="bundled")
    report = build(content, tmp_path / "index", new, now=NOW)
    assert (report.reused, report.encoded) == (0, report.passages)
    assert open_snapshot(tmp_path / "index", new).vectors.dimension == new.identity.dimension


@pytest.mark.parametrize("damage", [_turned, _one_bit, _other_tokens])
def test_a_swapped_or_changed_file_is_another_encoder(damage: Callable[[Path], None], tmp_path: Path) -> None:
    content = write_content(tmp_path / "content")
    build(content, tmp_path / "index", StaticEncoder(WEIGHTS, name="bundled"), now=NOW)
    folder = _copy(tmp_path / "weights")
    damage(folder)
    with pytest.raises(
        IndexRefused, match=r"different: (weights|tokenizer)_sha256\)\. Build the index again"
    ):
        open_snapshot(tmp_path / "index", StaticEncoder(folder, name="bundled"))


@pytest.mark.parametrize("damage", [_no_header, _half, _no_tokenizer])
def test_a_file_that_is_no_weights_is_a_sentence(damage: Callable[[Path], None], tmp_path: Path) -> None:
    folder = _copy(tmp_path / "weights")
    damage(folder)
    with pytest.raises(SettingRefused, match="cannot be read") as refusal:
        StaticEncoder(folder, name="bundled")
    assert isinstance(refusal.value, HandrailError)
