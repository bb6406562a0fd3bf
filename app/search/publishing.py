"""Putting a finished generation in the place of the current one, and clearing away old ones. Only under the writer's lock."""

import shutil
from contextlib import suppress
from pathlib import Path

from app.errors import IndexRefused
from app.search.generations import GENERATIONS, current, followed_by, names, point_to, sync

STAGING = ".staging"
REMOVED = ".removed"
KEPT = 3


def next_number(index_dir: Path) -> int:
    """One more than any number in use, so that a newer generation always sorts behind."""
    used = list(names(index_dir))
    with suppress(IndexRefused):
        used.append(current(index_dir))
    return 1 + max((int(name.partition("-")[0]) for name in used), default=0)


def new_staging(index_dir: Path) -> Path:
    """An empty folder to build in, after sweeping what killed builds left behind."""
    parent = index_dir / GENERATIONS
    for leftover in (*parent.glob(f"{STAGING}*"), *parent.glob(f"{REMOVED}*")):
        shutil.rmtree(leftover)
    staging = parent / STAGING
    staging.mkdir()
    return staging


def publish(index_dir: Path, staging: Path, generation: str) -> None:
    """Makes a built and checked folder the current generation.

    The order is the promise (P3): all bytes are on the disk before the folder gets its name, the name is on the
    disk before the pointer holds it, and the pointer is replaced in one step.
    """
    sync_tree(staging)
    staging.rename(index_dir / GENERATIONS / generation)
    sync(index_dir / GENERATIONS)
    point_to(index_dir, generation)


def collect_garbage(index_dir: Path, kept: int = KEPT) -> tuple[str, ...]:
    """Removes all but the current generation, the one it follows, and the newest others, `kept` together.

    Returns the ids that are gone.
    """
    now_current = current(index_dir)
    dearest = (now_current, followed_by(index_dir, now_current))
    # Sorting is stable: among equals the newest stays first.
    by_worth = sorted(names(index_dir), key=lambda name: name not in dearest)
    doomed = tuple(by_worth[kept:])
    for name in doomed:
        # First out of sight in one step: a half-deleted folder must not look like a generation.
        hidden = index_dir / GENERATIONS / f"{REMOVED}-{name}"
        (index_dir / GENERATIONS / name).rename(hidden)
        shutil.rmtree(hidden)
    return doomed


def sync_tree(folder: Path) -> None:
    """Waits until every file and folder from `folder` down is on the disk."""
    for path in (*folder.rglob("*"), folder):
        sync(path)
