"""`handrail evaluate` and `handrail calibrate`: how good the search is, and how sure it may be."""

import json
import sys
from math import isnan, nan
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from typer.core import TyperCommand

from app.errors import IndexRefused
from app.settings import Settings, read_settings

if TYPE_CHECKING:
    from app.search.quality_baseline import Comparison
    from app.search.quality_report import Report

QUALITY_HEAD = """# Quality

Measured on gold questions of the split `{split}` (`tests/quality/questions/`; a third has no answer in the articles, most of these are near misses;
whether a question is long or short does not tell which).
Weights and curves are fitted on `tuning`. `check` was looked at many times while the search was made and carries the floors of the tests; half of it is by other
authors, who knew the articles and neither the search nor the questions listed for it. `blind` is by third authors of that kind and was asked when nothing was to be
chosen any more. No native speaker has read the questions.
Run it again{setting}: `scripts/build_index`, then `.venv/bin/handrail evaluate --split {split} --markdown {path}`.

"""
BEFORE = "before"
EXIT_REFUSED = 1

# Into a file or a pipe the tables go as wide as they are.
out = Console(highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else 160)
err = Console(stderr=True, highlight=False, soft_wrap=True)


class EvaluateCommand(TyperCommand):
    """Lets `--baseline` stand alone: it then means the generation published before the current one."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """The arguments with what was left unsaid."""
        full = list(args)
        for at in reversed([at for at, word in enumerate(args) if word == "--baseline"]):
            if full[at + 1 : at + 2] == [] or full[at + 1].startswith("--"):
                full.insert(at + 1, BEFORE)
        return super().parse_args(ctx, full)


def evaluate(
    split: Annotated[str, typer.Option(help="Which gold questions: tuning, check or blind.")] = "check",
    markdown: Annotated[
        Path | None,
        typer.Option(help="Also write the figures as Markdown here, and a plot (.svg) beside it."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")] = False,
    baseline: Annotated[
        str | None,
        typer.Option(
            metavar="[GENERATION|FILE]",
            help="Compare with a generation (if not said, the one before), or with what --json printed into FILE.",
        ),
    ] = None,
    fail_under: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=VALUE", help="Exit 1 unless the figure is as good; may be given again."),
    ] = None,
) -> None:
    """Search quality and honesty over the gold questions, per language and in every direction."""
    from app.measuring import measure_baseline, measure_quality
    from app.search.gold import SPLITS
    from app.search.quality_baseline import Measured, compare
    from app.search.quality_figures import as_json as plain
    from app.search.quality_figures import figures

    if split not in SPLITS:
        raise typer.BadParameter(f"say one of {', '.join(SPLITS)}", param_hint="--split")
    limits = [_limit(one) for one in fail_under or ()]
    settings = read_settings()
    before = measure_baseline(settings, split, baseline) if baseline else None
    report = measure_quality(settings, split)
    against = compare(before, Measured.of(report)) if before else None
    if as_json:
        compared = {"baseline": against.as_json()} if against else {}
        out.print_json(data={**plain(report), **compared})
    else:
        _print(report, against)
    if markdown:
        _write(report, markdown)
    measured = figures(report)
    _refuse_under([(name, measured[name], value) for name, value in limits])


def calibrate(
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print the figures; write and publish nothing.")
    ] = False,
) -> None:
    """Fit the confidence curves anew on the tuning questions and publish the current generation with them."""
    from app.measuring import fit_confidence

    calibration, generation = fit_confidence(read_settings(), dry_run=dry_run)
    table = Table(
        "curve", "questions", "samples", "AUROC", "AUROC asked", "ECE asked", "log loss", "trees",
        title="Cross-validated over questions", title_justify="left", box=None,
    )  # fmt: skip
    for mode, curves in calibration["curves"].items():
        for name in ("right", "answerable"):
            found = curves[name]["figures"]
            counts = (f"{found.get(one, 0):.0f}" for one in ("questions", "samples"))
            rates = (found.get(one) for one in ("auroc", "auroc_asked", "ece_asked", "log_loss"))
            told = ("–" if one is None else f"{one:.3f}" for one in rates)
            table.add_row(f"{mode} {name}", *counts, *told, f"{found.get('trees', 0):g}")
    out.print(table)
    out.print(f"Costs: {json.dumps(calibration['costs'])}", markup=False)
    out.print(f"Generation {generation} is served now." if generation else "Nothing was published.")


def _limit(said: str) -> tuple[str, float]:
    """`NAME=VALUE`; a wrong call names all figures there are."""
    from app.search.quality_figures import NAMES

    name, _, value = said.partition("=")
    try:
        limit = float(value)
    except ValueError:
        limit = nan
    if name not in NAMES or isnan(limit):
        raise typer.BadParameter(
            f"{said!r} is not NAME=VALUE with one of {', '.join(NAMES)}", param_hint="--fail-under"
        )
    return name, limit


def _print(report: "Report", against: "Comparison | None") -> None:
    from app.search.quality_tables import terminal

    for part in terminal(report):
        out.print(part)
    if against:
        out.print(against.summary(), markup=False)
        for sheet in against.sheets():
            out.print(sheet.as_table())


def _write(report: "Report", path: Path) -> None:
    from app.search.quality_plot import plot
    from app.search.quality_tables import markdown

    picture = path.with_suffix(".svg")
    try:
        picture.write_text(plot(report), encoding="utf-8")
        usual = Settings.model_fields["encoder"].default
        setting = "" if report.encoder == usual else f" with `HANDRAIL_ENCODER={report.encoder}`"
        head = QUALITY_HEAD.format(split=report.split, path=path, setting=setting)
        path.write_text(head + markdown(report, picture.name), encoding="utf-8")
    except OSError as error:
        raise IndexRefused(f"{path} cannot be written: {error.strerror}.") from error


def _refuse_under(limits: list[tuple[str, float, float]]) -> None:
    from app.search.quality_figures import CEILINGS, holds

    failed = [(name, value, limit) for name, value, limit in limits if not holds(name, value, limit)]
    for name, value, limit in failed:
        err.print(
            f"{name} is {value:.3f}; it must be {'at most' if name in CEILINGS else 'at least'} {limit:g}."
        )
    if failed:
        raise typer.Exit(EXIT_REFUSED)
