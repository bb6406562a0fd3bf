"""Boosted trees: they find what a straight line cannot, and no signal ever counts against its direction."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.search.boosting import Tree, boosted
from app.search.logistic import Bools, Floats, sigmoid
from app.search.measures import auroc

FREE = np.array([0, 0, 0])


def _drawn(seed: int, rows: int = 1000) -> Floats:
    return np.random.default_rng(seed).random((rows, 3))


def _grown(x: Floats, y: Bools, directions: list[int] | np.ndarray = FREE, rounds: int = 40) -> list[Tree]:
    return boosted(x, y, np.ones(len(x)), np.zeros(len(x)), np.array(directions), rounds)


def _sum(trees: list[Tree], x: Floats) -> Floats:
    return sum((tree.of(x) for tree in trees), np.zeros(len(x)))


def test_trees_see_that_two_things_must_come_together() -> None:
    """Either alone says nothing: the case for which a weighted sum is not enough."""
    x = _drawn(1)
    y = (x[:, 0] > 0.5) == (x[:, 1] > 0.5)
    unseen = _drawn(2)
    right = (unseen[:, 0] > 0.5) == (unseen[:, 1] > 0.5)
    assert auroc(_sum(_grown(x, y), unseen), right) > 0.9


def test_their_chances_are_those_of_the_truth() -> None:
    x = _drawn(3, 4000).round(1)
    truth = np.where(x[:, 2] > 0.75, 0.9, np.where(x[:, 0] > 0.5, 0.5, 0.1))
    y = np.random.default_rng(4).random(4000) < truth
    chances = sigmoid(_sum(_grown(x, y, rounds=100), x))
    for one in (0.1, 0.5, 0.9):
        assert chances[truth == one].mean() == pytest.approx(one, abs=0.03)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10_000), directions=st.lists(st.sampled_from([-1, 0, 1]), min_size=3, max_size=3))
def test_no_column_counts_against_its_direction(seed: int, directions: list[int]) -> None:
    """Whatever the data say: here they are noise, and half of them say the opposite."""
    random = np.random.default_rng(seed)
    x = random.random((300, 3)).round(1)
    y = random.random(300) < sigmoid(3 * (x - 0.5) @ random.normal(size=3))
    trees = _grown(x, y, directions, rounds=15)
    at = random.random((200, 3))
    for column, direction in enumerate(directions):
        further = at.copy()
        further[:, column] += random.random(200)
        gained = _sum(trees, further) - _sum(trees, at)
        assert not direction or (direction * gained >= -1e-12).all()


def test_a_direction_that_the_data_deny_leaves_a_column_out() -> None:
    x = _drawn(5)
    y = x[:, 0] > 0.5
    assert _grown(x, y, [-1, 1, 1]) == [] or not any(0 in tree.columns for tree in _grown(x, y, [-1, 1, 1]))


def test_too_few_samples_or_nothing_to_tell_them_apart_grow_no_tree() -> None:
    few = _drawn(6, 10)
    assert _grown(few, few[:, 0] > 0.5) == []
    same = np.ones((500, 3))
    assert _grown(same, np.arange(500) % 2 == 0) == []


def test_the_same_samples_grow_the_same_trees_of_one_form() -> None:
    x = _drawn(7)
    x[:, 1:] = 0  # one column: a tree has no other question to ask
    y = x[:, 0] > 0.6
    first, again = _grown(x, y), _grown(x, y)
    assert len(first) == 40
    for one, other in zip(first, again, strict=True):
        np.testing.assert_array_equal(one.values, other.values)
        assert (one.columns.shape, one.thresholds.shape, one.values.shape) == ((3,), (3,), (8,))
