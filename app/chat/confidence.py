"""How sure the bot may be of its answer: a calibrated chance and a band, never a cosine."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.search.calibration import Band, Calibration
from app.search.hit import Results


@dataclass(frozen=True, slots=True)
class Confidence:
    """`probability` that the first hit answers the question, 0..1, and what follows from it by the stated costs."""

    probability: float
    band: Band


def assess(results: Results, calibration: Mapping[str, Any]) -> Confidence:
    """The confidence in the first hit. `calibration` is `snapshot.calibration`; the shipped one is used if it is empty."""
    curves = Calibration.of(calibration)
    probability = curves.probability(results)
    return Confidence(probability, curves.band(probability))
