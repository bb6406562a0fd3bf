"""Issue 3: `bundled-large`, a transformer's vector beside the static one, over the same tokens and without torch."""

import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from app.errors import IndexRefused, SettingRefused
from app.search.calibration import stored_default
from app.search.costs import read_costs
from app.search.encoder import LARGE_WEIGHTS, Encoder, TokenVectors, open_encoder
from app.search.indexer import build
from app.search.large_encoder import MAX_TOKENS, MODEL_FILE, STATIC_SHARE, LargeEncoder
from app.search.snapshot import open_snapshot
from tests.search.small_content import write_content

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
LARGEST_FILE = 60_000_000


@pytest.fixture(scope="module")
def large() -> LargeEncoder:
    return LargeEncoder(LARGE_WEIGHTS, name="bundled-large")


@pytest.fixture(scope="module")
def bundled() -> Encoder:
    return open_encoder("bundled")


def test_a_cosine_is_the_mean_of_both_cosines(large: LargeEncoder, bundled: Encoder) -> None:
    texts = [
        "Wie bekomme ich mein Geld zurück?",
        "A refund reaches your card within five days.",
        "Pause an ad",
    ]
    rows, static = large.encode_passages(texts), bundled.encode_passages(texts)
    width = rows.shape[1] - static.shape[1]
    assert np.linalg.norm(rows[:, :width], axis=1) ** 2 == pytest.approx(1 - STATIC_SHARE, abs=1e-5)
    assert np.allclose(rows[:, width:] @ rows[:, width:].T, STATIC_SHARE * static @ static.T, atol=1e-5)


def test_a_text_gets_exactly_the_same_vector_alone_and_in_company(large: LargeEncoder) -> None:
    """A build that encodes what has changed gives the bytes that a clean one gives."""
    texts = ["refund", "", "Wie bekomme ich mein Geld zurück?", "pause the campaign " * 40, "広告"]
    alone = np.concatenate([large.encode_passages([text]) for text in reversed(texts)])[::-1]
    assert np.array_equal(alone, large.encode_passages(texts))


def test_word_order_is_read(large: LargeEncoder, bundled: Encoder) -> None:
    """What a sum of words can never tell apart."""
    texts = ["a charge without a refund", "a refund without a charge"]
    summed, read = (one.encode_passages(texts) for one in (bundled, large))
    assert summed[0] @ summed[1] == pytest.approx(1, abs=1e-5)
    assert read[0] @ read[1] < 0.99


def test_the_end_of_a_very_long_text_is_read_by_the_static_rows_only(large: LargeEncoder) -> None:
    start = "refund " * MAX_TOKENS
    width = large.identity.dimension - open_encoder("bundled").identity.dimension
    one, other = large.encode_passages([start, f"{start} {'campaign ' * 50}"])
    assert np.abs(one[:width] - other[:width]).max() < 1e-5
    assert np.abs(one[width:] - other[width:]).max() > 1e-3


def test_late_interaction_has_the_bundled_encoders_tokens(large: LargeEncoder, bundled: Encoder) -> None:
    assert isinstance(large, TokenVectors)
    assert isinstance(bundled, TokenVectors)
    ids = np.concatenate([*large.token_ids(["pausa la campaña"]), *bundled.token_ids(["広告"])])
    for ours, theirs in zip(large.token_rows(ids), bundled.token_rows(ids), strict=True):
        assert np.array_equal(ours, theirs)


def test_it_is_small_enough_to_ship_and_needs_no_torch() -> None:
    assert (LARGE_WEIGHTS / MODEL_FILE).stat().st_size <= LARGEST_FILE
    code = (
        "import sys; from app.search.encoder import open_encoder; "
        "open_encoder('bundled-large').encode_queries(['refund']); "
        "sys.exit(bool({'torch', 'transformers', 'sentence_transformers'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_content_without_gold_questions_gets_the_weights_fitted_with_it(
    large: LargeEncoder, tmp_path: Path
) -> None:
    assert (
        stored_default(read_costs(), large.identity.weights_sha256)["encoder"]
        == large.identity.weights_sha256
    )
    assert stored_default(read_costs())["encoder"] == open_encoder("bundled").identity.weights_sha256


def test_an_index_of_one_refuses_the_other(large: LargeEncoder, bundled: Encoder, tmp_path: Path) -> None:
    """Shown by 4, between the two that ship."""
    content = write_content(tmp_path / "content")
    build(content, tmp_path / "small", bundled, now=NOW)
    build(content, tmp_path / "large", large, now=NOW)
    for index, other, name in (("small", large, "bundled"), ("large", bundled, "bundled-large")):
        with pytest.raises(IndexRefused, match=f"was built with encoder '{name}'.*Build the index again"):
            open_snapshot(tmp_path / index, other)
    assert open_snapshot(tmp_path / "large", large).tokens is not None


def _one_bit_of_a_row(folder: Path) -> None:
    data = bytearray((folder / MODEL_FILE).read_bytes())
    data[len(data) // 2] ^= 1
    (folder / MODEL_FILE).write_bytes(data)


def test_a_changed_file_is_another_encoder(large: LargeEncoder, tmp_path: Path) -> None:
    content = write_content(tmp_path / "content")
    build(content, tmp_path / "index", large, now=NOW)
    shutil.copytree(LARGE_WEIGHTS, tmp_path / "weights")
    _one_bit_of_a_row(tmp_path / "weights")
    with pytest.raises(IndexRefused, match=r"different: weights_sha256\)\. Build the index again"):
        open_snapshot(tmp_path / "index", LargeEncoder(tmp_path / "weights", name="bundled-large"))


def _gone(path: Path) -> None:
    path.unlink()


def _half(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def _no_model(path: Path) -> None:
    path.write_bytes(b"\xff" * 4096)


@pytest.mark.parametrize("damage", [_gone, _half, _no_model])
def test_a_file_that_is_no_model_is_a_sentence(damage: Callable[[Path], None], tmp_path: Path) -> None:
    shutil.copytree(LARGE_WEIGHTS, tmp_path / "weights")
    damage(tmp_path / "weights" / MODEL_FILE)
    with pytest.raises(SettingRefused, match="cannot be read"):
        LargeEncoder(tmp_path / "weights", name="bundled-large")
