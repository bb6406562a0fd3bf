"""From signals to what a reader may expect of the first hit: two chances and a band.

A calibration is plain data: logistic curves, the costs from which the bands follow, and the figures it reached. It is
fitted by `fitting.py` and lies in the snapshot, because other articles or another encoder shift every score. For
content without gold questions there is `default_calibration.json`. Costs may be edited in either.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Literal

from app.search.fusion import Fusion
from app.search.hit import NAMES, Mode, Results, Signals

FORMAT = 4
DEFAULT_FILE = Path(__file__).parent / "default_calibration.json"

# How many of a hundred questions of real visitors no article answers: our estimate for a help centre whose articles
# cover what is asked most. Whoever has counted should write the count into the calibration.
EXPECTED_UNANSWERABLE = 0.14

Band = Literal["high", "middling", "low"]


@dataclass(frozen=True, slots=True)
class Cost:
    """What a wrong answer costs, in handoffs: when no article answers the question, and when another article does.

    The second is the smaller harm: the reader sees that it is about something else, and a person is still called.
    """

    unanswerable: float
    other_article: float


@dataclass(frozen=True, slots=True)
class Costs:
    """An answer is given when it is expected to cost less than the handoff that it saves, which costs 1."""

    plain: Cost = Cost(unanswerable=5.0, other_article=1.0)
    hedged: Cost = Cost(unanswerable=1.5, other_article=1.25)


@dataclass(frozen=True, slots=True)
class Verdict:
    """`right`: the chance that the first hit answers the question. `answerable`: that any article does.

    Band `high` answers, `middling` asks back or answers with a warning, `low` offers a person.
    """

    right: float
    answerable: float
    band: Band


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
class Curves:
    """The two curves of one mode, and the share of questions without an answer among which they were fitted."""

    right: Curve
    answerable: Curve
    unanswerable: float

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> "Curves":
        """From their JSON object."""
        return cls(Curve(**stored["right"]), Curve(**stored["answerable"]), stored["unanswerable"])

    def shifted(self, unanswerable: float, expected: float) -> float:
        """A chance among gold questions as the chance where `expected` is the share without an answer.

        Gold questions hold many without an answer on purpose (Saerens et al. 2002 for the correction).
        """
        odds = expected / (1 - expected) * (1 - self.unanswerable) / self.unanswerable
        return unanswerable * odds / (unanswerable * odds + 1 - unanswerable)


@dataclass(frozen=True, slots=True)
class Calibration:
    """`encoder` is the sha256 of the weights with which `hybrid` was fitted; it says nothing about any other.

    The chances are those among gold questions, so that they can be checked; the band is decided for visitors, of
    whose questions a share of `expected_unanswerable` has no answer.
    """

    encoder: str
    hybrid: Curves
    lexical: Curves
    costs: Costs
    expected_unanswerable: float

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> "Calibration":
        """What a snapshot has stored; the shipped default where it has nothing or another format."""
        if stored.get("format") != FORMAT:
            return default_calibration()
        return cls(
            encoder=stored["encoder"],
            hybrid=Curves.of(stored["curves"]["hybrid"]),
            lexical=Curves.of(stored["curves"]["lexical"]),
            costs=Costs(**{name: Cost(**cost) for name, cost in stored["costs"].items()}),
            expected_unanswerable=stored["expected_unanswerable"],
        )

    def judge(self, results: Results) -> Verdict:
        """The verdict on the first hit; nothing is expected of a search without hits."""
        if not results.hits:
            return Verdict(0.0, 0.0, "low")
        curves = self._curves(results.mode, results.encoder)
        right = curves.right.probability(results.signals)
        answerable = max(right, curves.answerable.probability(results.signals))
        nothing = curves.shifted(1 - answerable, self.expected_unanswerable)
        other = (1 - nothing) * (1 - right / answerable) if answerable else 0.0
        return Verdict(right, answerable, self._band(nothing, other))

    def _curves(self, mode: Mode, encoder: str) -> Curves:
        """With an encoder other than the fitted one only the words are believed."""
        return self.hybrid if mode == "hybrid" and encoder == self.encoder else self.lexical

    def _band(self, nothing: float, other: float) -> Band:
        """By the chances that nothing answers the question, and that another article does."""

        def expected(cost: Cost) -> float:
            return nothing * cost.unanswerable + other * cost.other_article

        if expected(self.costs.plain) < 1:
            return "high"
        return "middling" if expected(self.costs.hedged) < 1 else "low"


@cache
def default_calibration() -> Calibration:
    """Fitted on the sample help centre with the bundled encoder; for content that has no gold questions."""
    return Calibration.of(json.loads(DEFAULT_FILE.read_text(encoding="utf-8")))


def fusion_of(stored: Mapping[str, Any]) -> Fusion:
    """The legs' weights that a snapshot has stored; the shipped ones where it has none or another format."""
    if stored.get("format") != FORMAT:
        return _default_fusion()
    return Fusion.of(stored["fusion"])


@cache
def _default_fusion() -> Fusion:
    return Fusion.of(json.loads(DEFAULT_FILE.read_text(encoding="utf-8"))["fusion"])
