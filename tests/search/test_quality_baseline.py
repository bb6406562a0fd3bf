"""`handrail evaluate --baseline`: every figure that moved and every question that gets something else than before."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from app.errors import SettingRefused
from app.search.quality_baseline import Measured, compare
from app.search.quality_report import Outcome

FOUND = Outcome("en", "dripping tap", "repairs/tap", "repairs/tap#washer", "aa", "high", True)
LOST = replace(FOUND, first="repairs/drain", answer="bb", band="middling", right=False)
SURE = Outcome("de", "Wie wird das Wetter?", "", "repairs/tap", "cc", "low", False)
BEFORE = Measured("000001-old", {"recall@5": 0.9, "ece": 0.05}, (FOUND, SURE))


def test_a_question_that_gets_the_same_is_not_told() -> None:
    same = compare(BEFORE, replace(BEFORE, name="000002-new"))
    assert (same.asked, same.changes) == (2, ())
    assert "0 of 2 questions" in same.summary()


@pytest.mark.parametrize(
    ("after", "what", "verdict"),
    [
        (LOST, ("first hit", "band", "answer"), "lost"),
        (replace(FOUND, band="middling"), ("band",), ""),
        (replace(FOUND, answer="other words"), ("answer",), ""),
        (replace(FOUND, first="repairs/tap#tools", answer="dd"), ("first hit", "answer"), ""),
    ],
)
def test_every_change_is_told_with_what_changed(after: Outcome, what: tuple[str, ...], verdict: str) -> None:
    (change,) = compare(BEFORE, replace(BEFORE, outcomes=(after, SURE))).changes
    assert (change.what, change.verdict) == (what, verdict)


def test_an_article_found_again_is_told() -> None:
    both = compare(replace(BEFORE, outcomes=(LOST,)), BEFORE)
    assert both.asked == 1, "the other question was not asked before"
    assert "1 find their article now, 0 lose it" in both.summary()


def test_each_figure_stands_beside_its_former_self() -> None:
    after = replace(BEFORE, figures={"recall@5": 0.95, "ece": 0.02})
    figures, changed = compare(BEFORE, replace(after, outcomes=(LOST,))).sheets()
    rows = {row[0]: row[1:] for row in figures.rows}
    assert rows["recall@5"] == ("0.900", "0.950", "+0.050")
    assert rows["ece"] == ("0.050", "0.020", "-0.030")
    assert rows["spread"] == ("–", "–", "")
    assert changed.rows[0][2:4] == ("repairs/tap#washer → repairs/drain", "high → middling")


def test_the_comparison_reads_as_json() -> None:
    plain = compare(BEFORE, replace(BEFORE, outcomes=(LOST,))).as_json()
    told = json.loads(json.dumps(plain, allow_nan=False))
    assert told["figures"]["spread"] == [None, None]
    assert told["changes"][0]["before"]["band"] == "high"


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"figures": {}, "generation": "x", "outcomes": [{"a": 1}]}']
)
def test_a_file_of_something_else_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "before.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SettingRefused, match=r"before\.json is not what `handrail evaluate --json` prints"):
        Measured.read(path)
