"""Where a search's time goes: `search_stages.py CONTENT INDEX`, as for `search_speed.py`. Prints a Markdown table.

Wraps the functions of each step in a clock and asks 500 questions, best of three rounds; what is left belongs to what stands
between the steps. The clocks themselves cost some percent. Pin it to one core: `taskset -c 1`.
"""

import argparse
import os
import time
from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

from search_speed import ASKED, ROUNDS, WARM_UP, read_queries  # noqa: E402  # its neighbour

from app import languages  # noqa: E402  # after the threads are set
from app.search import question as question_module  # noqa: E402
from app.search import retriever, searcher  # noqa: E402
from app.search.encoder import open_encoder  # noqa: E402
from app.search.families import Voices  # noqa: E402
from app.search.lexical import LexicalIndex  # noqa: E402
from app.search.searcher import Everything, Fixed, Searcher  # noqa: E402
from app.search.snapshot import open_snapshot  # noqa: E402
from app.search.token_matching import TokenMatcher  # noqa: E402
from app.search.vectors import VectorIndex  # noqa: E402

STEPS: tuple[tuple[str, Any, str], ...] = (
    ("the question's language", languages, "detect"),
    ("the question's words", question_module, "analyse"),
    ("the question's vector", question_module, "_encoded"),
    ("words: BM25", LexicalIndex, "scores"),
    ("words: the best of all scores", retriever, "_best_positions"),
    ("vectors: first bits", VectorIndex, "nearest"),
    ("vectors: candidates in half precision", VectorIndex, "cosines"),
    ("vectors: translations", Voices, "cosines"),
    ("whole articles", retriever, "_whole_articles"),
    ("token by token: what to compare", retriever, "_rows_of_first_articles"),
    ("token by token", TokenMatcher, "compare"),
    ("order", searcher, "rank"),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("content", type=Path)
    parser.add_argument("index", type=Path)
    options = parser.parse_args()
    queries = read_queries(options.content)
    encoder = open_encoder("bundled")
    snapshot, today = open_snapshot(options.index, encoder), datetime.now(UTC).date()
    searching = Searcher(Fixed(snapshot), encoder, Everything(), lambda: today)
    for query in queries[:WARM_UP]:
        searching.search(query)
    spent: defaultdict[str, float] = defaultdict(float)
    for name, owner, function in STEPS:
        setattr(owner, function, _clocked(getattr(owner, function), name, spent))
    rounds = []
    for _ in range(ROUNDS):
        spent.clear()
        began = time.perf_counter()
        for query in queries[WARM_UP:]:
            searching.search(query)
        rounds.append((time.perf_counter() - began, dict(spent)))
    whole, steps = min(rounds, key=lambda one: one[0])
    between = whole - sum(steps.values())
    print("| step | ms |\n|---|---:|")
    for name, seconds in [*((name, steps[name]) for name, *_ in STEPS), ("hits, and all between", between)]:
        print(f"| {name} | {1000 * seconds / ASKED:.2f} |")
    print(f"| **whole** | **{1000 * whole / ASKED:.2f}** |")


def _clocked(function: Callable[..., Any], name: str, spent: defaultdict[str, float]) -> Callable[..., Any]:
    def measured(*arguments: Any, **options: Any) -> Any:
        began = time.perf_counter()
        try:
            return function(*arguments, **options)
        finally:
            spent[name] += time.perf_counter() - began

    return measured


if __name__ == "__main__":
    main()
