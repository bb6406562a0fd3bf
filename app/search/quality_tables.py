"""An evaluation as people read it: sheets of text, which become Markdown for the docs or tables for a terminal."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from app.languages import TAGS
from app.search.measures import wilson
from app.search.quality_figures import promises
from app.search.quality_report import ALL, Found, Report

Row = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sheet:
    """One table before it has a form: a title, column heads, rows of text, and what to know when reading it."""

    title: str
    columns: Row
    rows: tuple[Row, ...]
    note: str = ""

    def as_markdown(self) -> str:
        """A heading and a table, the note between them."""
        rule = ("---", *["---:"] * (len(self.columns) - 1))
        lines = [f"| {' | '.join(cells)} |" for cells in (self.columns, rule, *self.rows)]
        return "\n\n".join(filter(None, [f"## {self.title}", self.note, "\n".join(lines)]))

    def as_table(self) -> Table:
        """The same for a terminal."""
        table = Table(
            title=self.title, title_justify="left", caption=self.note or None, caption_justify="left"
        )
        for at, column in enumerate(self.columns):
            table.add_column(column, justify="right" if at else "left", overflow="fold")
        for row in self.rows:
            table.add_row(*row)
        return table


_FOUND = ("asked in", "questions", "recall@1", "recall@5", "recall@10", "MRR@10")
_ANSWERED = (
    "asked in", "answerable", "answered confidently", "95 %", "of these right", "unanswerable", "withheld", "95 %",
    "coverage", "risk",
)  # fmt: skip
_SEPARATIONS = ("answerable against", "asked in", "answerable", "others", "AUROC", "95 %")
_RELIABILITY = ("said", "questions", "mean probability", "right")
_RISK = ("answered", "questions", "wrong", "risk", "95 %", "probability from")
_OTHERS = {
    "absurd": "absurd questions",
    "near-miss": "near misses",
    "taken out": "article taken out",
}
BOOTSTRAP = "Near misses are on the right subject, but no article answers them; with its article taken out, an answerable question becomes one. The intervals are a bootstrap over questions with a fixed seed; where nothing went wrong it is too narrow."
WILSON = "The intervals are Wilson's."


def markdown(report: Report, plot: str | None = None) -> str:
    """A line of summary, the promises, the plot (`plot` is its address), and each table below a heading."""
    told = "\n".join(f"* {promise}" for promise in promises(report))
    picture = f"![Risk against coverage, and reliability, as in the tables below]({plot})" if plot else ""
    tables = (sheet.as_markdown() for sheet in sheets(report))
    return "\n\n".join(filter(None, [_summary(report), told, picture, *tables])) + "\n"


def terminal(report: Report) -> list[RenderableType]:
    """The same for a terminal."""
    lines = [_summary(report), *map(str, promises(report))]
    return [*map(Text, lines), *(sheet.as_table() for sheet in sheets(report))]


def sheets(report: Report) -> list[Sheet]:
    """All tables of a report, in order; those without a row are left out."""
    recalls = {(one.language, one.evidence): one.recall_5 for one in report.directions}
    ranks = {(one.language, one.evidence): one.mrr_10 for one in report.directions}
    heads = _evidence(recalls)
    every = (
        Sheet("Finding: the reader's language first", _FOUND, _found_rows(report.retrieval)),
        Sheet("Finding in every direction: recall@5", heads, _matrix(recalls), _about_directions(report)),
        Sheet("Finding in every direction: MRR@10", heads, _matrix(ranks)),
        Sheet("Answering and withholding", _ANSWERED, tuple(_answered_rows(report)), WILSON),
        Sheet("Telling what can be answered", _SEPARATIONS, tuple(_separation_rows(report)), BOOTSTRAP),
        Sheet("Reliability", _RELIABILITY, tuple(_reliability_rows(report))),
        Sheet("Risk and coverage", _RISK, tuple(_risk_rows(report)), WILSON),
    )
    return [sheet for sheet in every if sheet.rows]


def number(value: float) -> str:
    """Three digits, or a dash for what could not be measured."""
    return "–" if math.isnan(value) else f"{value:.3f}"


def _summary(report: Report) -> str:
    right = report.auroc_right
    return (
        f"Generation {report.generation}, encoder {report.encoder}, mode {report.mode}, split {report.split}; "
        f"AUROC of right against wrong first hits {number(right.value)} "
        f"({number(right.low)} to {number(right.high)})."
    )


def _found_rows(found: Sequence[Found]) -> tuple[Row, ...]:
    rows = [
        (one.language, one.questions, one.recall_1, one.recall_5, one.recall_10, one.mrr_10) for one in found
    ]
    if len(rows) > 1:
        count = sum(one.questions for one in found)
        means = [sum(float(row[at]) for row in rows) / len(rows) for at in range(2, len(_FOUND))]
        rows.append(("mean", count, means[0], means[1], means[2], means[3]))
    return tuple((row[0], str(row[1]), *(number(one) for one in row[2:])) for row in rows)


def _about_directions(report: Report) -> str:
    counts = [one.questions for one in report.directions]
    return (
        "Asked in the language of the row, with the articles in the language of the column only; "
        f"{min(counts, default=0)} to {max(counts, default=0)} questions a cell. Families that are not translated into "
        "a column's language are not asked for there; cells with too few questions are blank."
    )


def _evidence(cells: dict[tuple[str, str], float]) -> Row:
    return ("asked in", *(tag for tag in TAGS if any(tag == evidence for _, evidence in cells)))


def _matrix(cells: dict[tuple[str, str], float]) -> tuple[Row, ...]:
    columns = _evidence(cells)[1:]
    asked_in = [tag for tag in TAGS if any(tag == language for language, _ in cells)]
    return tuple(
        (tag, *(f"{cells[tag, column]:.2f}" if (tag, column) in cells else "" for column in columns))
        for tag in asked_in
    )


def _answered_rows(report: Report) -> Iterator[Row]:
    for one in report.answers:
        yield (
            one.language, str(one.answerable), _percent(one.answered_rate), _interval(one.answered, one.answerable),
            f"{one.right} of {one.answered}", str(one.unanswerable), _percent(one.withheld_rate),
            _interval(one.unanswerable - one.wrongly_answered, one.unanswerable), _percent(one.coverage),
            _percent(one.risk),
        )  # fmt: skip


def _separation_rows(report: Report) -> Iterator[Row]:
    for one in report.separations:
        estimate = one.auroc
        yield (
            _OTHERS[one.against], "all languages" if one.language == ALL else one.language, str(one.answerable),
            str(one.others), number(estimate.value), f"{number(estimate.low)}–{number(estimate.high)}",
        )  # fmt: skip


def _reliability_rows(report: Report) -> Iterator[Row]:
    for one in report.reliability:
        said = f"{one.low:.1f} to {one.high:.1f}"
        yield said, str(one.count), number(one.mean_probability), number(one.share_right)


def _risk_rows(report: Report) -> Iterator[Row]:
    for one in report.risk_coverage[1::2]:  # every tenth; the plot shows them all
        yield (
            _percent(one.coverage), str(one.questions), str(one.wrong), _percent(one.risk),
            _interval(one.wrong, one.questions), number(one.probability),
        )  # fmt: skip


def _percent(value: float) -> str:
    return "–" if math.isnan(value) else f"{100 * value:.0f} %"


def _interval(successes: int, n: int) -> str:
    low, high = wilson(successes, n)
    return f"{100 * low:.0f}–{100 * high:.0f} %"
