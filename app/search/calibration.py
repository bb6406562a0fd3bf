"""From signals to what a reader may expect of the first hit: two chances and a band.

A calibration is plain data: two curves for each mode, the costs from which the bands follow, and the figures it reached. It is
fitted by `fitting.py` and lies in the snapshot, because other articles or another encoder shift every score. For
content without gold questions there is a shipped one for each bundled encoder. The costs come from `costs.toml`.
"""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Literal

from app.search.costs import Cost, Costs, read_costs
from app.search.fusion import Fusion
from app.search.hit import NAMES, Mode, Results, Signals

FORMAT = 5
# The first is for every encoder that has none of its own.
DEFAULT_FILES = tuple(
    Path(__file__).parent / name for name in ("default_calibration.json", "default_calibration_large.json")
)

Band = Literal["high", "middling", "low"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """`right`: the chance that the first hit answers the question. `answerable`: that any article does.

    Band `high` answers, `middling` asks back or answers with a warning, `low` offers a person.
    """

    right: float
    answerable: float
    band: Band


@dataclass(frozen=True, slots=True)
class Trees:
    """Boosted trees as plain numbers: tree `i` adds `values[i][k]`, where bit `j` of `k` says whether the signal `signals[i][j]`
    is above `thresholds[i][j]`. All trees ask the same number of questions."""

    signals: Sequence[Sequence[str]] = ()
    thresholds: Sequence[Sequence[float]] = ()
    values: Sequence[Sequence[float]] = ()

    def sum(self, signals: Mapping[str, float]) -> float:
        """What all of them add for these signals. In plain Python, since a calibration is read anew for each judgement: arrays would
        take longer to make than this takes."""
        total = 0.0
        for names, thresholds, values in zip(self.signals, self.thresholds, self.values, strict=True):
            leaf = 0
            for bit, (name, threshold) in enumerate(zip(names, thresholds, strict=True)):
                if signals[name] > threshold:
                    leaf |= 1 << bit
            total += values[leaf]
        return total


@dataclass(frozen=True, slots=True)
class Curve:
    """p = 1 / (1 + exp(-(intercept + Σ coefficient · signal + what the trees add))). Signals that are not named do not count."""

    intercept: float
    coefficients: Mapping[str, float]
    trees: Trees = Trees()
    figures: Mapping[str, float] = field(default_factory=dict)

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> "Curve":
        """From its JSON object."""
        return cls(**{**stored, "trees": Trees(**stored["trees"])})

    def probability(self, signals: Signals) -> float:
        """The chance, 0..1, that the first hit is right."""
        values = dict(zip(NAMES, signals.vector().tolist(), strict=True))
        z = self.intercept + sum(weight * values[name] for name, weight in self.coefficients.items())
        z += self.trees.sum(values)
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
        return cls(Curve.of(stored["right"]), Curve.of(stored["answerable"]), stored["unanswerable"])

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
    whose questions a share of `costs.expected_unanswerable` has no answer.
    """

    encoder: str
    hybrid: Curves
    lexical: Curves
    costs: Costs

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> "Calibration":
        """What a snapshot has stored; the shipped default for its encoder where it has nothing or another format."""
        if stored.get("format") != FORMAT:
            return default_calibration(str(stored.get("encoder", "")))
        return cls(
            encoder=stored["encoder"],
            hybrid=Curves.of(stored["curves"]["hybrid"]),
            lexical=Curves.of(stored["curves"]["lexical"]),
            costs=Costs.of(stored["costs"]),
        )

    def judge(self, results: Results) -> Verdict:
        """The verdict on the first hit; nothing is expected of a search without hits."""
        if not results.hits:
            return Verdict(0.0, 0.0, "low")
        curves = self._curves(results.mode, results.encoder)
        right = curves.right.probability(results.signals)
        answerable = max(right, curves.answerable.probability(results.signals))
        nothing = curves.shifted(1 - answerable, self.costs.expected_unanswerable)
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
def default_calibration(encoder: str = "") -> Calibration:
    """Fitted on the sample help centre with the bundled encoder of this sha256, else with the default one; for content that has no
    gold questions."""
    return Calibration.of(stored_default(read_costs(), encoder))


def stored_default(costs: Costs, encoder: str = "") -> dict[str, Any]:
    """The JSON object of the shipped weights and curves with these costs, for the encoder with this sha256 of its weights."""
    shipped: list[dict[str, Any]] = [json.loads(file.read_text(encoding="utf-8")) for file in DEFAULT_FILES]
    chosen = next((one for one in shipped if one["encoder"] == encoder), shipped[0])
    return {**chosen, "costs": asdict(costs)}


def fusion_of(stored: Mapping[str, Any]) -> Fusion:
    """The legs' weights that a snapshot has stored; the shipped ones where it has none or another format."""
    if stored.get("format") != FORMAT:
        return _default_fusion(str(stored.get("encoder", "")))
    return Fusion.of(stored["fusion"])


@cache
def _default_fusion(encoder: str) -> Fusion:
    return Fusion.of(stored_default(read_costs(), encoder)["fusion"])
