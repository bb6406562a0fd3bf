"""Numbers that stand in runs, like the passages of articles: run `i` has the numbers `starts[i]:starts[i + 1]`."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.native import compiled

Floats = NDArray[np.float32]
Rows = NDArray[np.int64]


def means(numbers: Floats, starts: Rows) -> Floats:
    """For each number the mean of its run, (n,); no run is empty."""
    if compiled.kernels:
        found = np.empty(len(numbers), dtype=np.float32)
        compiled.kernels.means_of_runs(np.ascontiguousarray(numbers), starts, found)
        return found
    if not len(numbers):
        return numbers
    counts = np.diff(starts)
    every: NDArray[Any] = np.repeat(np.add.reduceat(numbers, starts[:-1]) / counts, counts)
    return every.astype(np.float32)


def best(numbers: Floats, starts: Rows) -> tuple[Rows, Floats]:
    """The place of the first of the highest numbers of each run, and that number, (runs,); no run is empty."""
    runs = len(starts) - 1
    if compiled.kernels:
        places, highest = np.empty(runs, dtype=np.int64), np.empty(runs, dtype=np.float32)
        compiled.kernels.best_of_runs(np.ascontiguousarray(numbers), starts, places, highest)
        return places, highest
    if not runs:
        return starts[:0], numbers[:0]
    highest = np.maximum.reduceat(numbers, starts[:-1])
    reached = np.flatnonzero(numbers == np.repeat(highest, np.diff(starts)))
    return reached[np.searchsorted(reached, starts[:-1])], highest


def gathered(numbers: Rows, starts: Rows, chosen: Rows) -> tuple[Rows, Rows]:
    """The numbers of the chosen runs in one row, which may be read-only, and where each begins there, (len(chosen) + 1,)."""
    if compiled.kernels:
        begins = np.empty(len(chosen) + 1, dtype=np.int64)
        return np.frombuffer(
            compiled.kernels.gathered_runs(numbers, starts, chosen, begins), np.int64
        ), begins
    firsts = starts[chosen]
    counts = starts[chosen + 1] - firsts
    begins = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    return numbers[np.arange(begins[-1]) + np.repeat(firsts - begins[:-1], counts)], begins
