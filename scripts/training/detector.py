"""Cuts py3langid's model to the languages of `app/languages.py`: `detector.py [--out FILE]`. Takes a minute.

The library's automaton has one row of 256 successors for each state. What it recognises are byte sequences: the shortest way
from the root to a state spells its sequence, and the step that leaves this way is a step of the trie. All other steps
follow from the failure links, the state of the longest end of the sequence that begins another one.
"""

import argparse
from collections import deque
from pathlib import Path

import numpy as np
from py3langid.langid import MODEL_DIR
from py3langid.langid import MODEL_FILE as WHOLE_FILE
from py3langid.modelio import load_model

from app.detection.detector import MODEL_FILE
from app.languages import DETECTED

BYTES = 256
PATIENCE, WINDOW = 50, 64


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=MODEL_FILE)
    options = parser.parse_args()
    table, priors, names, moves, rows, features = load_model(MODEL_DIR / WHOLE_FILE)
    mine = [at for at, name in enumerate(names) if name in DETECTED]
    if len(mine) != len(DETECTED):  # a language with two columns would need their maximum
        raise SystemExit(f"{len(mine)} columns for {len(DETECTED)} languages")
    successors = np.array(moves, dtype=np.int32).reshape(-1, BYTES)
    children, fail = _trie(successors, np.array(rows, dtype=np.int64))
    base, check, place = _double_array(children)
    outputs = np.full(len(check), -1, dtype=np.int32)
    failures = np.zeros(len(check), dtype=np.int32)
    for state, at in place.items():
        outputs[at], failures[at] = features[state], place[fail[state]]
    np.savez_compressed(
        options.out,
        languages=np.array([names[at] for at in mine]), base=base, check=check, fail=failures, outputs=outputs,
        weights=np.ascontiguousarray(table[:, mine]), priors=np.asarray(priors)[mine].astype(np.float32),
    )  # fmt: skip
    print(f"{len(place)} states in {len(check)} places, {options.out.stat().st_size / 1e6:.1f} MB")


def _trie(successors: np.ndarray, rows: np.ndarray) -> tuple[dict[int, dict[int, int]], dict[int, int]]:
    """The children of every state by byte, breadth first, and the failure link of each."""
    children: dict[int, dict[int, int]] = {0: {}}
    fail = {0: 0}
    queue = deque([0])
    depth = {0: 0}
    while queue:
        state = queue.popleft()
        elsewhere = successors[rows[fail[state]]] if state else np.zeros(BYTES, dtype=np.int32)
        here = successors[rows[state]]
        for byte in np.flatnonzero(here != elsewhere).tolist():
            child = int(here[byte])
            if child in depth:
                raise SystemExit(f"no trie: state {child} is reached in two ways")
            depth[child] = depth[state] + 1
            children[state][byte] = child
            children[child] = {}
            fail[child] = int(elsewhere[byte])
            queue.append(child)
    return children, fail


def _double_array(children: dict[int, dict[int, int]]) -> tuple[np.ndarray, np.ndarray, dict[int, int]]:
    """`base` and `check`, and the place of each state in them. Only children fill the gaps that brothers leave."""
    size = 4 * len(children) + 2 * BYTES
    base, check = np.zeros(size, dtype=np.int32), np.full(size, -1, dtype=np.int32)
    is_free = np.ones(size, dtype=bool)
    is_free[0] = False
    place = {0: 0}
    first_free = cursor = 1
    # A state's children can be placed once its own place is known, so parents come first, level by level.
    level = [0]
    while level:
        level.sort(key=lambda state: -len(children[state]))
        for state in level:
            if not children[state]:
                continue
            offsets = np.array(sorted(children[state]))
            first_free += int(is_free[first_free:].argmax())
            cursor = max(cursor, first_free)
            begin = max((cursor if len(offsets) > 1 else first_free) - int(offsets[0]), 0)
            at = _room(is_free, begin, offsets)
            if at - begin > PATIENCE:  # it is crowded there
                cursor = at
            base[place[state]] = at
            for byte, child in children[state].items():
                place[child] = at + byte
            is_free[at + offsets] = False
            check[at + offsets] = place[state]
        level = [child for state in level for child in children[state].values()]
    used = int(np.flatnonzero(~is_free)[-1]) + BYTES + 1
    return base[:used], check[:used], place


def _room(is_free: np.ndarray, begin: int, offsets: np.ndarray) -> int:
    """The first base from `begin` on at which every child finds its place free."""
    while True:
        fits = is_free[np.arange(begin, begin + WINDOW)[:, None] + offsets].all(axis=1)
        if fits.any():
            return begin + int(fits.argmax())
        begin += WINDOW


if __name__ == "__main__":
    main()
