"""Fits the confidence curves on gold questions; runs when an index is built or calibrated, never while it serves.

The hard case is the near miss: the right subject, but no answer. Besides the gold questions without an answer, answerable
ones are asked once more with their family taken out of the candidates.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from app.languages import DEFAULT
from app.native.compiled import SOURCE
from app.search.calibration import FORMAT, Curves, stored_default
from app.search.costs import Costs, read_costs
from app.search.curves import DIRECTIONS, FOLDS, LEXICAL_DIRECTIONS, Sample, fit_curve
from app.search.encoder import Encoder
from app.search.fusing import asked_questions, fit_fusion
from app.search.gold import GoldQuestion
from app.search.hit import Results
from app.search.query import Query
from app.search.searcher import Everything, Fixed, Searcher
from app.search.snapshot import Snapshot

# With fewer answerable questions a curve of our own would be worse than the shipped one.
LEAST_QUESTIONS = 40
# Until so many of the passages have changed since it was fitted, a calibration is kept: one edited article moves its scores
# by less than a refit moves them by chance, and an editor does not wait ten seconds for it.
MOST_CHANGED = 0.02
# Together with a third of questions without an answer, this keeps a third of all weight on such questions. A near miss
# made by us weighs little, for a sibling of the missing article often answers, too: .2 would tell questions as they are asked a
# little better (log loss .378, .383 with .35), .35 those whose article is missing (AUROC .826, .833).
NEAR_MISS_WEIGHT = 0.3
UNANSWERABLE_WEIGHT = 0.8
# The same question with English articles only: what a help centre with few translations is like.
ABROAD_WEIGHT = 0.5


def calibrate(
    snapshot: Snapshot,
    encoder: Encoder,
    questions: Sequence[GoldQuestion],
    today: date,
    costs: Costs | None = None,
) -> dict[str, Any]:
    """The JSON object to be stored in the snapshot: weights and curves fitted on the `tuning` questions, with their figures.

    The shipped weights and curves when fewer than `LEAST_QUESTIONS` of them have their article in this snapshot. The
    costs are those of `costs.toml` unless others are given.
    """
    costs = costs or read_costs()
    families = {one.article.family for one in snapshot.articles}
    fitting = [
        one for one in questions if one.split == "tuning" and (one.family is None or one.family in families)
    ]
    basis = basis_of(questions, costs)
    if sum(one.family is not None for one in fitting) < LEAST_QUESTIONS:
        return {**stored_default(costs, encoder.identity.weights_sha256), "basis": basis}
    asked = list(asked_questions(_searcher(snapshot, encoder, today), fitting))
    fusion = fit_fusion(asked)
    # The curves judge what learned weights put first; weights that have seen a question put its article first too often.
    folds: list[tuple[Snapshot, list[GoldQuestion]]] = []
    for group in _groups(fitting):
        left_out = set(group)
        others = [one for one in asked if one.question not in left_out]
        unseen = {"format": FORMAT, "fusion": fit_fusion(others) if others else fusion}
        folds.append((replace(snapshot, calibration=unseen), group))
    curves = {}
    for mode, reader in (("hybrid", encoder), ("lexical", None)):
        samples = [
            sample
            for fold, (one, group) in enumerate(folds)
            for sample in samples_of(_searcher(one, reader, today), group, fold)
        ]
        directions = DIRECTIONS if reader else LEXICAL_DIRECTIONS
        right = fit_curve(samples, directions, [one.is_right for one in samples])
        answerable = fit_curve(samples, directions, [one.is_answerable for one in samples])
        curves[mode] = asdict(Curves(right, answerable, _unanswerable_share(samples)))
    return {
        "format": FORMAT,
        "encoder": encoder.identity.weights_sha256,
        "basis": basis,
        "costs": asdict(costs),
        "fusion": fusion,
        "curves": curves,
    }


def basis_of(questions: Sequence[GoldQuestion], costs: Costs) -> str:
    """One hash over all that a calibration rests on beside the articles and the encoder: also over the search itself."""
    return _told([FORMAT, _code(), _tuning(questions), asdict(costs)])


def fitted_on(content_digest: str, questions: Sequence[GoldQuestion]) -> str:
    """One hash over the articles and the questions on which a shipped calibration was fitted."""
    return _told([FORMAT, content_digest, _tuning(questions)])


def shipped(
    snapshot: Snapshot, encoder: Encoder, questions: Sequence[GoldQuestion]
) -> Mapping[str, Any] | None:
    """The shipped calibration as `calibrate` would give it, if it was fitted on these very articles and questions with this encoder.

    So the first start with the sample articles need not wait a minute for what is known.
    """
    costs = read_costs()
    stored = stored_default(costs, encoder.identity.weights_sha256)
    is_ours = stored["encoder"] == encoder.identity.weights_sha256
    if not is_ours or stored["fitted_on"] != fitted_on(snapshot.manifest.content_digest, questions):
        return None
    return {**stored, "basis": basis_of(questions, costs)}


def _tuning(questions: Sequence[GoldQuestion]) -> list[tuple[str | None, ...]]:
    return [(one.language, one.text, one.family, one.note) for one in questions if one.split == "tuning"]


def _told(facts: list[Any]) -> str:
    return hashlib.sha256(json.dumps(facts, ensure_ascii=False, sort_keys=True).encode()).hexdigest()


@cache
def _code() -> str:
    """One hash over the code of the search: what another version has fitted is fitted anew."""
    digest = hashlib.sha256()
    for path in (*sorted(Path(__file__).parent.glob("*.py")), SOURCE):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def still_holds(stored: Mapping[str, Any], questions: Sequence[GoldQuestion], changed: float) -> bool:
    """Whether a stored calibration need not be fitted anew although a share `changed` of the passages is another now."""
    return changed <= MOST_CHANGED and stored.get("basis") == basis_of(questions, read_costs())


def _unanswerable_share(samples: Sequence[Sample]) -> float:
    """Among questions as they are asked, each counted once: that is what the chances are set on. By Laplace's rule of succession, so
    that gold questions of which all have an answer (or none) still leave room for others."""
    asked = [one.is_answerable for one in samples if one.as_asked]
    return round((asked.count(False) + 1) / (len(asked) + 2), 4)


def _groups(questions: Sequence[GoldQuestion]) -> list[list[GoldQuestion]]:
    """The questions in `FOLDS` parts, all of one subject in one: a question in eight languages would otherwise stand on both sides
    of a cross-validation. What nothing answers has the note beside it for its subject."""
    groups: list[list[GoldQuestion]] = [[] for _ in range(FOLDS)]
    numbers: dict[str, int] = {}
    for one in questions:
        subject = one.family or (one.text if one.is_absurd else one.note or one.text)
        groups[numbers.setdefault(subject, len(numbers)) % FOLDS].append(one)
    return groups


def samples_of(searcher: Searcher, questions: Sequence[GoldQuestion], fold: int) -> list[Sample]:
    """Every question as a reader meets it; and, since each search takes time, every second one with English articles only and the
    others with their own family taken away, so that these count twice."""
    samples = (
        sample
        for number, one in enumerate(questions)
        for sample in _samples(searcher, one, fold, number % 2 == 0)
    )
    return [sample for sample in samples if sample.signals.any()]  # without a hit there is nothing to judge


def _searcher(snapshot: Snapshot, encoder: Encoder | None, today: date) -> Searcher:
    return Searcher(Fixed(snapshot), encoder, Everything(), lambda: today)


def _samples(searcher: Searcher, one: GoldQuestion, fold: int, is_abroad: bool) -> Iterator[Sample]:
    answerable = one.family is not None
    weight = 1.0 if answerable else UNANSWERABLE_WEIGHT
    asked = Query(one.text, one.language, limit=1)
    found = searcher.search(asked)
    yield Sample(found.signals.vector(), is_right(found, one), answerable, weight, fold, True)
    if is_abroad and one.language != DEFAULT:
        found = searcher.search(replace(asked, evidence=(DEFAULT,)))
        yield Sample(
            found.signals.vector(), is_right(found, one), answerable, weight * ABROAD_WEIGHT, fold, False
        )
    elif one.family is not None:
        missed = searcher.search(replace(asked, without=frozenset([one.family])))
        yield Sample(missed.signals.vector(), False, False, NEAR_MISS_WEIGHT, fold, False)


def is_right(results: Results, one: GoldQuestion) -> bool:
    """Whether the first hit is the family that answers."""
    return bool(results.hits) and results.hits[0].family == one.family
