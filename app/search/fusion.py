"""How much each leg counts, learned on the tuning questions and kept in the snapshot.

The fused score is a weighted sum of scores that are comparable from question to question, never of ranks: rank fusion lets
a leg that is blind for a pair of languages vote as loudly as one that sees (measured .942 → .562).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from app.native import compiled
from app.search.retriever import LEGS, Candidates, Floats


@dataclass(frozen=True)
class Fusion:
    """Weights of the legs where the passage is in the question's language (`same`) and where it is not (`other`).

    A sum of 1 more makes an article e times as likely to be the right one (a softmax over articles). `typical` and
    `typical_lexical` are what the tenth article of a full house usually scores, by all legs and by the words alone.
    """

    same: Mapping[str, float]
    other: Mapping[str, float]
    typical: float
    typical_lexical: float
    figures: Mapping[str, float]

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> "Fusion":
        """From its JSON object; `ValueError` when it has other legs than this version of Handrail."""
        fusion = cls(**stored)
        if {*fusion.same} != {*LEGS} or {*fusion.other} != {*LEGS}:
            raise ValueError("fusion weights of other legs")
        return fusion

    @cached_property
    def full_marks(self) -> float:
        """Scores are shown divided by this, so that they stay below 1."""
        return sum(self.same.values())

    @cached_property
    def matrix(self) -> Floats:
        """The weights over full marks, (2, len(LEGS)): another language, the same language."""
        rows = [[weights[leg] / self.full_marks for leg in LEGS] for weights in (self.other, self.same)]
        return np.array(rows, dtype=np.float32)

    def weighed(self, candidates: Candidates) -> tuple[Floats, Floats]:
        """Each leg's part in the fused score, (rows, len(LEGS)), and the fused score, (rows,), of every candidate."""
        if compiled.kernels:
            parts, scores = np.empty_like(candidates.legs), np.empty(len(candidates.legs), dtype=np.float32)
            compiled.kernels.weigh(candidates.legs, candidates.weight_rows, self.matrix, parts, scores)
            return parts, scores
        parts = candidates.legs * self.matrix[candidates.weight_rows]
        return parts, parts.sum(axis=1)
