"""Two evaluations side by side: every figure that moved, and every question that gets something else than before."""

import json
from dataclasses import asdict, dataclass, fields
from math import isnan, nan
from pathlib import Path
from typing import Any

from app.errors import SettingRefused
from app.search.quality_figures import NAMES, figures
from app.search.quality_report import Outcome, Report, without_nan
from app.search.quality_tables import Sheet, number


@dataclass(frozen=True, slots=True)
class Measured:
    """As much of an evaluation as a comparison needs. `name` is the generation's id."""

    name: str
    figures: dict[str, float]
    outcomes: tuple[Outcome, ...]

    @classmethod
    def of(cls, report: Report) -> "Measured":
        """From a report of this process."""
        return cls(report.generation, figures(report), report.outcomes)

    @classmethod
    def read(cls, path: Path) -> "Measured":
        """From what `handrail evaluate --json` printed, by whichever encoder; `SettingRefused` when it is not that."""
        try:
            kept = json.loads(path.read_text(encoding="utf-8"))
            known = {name: nan if value is None else float(value) for name, value in kept["figures"].items()}
            return cls(kept["generation"], known, tuple(Outcome(**one) for one in kept["outcomes"]))
        except (OSError, ValueError, TypeError, KeyError, AttributeError) as fault:
            raise SettingRefused(
                f"--baseline: {path} is not what `handrail evaluate --json` prints ({fault})."
            ) from fault


@dataclass(frozen=True, slots=True)
class Change:
    """One question whose first hit, band or answer is another than before."""

    before: Outcome
    after: Outcome

    @property
    def what(self) -> tuple[str, ...]:
        """Which of the three changed."""
        pairs = {
            "first hit": (self.before.first, self.after.first),
            "band": (self.before.band, self.after.band),
            "answer": (self.before.answer, self.after.answer),
        }
        return tuple(name for name, (before, after) in pairs.items() if before != after)

    @property
    def verdict(self) -> str:
        """`found` when the right article comes first now, `lost` when it no longer does, else nothing."""
        if self.before.right == self.after.right:
            return ""
        return "found" if self.after.right else "lost"


@dataclass(frozen=True, slots=True)
class Comparison:
    """`moved` holds before and after of every figure; `changes` every question that both were asked and that differs."""

    before: str
    after: str
    asked: int
    moved: dict[str, tuple[float, float]]
    changes: tuple[Change, ...]

    def summary(self) -> str:
        """In one sentence."""
        verdicts = [change.verdict for change in self.changes]
        return (
            f"Against generation {self.before}: {len(self.changes)} of {self.asked} questions get another first hit, "
            f"band or answer; {verdicts.count('found')} find their article now, {verdicts.count('lost')} lose it."
        )

    def sheets(self) -> tuple[Sheet, ...]:
        """The figures, and the questions that changed, if any."""
        moved = tuple(
            (name, number(before), number(after), "" if isnan(after - before) else f"{after - before:+.3f}")
            for name, (before, after) in self.moved.items()
        )
        changed = tuple(map(_row, self.changes))
        sheets = (
            Sheet("Figures, before and now", ("figure", "before", "now", "difference"), moved),
            Sheet("What changed", ("asked in", "question", "first hit", "band", "changed", ""), changed),
        )
        return tuple(sheet for sheet in sheets if sheet.rows)

    def as_json(self) -> dict[str, Any]:
        """The same as a JSON object."""
        plain = without_nan(
            {
                "generation": self.before,
                "asked": self.asked,
                "figures": {name: list(pair) for name, pair in self.moved.items()},
                "changes": [
                    {
                        "language": one.after.language,
                        "question": one.after.question,
                        "changed": one.what,
                        "verdict": one.verdict,
                        "before": _short(one.before),
                        "after": _short(one.after),
                    }
                    for one in self.changes
                ],
            }
        )
        assert isinstance(plain, dict)
        return plain


def compare(before: Measured, after: Measured) -> Comparison:
    """Figure by figure and question by question; a question that only one of them was asked does not count."""
    known = {(one.language, one.question): one for one in before.outcomes}
    both = [
        Change(known[one.language, one.question], one)
        for one in after.outcomes
        if (one.language, one.question) in known
    ]
    return Comparison(
        before=before.name,
        after=after.name,
        asked=len(both),
        moved={name: (before.figures.get(name, nan), after.figures.get(name, nan)) for name in NAMES},
        changes=tuple(change for change in both if change.what),
    )


def _row(change: Change) -> tuple[str, ...]:
    before, after = change.before, change.after
    return (
        after.language,
        after.question,
        _step(before.first, after.first),
        _step(before.band, after.band),
        ", ".join(change.what),
        change.verdict,
    )


def _step(before: str, after: str) -> str:
    return before if before == after else f"{before or 'nothing'} → {after or 'nothing'}"


def _short(outcome: Outcome) -> dict[str, object]:
    said = {field.name for field in fields(Outcome)} - {"language", "question", "family"}
    return {name: value for name, value in asdict(outcome).items() if name in said}
