"""Rows of a student as they ship: `export.py STUDENT --width 256 --out FOLDER`.

The rows are turned so that the first columns hold the most (PCA of the unit rows; inner products stay what they are), then
int8 with one float scale a row (the largest entry is 127). Prints what the model card names.
"""

import argparse
import hashlib
import shutil
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file, save_file


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("student", type=Path)
    parser.add_argument("--width", type=int, default=256)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    rows = load_file(options.student / "model.safetensors")["embedding.weight"][:, : options.width].astype(
        np.float32
    )
    rows = turned(rows)
    scale = np.maximum(np.abs(rows).max(axis=1), 1e-8) / 127
    packed = np.rint(rows / scale[:, None]).astype(np.int8)
    tensors = {"embedding.weight": packed, "embedding.scale": scale.astype(np.float32)}
    save_file(tensors, options.out / "model.safetensors")
    shutil.copyfile(options.student / "tokenizer.json", options.out / "tokenizer.json")
    lost = np.linalg.norm(packed * scale[:, None] - rows) / np.linalg.norm(rows)
    print(f"{packed.shape[0]} tokens x {packed.shape[1]}, rounding takes {lost:.4f} of the rows' length")
    for name in ("model.safetensors", "tokenizer.json"):
        path = options.out / name
        print(name, path.stat().st_size, hashlib.sha256(path.read_bytes()).hexdigest())


def turned(rows: np.ndarray) -> np.ndarray:
    unit = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-8)
    _, axes = np.linalg.eigh(unit.T @ unit)
    return rows @ axes[:, ::-1]


if __name__ == "__main__":
    main()
