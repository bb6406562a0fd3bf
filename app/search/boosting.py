"""Boosted monotone trees: chances from signals, each of which can only count in its own direction.

Newton boosting of the logistic loss (Friedman, Hastie and Tibshirani 2000) with oblivious trees, which ask the same question
everywhere on one level: a tree is three thresholds and eight numbers. No library that is at hand gives monotone trees as plain
numbers, so here are the few lines that calibration needs.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.search.logistic import Bools, Floats, sigmoid

DEPTH = 3
# What a tree adds is scaled down by this, so that many small trees share the work.
PACE = 0.1
# The least curvature (weight × chance × counter-chance) on each side of a split, and what is added to it: eight even samples.
LEAST_CURVATURE = RIDGE = 2.0
# Thresholds lie between so many equally filled bins of a signal; twice as many told no better.
BINS = 16
# How often leaves that are out of order are drawn together, before what is left of it is cut.
POOLINGS = 4

Numbers = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Tree:
    """Adds `values[k]`, where bit `j` of `k` says whether column `columns[j]` is above `thresholds[j]`."""

    columns: Numbers
    thresholds: Floats
    values: Floats

    def of(self, x: Floats) -> Floats:
        """What it adds for each row of `x` (n, d): (n,)."""
        leaves = (x[:, self.columns] > self.thresholds) @ (1 << np.arange(len(self.columns)))
        return self.values[leaves]


def boosted(
    x: Floats, y: Bools, weights: Floats, start: Floats, directions: Numbers, rounds: int
) -> list[Tree]:
    """At most `rounds` trees for the rows of `x` (n, d), whose log odds before the first are `start` (n,).

    `directions` (d,) are 1 for a column of which more can only raise the odds, -1 for one that can only lower them, 0 for one
    that may do either. It ends early when no split is left that gains.
    """
    bins = _Bins.of(x)
    logits, trees = start.copy(), []
    for _ in range(rounds):
        chances = sigmoid(logits)
        slopes, curvatures = weights * (y - chances), weights * chances * (1 - chances)
        tree = _grown(bins, slopes, curvatures, directions)
        if tree is None:
            break
        trees.append(tree)
        logits += tree.of(x)
    return trees


@dataclass(frozen=True, slots=True, eq=False)
class _Bins:
    """The thresholds `edges[c]` of each column, `has_edge` (d, BINS) whether it has its k-th; `places` (n, d) are the bins of
    the rows: a value is in bin `k` when it is above `k` thresholds."""

    edges: list[Floats]
    has_edge: Bools
    places: Numbers

    @classmethod
    def of(cls, x: Floats) -> "_Bins":
        edges = [_edges(column) for column in x.T]
        places = [np.searchsorted(of_column, column) for of_column, column in zip(edges, x.T, strict=True)]
        counts = np.array([len(of_column) for of_column in edges])
        return cls(edges, np.arange(BINS) < counts[:, None], np.stack(places, axis=1))


def _edges(column: Floats) -> Floats:
    values = np.unique(column)
    if len(values) <= BINS:
        return (values[1:] + values[:-1]) / 2
    return np.unique(np.quantile(column, np.arange(1, BINS) / BINS))


def _grown(bins: _Bins, slopes: Floats, curvatures: Floats, directions: Numbers) -> Tree | None:
    """The tree that lowers the loss most, level by level."""
    rows, columns = bins.places.shape
    leaves = np.zeros(rows, dtype=np.int64)
    chosen: list[int] = []
    thresholds: list[float] = []
    for level in range(DEPTH):
        cells = bins.places + BINS * (np.arange(columns) + columns * leaves[:, None])
        gains = _gains(cells, slopes, curvatures, directions, 1 << level)
        gains[~bins.has_edge] = 0
        best = int(gains.argmax())
        if gains.flat[best] <= 0:
            break
        column, edge = divmod(best, BINS)
        chosen.append(column)
        thresholds.append(float(bins.edges[column][edge]))
        leaves |= (bins.places[:, column] > edge).astype(np.int64) << level
    if not chosen:
        return None
    size = 1 << len(chosen)
    mass = np.bincount(leaves, curvatures, size).astype(np.float64) + RIDGE
    steps = np.bincount(leaves, slopes, size).astype(np.float64) / mass
    values = PACE * _in_order(steps, mass, directions[chosen])
    # A tree that ends early asks its last question again, so that all have one form.
    missing = DEPTH - len(chosen)
    chosen += chosen[-1:] * missing
    thresholds += thresholds[-1:] * missing
    return Tree(np.array(chosen), np.array(thresholds), np.tile(values, 1 << missing))


def _gains(cells: Numbers, slopes: Floats, curvatures: Floats, directions: Numbers, leaves: int) -> Floats:
    """What each split (d, BINS) gains over all leaves; nothing in a leaf where it would go against its direction."""
    columns = cells.shape[1]
    shape = (leaves, columns, BINS)

    def below(weights: Floats) -> Floats:
        counted = np.bincount(
            cells.ravel(), weights=np.repeat(weights, columns), minlength=leaves * columns * BINS
        )
        return counted.reshape(shape).cumsum(axis=2)

    slope, curvature = below(slopes), below(curvatures)
    rest, rest_curvature = slope[:, :, -1:] - slope, curvature[:, :, -1:] - curvature
    low, high = slope / (curvature + RIDGE), rest / (rest_curvature + RIDGE)
    together = slope[:, :, -1:] ** 2 / (curvature[:, :, -1:] + RIDGE)
    gains = slope * low + rest * high - together
    is_against = (high - low) * directions[:, None] < 0
    is_thin = np.minimum(curvature, rest_curvature) < LEAST_CURVATURE
    summed: Floats = np.where(is_against | is_thin, 0, gains).sum(axis=0)
    return summed


def _in_order(values: Floats, mass: Floats, directions: Numbers) -> Floats:
    """The leaves' values moved as little as it takes until each bit only counts in its direction."""
    values = values.copy()
    numbers = np.arange(len(values))
    sides = [
        (numbers[(numbers >> bit) & 1 == 0], 1 << bit, direction)
        for bit, direction in enumerate(directions)
        if direction
    ]
    for _ in range(POOLINGS):
        for without, bit, direction in sides:
            low, high = (without, without | bit) if direction > 0 else (without | bit, without)
            is_wrong = values[low] > values[high]
            mean = (values[low] * mass[low] + values[high] * mass[high]) / (mass[low] + mass[high])
            values[low] = np.where(is_wrong, mean, values[low])
            values[high] = np.where(is_wrong, mean, values[high])
    for without, bit, direction in sides:  # what pooling has left, so that it holds to the last digit
        bound = np.maximum if direction > 0 else np.minimum
        values[without | bit] = bound(values[without], values[without | bit])
    return values
