"""How fast one thread searches: `search_speed.py CONTENT INDEX`, with a folder from `made_content.py` and an index built from it.

Prints the CPU milliseconds of a search and searches a second (best of three rounds over 500 questions), the time from opening
the index to the first answer, and the resident memory, with and without mapped files,
which the system can take back. Pin it to one core: `taskset -c 1`.
"""

import argparse
import os
import random
import time
from datetime import UTC, datetime
from pathlib import Path

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

from app.search.encoder import open_encoder  # noqa: E402  # after the threads are set
from app.search.query import Query  # noqa: E402
from app.search.searcher import Everything, Fixed, Searcher  # noqa: E402
from app.search.snapshot import open_snapshot  # noqa: E402

WARM_UP, ASKED, ROUNDS = 100, 500, 3


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("content", type=Path)
    parser.add_argument("index", type=Path)
    options = parser.parse_args()
    queries = read_queries(options.content)
    began = time.perf_counter()
    encoder = open_encoder("bundled")
    snapshot = open_snapshot(options.index, encoder)
    today = datetime.now(UTC).date()
    searcher = Searcher(Fixed(snapshot), encoder, Everything(), lambda: today)
    searcher.search(queries[0])
    print(f"{len(snapshot.passages)} passages, first answer after {time.perf_counter() - began:.2f} s")
    for query in queries[:WARM_UP]:
        searcher.search(query)
    cpu = wall = float("inf")
    for _ in range(ROUNDS):
        at, used = time.perf_counter(), time.process_time()
        for query in queries[WARM_UP:]:
            searcher.search(query)
        wall, cpu = min(wall, time.perf_counter() - at), min(cpu, time.process_time() - used)
    print(f"{1000 * cpu / ASKED:.2f} ms CPU a search, {ASKED / wall:.0f} searches/s")
    status = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    resident, anonymous = (
        int(next(line for line in status if line.startswith(name)).split()[1]) / 1024
        for name in ("VmRSS", "RssAnon")
    )
    print(f"resident {resident:.0f} MB, of which {anonymous:.0f} MB are not pages of mapped files")


def read_queries(content: Path) -> list[Query]:
    """`WARM_UP` and then `ASKED` questions of the made content, always the same."""
    lines = (content / "questions.tsv").read_text(encoding="utf-8").splitlines()
    random.Random(1).shuffle(lines)  # noqa: S311  # no secret
    return [
        Query(text, language) for language, text in (line.split("\t") for line in lines[: WARM_UP + ASKED])
    ]


if __name__ == "__main__":
    main()
