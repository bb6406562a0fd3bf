"""Trains a tokenizer: `tokenizer.py WORK --size 64000 --out FILE`.

Unigram (Kudo 2018) over NFKC lower case, punctuation and digits apart; every language gives about as many texts, English
four times as many. About eight minutes for 64,000 tokens on two cores.
"""

import argparse
import random
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, trainers

SPECIAL = ["<pad>", "<unk>"]
ENGLISH_SHARE = 4


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("work", type=Path)
    parser.add_argument("--size", type=int, default=64_000)
    parser.add_argument("--texts", type=int, default=60_000, help="texts of each language")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Lowercase()])
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Punctuation("isolated"),
            pre_tokenizers.Digits(individual_digits=False),
            pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always", split=True),
        ]
    )
    trainer = trainers.UnigramTrainer(vocab_size=options.size, special_tokens=SPECIAL, unk_token=SPECIAL[1])
    tokenizer.train_from_iterator(sample(options.work, options.texts), trainer)
    tokenizer.save(str(options.out))


def sample(work: Path, texts: int) -> Iterator[str]:
    """Up to `texts` texts of each language, in no order."""
    draw = random.Random(0)  # noqa: S311  # no secret
    by_language: dict[str, list[str]] = defaultdict(list)
    with (work / "pairs.tsv").open(encoding="utf-8") as file:
        for line in file:
            language, _, text = line.rstrip("\n").split("\t")
            by_language[language].append(text)
    by_language["en"] = (work / "english.txt").read_text(encoding="utf-8").split("\n")
    for language, found in sorted(by_language.items()):
        count = texts * ENGLISH_SHARE if language == "en" else texts
        yield from draw.sample(found, min(count, len(found)))


if __name__ == "__main__":
    main()
