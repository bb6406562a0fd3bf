"""From signals to the chance that the first hit answers the question, and to a band.

A calibration is plain data: two logistic curves, the costs from which its bands follow, and the figures it reached. It
is fitted by `fitting.py`, lies in the snapshot (other articles shift every score), and may be edited by hand there
or, for content without gold questions, in `default_calibration.json`.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Literal

from app.search.hit import NAMES, Mode, Results, Signals

FORMAT = 1
DEFAULT_FILE = Path(__file__).parent / "default_calibration.json"

Band = Literal["high", "middling", "low"]


@dataclass(frozen=True, slots=True)
class Costs:
    """What a mistake costs, in handoffs. A handoff that was not needed costs one."""

    wrong_confident_answer: float = 5.0
    wrong_hedged_answer: float = 1.5

    @property
    def high(self) -> float:
        """The probability from which a plain answer is expected to cost less than a handoff: (1 - p) · cost < 1."""
        return 1 - 1 / self.wrong_confident_answer

    @property
    def middling(self) -> float:
        """The same for an answer that says it is not sure, or asks which article is meant."""
        return 1 - 1 / self.wrong_hedged_answer


@dataclass(frozen=True, slots=True)
class Curve:
    """p = 1 / (1 + exp(-(intercept + Σ coefficient · signal))). Signals that are not named do not count."""

    intercept: float
    coefficients: Mapping[str, float]
    figures: Mapping[str, float] = field(default_factory=dict)

    def probability(self, signals: Signals) -> float:
        """The chance, 0..1, that the first hit is right."""
        values = dict(zip(NAMES, signals.vector().tolist(), strict=True))
        z = self.intercept + sum(weight * values[name] for name, weight in self.coefficients.items())
        return 1 / (1 + math.exp(-max(-40.0, min(40.0, z))))


@dataclass(frozen=True, slots=True)
class Calibration:
    """`encoder` is the sha256 of the weights with which `hybrid` was fitted; it says nothing about any other."""

    encoder: str
    hybrid: Curve
    lexical: Curve
    costs: Costs

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> "Calibration":
        """What a snapshot has stored; the shipped default where it has nothing or another format."""
        if stored.get("format") != FORMAT:
            return default_calibration()
        return cls(
            encoder=stored["encoder"],
            hybrid=Curve(**stored["curves"]["hybrid"]),
            lexical=Curve(**stored["curves"]["lexical"]),
            costs=Costs(**stored["costs"]),
        )

    def curve(self, mode: Mode, encoder: str) -> Curve:
        """The curve for a search. With an encoder other than the fitted one only the words are believed."""
        return self.hybrid if mode == "hybrid" and encoder == self.encoder else self.lexical

    def probability(self, results: Results) -> float:
        """The chance that the first hit answers the question; 0 without hits."""
        if not results.hits:
            return 0.0
        return self.curve(results.mode, results.encoder).probability(results.signals)

    def band(self, probability: float) -> Band:
        """`high` answers, `middling` asks back or answers with a warning, `low` offers a person."""
        if probability >= self.costs.high:
            return "high"
        return "middling" if probability >= self.costs.middling else "low"


@cache
def default_calibration() -> Calibration:
    """Fitted on the sample help centre with the bundled encoder; for content that has no gold questions."""
    return Calibration.of(json.loads(DEFAULT_FILE.read_text(encoding="utf-8")))
