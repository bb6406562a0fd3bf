"""The language detector of py3langid (Lui and Baldwin 2012; BSD licence beside this file), cut to the site's languages.

The library keeps a table of 256 successors for each state of its automaton: 39 MB of memory, and .8 s until they are
unpacked. Here the same automaton is a trie with failure links (Aho and Corasick 1975) in a double array (Aoe 1989): 5 MB
with its weights, and there at once. `scripts/training/detector.py` makes the file from the library's; `tests/detection` compares the two.
"""

import unicodedata
from array import array
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.native import compiled

MODEL_FILE = Path(__file__).parent / "model.npz"
# A text without any known sequence; py3langid's figure for one.
NOTHING_KNOWN = float(np.finfo(np.float32).min)


@dataclass(frozen=True, slots=True, eq=False)
class Detector:
    """Naive Bayes over byte sequences.

    From state `s` byte `b` leads to `t = base[s] + b` where `check[t] == s`, and else on from `fail[s]`; state 0 is the root.
    In state `s` the feature `outputs[s]` has been seen (-1 for none). `weights` (features, languages) and `priors`
    (languages,) are log-probabilities; `languages` their names in ISO 639.
    """

    languages: tuple[str, ...]
    base: "array[int]"
    check: "array[int]"
    fail: "array[int]"
    outputs: "array[int]"
    weights: NDArray[np.float32]
    priors: NDArray[np.float32]

    @classmethod
    def load(cls, path: Path = MODEL_FILE) -> "Detector":
        """What `scripts/training/detector.py` wrote."""
        with np.load(path, allow_pickle=False) as stored:
            return cls(
                languages=tuple(stored["languages"].tolist()),
                base=_as_array(stored["base"]),
                check=_as_array(stored["check"]),
                fail=_as_array(stored["fail"]),
                outputs=_as_array(stored["outputs"]),
                weights=np.ascontiguousarray(stored["weights"], dtype=np.float32),
                priors=stored["priors"],
            )

    def scores(self, text: str) -> dict[str, float]:
        """For each language the log of how likely it makes the text, up to a constant."""
        data = unicodedata.normalize("NFC", text).encode("utf-8", errors="surrogatepass")
        features, counts = self._features(data)
        if not len(features):
            return dict.fromkeys(self.languages, NOTHING_KNOWN)
        found = np.log1p(counts) @ self.weights.take(features, axis=0) + self.priors
        return dict(zip(self.languages, found.tolist(), strict=True))

    def _features(self, data: bytes) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """The features that occur, in the order of the first time, and how often each does."""
        if compiled.kernels:
            features, counts = np.empty(len(data), dtype=np.int64), np.empty(len(data), dtype=np.float32)
            automaton = (self.base, self.check, self.fail, self.outputs)
            met = compiled.kernels.count_features(*automaton, len(self.weights), data, features, counts)
            return features[:met], counts[:met]
        seen = self._seen(data)
        return (
            np.fromiter(seen.keys(), dtype=np.int64, count=len(seen)),
            np.fromiter(seen.values(), dtype=np.float32, count=len(seen)),
        )

    def _seen(self, data: bytes) -> dict[int, int]:
        """The same, feature by feature."""
        base, check, fail, outputs = self.base, self.check, self.fail, self.outputs
        seen: dict[int, int] = {}
        state = 0
        for byte in data:
            following = base[state] + byte
            while check[following] != state and state:
                state = fail[state]
                following = base[state] + byte
            state = following if check[following] == state else 0
            feature = outputs[state]
            if feature >= 0:
                seen[feature] = seen.get(feature, 0) + 1
        return seen


@cache
def detector() -> Detector:
    """The one that ships, read once in a process."""
    return Detector.load()


def _as_array(numbers: NDArray[Any]) -> "array[int]":
    # Reading one number of it takes a third of the time that numpy takes.
    return array("i", np.ascontiguousarray(numbers, dtype=np.int32).tobytes())
