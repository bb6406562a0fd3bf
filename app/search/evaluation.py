"""How well the search finds and how well it knows when it does not: gold questions in, a report out."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from app.languages import DEFAULT, TAGS
from app.search.calibration import Calibration, Verdict
from app.search.gold import GoldQuestion
from app.search.hit import Results
from app.search.measures import (
    NOT_FOUND,
    auroc,
    expected_calibration_error,
    mean_reciprocal_rank,
    recall_at,
    reliability,
)
from app.search.quality_report import Answered, Found, Report, RiskPoint
from app.search.query import MAX_LIMIT, Query
from app.search.searcher import Searcher

COVERAGES = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)


@dataclass(frozen=True, slots=True)
class _Asked:
    """One gold question with what came back."""

    question: GoldQuestion
    results: Results
    verdict: Verdict

    @property
    def is_confident(self) -> bool:
        return self.verdict.band == "high"

    @property
    def rank(self) -> int:
        families = [hit.family for hit in self.results.hits]
        return families.index(self.question.family) + 1 if self.question.family in families else NOT_FOUND


def evaluate(searcher: Searcher, questions: Sequence[GoldQuestion], split: str = "check") -> Report:
    """Asks every question of `split` whose family is in the snapshot (or that has no answer) and counts."""
    snapshot = searcher.snapshot
    families = {one.article.family for one in snapshot.articles}
    in_english = {one.article.family for one in snapshot.articles if one.article.language == DEFAULT}
    asking = [one for one in questions if one.split == split and one.family in families | {None}]
    asked = list(_ask(searcher, asking))
    abroad = [one for one in asking if one.language != DEFAULT and one.family in in_english]
    crossed = list(_ask(searcher, abroad, evidence=(DEFAULT,)))
    answerable = [one for one in asked if one.question.family]
    missed = list(_ask_without(searcher, [one.question for one in answerable]))
    right = np.array([one.rank == 1 for one in asked], dtype=bool)
    sure = np.array([one.verdict.right for one in asked])
    hopeful = np.array([one.verdict.answerable for one in asked])
    return Report(
        generation=snapshot.generation,
        split=split,
        mode=asked[0].results.mode if asked else "",
        retrieval=_found(answerable),
        cross=_found(crossed),
        answers=_answered(asked),
        ece=expected_calibration_error(sure, right),
        auroc_right=auroc(sure, right),
        auroc_answerable=auroc(
            hopeful, np.array([one.question.family is not None for one in asked], dtype=bool)
        ),
        auroc_near_miss=auroc(
            np.array([one.verdict.answerable for one in (*answerable, *missed)]),
            np.repeat([True, False], [len(answerable), len(missed)]),
        ),
        reliability=reliability(sure, right),
        risk_coverage=_risk_coverage(asked),
    )


def _ask(
    searcher: Searcher, questions: Sequence[GoldQuestion], evidence: tuple[str, ...] | None = None
) -> Iterator[_Asked]:
    for one in questions:
        yield _asked(searcher, one, Query(one.text, one.language, limit=MAX_LIMIT, evidence=evidence))


def _ask_without(searcher: Searcher, questions: Sequence[GoldQuestion]) -> Iterator[_Asked]:
    """The same questions with their own family out of the way: near misses by construction."""
    for one in questions:
        assert one.family is not None
        query = Query(one.text, one.language, limit=1, without=frozenset([one.family]))
        yield _asked(searcher, replace(one, family=None), query)


def _asked(searcher: Searcher, question: GoldQuestion, query: Query) -> _Asked:
    calibration = Calibration.of(searcher.snapshot.calibration)
    results = searcher.search(query)
    return _Asked(question, results, calibration.judge(results))


def _found(asked: Sequence[_Asked]) -> tuple[Found, ...]:
    by_language = {tag: [one.rank for one in asked if one.question.language == tag] for tag in TAGS}
    return tuple(
        Found(
            tag,
            len(ranks),
            recall_at(ranks, 1),
            recall_at(ranks, 5),
            recall_at(ranks, 10),
            mean_reciprocal_rank(ranks),
        )
        for tag, ranks in by_language.items()
        if ranks
    )


def _answered(asked: Sequence[_Asked]) -> tuple[Answered, ...]:
    groups = {tag: [one for one in asked if one.question.language == tag] for tag in TAGS}
    return tuple(_count(name, group) for name, group in {**groups, "all": list(asked)}.items() if group)


def _count(language: str, asked: Sequence[_Asked]) -> Answered:
    answerable = [one for one in asked if one.question.family]
    return Answered(
        language=language,
        answerable=len(answerable),
        answered=sum(one.is_confident for one in answerable),
        right=sum(one.is_confident and one.rank == 1 for one in answerable),
        unanswerable=len(asked) - len(answerable),
        wrongly_answered=sum(one.is_confident for one in asked if not one.question.family),
    )


def _risk_coverage(asked: Sequence[_Asked]) -> tuple[RiskPoint, ...]:
    surest = sorted(asked, key=lambda one: -one.verdict.right)
    points = []
    for coverage in COVERAGES if surest else ():
        chosen = surest[: max(1, round(coverage * len(surest)))]
        wrong = sum(one.rank != 1 for one in chosen)
        points.append(RiskPoint(coverage, wrong / len(chosen), len(chosen), wrong, chosen[-1].verdict.right))
    return tuple(points)
