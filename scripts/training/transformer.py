"""Trains the transformer student: `transformer.py WORK TOKENS TOKENIZER --static FOLDER --seconds 300 --out NEW`. Needs a GPU.

The teacher's own body (six layers, 384 wide) gets a multilingual vocabulary and learns to put every text where the teacher
puts its English (Reimers and Gurevych 2020): in-batch softmax against the teacher's vectors plus cosine, and headings beside
their sections. A new token starts as the mean of the teacher's tokens that the static student finds most alike
(the idea of FOCUS, Dobler and de Melo 2023). Checkpoints are written on the way.
"""

import argparse
import json
import time
from dataclasses import dataclass
from pathlib import Path

import torch
from corpus import SITE, Corpus, Texts, keys_of
from held_out import measure
from lessons import contrast
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer
from torch import Tensor
from torch.nn import functional
from train import rate_share
from transformers import AutoModel

ALIKE, SHARPNESS = 8, 0.06
TOKENS_A_BATCH = 65_536
LONGEST = 128  # tokens in training
SECTIONS, SECTION_EVERY, SECTION_WEIGHT = 512, 4, 0.3
BODY_RATE, VOCABULARY_RATE = 4e-4, 2e-3


@dataclass(frozen=True, slots=True)
class Taught:
    """All texts with a teacher's vector, shortest first: where each stands, its length, its vector's number, its share."""

    table: Tensor
    number: Tensor
    length: Tensor
    target: Tensor


def main() -> None:
    options = arguments()
    torch.manual_seed(0)
    torch.backends.cuda.matmul.allow_tf32 = True
    corpus = Corpus(options.work, options.tokens, options.device)
    model = Transformer(options).to(options.device)
    train(model, corpus, options)
    report(model, corpus, options)
    save(model, options)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("work", type=Path)
    parser.add_argument("tokens", type=Path)
    parser.add_argument("tokenizer", type=Path)
    parser.add_argument("--teacher", type=Path, required=True, help="folder of the teacher")
    parser.add_argument(
        "--static", type=Path, required=True, help="folder of a static student with the same tokenizer"
    )
    parser.add_argument("--seconds", type=float, default=300)
    parser.add_argument("--out", type=Path, default=Path("transformer"))
    parser.add_argument("--device", default="cuda")
    return parser.parse_args()


class Transformer(torch.nn.Module):
    """Mean of the last layer over the tokens, brought to length 1; no special tokens."""

    def __init__(self, options: argparse.Namespace) -> None:
        super().__init__()
        self.body = AutoModel.from_pretrained(
            options.teacher, dtype=torch.float32, hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0,
            add_pooling_layer=False,
        )  # fmt: skip
        self.body.embeddings.word_embeddings = first_embeddings(self.body, options)

    def forward(self, ids: Tensor, there: Tensor) -> Tensor:
        hidden = self.body(input_ids=ids, attention_mask=there.long()).last_hidden_state.float()
        return functional.normalize((hidden * there[..., None]).sum(1), dim=1)


def first_embeddings(body: torch.nn.Module, options: argparse.Namespace) -> torch.nn.Embedding:
    theirs = body.embeddings.word_embeddings.weight.detach()
    words = Tokenizer.from_file(str(options.teacher / "tokenizer.json")).get_vocab()
    ours = Tokenizer.from_file(str(options.tokenizer))
    static = load_file(options.static / "model.safetensors")["embedding.weight"].float()
    known = {word: at for word, at in words.items() if word.isalnum() and not word.startswith("[")}
    encoded = ours.encode_batch_fast(list(known), add_special_tokens=False)
    bags = Texts.of([one.ids for one in encoded], options.device)
    rows = static.to(options.device)
    ids, starts = bags.bag(torch.arange(len(encoded), device=options.device))
    vectors = functional.normalize(functional.embedding_bag(ids, rows, starts, mode="sum"), dim=1)
    at = torch.tensor(list(known.values()), device=options.device)
    table = theirs.to(options.device)
    result = torch.empty(len(rows), table.shape[1], device=options.device)
    for start in range(0, len(rows), 4096):
        scores = functional.normalize(rows[start : start + 4096], dim=1) @ vectors.T
        best = scores.topk(ALIKE, dim=1)
        share = (best.values / SHARPNESS).softmax(1)
        result[start : start + 4096] = (share[..., None] * table[at[best.indices]]).sum(1)
    for token, number in ours.get_vocab().items():
        if (word := token.removeprefix("▁")) in words:
            result[number] = table[words[word]]
    return torch.nn.Embedding.from_pretrained(result, freeze=False)


def all_taught(corpus: Corpus) -> tuple[list[Texts], Taught]:
    """English texts, their parallels, and the parallels of English headings and bodies; site languages twice."""
    tables = [corpus.english, corpus.pairs, corpus.headings, corpus.bodies]
    site = torch.tensor([name in SITE for name in corpus.names], device=corpus.device)
    parts = [(0, corpus.taught, corpus.taught)]
    every = torch.arange(len(corpus.pair_english), device=corpus.device)
    parts += [(1, some, corpus.pair_english[some]) for some in (every, every[site[corpus.pair_language]])]
    learned = ~corpus.held_out & (corpus.language != corpus.names.index("en"))
    for table, numbers in ((2, corpus.english_heading), (3, corpus.english_body)):
        some = torch.nonzero(learned & (numbers >= 0))[:, 0]
        parts.append((table, some, numbers[some]))
    table = torch.cat([torch.full_like(some, which) for which, some, _ in parts])
    number, target = torch.cat([some for _, some, _ in parts]), torch.cat([numbers for *_, numbers in parts])
    length = torch.cat([tables[which].lengths[some] for which, some, _ in parts]).clamp(max=LONGEST)
    kept = corpus.is_taught[target] & (length > 0)
    order = torch.argsort(length[kept], stable=True)
    return tables, Taught(table[kept][order], number[kept][order], length[kept][order], target[kept][order])


def batch(tables: list[Texts], taught: Taught) -> tuple[Tensor, Tensor, Tensor]:
    """Texts of about equal length: ids, mask, numbers of the teacher's vectors."""
    at = int(torch.randint(len(taught.length), (1,)))
    count = min(8192, TOKENS_A_BATCH // max(1, int(taught.length[at])))
    # Drawn from a wider stretch of the order, so that neighbours differ from time to time.
    low, high = max(0, at - 4 * count), min(len(taught.length), at + 4 * count)
    chosen = low + torch.randint(high - low, (count,), device=taught.length.device)
    longest = int(taught.length[chosen].max())
    ids = torch.zeros(count, longest, dtype=torch.int64, device=chosen.device)
    there = torch.zeros(count, longest, dtype=torch.bool, device=chosen.device)
    for which, texts in enumerate(tables):
        mine = torch.nonzero(taught.table[chosen] == which)[:, 0]
        if len(mine):
            some_ids, some_there = texts.padded(taught.number[chosen[mine]], longest)
            ids[mine, : some_ids.shape[1]], there[mine, : some_there.shape[1]] = some_ids, some_there
    return ids, there, taught.target[chosen]


def train(model: Transformer, corpus: Corpus, options: argparse.Namespace) -> None:
    tables, taught = all_taught(corpus)
    print(f"{len(taught.number)} taught texts, {int(taught.length.sum())} tokens", flush=True)
    words = model.body.embeddings.word_embeddings.weight
    rest = [one for one in model.parameters() if one is not words]
    groups = [{"params": rest, "lr": BODY_RATE}, {"params": [words], "lr": VOCABULARY_RATE}]
    optimiser = torch.optim.AdamW(groups, weight_decay=0.01, fused=options.device != "cpu", betas=(0.9, 0.98))
    began, told, step = time.perf_counter(), 0.0, 0
    while (done := (time.perf_counter() - began) / options.seconds) < 1:
        share = rate_share(done)
        for group, rate in zip(optimiser.param_groups, (BODY_RATE, VOCABULARY_RATE), strict=True):
            group["lr"] = rate * share
        with torch.autocast(options.device, dtype=torch.bfloat16):
            loss = imitation(model, corpus, *batch(tables, taught))
            if step % SECTION_EVERY == 0:
                loss = loss + SECTION_WEIGHT * section_lesson(model, corpus, step)
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        step += 1
        if done - told > 0.1:
            told = done
            print(
                f"step {step}, {time.perf_counter() - began:.0f} s, loss {float(loss.detach()):.3f}",
                flush=True,
            )
            if round(done * 10) % 3 == 0:
                save(model, options)


def imitation(model: Transformer, corpus: Corpus, ids: Tensor, there: Tensor, numbers: Tensor) -> Tensor:
    ours, target = model(ids, there), corpus.teacher[numbers].float()
    with torch.autocast(corpus.device, enabled=False):
        return contrast(ours, target, numbers) + 2 * (1 - (ours * target).sum(1)).mean()


def section_lesson(model: Transformer, corpus: Corpus, step: int) -> Tensor:
    if step % (2 * SECTION_EVERY):
        asked, answered = corpus.parallel_sections(SECTIONS)
        same = corpus.parallel[asked]
    else:
        asked = answered = corpus.section_draw.one_language(SECTIONS)
        same = keys_of(corpus.headings, asked)
    questions = model(*corpus.headings.padded(asked, 32))
    passages = model(*corpus.bodies.padded(answered, LONGEST))
    with torch.autocast(corpus.device, enabled=False):
        return contrast(questions, passages, same)


@torch.no_grad()
def report(model: Transformer, corpus: Corpus, options: argparse.Namespace) -> None:
    def vectors(texts: Texts, chosen: Tensor) -> Tensor:
        with torch.autocast(options.device, dtype=torch.bfloat16):
            return torch.cat([model(*texts.padded(part, 192)) for part in chosen.split(512)])

    figures = measure(corpus, lambda a, b: vectors(corpus.headings, a) @ vectors(corpus.bodies, b).T)
    line = json.dumps({"options": {key: str(value) for key, value in vars(options).items()}, "384": figures})
    print(line, flush=True)
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "figures.jsonl").write_text(line + "\n", encoding="utf-8")


def save(model: Transformer, options: argparse.Namespace) -> None:
    """The body in half precision, and the vocabulary as int8 with one scale a row."""
    options.out.mkdir(parents=True, exist_ok=True)
    state = {name: value.detach().half().cpu() for name, value in model.body.state_dict().items()}
    words = state.pop("embeddings.word_embeddings.weight").float()
    scale = words.abs().amax(1).clamp(min=1e-8) / 127
    state["word_scale"] = scale
    save_file(state, str(options.out / "body.safetensors"))
    save_file(
        {"words": (words / scale[:, None]).round().to(torch.int8)}, str(options.out / "words.safetensors")
    )


if __name__ == "__main__":
    main()
