"""The larger encoder as it ships, on documents it was never trained on: `measure_large.py WORK TOKENS`, 12 minutes on two busy cores.

Prints the figures of `held_out.py` for several shares of the static vector in a cosine: 0 is the transformer alone, 1 the static
encoder. WORK and TOKENS are those that it was trained with.
"""

import argparse
from pathlib import Path

import torch
from corpus import Corpus
from held_out import measure
from torch.nn import functional

from app.search.encoder import open_encoder

SHARES = (0.0, 0.3, 0.4, 0.5, 1.0)
HEADING, BODY = 7, 8  # columns of sections.tsv


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("work", type=Path)
    parser.add_argument("tokens", type=Path)
    options = parser.parse_args()
    corpus = Corpus(options.work, options.tokens, "cpu")
    lines = (options.work / "sections.tsv").read_text(encoding="utf-8").rstrip("\n").split("\n")
    tested = [lines[at].split("\t") for at in corpus.tested.tolist()]
    place = torch.full((len(corpus.language),), -1)
    place[corpus.tested] = torch.arange(len(tested))
    encoder = open_encoder("bundled-large")
    static = open_encoder("bundled").identity.dimension
    parts = [encoder.identity.dimension - static, static]
    asked, answered = (
        [
            functional.normalize(part, dim=1)
            for part in torch.from_numpy(encoder.encode_passages([row[column] for row in tested])).split(
                parts, 1
            )
        ]
        for column in (HEADING, BODY)
    )
    for share in SHARES:
        figures = measure(
            corpus,
            lambda a, b, share=share: sum(
                weight * q[place[a]] @ p[place[b]].T
                for weight, q, p in zip((1 - share, share), asked, answered, strict=True)
            ),
        )
        print(share, figures, flush=True)


if __name__ == "__main__":
    main()
