"""How well the search finds and how well it knows when it does not: gold questions in, a report out."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import get_args

import numpy as np

from app.languages import TAGS
from app.search.calibration import Calibration, Verdict
from app.search.gold import GoldQuestion
from app.search.hit import Results
from app.search.measures import (
    NOT_FOUND,
    Bools,
    Estimate,
    Floats,
    Numbers,
    auroc_estimate,
    chance_calibration_error,
    expected_calibration_error,
    mean_reciprocal_rank,
    recall_at,
    reliability,
)
from app.search.quality_report import ALL, Against, Answered, Found, Outcome, Report, RiskPoint, Separation
from app.search.query import MAX_LIMIT, Query
from app.search.searcher import Searcher
from app.search.snapshot import Snapshot

COVERAGES = tuple(step / 20 for step in range(1, 21))
# Fewer questions than this say nothing about one direction, or about one language's near misses.
LEAST = 10


@dataclass(frozen=True, slots=True)
class _Asked:
    """One gold question, by its number, with what came back."""

    number: int
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


def evaluate(
    searcher: Searcher, questions: Sequence[GoldQuestion], split: str = "check", least: int = LEAST
) -> Report:
    """Asks every question of `split` whose family is in the snapshot (or that has no answer) and counts.

    Directions and languages with fewer than `least` questions are left out of `directions` and `separations`.
    """
    snapshot = searcher.snapshot
    families = {one.article.family for one in snapshot.articles}
    asking = [one for one in questions if one.split == split and one.family in families | {None}]
    asked = list(_ask(searcher, asking))
    right = np.array([one.rank == 1 for one in asked], dtype=bool)
    sure = np.array([one.verdict.right for one in asked])
    return Report(
        generation=snapshot.generation,
        encoder=snapshot.manifest.encoder.name,
        split=split,
        mode=asked[0].results.mode if asked else "",
        retrieval=tuple(_found([one for one in asked if one.question.family])),
        directions=tuple(_directions(searcher, asking, least)),
        answers=_answered(asked),
        ece=expected_calibration_error(sure, right),
        ece_by_chance=chance_calibration_error(sure),
        auroc_right=_auroc_right(sure, right),
        separations=tuple(_separations(searcher, asked, least)),
        reliability=reliability(sure, right),
        risk_coverage=_risk_coverage(asked),
        outcomes=tuple(map(_outcome, asked)),
    )


def _ask(searcher: Searcher, questions: Iterable[GoldQuestion], evidence: str = "") -> Iterator[_Asked]:
    for number, one in enumerate(questions):
        only = (evidence,) if evidence else None
        yield _asked(searcher, number, one, Query(one.text, one.language, limit=MAX_LIMIT, evidence=only))


def _ask_without(searcher: Searcher, asked: Iterable[_Asked]) -> Iterator[_Asked]:
    """The same questions with their own family out of the way: near misses by construction."""
    for one in asked:
        question = one.question
        assert question.family is not None
        query = Query(question.text, question.language, limit=1, without=frozenset([question.family]))
        yield _asked(searcher, one.number, replace(question, family=None), query)


def _asked(searcher: Searcher, number: int, question: GoldQuestion, query: Query) -> _Asked:
    results = searcher.search(query)
    return _Asked(number, question, results, Calibration.of(searcher.snapshot.calibration).judge(results))


def _directions(searcher: Searcher, questions: Sequence[GoldQuestion], least: int) -> Iterator[Found]:
    """Every pair of languages, asked in one with articles of the other only; a family that it lacks is not asked for."""
    families = _families_by_language(searcher.snapshot)
    for asked_in, evidence in product(TAGS, TAGS):
        asking = [one for one in questions if one.language == asked_in and one.family in families[evidence]]
        if len(asking) >= least:
            yield from _found(list(_ask(searcher, asking, evidence)), evidence)


def _families_by_language(snapshot: Snapshot) -> defaultdict[str, set[str | None]]:
    families: defaultdict[str, set[str | None]] = defaultdict(set)
    for one in snapshot.articles:
        families[one.article.language].add(one.article.family)
    return families


def _found(asked: Sequence[_Asked], evidence: str = "") -> Iterator[Found]:
    for tag in TAGS:
        if ranks := [one.rank for one in asked if one.question.language == tag]:
            one, five, ten = (recall_at(ranks, k) for k in (1, 5, 10))
            yield Found(tag, evidence, len(ranks), one, five, ten, mean_reciprocal_rank(ranks))


def _answered(asked: Sequence[_Asked]) -> tuple[Answered, ...]:
    groups = {tag: [one for one in asked if one.question.language == tag] for tag in TAGS}
    return tuple(_count(name, group) for name, group in {**groups, ALL: list(asked)}.items() if group)


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


def _separations(searcher: Searcher, asked: Sequence[_Asked], least: int) -> Iterator[Separation]:
    answerable = [one for one in asked if one.question.family]
    without = [one for one in asked if not one.question.family]
    others = {
        "absurd": [one for one in without if one.question.is_absurd],
        "near-miss": [one for one in without if not one.question.is_absurd],
        "taken out": list(_ask_without(searcher, answerable)),
    }
    for against in get_args(Against):
        for language in (ALL, *TAGS):
            good = [one for one in answerable if language in (ALL, one.question.language)]
            bad = [one for one in others[against] if language in (ALL, one.question.language)]
            if min(len(good), len(bad)) >= (1 if language == ALL else least):
                estimate = auroc_estimate(_hopes(good), _hopes(bad), (_numbers(good), _numbers(bad)))
                yield Separation(against, language, len(good), len(bad), estimate)


def _hopes(asked: Sequence[_Asked]) -> Floats:
    return np.array([one.verdict.answerable for one in asked])


def _numbers(asked: Sequence[_Asked]) -> Numbers:
    return np.array([one.number for one in asked])


def _auroc_right(sure: Floats, right: Bools) -> Estimate:
    return auroc_estimate(sure[right], sure[~right], (np.flatnonzero(right), np.flatnonzero(~right)))


def _risk_coverage(asked: Sequence[_Asked]) -> tuple[RiskPoint, ...]:
    surest = sorted(asked, key=lambda one: -one.verdict.right)
    points = []
    for coverage in COVERAGES if surest else ():
        chosen = surest[: max(1, round(coverage * len(surest)))]
        wrong = sum(one.rank != 1 for one in chosen)
        points.append(RiskPoint(coverage, wrong / len(chosen), len(chosen), wrong, chosen[-1].verdict.right))
    return tuple(points)


def _outcome(one: _Asked) -> Outcome:
    first = next(iter(one.results.hits), None)
    return Outcome(
        language=one.question.language,
        question=one.question.text,
        family=one.question.family or "",
        first=f"{first.family}#{first.anchor}".rstrip("#") if first else "",
        answer=hashlib.sha256(first.passage.encode()).hexdigest()[:12] if first else "",
        band=one.verdict.band,
        right=one.rank == 1,
    )
