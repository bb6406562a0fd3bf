"""What a family is about, told by all its translations: one vector an article, the mean of its passages.

A question in German that finds its article hard to tell from the next is helped by the French and Japanese versions:
each says the same thing in other words, and where all agree the chance errors of one translation cancel out.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.search import runs
from app.search.encoder import Floats, unit_rows
from app.search.vectors import Rows, VectorIndex, cosines_of

Halves = NDArray[np.float16]


def article_means(vectors: VectorIndex, starts: Rows) -> Halves:
    """The unit mean vector (articles, d), in half precision, of each article's passages; article `i` has the rows
    `starts[i]:starts[i + 1]`. Zeros for an article without a passage.
    """
    counts = np.diff(starts)
    filled = np.flatnonzero(counts)
    means = np.zeros((len(counts), vectors.dimension), dtype=np.float32)
    if len(filled):
        means[filled] = np.add.reduceat(vectors.vectors(), starts[filled], axis=0)
    return unit_rows(means).astype(np.float16)


@dataclass(frozen=True, slots=True, eq=False)
class Voices:
    """Which articles speak for which article of a scope: `speakers[starts[i]:starts[i + 1]]` for the one at place `i`."""

    means: Halves
    speakers: Rows
    starts: Rows

    def cosines(self, vector: Floats, wanted: Rows) -> Floats:
        """For each of the places `wanted` (ascending, not empty) the mean cosine of `vector` and its translations."""
        speakers, starts = runs.gathered(self.speakers, self.starts, wanted)
        cosines = cosines_of(self.means, speakers, vector)
        means: Floats = np.add.reduceat(cosines, starts[:-1])
        means /= starts[1:] - starts[:-1]
        return means
