"""The order: a weighted sum of what each leg can read, one passage an article."""

import numpy as np
import pytest

from app.search.calibration import fusion_of
from app.search.ranker import LEAST_SHARE, Ranking
from app.search.ranker import rank as rank_by
from app.search.retriever import LEGS, Candidates

FUSION = fusion_of({})


def rank(candidates: Candidates) -> Ranking:
    return rank_by(candidates, FUSION)


def _candidates(
    rows: list[dict[str, float]], owner: list[int] | None = None, readable: list[bool] | None = None
) -> Candidates:
    """`owner` numbers the article of each row, ascending."""
    legs = np.array([[row.get(leg, 0.0) for leg in LEGS] for row in rows], dtype=np.float32)
    owners = np.array(owner if owner is not None else range(len(rows)), dtype=np.int64)
    places, counts = np.unique(owners, return_counts=True)
    return Candidates(
        rows=np.arange(len(rows)),
        places=places,
        starts=np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
        legs=legs.reshape(-1, len(LEGS)),
        headings=legs.reshape(-1, len(LEGS))[:, LEGS.index("heading_matching")],
        readable=np.array(readable if readable is not None else [True] * len(rows), dtype=bool),
    )


def test_every_leg_has_a_weight_for_both_pairs_of_languages() -> None:
    assert set(FUSION.same) == set(FUSION.other) == set(LEGS)
    assert all(weight >= 0 for weight in (*FUSION.same.values(), *FUSION.other.values()))


def test_the_score_is_the_weighted_sum() -> None:
    found = _candidates([{"lexical": 0.5, "dense": 0.25}] * 2, readable=[True, False])
    same = 0.5 * FUSION.same["lexical"] + 0.25 * FUSION.same["dense"]
    other = 0.5 * FUSION.other["lexical"] + 0.25 * FUSION.other["dense"]
    np.testing.assert_allclose(
        FUSION.weighed(found)[1], [same / FUSION.full_marks, other / FUSION.full_marks], rtol=1e-5
    )


def test_words_that_are_there_lift_an_article_over_one_in_another_language() -> None:
    """What both can show counts alike; the words are what the reader's own language adds."""
    meaning = {"dense": 0.4, "family": 0.4, "matching": 0.6, "heading_matching": 0.5, "article_matching": 0.6}
    found = _candidates(
        [meaning, {**meaning, "lexical": 0.6, "article_lexical": 0.4, "article_words": 0.5}],
        readable=[False, True],
    )
    assert rank(found).rows.tolist()[0] == 1
    assert all(FUSION.same[leg] > 0 for leg in LEGS[:3])


def test_a_leg_that_is_blind_does_not_vote() -> None:
    """Rank fusion would let equal zeros in one leg reorder what the other leg sees clearly."""
    seen = [{"dense": 0.9}, {"dense": 0.5}, {"dense": 0.1}]
    assert rank(_candidates(seen)).rows.tolist()[0] == 0
    blind = [{**row, "lexical": 0.2} for row in seen]
    assert rank(_candidates(blind)).rows.tolist() == [0, 1, 2]


def test_one_passage_an_article_the_best_one() -> None:
    strong = [{"lexical": score, "dense": score} for score in (0.5, 0.9, 0.7, 0.6)]
    ranking = rank(_candidates(strong, owner=[0, 0, 1, 1]))
    assert ranking.rows.tolist() == [1, 2]
    assert ranking.places.tolist() == [0, 1]
    assert next(ranking.shown(1))[2][LEGS.index("lexical")] == pytest.approx(0.9)
    assert ranking.leg("dense").tolist() == pytest.approx([0.9, 0.7])
    assert (np.diff(ranking.scores) <= 0).all()


def test_equal_scores_keep_the_order_of_the_rows() -> None:
    same = [{"lexical": 0.8, "article_words": 0.9}] * 5
    assert rank(_candidates(same)).rows.tolist() == [0, 1, 2, 3, 4]


def test_next_to_nothing_is_nothing() -> None:
    """Rather no hit than the nearest unrelated one."""
    ranking = rank(_candidates([{"dense": 0.9, "family": 0.9}, {"dense": 0.1}]))
    assert ranking.rows.tolist() == [0]
    assert not len(rank(_candidates([{"lexical": LEAST_SHARE / 2}])).best)
    assert len(rank(_candidates([{"lexical": 0.2}])).best), "without an encoder words alone are enough"
    assert len(rank(_candidates([{"dense": 0.3}], readable=[False])).best), "and so is a vector"


def test_nothing_ranks_to_nothing() -> None:
    assert not len(rank(_candidates([])).best)


def test_lexical_scores_are_the_part_that_needs_no_encoder() -> None:
    with_encoder = rank(
        _candidates([{"lexical": 0.6, "article_words": 0.5, "dense": 0.8, "heading_matching": 0.9}])
    )
    without = rank(_candidates([{"lexical": 0.6, "article_words": 0.5}]))
    np.testing.assert_allclose(with_encoder.lexical_scores(), without.scores, rtol=1e-5)
