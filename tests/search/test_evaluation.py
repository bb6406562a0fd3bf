"""Figures that say what they claim, checked against cases worked out by hand."""

import json
import math

import numpy as np
import pytest
from rich.console import Console

from app.search.encoder import open_encoder
from app.search.evaluation import evaluate
from app.search.gold import GoldQuestion
from app.search.measures import (
    NOT_FOUND,
    auroc,
    expected_calibration_error,
    mean_reciprocal_rank,
    recall_at,
    reliability,
    wilson,
)
from app.search.quality_report import Report
from app.search.searcher import Searcher
from tests.search.repair_pages import BOILER, DRAIN, PAGES, TAP, VISIT
from tests.search.small_snapshot import TODAY, Fixed, Published, snapshot_of

QUESTIONS = (
    GoldQuestion("en", "check", "dripping tap", TAP),
    GoldQuestion("en", "check", "boiler pressure too low", BOILER),
    GoldQuestion("en", "check", "blocked drain", BOILER, "wrong on purpose: the drain comes first"),
    GoldQuestion("en", "check", "who won the football match", None),
    GoldQuestion("de", "check", "Termin buchen", VISIT),
    GoldQuestion("de", "check", "Wie wird das Wetter morgen", None),
    GoldQuestion("es", "check", "presión de la caldera", BOILER),
    GoldQuestion("es", "check", "not in this help centre", "other/family"),
    GoldQuestion("es", "tuning", "never asked", DRAIN),
)


@pytest.fixture(scope="module")
def report() -> Report:
    encoder = open_encoder("bundled")
    searcher = Searcher(Fixed(snapshot_of(PAGES, encoder)), encoder, Published(), lambda: TODAY)
    return evaluate(searcher, QUESTIONS)


def test_recall_and_reciprocal_rank() -> None:
    ranks = [1, 2, 6, 11, NOT_FOUND]
    assert (recall_at(ranks, 1), recall_at(ranks, 5), recall_at(ranks, 10)) == (0.2, 0.4, 0.6)
    assert mean_reciprocal_rank(ranks) == pytest.approx((1 + 1 / 2 + 1 / 6) / 5)
    assert math.isnan(recall_at([], 1))


def test_auroc_counts_pairs() -> None:
    chances, right = np.array([0.9, 0.8, 0.4, 0.4]), np.array([True, False, True, False])
    assert auroc(chances, right) == pytest.approx((1 + 1 + 0 + 0.5) / 4)
    assert math.isnan(auroc(chances, np.ones(4, dtype=bool)))


def test_calibration_error_is_the_mean_gap() -> None:
    chances = np.array([0.95, 0.95, 0.15, 0.15, 1.0])
    right = np.array([True, False, False, False, True])
    table = reliability(chances, right)
    assert [(one.low, one.count) for one in table] == [(0.1, 2), (0.9, 3)]
    top = (0.95 + 0.95 + 1) / 3
    assert expected_calibration_error(chances, right) == pytest.approx((2 * 0.15 + 3 * (top - 2 / 3)) / 5)
    assert expected_calibration_error(np.zeros(0), np.zeros(0, dtype=bool)) == 0


def test_wilson_intervals() -> None:
    low, high = wilson(8, 10)
    assert (low, high) == (pytest.approx(0.490, abs=0.001), pytest.approx(0.943, abs=0.001))
    assert wilson(0, 0) == (0, 1)
    assert wilson(0, 5)[0] == 0


def test_finding_is_counted_per_language_and_across(report: Report) -> None:
    """Issue 2, shown by 2."""
    found = {one.language: one for one in report.retrieval}
    assert set(found) == {"en", "de", "es"}
    assert (found["en"].questions, found["en"].recall_1, found["en"].recall_5) == (3, pytest.approx(2 / 3), 1)
    assert found["es"].questions == 1, "a family that is not in the snapshot is not asked for"
    assert {one.language for one in report.cross} == {"de", "es"}


def test_answers_are_counted_with_their_risk(report: Report) -> None:
    counted = {one.language: one for one in report.answers}
    english = counted["en"]
    assert (english.answerable, english.answered, english.right) == (3, 3, 2)
    assert (english.unanswerable, english.wrongly_answered, english.withheld_rate) == (1, 0, 1)
    assert english.risk == pytest.approx(1 / 3)
    assert english.coverage == pytest.approx(3 / 4)
    assert counted["all"].answerable == 5
    assert counted["all"].unanswerable == 2


def test_risk_and_coverage_go_from_the_surest_to_all(report: Report) -> None:
    points = report.risk_coverage
    assert points[-1].coverage == 1
    assert (points[-1].questions, points[-1].wrong) == (7, 3)
    assert [one.questions for one in points] == sorted(one.questions for one in points)
    assert [one.probability for one in points] == sorted((one.probability for one in points), reverse=True)
    assert all(one.risk == one.wrong / one.questions for one in points)


def test_near_misses_are_the_same_questions_without_their_article(report: Report) -> None:
    assert report.auroc_near_miss > 0.8
    assert report.auroc_answerable == 1


def test_only_the_split_that_was_asked_for_is_asked(report: Report) -> None:
    assert sum(one.questions for one in report.retrieval) == 5
    assert (report.split, report.mode) == ("check", "hybrid")


def test_the_report_reads_as_json_markdown_and_tables(report: Report) -> None:
    as_json = report.as_json()
    assert json.loads(json.dumps(as_json, allow_nan=False))["retrieval"][0]["language"] == "en"
    markdown = report.as_markdown()
    assert "| en | 3 | 0.667 | 1.000 | 1.000 |" in markdown
    assert markdown.count("\n## ") == 5
    console = Console(width=160, record=True)
    for table in report.tables():
        console.print(table)
    assert "Risk and coverage" in console.export_text()


def test_an_evaluation_of_nothing_is_a_report() -> None:
    encoder = open_encoder("hash:8")
    searcher = Searcher(Fixed(snapshot_of(PAGES, encoder)), encoder, Published(), lambda: TODAY)
    empty = evaluate(searcher, [])
    assert empty.as_json()["auroc_right"] is None
    assert empty.as_markdown().startswith("Generation")
