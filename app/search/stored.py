"""Frozen dataclasses to JSON and back, exactly, guided by their annotations; and files that stay on the disk until they are
asked for.

JSON and not pickle: a generation is data from a disk, and reading data must never run code.
"""

import mmap
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Generic, TypeVar, overload

import msgspec
import numpy as np
from numpy.typing import NDArray

T = TypeVar("T")


def to_bytes(value: object) -> bytes:
    """The JSON of `value`; equal values give equal bytes. Numbers must be finite, integers of at most 64 bits."""
    return msgspec.json.encode(value, order="sorted")


def from_bytes(kind: type[T], data: bytes) -> T:
    """What `to_bytes` wrote, as a `kind` (a dataclass, or a tuple of them); `ValueError` when it is not one."""
    try:
        value = msgspec.json.decode(data, type=kind)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise ValueError(f"not a stored {kind}: {error}") from error
    # Fields that this version does not know are passed over in silence, but they are not written again.
    if to_bytes(value) != data:
        raise ValueError(f"not a stored {kind} of this version")
    return value


class Records(Sequence[T], Generic[T]):
    """Values of one kind, each kept as a line of JSON and read when it is asked for.

    A hundred thousand passages are so a few numbers and a file of which the system keeps in memory what is being read.
    Equal when their values are.
    """

    def __init__(self, kind: type[T], data: memoryview, starts: NDArray[np.int64]) -> None:
        self._data = data
        self._starts = starts
        self._decoder = msgspec.json.Decoder(kind)

    @classmethod
    def of(cls, kind: type[T], lines: Iterable[memoryview | bytes]) -> "Records[T]":
        """From what `to_bytes` or `line` gave for each value."""
        whole = list(lines)
        starts = np.zeros(len(whole) + 1, dtype=np.int64)
        np.cumsum([len(one) + 1 for one in whole], out=starts[1:])
        return cls(kind, memoryview(b"".join(part for one in whole for part in (one, b"\n"))), starts)

    def __len__(self) -> int:
        return len(self._starts) - 1

    @overload
    def __getitem__(self, at: int) -> T: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[T]: ...
    def __getitem__(self, at: int | slice) -> T | Sequence[T]:
        if isinstance(at, slice):
            return [self[one] for one in range(*at.indices(len(self)))]
        return self._decoder.decode(self.line(at))

    def __iter__(self) -> Iterator[T]:
        return (self[at] for at in range(len(self)))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Records) and self._data == other._data

    __hash__ = None  # type: ignore[assignment]

    def line(self, at: int) -> memoryview:
        """The JSON of one value."""
        size = len(self)
        if not -size <= at < size:
            raise IndexError(at)
        at %= size
        return self._data[self._starts.item(at) : self._starts.item(at + 1) - 1]

    def save(self, path: Path) -> None:
        """Writes the lines to `path`, and where each begins beside it."""
        path.write_bytes(self._data)
        np.save(path.with_suffix(".npy"), self._starts, allow_pickle=False)

    @classmethod
    def load(cls, kind: type[T], path: Path) -> "Records[T]":
        """What `save` wrote, mapped; `ValueError` when the two files do not fit. The caller has checked their hashes (P4)."""
        data, starts = mapped(path), np.load(path.with_suffix(".npy"), allow_pickle=False)
        if starts.ndim != 1 or not len(starts) or starts[0] != 0 or starts[-1] != len(data):
            raise ValueError(f"{path.name} is not as long as its table says")
        records = cls(kind, data, starts)
        if len(records):  # one line tells which version wrote them
            from_bytes(kind, bytes(records.line(0)))
        return records


def mapped(path: Path) -> memoryview:
    """A file's bytes, which stay on the disk until they are read. The file may be removed meanwhile, but never written to."""
    with path.open("rb") as file:
        try:
            return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
        except ValueError:  # an empty file cannot be mapped
            return memoryview(b"")


def mapped_array(path: Path) -> NDArray[Any]:
    """The array in a `.npy` file, likewise."""
    # A plain array over the same pages: a memmap costs a microsecond for every slice.
    return np.asarray(np.load(path, mmap_mode="r", allow_pickle=False))
