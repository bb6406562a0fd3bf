"""An evaluation's figures, and how people read them: tables for a terminal, Markdown for `docs/quality.md`, JSON."""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from app.search.measures import ReliabilityBin, wilson


@dataclass(frozen=True, slots=True)
class Found:
    """How well the answerable questions of one language find their family."""

    language: str
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
class RiskPoint:
    """If the surest `coverage` of all questions were answered: how many of these answers were wrong."""

    coverage: float
    risk: float
    questions: int
    wrong: int
    probability: float


@dataclass(frozen=True, slots=True)
class Report:
    """All figures of one evaluation. `answers` ends with a line for all languages together, language `all`.

    `cross` asks in one language and allows English articles only. The three AUROCs tell apart: right and wrong first
    hits, answerable questions and gold questions without an answer, the same question with and without its article.
    """

    generation: str
    split: str
    mode: str
    retrieval: tuple[Found, ...]
    cross: tuple[Found, ...]
    answers: tuple[Answered, ...]
    ece: float
    auroc_right: float
    auroc_answerable: float
    auroc_near_miss: float
    reliability: tuple[ReliabilityBin, ...]
    risk_coverage: tuple[RiskPoint, ...]

    def as_json(self) -> dict[str, Any]:
        """All figures as a JSON object; a figure that does not exist is null."""
        plain = _plain(asdict(self))
        assert isinstance(plain, dict)
        return plain

    def as_markdown(self) -> str:
        """A line of summary, and each table below a heading."""
        return "\n\n".join([_summary(self), *(_markdown(sheet) for sheet in _sheets(self))]) + "\n"

    def tables(self) -> list[RenderableType]:
        """The same for a terminal."""
        return [Text(_summary(self)), *(_table(sheet) for sheet in _sheets(self))]


@dataclass(frozen=True, slots=True)
class _Sheet:
    """One table before it has a form: a title, column heads, rows of text."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


_FOUND = ("asked in", "questions", "recall@1", "recall@5", "recall@10", "MRR@10")
_ANSWERED = (
    "asked in", "answerable", "answered confidently", "95 %", "of these right", "unanswerable", "withheld", "95 %",
    "coverage", "risk",
)  # fmt: skip
_RELIABILITY = ("said", "questions", "mean probability", "right")
_RISK = ("answered", "questions", "wrong", "risk", "95 %", "probability from")


def _summary(report: Report) -> str:
    return (
        f"Generation {report.generation}, mode {report.mode}, split {report.split}: calibration error (ECE) "
        f"{_number(report.ece)}; AUROC right/wrong {_number(report.auroc_right)}, answerable/unanswerable "
        f"{_number(report.auroc_answerable)}, with/without its article {_number(report.auroc_near_miss)}."
    )


def _sheets(report: Report) -> list[_Sheet]:
    """All tables of a report, in order; those without a row are left out."""
    every = (
        _Sheet("Finding: the reader's language first", _FOUND, _found_rows(report.retrieval)),
        _Sheet("Finding across languages: English articles only", _FOUND, _found_rows(report.cross)),
        _Sheet("Answering and withholding", _ANSWERED, tuple(_answered_rows(report))),
        _Sheet("Reliability", _RELIABILITY, tuple(_reliability_rows(report))),
        _Sheet("Risk and coverage", _RISK, tuple(_risk_rows(report))),
    )
    return [sheet for sheet in every if sheet.rows]


def _found_rows(found: Sequence[Found]) -> tuple[tuple[str, ...], ...]:
    rows = [
        (one.language, one.questions, one.recall_1, one.recall_5, one.recall_10, one.mrr_10) for one in found
    ]
    if len(rows) > 1:
        count = sum(one.questions for one in found)
        means = [sum(float(row[at]) for row in rows) / len(rows) for at in range(2, len(_FOUND))]
        rows.append(("mean", count, means[0], means[1], means[2], means[3]))
    return tuple((row[0], str(row[1]), *(_number(one) for one in row[2:])) for row in rows)


def _answered_rows(report: Report) -> list[tuple[str, ...]]:
    return [
        (
            one.language, str(one.answerable), _percent(one.answered_rate), _interval(one.answered, one.answerable),
            f"{one.right} of {one.answered}", str(one.unanswerable), _percent(one.withheld_rate),
            _interval(one.unanswerable - one.wrongly_answered, one.unanswerable), _percent(one.coverage),
            _percent(one.risk),
        )
        for one in report.answers
    ]  # fmt: skip


def _reliability_rows(report: Report) -> list[tuple[str, ...]]:
    return [
        (
            f"{one.low:.1f} to {one.high:.1f}",
            str(one.count),
            _number(one.mean_probability),
            _number(one.share_right),
        )
        for one in report.reliability
    ]


def _risk_rows(report: Report) -> list[tuple[str, ...]]:
    return [
        (
            _percent(one.coverage), str(one.questions), str(one.wrong), _percent(one.risk),
            _interval(one.wrong, one.questions), _number(one.probability),
        )
        for one in report.risk_coverage
    ]  # fmt: skip


def _markdown(sheet: _Sheet) -> str:
    rule = ("---", *["---:"] * (len(sheet.columns) - 1))
    lines = [f"| {' | '.join(cells)} |" for cells in (sheet.columns, rule, *sheet.rows)]
    return "\n".join([f"## {sheet.title}", "", *lines])


def _table(sheet: _Sheet) -> Table:
    table = Table(title=sheet.title, title_justify="left")
    for at, column in enumerate(sheet.columns):
        table.add_column(column, justify="right" if at else "left")
    for row in sheet.rows:
        table.add_row(*row)
    return table


def _number(value: float) -> str:
    return "–" if math.isnan(value) else f"{value:.3f}"


def _percent(value: float) -> str:
    return "–" if math.isnan(value) else f"{100 * value:.0f} %"


def _interval(successes: int, n: int) -> str:
    low, high = wilson(successes, n)
    return f"{100 * low:.0f}–{100 * high:.0f} %"


def _plain(value: object) -> object:
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return None if isinstance(value, float) and math.isnan(value) else value
