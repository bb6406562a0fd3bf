"""Figures for how good a search and its confidence are. Plain functions over plain arrays."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Numbers = NDArray[np.int64]
NOT_FOUND = 10_000
DRAWS = 1000
SEED = 7


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


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure with the ends of its 95 % interval; NaN where nothing could be measured."""

    value: float
    low: float
    high: float


def auroc_estimate(good: Floats, bad: Floats, asked: tuple[Numbers, Numbers]) -> Estimate:
    """AUROC of `good` against `bad` chances with a 95 % interval: a bootstrap over questions with a fixed seed.

    `asked` says which question each chance is about: one that stands on both sides (with and without its article) is
    drawn on both or on neither. Where every good one beats every bad one, the interval is that one point and too narrow.
    """
    if not len(good) or not len(bad):
        return Estimate(*[float("nan")] * 3)
    above = (good[:, None] > bad) + (good[:, None] == bad) / 2
    questions, place = np.unique(np.concatenate(asked), return_inverse=True)
    draw = np.random.default_rng(SEED)
    drawn = draw.multinomial(len(questions), np.full(len(questions), 1 / len(questions)), DRAWS)
    of_good, of_bad = drawn[:, place[: len(good)]], drawn[:, place[len(good) :]]
    pairs = of_good.sum(1) * of_bad.sum(1)
    shares = ((of_good @ above) * of_bad).sum(1)[pairs > 0] / pairs[pairs > 0]
    low, high = np.quantile(shares, [0.025, 0.975])
    return Estimate(float(above.mean()), float(low), float(high))


def chance_calibration_error(probabilities: Floats, bins: int = 10) -> float:
    """The mean ECE of a curve that is exactly right, on answers as likely as these: so much is chance alone.

    A bin of few answers is never just as right as was said, so that no ECE on few questions is 0.
    """
    draw = np.random.default_rng(SEED)
    worlds = draw.random((DRAWS, len(probabilities))) < probabilities
    return float(np.mean([expected_calibration_error(probabilities, world, bins) for world in worlds]))


def chance_spread(shares: Sequence[float], counts: Sequence[int]) -> float:
    """The mean distance of the highest and the lowest share of groups of so many questions, if all were equally good.

    Eight groups of 28 in which 98 of 100 questions succeed lie 6 points apart; so much is chance alone.
    """
    asked = np.array(counts)
    if not asked.sum():
        return float("nan")
    together = float((np.array(shares) * asked).sum() / asked.sum())
    drawn = np.random.default_rng(SEED).binomial(asked, together, (DRAWS, len(asked))) / asked
    return float((drawn.max(axis=1) - drawn.min(axis=1)).mean())
