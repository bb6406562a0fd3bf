"""P7: the encoder is away, or talks nonsense. The help centre finds by words, the chat answers, both say so."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pytest

from app.search.encoder import Encoder, EncoderIdentity, Floats
from tests.web.site import Site, SiteMaker
from tests.web.support import CHARGED, HTML, UNANSWERABLE, browser, visitor


def _raise(fault: Exception) -> Callable[[Floats], Floats]:
    def away(_: Floats) -> Floats:
        raise fault

    return away


TROUBLES: dict[str, Callable[[Floats], Floats]] = {
    "refuses": _raise(ConnectionRefusedError("no model here")),
    "breaks": _raise(RuntimeError("CUDA error at /secret/path")),
    "out of memory": _raise(MemoryError()),
    "runs into its limit": _raise(TimeoutError()),
    "not a number": lambda right: np.full_like(right, np.nan),
    "infinite": lambda right: np.full_like(right, np.inf),
    "another width": lambda right: right[:, :3],
    "no rows": lambda right: right[:0],
    "another kind": lambda right: [["a"]],  # type: ignore[return-value, list-item]
    "nothing": lambda right: None,  # type: ignore[return-value]
}


@dataclass
class Troubled:
    """The bundled encoder, until `trouble` begins."""

    real: Encoder
    trouble: Callable[[Floats], Floats] | None = None

    @property
    def identity(self) -> EncoderIdentity:
        return self.real.identity

    def encode_queries(self, texts: Sequence[str]) -> Floats:
        right = self.real.encode_queries(texts)
        return self.trouble(right) if self.trouble else right

    def encode_passages(self, texts: Sequence[str]) -> Floats:
        right = self.real.encode_passages(texts)
        return self.trouble(right) if self.trouble else right


@pytest.fixture(scope="module")
def troubled(
    site_maker: SiteMaker, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Site, Troubled]]:
    encoder = Troubled(site_maker.encoder)
    maker = SiteMaker(site_maker.content, site_maker.index, site_maker.database, encoder)
    made = maker.make(tmp_path_factory.mktemp("troubled") / "site")
    yield made, encoder
    made.services.database.close()


@pytest.mark.parametrize("trouble", TROUBLES)
def test_without_the_encoder(trouble: str, troubled: tuple[Site, Troubled]) -> None:
    site, encoder = troubled
    encoder.trouble = None
    assert _search(site)["degraded"] == []
    encoder.trouble = TROUBLES[trouble]
    found = _search(site)
    assert (found["mode"], found["degraded"]) == ("lexical", ["encoder"])
    assert found["hits"][0]["family"] == "billing/refund-timing"
    assert "Search is working with reduced means" in site.page("/en/search?q=how+long+does+a+refund+take")
    for path in ("/en/", "/api/suggestions?q=refund&language=en", "/en/billing/refund-timing", "/readyz"):
        assert site.client.get(path).status_code == 200
    for question in (CHARGED, UNANSWERABLE):
        turn = visitor(site).say(question).json()
        assert turn["degraded"] == ["encoder"] and (turn["kind"] == "answer") == bool(turn["citations"])
    client = browser(site)
    assert client.post("/en/chat/turns", data={"text": CHARGED, "key": "k"}, headers=HTML).status_code == 303
    assert "secret" not in str(turn) + str(found)
    encoder.trouble = None
    assert _search(site)["mode"] == "hybrid"  # back without a restart


def _search(site: Site) -> dict:
    answer = site.client.get("/api/search", params={"q": "how long does a refund take", "language": "en"})
    assert answer.status_code == 200
    return dict(answer.json())
