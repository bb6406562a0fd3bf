"""Figures for how good a search and its confidence are. Plain functions over plain arrays."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
NOT_FOUND = 10_000


@dataclass(frozen=True, slots=True)
class ReliabilityBin:
    """Answers whose probability was between `low` and `high`: how many, what was said, and what was true."""

    low: float
    high: float
    count: int
    mean_probability: float
    share_right: float


def recall_at(ranks: Sequence[int], k: int) -> float:
    """The share of questions whose right family is among the first `k`; ranks count from 1."""
    return float(np.mean(np.asarray(ranks) <= k)) if len(ranks) else float("nan")


def mean_reciprocal_rank(ranks: Sequence[int], k: int = 10) -> float:
    """MRR@k: the mean of 1/rank, 0 for what is not among the first `k`."""
    values = np.asarray(ranks, dtype=np.float64)
    return float(np.mean(np.where(values <= k, 1 / values, 0.0))) if len(values) else float("nan")


def auroc(probabilities: Floats, right: Bools) -> float:
    """The chance that a right one of two answers has the higher probability (Mann and Whitney 1947; ties count half)."""
    good, bad = probabilities[right], probabilities[~right]
    if not len(good) or not len(bad):
        return float("nan")
    above = (good[:, None] > bad).mean() + (good[:, None] == bad).mean() / 2
    return float(above)


def reliability(probabilities: Floats, right: Bools, bins: int = 10) -> tuple[ReliabilityBin, ...]:
    """The reliability table over equal widths; empty bins are left out."""
    at = np.minimum((probabilities * bins).astype(int), bins - 1)
    return tuple(
        ReliabilityBin(
            one / bins,
            (one + 1) / bins,
            int(here.sum()),
            float(probabilities[here].mean()),
            float(right[here].mean()),
        )
        for one in range(bins)
        if (here := at == one).any()
    )


def expected_calibration_error(probabilities: Floats, right: Bools, bins: int = 10) -> float:
    """ECE (Naeini et al. 2015): the mean gap of probability and truth over the reliability table."""
    table = reliability(probabilities, right, bins)
    return sum(one.count * abs(one.mean_probability - one.share_right) for one in table) / max(len(right), 1)


def wilson(successes: int, n: int, z: float = 1.96) -> tuple[float, float]:
    """The 95 % interval of a share (Wilson 1927); (0, 1) when nothing was counted."""
    if not n:
        return 0.0, 1.0
    share, square = successes / n, z * z / n
    half = z * sqrt(share * (1 - share) / n + square / (4 * n))
    return max(0.0, (share + square / 2 - half) / (1 + square)), min(
        1.0, (share + square / 2 + half) / (1 + square)
    )
