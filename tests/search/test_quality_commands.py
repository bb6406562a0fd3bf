"""`handrail evaluate` and `handrail calibrate` from the outside, over a small help centre."""

import json
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from app.cli import cli
from app.errors import HandrailError, IndexRefused
from app.search.generations import names
from tests.search.small_content import write_article, write_content

QUESTIONS = """split\tquestion\tanswer\tnote
check\trefund-0 page\tbilling/refund-0\t
check\trefund-1 page\tbilling/refund-1\t
check\trefund-2 page\tbilling/refund-2\t
check\twho won the match\tnone\tfar
tuning\trefund-1 when does it happen\tbilling/refund-1\t
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    write_content(tmp_path / "content")
    (tmp_path / "questions").mkdir()
    (tmp_path / "questions/en.tsv").write_text(QUESTIONS, encoding="utf-8")
    assert handrail(tmp_path, "build").exit_code == 0
    return tmp_path


def handrail(home: Path, *words: str, encoder: str = "hash:64") -> Result:
    """Runs a command in the house `home`; a refusal is raised, as `main` gets it."""
    env = {
        "HANDRAIL_CONTENT_DIR": str(home / "content"),
        "HANDRAIL_INDEX_DIR": str(home / "index"),
        "HANDRAIL_DATA_DIR": str(home / "var"),
        "HANDRAIL_QUESTIONS_DIR": str(home / "questions"),
        "HANDRAIL_ENCODER": encoder,
    }
    ran = CliRunner().invoke(cli, words, env=env)
    if isinstance(ran.exception, HandrailError):
        raise ran.exception
    return ran


def test_figures_come_as_tables_as_json_and_as_markdown_with_a_plot(home: Path) -> None:
    assert "recall@5" in handrail(home, "evaluate").output
    told = json.loads(handrail(home, "evaluate", "--json", "--markdown", str(home / "quality.md")).stdout)
    assert told["figures"]["recall@5"] == 1
    assert len(told["outcomes"]) == 4
    assert "](quality.svg)" in (home / "quality.md").read_text(encoding="utf-8")
    assert (home / "quality.svg").read_text(encoding="utf-8").startswith("<svg")


def test_a_figure_below_its_floor_or_above_its_ceiling_fails_by_name(home: Path) -> None:
    words = ["--fail-under", "recall@5=1", "--fail-under", "mrr@10=1.01", "--fail-under", "ece=-0.1"]
    ran = handrail(home, "evaluate", *words)
    assert ran.exit_code == 1
    assert "mrr@10 is 1.000; it must be at least 1.01." in ran.stderr
    assert "it must be at most -0.1." in ran.stderr
    assert "recall@5 is" not in ran.stderr
    assert handrail(home, "evaluate", "--fail-under", "recall@5=1").exit_code == 0


def test_a_figure_that_could_not_be_measured_fails(home: Path) -> None:
    """Nobody asks a near miss here."""
    assert handrail(home, "evaluate", "--fail-under", "auroc-near-miss=0").exit_code == 1


@pytest.mark.parametrize("said", ["recall@7=0.5", "recall@5", "recall@5=high", "recall@5=nan"])
def test_an_unknown_figure_is_a_wrong_call_that_lists_all(home: Path, said: str) -> None:
    ran = handrail(home, "evaluate", "--fail-under", said)
    assert ran.exit_code == 2
    assert "recall@5-worst" in ran.stderr


def test_bare_baseline_is_the_generation_before(home: Path) -> None:
    with pytest.raises(IndexRefused, match="There is no generation before"):
        handrail(home, "evaluate", "--baseline")
    before = names(home / "index")[0]
    write_article(home / "content", "en/billing/refund-1", words="changed")
    handrail(home, "build")
    for words in (["--baseline"], ["--baseline", "--json"], ["--json", "--baseline", before]):
        ran = handrail(home, "evaluate", *words)
        assert ran.exit_code == 0
        assert before in ran.output
    changes = json.loads(ran.stdout)["baseline"]["changes"]
    assert {change["question"] for change in changes if "answer" in change["changed"]} == {"refund-1 page"}


def test_another_encoders_generation_is_refused_and_its_kept_figures_are_not(home: Path) -> None:
    kept = home / "before.json"
    kept.write_text(handrail(home, "evaluate", "--json").stdout, encoding="utf-8")
    before = names(home / "index")[0]
    handrail(home, "build", encoder="hash:32:other")
    with pytest.raises(IndexRefused, match=r"another encoder .*--baseline FILE"):
        handrail(home, "evaluate", "--baseline", encoder="hash:32:other")
    ran = handrail(home, "evaluate", "--baseline", str(kept), encoder="hash:32:other")
    assert f"Against generation {before}" in ran.output


def test_calibrating_publishes_and_a_dry_run_does_not(home: Path) -> None:
    before = names(home / "index")
    dry = handrail(home, "calibrate", "--dry-run")
    assert "Nothing was published." in dry.output
    assert names(home / "index") == before
    told = handrail(home, "calibrate").output
    assert "hybrid answerable" in told
    assert '"unanswerable": 5.0' in told
    newest = names(home / "index")[0]
    assert newest not in before
    assert f"Generation {newest} is served now." in told
