"""`handrail …`: the same composition as the web application, for people and cron.

Exit codes: 0 done, 1 refused with reasons, 2 wrong call (also a setting with a wrong value), 75 another
build is running.
"""

import gc
import json
import os
import sys
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from app.errors import BuildRunning, ContentRefused, HandrailError, SettingRefused
from app.quality_commands import EvaluateCommand, calibrate, evaluate
from app.settings import Settings, read_settings

EXIT_REFUSED, EXIT_WRONG_CALL, EXIT_BUILD_RUNNING = 1, 2, 75

if TYPE_CHECKING:
    from app.search.encoder import Encoder

# A query is small work: threads inside numpy and FAISS cost more than they bring (3.3 ms of CPU a query with one thread,
# 7.7 ms with two), and they fight with the server's own. Both read this when they are first imported, which is later.
for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(_variable, "1")

cli = typer.Typer(
    name="handrail",
    help="The help centre that answers in every language and knows when to fetch a person.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
index_commands = typer.Typer(help="The generations of the index.", no_args_is_help=True)
agent_commands = typer.Typer(help="The people who answer tickets.", no_args_is_help=True)
cli.add_typer(index_commands, name="index")
cli.add_typer(agent_commands, name="agent")
cli.command()(calibrate)
cli.command(cls=EvaluateCommand)(evaluate)
out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)


def main() -> None:
    """The console script: every refusal becomes a sentence on stderr and an exit code."""
    # An index is some hundred thousand objects that stay: looking for cycles among them every 700 took a third of a build.
    gc.set_threshold(100_000, 20, 20)
    try:
        cli()
    except HandrailError as error:
        _explain(error)
        sys.exit(_exit_code(error))


@cli.command()
def serve(
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="The port to listen on.", min=0, max=65535)] = 8000,
    demo_staff: Annotated[
        bool,
        typer.Option("--demo-staff", help="On the first start, create demo staff and print their sign-in."),
    ] = False,
) -> None:
    """Serve the help centre, the chat, the tickets and the workspace."""
    from app.operations import serve_forever
    from app.search.encoder import open_encoder

    settings = read_settings()

    def build_now(reason: str) -> None:
        _say(f"{reason.partition(' Build it')[0]} Building it now …")
        _build(settings, open_encoder(settings.encoder), dry_run=False)

    serve_forever(settings, host=host, port=port, demo_staff=demo_staff, say=_say, build=build_now)


@cli.command()
def build(
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would change, and every fault; write nothing.")
    ] = False,
) -> None:
    """Check the articles, build a new generation of the index and publish it."""
    from app.search.encoder import open_encoder

    settings = read_settings()
    _build(settings, open_encoder(settings.encoder), dry_run=dry_run)


@index_commands.command("list")
def index_list() -> None:
    """The generations on disk, newest first, and which one is served."""
    from app.search.generations import list_generations

    table = Table("generation", "built", "encoder", "articles", "passages", "", box=None, pad_edge=False)
    for entry in list_generations(read_settings().index_dir):
        built = f"{entry.created_at:%Y-%m-%d %H:%M} UTC" if entry.created_at else "?"
        counts = (str(entry.articles or "?"), str(entry.passages or "?"))
        table.add_row(
            entry.generation,
            built,
            entry.encoder or "?",
            *counts,
            entry.fault or ("served" if entry.is_current else ""),
        )
    if table.row_count:
        out.print(table)
    else:
        out.print("There is no generation yet. Build one with: scripts/build_index")


@index_commands.command("verify")
def index_verify(
    generation: Annotated[str | None, typer.Argument(help="Which one; the served one if not said.")] = None,
) -> None:
    """Check every file of a generation against its manifest."""
    from app.search.generations import verify

    checked = verify(read_settings().index_dir, generation)
    out.print(f"Generation {checked} is whole: every file is as it was built.")


@index_commands.command("rollback")
def index_rollback() -> None:
    """Serve the generation before the one that is served now."""
    from app.search.generations import rollback

    out.print(f"Generation {rollback(read_settings().index_dir)} is served now.")


@agent_commands.command("add")
def agent_add(
    email: Annotated[str, typer.Argument(help="The address to sign in with.")],
    name: Annotated[str, typer.Option(help="The name that requesters see.")],
    role: Annotated[str, typer.Option(help="agent, specialist, lead, editor or admin.")] = "agent",
    language: Annotated[
        list[str] | None, typer.Option(help="A language they answer in; may be given again.")
    ] = None,
) -> None:
    """Add a person to the staff; the password is asked for, or read from standard input."""
    from app.operations import add_staff
    from app.people.person import NewPerson, Role

    if role not in list(Role):
        raise typer.BadParameter("say one of " + ", ".join(Role), param_hint="--role")
    password = (
        typer.prompt("Password", hide_input=True, confirmation_prompt=True)
        if sys.stdin.isatty()
        else sys.stdin.readline().rstrip("\n")
    )
    add_staff(read_settings(), NewPerson(email, name, Role(role), tuple(language or ["en"])), password)
    out.print(f"{name} can sign in as {email}.")


@cli.command()
def openapi() -> None:
    """Print the OpenAPI description of every endpoint."""
    from app.main import api_description

    sys.stdout.write(json.dumps(api_description(), ensure_ascii=False, indent=2) + "\n")


@cli.command()
def doctor() -> None:
    """Check the settings, the database, the index and the encoder, and say what to do about each."""
    from app.operations import examine

    findings = list(examine(read_settings()))
    for finding in findings:
        out.print(("ok   " if finding.ok else "not  ") + f"{finding.what}: {finding.detail}")
    if not all(finding.ok for finding in findings):
        raise typer.Exit(EXIT_REFUSED)


def _build(settings: Settings, encoder: "Encoder", *, dry_run: bool) -> str:
    """Builds with a progress bar and prints the report; the id of the new generation ('' for a dry run)."""
    from app.indexing import build_index

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=err, transient=True) as progress:
        task = progress.add_task("reading articles", total=None)

        def show(step: str, done: int, total: int) -> None:
            progress.update(task, description=step, completed=done, total=total)

        report = build_index(settings, encoder, dry_run=dry_run, progress=show)
    for line in report.lines():
        out.print(line)
    return report.generation or ""


def _say(line: str) -> None:
    out.print(line, markup=False)


def _explain(error: HandrailError) -> None:
    if isinstance(error, ContentRefused):
        for fault in error.faults:
            err.print(str(fault), markup=False)
        err.print("Nothing was built; the index that is served stays as it is.")
        return
    err.print(f"{error.detail}", markup=False)
    for problem in error.problems:
        if (line := f"{problem.field}: {problem.message}") != error.detail:
            err.print(f"  {line}", markup=False)


def _exit_code(error: HandrailError) -> int:
    if isinstance(error, BuildRunning):
        return EXIT_BUILD_RUNNING
    return EXIT_WRONG_CALL if isinstance(error, SettingRefused) else EXIT_REFUSED
