"""The few figures by which a search is judged, by name: floors for `--fail-under`, promises, differences."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from math import nan
from typing import Any

from app.languages import DEFAULT
from app.search.measures import Estimate, chance_spread
from app.search.quality_report import ALL, Against, Found, Report, without_nan

# Less is better.
CEILINGS = ("ece", "spread")
_SEPARATIONS: Mapping[str, Against] = {
    "auroc-absurd": "absurd",
    "auroc-near-miss": "near-miss",
    "auroc-taken-out": "taken out",
}


@dataclass(frozen=True, slots=True)
class Promise:
    """What the product promises of one figure, and what was measured; `told` is the measurement in words."""

    name: str
    limit: float
    value: float
    told: str

    @property
    def kept(self) -> bool:
        """Whether it holds; a figure that could not be measured keeps nothing."""
        return holds(self.name, self.value, self.limit)

    def __str__(self) -> str:
        bound = "at most" if self.name in CEILINGS else "at least"
        limit = f"{100 * self.limit:.0f}" if self.name == "spread" else f"{self.limit:.2f}"
        return f"{self.told}; promised {bound} {limit}: {'kept' if self.kept else 'not kept'}."


def figures(report: Report) -> dict[str, float]:
    """Every figure by its name, in a fixed order; NaN for what these questions cannot tell.

    Recall and MRR are means over the languages; `x-en` is the mean recall@5 of other languages on English articles as
    a share of what English questions reach there, `x-y` the mean recall@5 between any two languages.
    """
    everyone = next((one for one in report.answers if one.language == ALL), None)
    abroad = [one for one in report.directions if one.language != one.evidence]
    shares = list(english_shares(report).values())
    recalls = [one.recall_5 for one in report.retrieval]
    return {
        "recall@1": _mean(one.recall_1 for one in report.retrieval),
        "recall@5": _mean(recalls),
        "recall@10": _mean(one.recall_10 for one in report.retrieval),
        "mrr@10": _mean(one.mrr_10 for one in report.retrieval),
        "recall@5-worst": min(recalls, default=nan),
        "spread": max(recalls, default=nan) - min(recalls, default=nan),
        "x-en": _mean(shares),
        "x-en-worst": min(shares, default=nan),
        "x-y": _mean(one.recall_5 for one in abroad),
        "ece": report.ece,
        "auroc-right": report.auroc_right.value,
        **{name: _separation(report, against) for name, against in _SEPARATIONS.items()},
        "answered": everyone.answered_rate if everyone else nan,
        "withheld": everyone.withheld_rate if everyone else nan,
        "right-when-sure": everyone.right / everyone.answered if everyone and everyone.answered else nan,
    }


def as_json(report: Report) -> dict[str, Any]:
    """The figures by name and then everything, as a JSON object; a figure that does not exist is null."""
    plain = without_nan({"figures": figures(report), **asdict(report)})
    assert isinstance(plain, dict)
    return plain


NAMES = (
    "recall@1", "recall@5", "recall@10", "mrr@10", "recall@5-worst", "spread", "x-en", "x-en-worst", "x-y", "ece",
    "auroc-right", *_SEPARATIONS, "answered", "withheld", "right-when-sure",
)  # fmt: skip


def holds(name: str, value: float, limit: float) -> bool:
    """Whether a figure is on the right side of its limit; NaN never is."""
    return value <= limit if name in CEILINGS else value >= limit


def promises(report: Report) -> tuple[Promise, ...]:
    """What was promised of the search in every language and of its honesty, with what was measured."""
    measured = figures(report)
    told = {
        "spread": (0.05, _spread(report.retrieval)),
        "x-en": (0.80, _from_abroad(report, measured["x-en"])),
        "ece": (
            0.05,
            f"Calibration error (ECE) {report.ece:.3f}, where chance alone would give {report.ece_by_chance:.3f}",
        ),
        "auroc-near-miss": (0.85, _told_apart(report, "near-miss", "near misses")),
        "auroc-taken-out": (
            0.85,
            _told_apart(report, "taken out", "the same questions with their article taken out"),
        ),
    }
    return tuple(Promise(name, limit, measured[name], words) for name, (limit, words) in told.items())


def english_shares(report: Report) -> dict[str, float]:
    """Per other language its recall@5 on English articles, as a share of what English questions reach."""
    on_english = {one.language: one.recall_5 for one in report.directions if one.evidence == DEFAULT}
    whole = on_english.pop(DEFAULT, 0.0)
    return {language: recall / whole for language, recall in on_english.items()} if whole else {}


def _spread(found: Sequence[Found]) -> str:
    recalls = {one.language: one.recall_5 for one in found}
    best, worst = max(recalls.values(), default=nan), min(recalls.values(), default=nan)
    return (
        f"Recall@5 of the best language {best:.3f} ({_languages(recalls, best)}), of the worst {worst:.3f} "
        f"({_languages(recalls, worst)}): {100 * (best - worst):.1f} points apart, where chance alone would give "
        f"{100 * chance_spread([one.recall_5 for one in found], [one.questions for one in found]):.1f}"
    )


def _from_abroad(report: Report, mean: float) -> str:
    shares = english_shares(report)
    lowest = min(shares.values(), default=nan)
    return (
        f"English articles asked for in other languages: recall@5 is {mean:.3f} of what English questions reach "
        f"(lowest {lowest:.3f}, {_languages(shares, lowest)})"
    )


def _told_apart(report: Report, against: Against, words: str) -> str:
    found = (one for one in report.separations if (one.against, one.language) == (against, ALL))
    estimate = next((one.auroc for one in found), Estimate(nan, nan, nan))
    return (
        f"AUROC of answerable questions against {words} {estimate.value:.3f} "
        f"(95 % {estimate.low:.3f} to {estimate.high:.3f})"
    )


def _languages(values: Mapping[str, float], value: float) -> str:
    return ", ".join(language for language, one in values.items() if one == value) or "–"


def _separation(report: Report, against: Against) -> float:
    found = (one for one in report.separations if (one.against, one.language) == (against, ALL))
    return next((one.auroc.value for one in found), nan)


def _mean(values: Iterable[float]) -> float:
    listed = list(values)
    return sum(listed) / len(listed) if listed else nan
