"""P4: corruption is found before use; the old generation keeps serving in the same process."""

import random
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.errors import IndexRefused
from app.search.encoder import WEIGHTS, open_encoder
from app.search.generations import POINTER, folder_of, verify
from app.search.indexer import build
from app.search.snapshot import SnapshotHolder, open_snapshot
from app.search.static_encoder import ROWS_FILE, StaticEncoder
from tests.search.small_content import write_content

NOW = datetime(2026, 11, 25, 15, 5, tzinfo=UTC)
ENCODER = open_encoder("hash:64")
DAMAGES = 500


def _flipped(data: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(data))
    return data[:at] + bytes([data[at] ^ chance.randrange(1, 256)]) + data[at + 1 :]


def _cut(data: bytes, chance: random.Random) -> bytes:
    return data[: chance.randrange(len(data))]


def test_500_of_500_damages_are_refused_and_the_old_generation_serves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One-byte flips and truncations of every file, the manifest and the pointer among them."""
    monkeypatch.setattr("app.search.snapshot.RETRY_INTERVAL_S", 0.0)  # each poll looks again
    content, index, chance = tmp_path / "content", tmp_path / "index", random.Random(20261125)
    build(write_content(content, words="old"), index, ENCODER, now=NOW, calibrate=lambda _: {"a": [1, 2]})
    holder = SnapshotHolder(index, ENCODER)
    old = holder.current
    report = build(
        write_content(content, words="new"), index, ENCODER, now=NOW, calibrate=lambda _: {"a": [3]}
    )
    files = [path for path in folder_of(index).rglob("*") if path.is_file()] + [index / POINTER]
    assert len(files) == 19
    refused = 0
    for number in range(DAMAGES):
        path, damage = files[number % len(files)], (_flipped, _cut)[number // len(files) % 2]
        refused += _is_refused(holder, index, path, damage, chance)
        assert holder.current is old
    assert refused == DAMAGES
    assert holder.poll()
    assert holder.current.generation == report.generation
    assert holder.degraded == ()


def _is_refused(
    holder: SnapshotHolder,
    index: Path,
    path: Path,
    damage: Callable[[bytes, random.Random], bytes],
    chance: random.Random,
) -> bool:
    whole = path.read_bytes()
    path.write_bytes(damage(whole, chance))
    try:
        with pytest.raises(IndexRefused):
            open_snapshot(index, ENCODER)
        with pytest.raises(IndexRefused):
            verify(index)
        swapped = holder.poll()
        found = holder.current.vectors.search(ENCODER.encode_queries(["old refund-1"])[0], 1)[0]
        assert "old" in holder.current.passages[found[0]].text
        return not swapped and holder.degraded == ("index",)
    finally:
        path.write_bytes(whole)


def test_an_encoder_with_one_changed_weight_is_another_encoder(tmp_path: Path) -> None:
    """P5: same name, same width, same tokenizer, one bit of 32 MB: refused in a sentence."""
    for name in (ROWS_FILE, "tokenizer.json"):
        (tmp_path / name).write_bytes((WEIGHTS / name).read_bytes())
    index = tmp_path / "index"
    build(write_content(tmp_path / "content"), index, StaticEncoder(WEIGHTS, name="bundled"), now=NOW)
    open_snapshot(index, StaticEncoder(tmp_path, name="bundled"))
    with (tmp_path / ROWS_FILE).open("r+b") as file:
        file.seek(20_000_000)
        (byte,) = file.read(1)
        file.seek(20_000_000)
        file.write(bytes([byte ^ 1]))
    with pytest.raises(IndexRefused, match=r"different: weights_sha256.*Build the index again"):
        open_snapshot(index, StaticEncoder(tmp_path, name="bundled"))
