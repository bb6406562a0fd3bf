"""How good an encoder is on documents it was never trained on: a heading asks, the section under it should come first.

The heading is not part of the passage. Mean reciprocal rank at 10 among all held-out sections of one source and language.
"""

from collections.abc import Callable

import numpy as np
import torch
from corpus import Corpus, Texts
from torch import Tensor

SOURCES = ("customer-insights", "opensource.guide", "alchemy", "dynamics365smb")
LEAST = 30  # fewer questions say nothing

Encode = Callable[[Texts, Tensor], Tensor]
Score = Callable[[Tensor, Tensor], Tensor]


def measure(corpus: Corpus, score: Score) -> dict[str, tuple[float, float]]:
    """For each source the mean over its languages, within the language and from it to English.

    `score(asked, answered)` gives (questions, passages) for headings and bodies of these sections.
    """
    figures = {}
    for source in SOURCES:
        if source in corpus.sources:
            figures[source] = _of_source(corpus, score, corpus.sources.index(source))
    means = np.array(list(figures.values()))
    figures["mean"] = (float(np.nanmean(means[:, 0])), float(np.nanmean(means[:, 1])))
    return {name: (round(a, 3), round(b, 3)) for name, (a, b) in figures.items()}


def _of_source(corpus: Corpus, score: Score, source: int) -> tuple[float, float]:
    tested = corpus.tested[corpus.source[corpus.tested] == source]
    english = tested[corpus.language[tested] == corpus.names.index("en")]
    place = {int(key): at for at, key in enumerate(corpus.parallel[english])}
    within, to_english = [], []
    for language in range(len(corpus.names)):
        mine = tested[corpus.language[tested] == language]
        if len(mine) < LEAST:
            continue
        within.append(reciprocal_rank(score(mine, mine), torch.arange(len(mine), device=mine.device)))
        shared = mine[torch.tensor([int(key) in place for key in corpus.parallel[mine]], device=mine.device)]
        if corpus.names[language] != "en" and len(shared) >= LEAST:
            right = torch.tensor([place[int(key)] for key in corpus.parallel[shared]], device=mine.device)
            to_english.append(reciprocal_rank(score(shared, english), right))
    return float(np.mean(within)), float(np.mean(to_english))


def reciprocal_rank(scores: Tensor, right: Tensor) -> float:
    mine = scores.gather(1, right[:, None])
    better = (scores > mine).sum(1)
    return float(torch.where(better < 10, 1 / (better + 1), torch.zeros_like(mine[:, 0])).mean())
