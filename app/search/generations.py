"""The generations on the disk: which there are, which one is current, and going back to a former one.

index/CURRENT                    the id of the generation that is served: the one pointer, replaced atomically
index/build.lock                 held by the one writer; released by the system when its process dies
index/generations/<id>/          immutable once it has this name
index/generations/.staging-…     being built; of no meaning to readers, swept by the next writer
"""

import errno
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from app.errors import BuildRunning, IndexRefused
from app.search.manifest import GENERATION, read_manifest, read_verified

POINTER = "CURRENT"
NEW_POINTER = ".CURRENT.new"
LOCK = "build.lock"
GENERATIONS = "generations"


@dataclass(frozen=True, slots=True)
class Generation:
    """One line of `handrail index list`. `fault` says what is wrong with it; the other facts are then None."""

    generation: str
    is_current: bool
    created_at: datetime | None
    encoder: str | None
    articles: int | None
    passages: int | None
    size: int | None
    fault: str | None


def list_generations(index_dir: Path) -> tuple[Generation, ...]:
    """All generations, newest first. Reads manifests only: `verify` checks the files."""
    try:
        now_current: str | None = current(index_dir)
    except IndexRefused:
        now_current = None
    return tuple(_described(index_dir / GENERATIONS / name, now_current) for name in names(index_dir))


def current(index_dir: Path) -> str:
    """The id in the pointer; `IndexRefused` when there is no index or the pointer is damaged."""
    try:
        pointer = (index_dir / POINTER).read_bytes()
    except FileNotFoundError:
        raise IndexRefused(f"There is no index in {index_dir}. Build it with `handrail build`.") from None
    except OSError as error:
        raise IndexRefused(
            f"The index pointer {index_dir / POINTER} cannot be read: {error.strerror}."
        ) from error
    # A line end is allowed for those who write it with an editor; it is never written here.
    name = pointer.decode("ascii", "replace").removesuffix("\n")
    if not GENERATION.fullmatch(name):
        raise IndexRefused(
            f"The index pointer {index_dir / POINTER} is damaged. Build the index again, or roll it back."
        )
    return name


def folder_of(index_dir: Path, generation: str | None = None) -> Path:
    """The folder of a generation (without a name, of the current one); `IndexRefused` when there is none."""
    name = generation or current(index_dir)
    if not GENERATION.fullmatch(name):  # a name from outside must not walk through the file system
        raise IndexRefused(f"{name!r} is not the id of a generation.")
    folder = index_dir / GENERATIONS / name
    if not folder.is_dir():
        raise IndexRefused(f"There is no generation {name} in {index_dir}.")
    return folder


def verify(index_dir: Path, generation: str | None = None) -> str:
    """Reads every byte of a generation (without a name, the current one) against its manifest; returns its id.

    `IndexRefused` names the first damaged file.
    """
    return read_verified(folder_of(index_dir, generation)).generation


def rollback(index_dir: Path) -> str:
    """Points back to the generation that was served before the current one and returns its id.

    Where that is gone or damaged, the newest older one that is whole is taken; where the pointer itself is damaged,
    the newest of all. `IndexRefused` when there is nothing to go back to, `BuildRunning` while a build holds the lock.
    """
    with writer_lock(index_dir), refused_writing(index_dir):
        for name in _former(index_dir):
            with suppress(IndexRefused):
                verify(index_dir, name)
                point_to(index_dir, name)
                return name
    raise IndexRefused(f"There is no whole generation in {index_dir} to go back to.")


def names(index_dir: Path) -> tuple[str, ...]:
    """The ids of all generations on the disk, newest first."""
    try:
        found = os.listdir(index_dir / GENERATIONS)
    except (FileNotFoundError, NotADirectoryError):
        return ()
    return tuple(sorted((name for name in found if GENERATION.fullmatch(name)), reverse=True))


@contextmanager
def writer_lock(index_dir: Path) -> Iterator[None]:
    """The one writer. `BuildRunning` when another holds it, `IndexRefused` when the folder cannot be written."""
    with refused_writing(index_dir):
        (index_dir / GENERATIONS).mkdir(parents=True, exist_ok=True)
        handle = os.open(index_dir / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BuildRunning(f"Another build is running in {index_dir}. Nothing was changed.") from None
        yield
    finally:
        os.close(handle)


@contextmanager
def refused_writing(index_dir: Path) -> Iterator[None]:
    """Turns what the disk says (full, read-only, not ours) into `IndexRefused`."""
    try:
        yield
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
        why = "there is no room left on the disk" if full else (error.strerror or str(error))
        raise IndexRefused(
            f"The index folder {index_dir} cannot be written: {why}. What was served before is unchanged."
        ) from error


def point_to(index_dir: Path, generation: str) -> None:
    """Replaces the pointer atomically and waits until the disk has it. Only under the lock."""
    new = index_dir / NEW_POINTER
    new.write_bytes(generation.encode("ascii"))
    sync(new)
    os.replace(new, index_dir / POINTER)
    sync(index_dir)


def _former(index_dir: Path) -> tuple[str, ...]:
    """Where a rollback may go, best first."""
    try:
        now_current = current(index_dir)
    except IndexRefused:
        return names(index_dir)
    older = [name for name in names(index_dir) if name < now_current]
    followed = followed_by(index_dir, now_current)
    return tuple(sorted(older, key=lambda name: name != followed))


def followed_by(index_dir: Path, generation: str) -> str | None:
    """The generation that was served before `generation` was built, as far as that can be read."""
    try:
        return read_manifest(index_dir / GENERATIONS / generation).follows
    except IndexRefused:
        return None


def sync(path: Path) -> None:
    """Waits until a file or folder is on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _described(folder: Path, now_current: str | None) -> Generation:
    is_current = folder.name == now_current
    try:
        manifest = read_manifest(folder)
    except IndexRefused as refusal:
        return Generation(folder.name, is_current, None, None, None, None, None, refusal.detail)
    return Generation(
        generation=folder.name,
        is_current=is_current,
        created_at=manifest.created_at,
        encoder=manifest.encoder.name,
        articles=manifest.counts["articles"],
        passages=manifest.counts["passages"],
        size=sum(file.size for file in manifest.files.values()),
        fault=None,
    )
