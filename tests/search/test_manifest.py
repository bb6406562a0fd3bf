"""The chain of hashes from pointer to file, and the agreement of index and encoder."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from app.errors import IndexRefused
from app.search.encoder import Encoder, EncoderIdentity, Floats, open_encoder
from app.search.manifest import (
    FORMAT,
    MANIFEST_FILE,
    Manifest,
    Probes,
    file_facts,
    generation_id,
    read_manifest,
    read_verified,
)
from app.search.stored import from_bytes, to_bytes

NOW = datetime(2026, 11, 25, 15, 5, tzinfo=UTC)


@pytest.fixture
def encoder() -> Encoder:
    return open_encoder("hash:64")


@pytest.fixture
def manifest(encoder: Encoder) -> Manifest:
    return Manifest(
        FORMAT,
        7,
        None,
        NOW,
        encoder.identity,
        Probes.of(encoder),
        "c" * 64,
        "e" * 64,
        3,
        {"articles": 1, "passages": 2},
        {},
    )


def _written(folder: Path, manifest: Manifest) -> Path:
    target = folder / manifest.generation
    target.mkdir(parents=True)
    (target / MANIFEST_FILE).write_bytes(to_bytes(manifest))
    return target


def test_a_manifest_comes_back_equal(manifest: Manifest, tmp_path: Path) -> None:
    assert from_bytes(Manifest, to_bytes(manifest)) == manifest
    assert read_manifest(_written(tmp_path, manifest)) == manifest


def test_the_id_vouches_for_every_byte(manifest: Manifest) -> None:
    """P4: whatever differs, the id differs; the number leads it."""
    assert manifest.generation.startswith("000007-")
    for other in (
        replace(manifest, created_at=NOW.replace(second=1)),
        replace(manifest, counts={"articles": 1, "passages": 3}),
        replace(manifest, number=8),
    ):
        assert other.generation.partition("-")[2] != manifest.generation.partition("-")[2]


def test_a_renamed_generation_is_refused(manifest: Manifest, tmp_path: Path) -> None:
    folder = _written(tmp_path, manifest)
    moved = folder.rename(folder.with_name(generation_id(7, b"something else")))
    with pytest.raises(IndexRefused, match="damaged"):
        read_manifest(moved)


def test_files_are_checked_against_size_and_hash(manifest: Manifest, tmp_path: Path) -> None:
    """P4: changed, cut, lengthened and missing files are each named."""
    source = tmp_path / "files"
    (source / "deep").mkdir(parents=True)
    (source / "deep" / "one.bin").write_bytes(b"abc")
    whole = replace(manifest, files=file_facts(source))
    folder = _written(tmp_path, whole)
    (folder / "deep").mkdir()
    for content in (b"abd", b"ab", b"abcd", None):
        if content is not None:
            (folder / "deep" / "one.bin").write_bytes(content)
        else:
            (folder / "deep" / "one.bin").unlink()
        with pytest.raises(IndexRefused, match=r"deep/one\.bin"):
            read_verified(folder)
    (folder / "deep" / "one.bin").write_bytes(b"abc")
    assert read_verified(folder) == whole


def test_another_format_asks_for_a_build(manifest: Manifest, tmp_path: Path) -> None:
    other = replace(manifest, format=FORMAT + 1)
    with pytest.raises(IndexRefused, match="Build the index again"):
        read_verified(_written(tmp_path, other))
    folder = tmp_path / generation_id(7, b"{}")
    folder.mkdir()
    (folder / MANIFEST_FILE).write_bytes(b"{}")
    with pytest.raises(IndexRefused, match="another version of Handrail"):
        read_manifest(folder)


def test_the_encoder_that_built_it_is_welcome(manifest: Manifest, encoder: Encoder) -> None:
    manifest.refuse_other(encoder)


@pytest.mark.parametrize("spec", ["hash:64:other", "hash:32", "bundled"])
def test_any_other_encoder_is_refused_by_name(manifest: Manifest, spec: str) -> None:
    """P5: also one of the same width."""
    with pytest.raises(IndexRefused, match=r"built with encoder 'hash:64'.*HANDRAIL_ENCODER"):
        manifest.refuse_other(open_encoder(spec))


class _Liar:
    """Says it is one encoder and is another: the case that only the probes find."""

    def __init__(self, claimed: EncoderIdentity, real: Encoder, *, noise: float = 0.0) -> None:
        self.identity = claimed
        self._real, self._noise = real, np.float32(noise)

    def encode_queries(self, texts: list[str]) -> Floats:
        return self._real.encode_queries(texts) + self._noise

    def encode_passages(self, texts: list[str]) -> Floats:
        return self._real.encode_passages(texts) + self._noise


def test_the_probes_find_an_encoder_under_a_false_name(manifest: Manifest, encoder: Encoder) -> None:
    """P5: identity is what is claimed, the probe vectors are what is so."""
    for real, noise in ((open_encoder("hash:64:other"), 0.0), (encoder, 0.01), (encoder, float("nan"))):
        with pytest.raises(IndexRefused, match="probe sentences"):
            manifest.refuse_other(_Liar(encoder.identity, real, noise=noise))


def test_another_processors_rounding_is_no_other_encoder(manifest: Manifest, encoder: Encoder) -> None:
    manifest.refuse_other(_Liar(encoder.identity, encoder, noise=1e-5))


def test_every_fact_of_an_identity_counts(encoder: Encoder) -> None:
    """P5: weights, tokenizer, width, pooling, prefixes, revision, length limit."""
    identity = encoder.identity
    for name, value in {
        "name": "x", "kind": "x", "weights_sha256": "x", "tokenizer_sha256": "x", "dimension": 65, "pooling": "x",
        "query_prefix": "x", "passage_prefix": "x", "revision": "x", "max_tokens": 5,
    }.items():  # fmt: skip
        assert identity.differences(replace(identity, **{name: value})) == (name,)
