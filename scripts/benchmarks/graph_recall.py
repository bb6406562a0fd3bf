"""What the HNSW graph misses: `graph_recall.py INDEX QUESTIONS`, with an index above `EXACT_UP_TO` passages and a text of questions,
one a line. Prints recall@10 and recall@50 against comparing every row, and the milliseconds of both, on the index's own vectors.

On a smaller index it says the same of the search by first bits.
"""

import argparse
import os
import time
from pathlib import Path

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

import numpy as np  # noqa: E402  # after the threads are set

from app.search.encoder import open_encoder  # noqa: E402
from app.search.snapshot import open_snapshot  # noqa: E402

ASKED = 500


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("index", type=Path)
    parser.add_argument("questions", type=Path)
    options = parser.parse_args()
    encoder = open_encoder("bundled")
    vectors = open_snapshot(options.index, encoder).vectors
    rows = vectors.vectors()
    lines = options.questions.read_text(encoding="utf-8").splitlines()[:ASKED]
    asked = [vector for vector in encoder.encode_queries(lines) if vector.any()]
    vectors.search(asked[0], 10)
    spent = {"search": 0.0, "every row": 0.0}
    shares = {10: 0.0, 50: 0.0}
    for vector in asked:
        began = time.perf_counter()
        found = {k: set(vectors.search(vector, k)[0].tolist()) for k in shares}
        between = time.perf_counter()
        cosines = rows @ vector
        right = np.argpartition(-cosines, max(shares))[: max(shares)]
        right = right[np.argsort(-cosines[right])]
        spent["search"] += (between - began) / len(shares)
        spent["every row"] += time.perf_counter() - between
        for k in shares:
            shares[k] += len(found[k] & set(right[:k].tolist())) / k
    print(f"{len(vectors)} passages, {len(asked)} questions")
    print(", ".join(f"recall@{k} {share / len(asked):.4f}" for k, share in shares.items()))
    print(", ".join(f"{what} {1000 * seconds / len(asked):.2f} ms" for what, seconds in spent.items()))


if __name__ == "__main__":
    main()
