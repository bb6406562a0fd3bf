"""Logistic regression with weights, a ridge penalty and bounds: the few lines that calibration needs."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

STEPS = 600
# A step that moves no standardised parameter by more than this is the last.
STILL = 1e-4
# A column that varies by less than this is constant, up to rounding.
FLAT = 1e-9


def fit_logistic(
    x: Floats, y: Bools, weights: Floats, strength: float, bounds: Floats
) -> tuple[float, Floats]:
    """Intercept and coefficients (d,) for the rows of `x` (n, d) as they are; 1 / `strength` is the penalty.

    `bounds` (2, d) are the lowest and the highest value of each coefficient. Accelerated projected gradient descent
    (Beck and Teboulle 2009) on standardised columns; the intercept is neither penalised nor bounded.
    """
    mean, spread = x.mean(axis=0), x.std(axis=0)
    spread = np.where(spread > FLAT, spread, 1.0)
    design = np.column_stack([np.ones(len(x)), (x - mean) / spread])
    penalty = np.concatenate([[0.0], np.full(x.shape[1], 1 / strength)])
    lowest, highest = np.column_stack([[-np.inf, np.inf], bounds * spread])
    # The curvature is nowhere higher than this, so a step of its inverse never overshoots.
    curvature = float(np.linalg.eigvalsh((design.T * weights) @ design)[-1]) / 4 + 1 / strength
    at = ahead = np.zeros(design.shape[1])
    momentum = 1.0
    for _ in range(STEPS):
        slope = design.T @ (weights * (sigmoid(design @ ahead) - y)) + penalty * ahead
        moved = np.clip(ahead - slope / curvature, lowest, highest)
        following = (1 + np.sqrt(1 + 4 * momentum**2)) / 2
        ahead = moved + (momentum - 1) / following * (moved - at)
        step = float(np.abs(moved - at).max())
        at, momentum = moved, following
        if step < STILL:
            break
    coefficients: Floats = at[1:] / spread
    return float(at[0] - coefficients @ mean), coefficients


def sigmoid(z: Floats) -> Floats:
    """1 / (1 + exp(-z)), safe far out."""
    value: Floats = 1 / (1 + np.exp(-np.clip(z, -40, 40)))
    return value
