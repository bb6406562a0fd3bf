"""What a generation says about itself: who encoded it, from what, and the hash of every file it consists of.

A generation's id is its number and the first 16 digits of its manifest's sha256, so the chain is closed: the pointer
holds the id, the id vouches for the manifest, the manifest for every other file. One changed byte anywhere breaks it (P4).
"""

import base64
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np

from app.errors import IndexRefused
from app.search.encoder import Encoder, EncoderIdentity, Floats
from app.search.stored import from_bytes, to_bytes

MANIFEST_FILE = "manifest.json"
# Raised whenever what stands in a generation's files changes its form or its meaning.
FORMAT = 7
GENERATION = re.compile(r"([0-9]{6})-([0-9a-f]{16})")
# Sentences in several scripts: an encoder that agrees on these is the one that built the index.
PROBES = (
    "How do I get a refund for a charge I dispute?",
    "¿Por qué se rechazó mi anuncio?",
    "アカウントの言語を変更する方法",
    "退款需要多长时间？",
    "كيف أتواصل مع فريق الدعم؟",
    "Wie richte ich die Bestätigung in zwei Schritten ein?",
)
# How far a probe may lie from its stored vector (largest difference of a coordinate): other processors round
# differently in the sixth digit, another model differs in the first.
PROBE_TOLERANCE = 1e-3


@dataclass(frozen=True, slots=True)
class FileFacts:
    """Size in bytes and sha256 in hex of one file."""

    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Probes:
    """What the encoder made of `texts`: float32 rows, little-endian, in base64."""

    texts: tuple[str, ...]
    queries: str
    passages: str

    @classmethod
    def of(cls, encoder: Encoder, texts: tuple[str, ...] = PROBES) -> "Probes":
        """The probes as this encoder sees them."""
        return cls(texts, _packed(encoder.encode_queries(texts)), _packed(encoder.encode_passages(texts)))

    def agree(self, other: "Probes") -> bool:
        """Whether both come from the same encoder, up to rounding."""
        return (
            self.texts == other.texts
            and _near(self.queries, other.queries)
            and _near(self.passages, other.passages)
        )


@dataclass(frozen=True, slots=True)
class Manifest:
    """One generation. `number` rises by one with every build; `content_digest` is that of all article files.

    `follows` is the generation that was served when this one was built: where a rollback goes. `recipe` is a hash of the
    code that cuts and renders articles; `changed_since_fit` counts the passages that have changed since the calibration
    was fitted.

    `counts` holds `articles` and `passages`; `files` is keyed by path inside the generation's folder.
    """

    format: int
    number: int
    follows: str | None
    created_at: datetime
    encoder: EncoderIdentity
    probes: Probes
    content_digest: str
    recipe: str
    changed_since_fit: int
    counts: Mapping[str, int]
    files: Mapping[str, FileFacts]

    @property
    def generation(self) -> str:
        """The id, and the name of the folder."""
        return generation_id(self.number, to_bytes(self))

    def refuse_other(self, encoder: Encoder) -> None:
        """`IndexRefused` unless `encoder` is the one that built this generation (P5)."""
        built, ours = self.encoder, encoder.identity
        if differences := built.differences(ours):
            raise IndexRefused(
                f"Generation {self.generation} was built with encoder {_described(built)}, but this process has "
                f"{_described(ours)} (different: {', '.join(differences)}). Build the index again, or set "
                "HANDRAIL_ENCODER to the encoder that built it."
            )
        if not self.probes.agree(Probes.of(encoder, self.probes.texts)):
            raise IndexRefused(
                f"Generation {self.generation} names the same encoder {_described(ours)}, but the probe sentences "
                "get other vectors from it now. Build the index again."
            )


def generation_id(number: int, manifest: bytes) -> str:
    """The id of the generation that a manifest describes."""
    return f"{number:06d}-{hashlib.sha256(manifest).hexdigest()[:16]}"


def file_facts(folder: Path) -> dict[str, FileFacts]:
    """The facts of every file below `folder`, except a manifest's."""
    paths = (path for path in sorted(folder.rglob("*")) if path.is_file())
    facts = {path.relative_to(folder).as_posix(): _facts(path) for path in paths}
    facts.pop(MANIFEST_FILE, None)
    return facts


def read_manifest(folder: Path) -> Manifest:
    """The manifest of the generation in `folder`; `IndexRefused` when the folder's name does not vouch for it."""
    name = GENERATION.fullmatch(folder.name)
    try:
        data = (folder / MANIFEST_FILE).read_bytes()
    except OSError as error:
        raise IndexRefused(
            f"Generation {folder.name} has no readable manifest ({error.strerror}). It is not to be used."
        ) from error
    if name is None or generation_id(int(name[1]), data) != folder.name:
        raise IndexRefused(f"The manifest of generation {folder.name} is damaged. It is not to be used.")
    try:
        return from_bytes(Manifest, data)
    except ValueError as error:
        raise IndexRefused(
            f"Generation {folder.name} was built by another version of Handrail. Build the index again."
        ) from error


def read_verified(folder: Path) -> Manifest:
    """The manifest, after every file it names was found whole: nothing is parsed before its hash is right (P4)."""
    manifest = read_manifest(folder)
    if manifest.format != FORMAT:
        raise IndexRefused(
            f"Generation {folder.name} has format {manifest.format}, this version of Handrail reads {FORMAT}. "
            "Build the index again."
        )
    for name, expected in manifest.files.items():
        try:
            found = _facts(folder / name)
        except OSError as error:
            raise IndexRefused(
                f"Generation {folder.name} is incomplete: {name} cannot be read ({error.strerror})."
            ) from error
        if found != expected:
            raise IndexRefused(
                f"Generation {folder.name} is damaged: {name} is not the file that was built "
                f"({found.size} bytes, built with {expected.size}). It is not to be used."
            )
    return manifest


def _facts(path: Path) -> FileFacts:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        return FileFacts(file.tell(), digest)


def _packed(rows: Floats) -> str:
    return base64.b64encode(rows.astype("<f4").tobytes()).decode()


def _near(one: str, other: str) -> bool:
    left, right = (np.frombuffer(base64.b64decode(packed), dtype="<f4") for packed in (one, other))
    # Written so that a NaN on either side counts as far.
    return left.shape == right.shape and bool((np.abs(left - right) <= PROBE_TOLERANCE).all())


def _described(identity: EncoderIdentity) -> str:
    return f"{identity.name!r} ({identity.kind}, {identity.dimension} wide, weights {identity.weights_sha256[:8]})"
