"""What a family is about, told by all its translations: one vector an article, the mean of its passages.

A question in German that finds its article hard to tell from the next is helped by the French and Japanese versions:
each says the same thing in other words, and where all agree the chance errors of one translation cancel out.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from app.search.encoder import Floats, unit_rows
from app.search.snapshot import Snapshot
from app.search.vectors import Rows


@dataclass(frozen=True, slots=True, eq=False)
class ArticleVectors:
    """`means` (articles, d): the unit mean vector of each article's passages, in the order of `snapshot.articles`."""

    means: Floats

    @classmethod
    def of(cls, snapshot: Snapshot, rows_of: Sequence[Rows]) -> "ArticleVectors":
        """From the rows of each article; zeros for an article without a passage."""
        vectors = snapshot.vectors.vectors()
        means = np.zeros((len(rows_of), vectors.shape[1]), dtype=np.float32)
        for at, rows in enumerate(rows_of):
            if len(rows):
                means[at] = vectors[rows].mean(axis=0)
        return cls(unit_rows(means))


@dataclass(frozen=True, slots=True, eq=False)
class Voices:
    """Which article vectors speak for which article of a scope: `speakers[i]` for the one at position `owners[i]`."""

    vectors: ArticleVectors
    speakers: Rows
    owners: Rows

    def cosines(self, vector: Floats, size: int, wanted: Rows) -> Floats:
        """(size,): for each position in `wanted` the mean cosine of `vector` and its translations, 0 elsewhere."""
        heard = np.isin(self.owners, wanted)
        owners = self.owners[heard]
        cosines = self.vectors.means[self.speakers[heard]] @ vector
        sums = np.bincount(owners, weights=cosines, minlength=size)
        means: Floats = (sums / np.maximum(np.bincount(owners, minlength=size), 1)).astype(np.float32)
        return means
