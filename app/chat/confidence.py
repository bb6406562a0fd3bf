"""How sure the bot may be of its answer: a calibrated chance and a band, never a cosine."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.search.calibration import Band, Calibration
from app.search.hit import Results


@dataclass(frozen=True, slots=True)
class Confidence:
    """`probability` that the first hit answers the question, 0..1, and the band that follows from the stated costs."""

    probability: float
    band: Band


def assess(results: Results, calibration: Mapping[str, Any]) -> Confidence:
    """The confidence in the first hit. `calibration` is `snapshot.calibration`; the shipped one is used if it is empty."""
    verdict = Calibration.of(calibration).judge(results)
    return Confidence(verdict.right, verdict.band)
