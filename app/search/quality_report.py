"""All that one evaluation found out, as plain data. How people read it: `quality_tables.py`, `quality_plot.py`."""

import math
from dataclasses import dataclass
from typing import Literal

from app.search.calibration import Band
from app.search.measures import Estimate, ReliabilityBin

ALL = "all"
Against = Literal["absurd", "near-miss", "taken out"]


@dataclass(frozen=True, slots=True)
class Found:
    """How well the answerable questions of one language find their family.

    `evidence` is the one language whose articles were allowed, or "" where the reader's own came first, as on the site.
    """

    language: str
    evidence: str
    questions: int
    recall_1: float
    recall_5: float
    recall_10: float
    mrr_10: float


@dataclass(frozen=True, slots=True)
class Answered:
    """Confident answers (band `high`): to answerable questions, how many of them right, and wrongly to the others."""

    language: str
    answerable: int
    answered: int
    right: int
    unanswerable: int
    wrongly_answered: int

    @property
    def answered_rate(self) -> float:
        """The share of answerable questions that get a confident answer."""
        return self.answered / self.answerable if self.answerable else float("nan")

    @property
    def withheld_rate(self) -> float:
        """The share of unanswerable questions that get none."""
        return 1 - self.wrongly_answered / self.unanswerable if self.unanswerable else float("nan")

    @property
    def coverage(self) -> float:
        """The share of all questions that get a confident answer."""
        return (self.answered + self.wrongly_answered) / (self.answerable + self.unanswerable)

    @property
    def risk(self) -> float:
        """The share of wrong ones among the confident answers."""
        answers = self.answered + self.wrongly_answered
        return 1 - self.right / answers if answers else 0.0


@dataclass(frozen=True, slots=True)
class Separation:
    """How well `answerable` tells the answerable questions from `others`: its AUROC with the ends of a 95 % interval.

    The others are absurd, near misses, or the same questions with their own family taken out of the search.
    """

    against: Against
    language: str
    answerable: int
    others: int
    auroc: Estimate


@dataclass(frozen=True, slots=True)
class RiskPoint:
    """If the surest `coverage` of all questions were answered: how many of these answers were wrong."""

    coverage: float
    risk: float
    questions: int
    wrong: int
    probability: float


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one question got: `first` is the first hit as `family#anchor`, `answer` tells its words from others.

    `family` is the one that should come first; both are "" where there is none.
    """

    language: str
    question: str
    family: str
    first: str
    answer: str
    band: Band
    right: bool


@dataclass(frozen=True, slots=True)
class Report:
    """All figures of one evaluation. `answers` ends with a line for all languages together, language `all`.

    `directions` asks in one language and allows the articles of one language only. `ece_by_chance` is the calibration
    error that a perfect curve would show on so many questions; `auroc_right` tells right from wrong first hits.
    """

    generation: str
    encoder: str
    split: str
    mode: str
    retrieval: tuple[Found, ...]
    directions: tuple[Found, ...]
    answers: tuple[Answered, ...]
    ece: float
    ece_by_chance: float
    auroc_right: Estimate
    separations: tuple[Separation, ...]
    reliability: tuple[ReliabilityBin, ...]
    risk_coverage: tuple[RiskPoint, ...]
    outcomes: tuple[Outcome, ...]


def without_nan(value: object) -> object:
    """The same tree of dicts, lists and scalars with None for NaN, which JSON does not know."""
    if isinstance(value, dict):
        return {name: without_nan(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [without_nan(one) for one in value]
    return None if isinstance(value, float) and math.isnan(value) else value
