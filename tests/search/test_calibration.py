"""The curves and bands: what is stored is what is used, costs decide, and foreign content gets honest answers."""

import json
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.search.calibration import (
    DEFAULT_FILES,
    Calibration,
    Curve,
    Trees,
    default_calibration,
    fusion_of,
    stored_default,
)
from app.search.costs import Cost, Costs, read_costs
from app.search.curves import DIRECTIONS, LEXICAL_DIRECTIONS
from app.search.draft import content_digest
from app.search.encoder import open_encoder
from app.search.fitting import MOST_CHANGED, basis_of, calibrate, fitted_on, shipped, still_holds
from app.search.fusion import Fusion
from app.search.gold import GoldQuestion, read_questions
from app.search.hash_encoder import HashEncoder
from app.search.hit import NAMES, Signals
from app.search.logistic import fit_logistic, sigmoid
from app.search.query import Query
from app.search.searcher import Searcher
from tests.search.repair_pages import BOILER, DRAIN, PAGES, TAP, VISIT
from tests.search.small_snapshot import TODAY, Fixed, Page, Published, snapshot_of

BUNDLED = open_encoder("bundled")
COSTS = read_costs()


def _stored() -> dict[str, object]:
    return stored_default(read_costs())


def _searcher(encoder_name: str, pages: tuple[Page, ...] = PAGES) -> Searcher:
    encoder = open_encoder(encoder_name)
    return Searcher(Fixed(snapshot_of(pages, encoder)), encoder, Published(), lambda: TODAY)


@pytest.mark.parametrize("encoder_name", ["bundled", "hash:256", "hash:64:salt"])
@pytest.mark.parametrize(
    ("text", "language", "family"),
    [
        ("How do I fix a dripping tap?", "en", TAP),
        ("My boiler pressure is too low", "en", BOILER),
        ("how do i top up the pressure", "en", BOILER),
        ("blocked drain", "en", DRAIN),
        ("What does a visit cost?", "en", VISIT),
        ("Wie buche ich einen Termin?", "de", VISIT),
        ("La presion de la caldera es demasiado baja", "es", BOILER),
    ],
)
def test_foreign_content_without_gold_questions_is_still_answered(
    encoder_name: str, text: str, language: str, family: str
) -> None:
    """A small help centre on another subject, with the shipped curve: what is asked in its own words is answered."""
    results = _searcher(encoder_name).search(Query(text, language))
    assert results.hits[0].family == family
    assert Calibration.of({}).judge(results).band == "high"


@pytest.mark.parametrize("encoder_name", ["bundled", "hash:256"])
@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("how much is a ticket to the moon", "en"),
        ("who won the football match yesterday", "en"),
        ("asdf qwer zxcv", "en"),
        ("do you install solar panels", "en"),
        ("wie wird das wetter morgen", "de"),
        ("receta de tortilla de patatas", "es"),
        ("quel est le sens de la vie", "fr"),
        ("今日の天気は", "ja"),
        ("ما هو الطقس اليوم", "ar"),
    ],
)
def test_foreign_content_does_not_answer_what_it_does_not_know(
    encoder_name: str, text: str, language: str
) -> None:
    assert Calibration.of({}).judge(_searcher(encoder_name).search(Query(text, language))).band != "high"


def test_without_hits_nothing_is_expected() -> None:
    verdict = Calibration.of({}).judge(_searcher("bundled").search(Query("???", "en")))
    assert (verdict.right, verdict.answerable, verdict.band) == (0, 0, "low")


def test_the_curve_is_the_logistic_of_the_named_signals() -> None:
    curve = Curve(-1.0, {"lexical": 2.0, "lead": 4.0})
    assert curve.probability(Signals(lexical=0.5, lead=0.25, dense=0.9)) == pytest.approx(
        1 / (1 + np.exp(-1))
    )
    assert Curve(1e9, {}).probability(Signals()) == pytest.approx(1)
    assert Curve(-1e9, {}).probability(Signals()) == pytest.approx(0)


def test_trees_add_the_value_of_the_leaf_where_the_signals_fall() -> None:
    trees = Trees(
        [["lead", "dense"], ["dense", "dense"]], [[0.1, 0.5], [0.8, 0.8]], [[-1, 0, 1, 2], [0, 9, 9, 0.5]]
    )
    assert [trees.sum(asdict(Signals(lead=lead, dense=dense))) for lead, dense in [(0, 0), (0.2, 0), (0.1, 0.6), (0.2, 0.9)]] == [
        -1, 0, 1, 2.5,
    ]  # fmt: skip
    curve = Curve(0.0, {"lead": 1.0}, trees)
    assert curve.probability(Signals(lead=0.2, dense=0.9)) == pytest.approx(1 / (1 + np.exp(-2.7)))
    assert Curve.of(json.loads(json.dumps(asdict(curve)))) == curve


def test_costs_decide_the_bands() -> None:
    """A wrong confident answer costs five handoffs, unless somebody writes otherwise."""
    assert COSTS.plain.unanswerable == 5
    results = _searcher("bundled").search(Query("washer", "en"))
    two_thirds = Curve(0.7, {})
    certain = Curve(9.0, {})
    base = default_calibration()

    def band(answerable: Curve, right: Curve, costs: Costs) -> str:
        curves = replace(
            base.hybrid, right=right, answerable=answerable, unanswerable=COSTS.expected_unanswerable
        )
        return replace(base, hybrid=curves, costs=costs).judge(results).band

    assert band(certain, certain, COSTS) == "high"
    assert band(two_thirds, two_thirds, COSTS) == "middling"
    assert band(two_thirds, two_thirds, replace(COSTS, plain=Cost(1.5, 1.0))) == "high"
    assert band(two_thirds, two_thirds, replace(COSTS, hedged=Cost(5.0, 5.0))) == "low"
    assert band(certain, Curve(-1.0, {}), replace(COSTS, plain=Cost(5.0, 3.0))) == "middling"


def test_visitors_ask_fewer_unanswerable_questions_than_the_gold_ones() -> None:
    curves = replace(default_calibration().hybrid, unanswerable=1 / 3)
    assert curves.shifted(1 / 3, expected=1 / 3) == pytest.approx(1 / 3)
    assert curves.shifted(1 / 3, expected=0.14) == pytest.approx(0.14)
    assert curves.shifted(0.0, expected=0.14) == 0


def test_a_curve_is_believed_only_for_the_encoder_it_was_fitted_with() -> None:
    results = _searcher("bundled").search(Query("washer", "en"))
    ours = replace(
        default_calibration(), encoder=results.encoder, hybrid=_constant(0.9), lexical=_constant(0.2)
    )
    assert ours.judge(results).right == pytest.approx(0.9)
    assert ours.judge(replace(results, encoder="another")).right == pytest.approx(0.2)
    assert ours.judge(replace(results, mode="lexical")).right == pytest.approx(0.2)


def test_the_shipped_calibration_fits_the_shipped_encoder() -> None:
    assert default_calibration().encoder == BUNDLED.identity.weights_sha256
    assert Calibration.of(_stored()) == default_calibration()


def test_another_format_is_not_misread() -> None:
    assert Calibration.of({**_stored(), "format": 1, "curves": "something else"}) == default_calibration()
    large = open_encoder("bundled-large").identity.weights_sha256
    former = {"format": 4, "encoder": large, "fusion": "something else"}
    assert Calibration.of(former).encoder == large, "that of its own encoder, until the next build"
    assert fusion_of(former) == Fusion.of(stored_default(read_costs(), large)["fusion"])


CURVES = [
    (curve, directions)
    for curves, directions in (
        (default_calibration().hybrid, DIRECTIONS),
        (default_calibration().lexical, LEXICAL_DIRECTIONS),
    )
    for curve in (curves.right, curves.answerable)
]


@pytest.mark.parametrize(("curve", "directions"), CURVES)
@given(
    values=st.lists(st.floats(0, 1), min_size=len(NAMES), max_size=len(NAMES)),
    name=st.sampled_from(NAMES),
    more=st.floats(0, 1),
)
def test_more_evidence_never_lowers_the_chance(
    curve: Curve, directions: dict[str, int], values: list[float], name: str, more: float
) -> None:
    signals = Signals(**dict(zip(NAMES, values, strict=True)))
    gained = curve.probability(replace(signals, **{name: getattr(signals, name) + more})) - curve.probability(
        signals
    )
    direction = directions.get(name, 1)
    assert not direction or direction * gained >= -1e-12


@pytest.mark.parametrize(("curve", "directions"), CURVES)
def test_a_stale_article_lowers_the_chance(curve: Curve, directions: dict[str, int]) -> None:
    """`nobody has` 6: a major edit lowers the chat's confidence in the same build."""
    assert directions["stale"] == -1
    assert curve.probability(Signals(stale=1)) < curve.probability(Signals())


def test_the_lexical_curve_looks_at_words_only() -> None:
    for curve in (default_calibration().lexical.right, default_calibration().lexical.answerable):
        asked = {name for tree in curve.trees.signals for name in tree}
        assert asked | set(curve.coefficients) <= set(LEXICAL_DIRECTIONS) < set(NAMES)
        assert asked, "it has learned something"


def test_too_few_fitting_gold_questions_leave_the_shipped_calibration() -> None:
    questions = [
        GoldQuestion("en", "tuning", "dripping tap", TAP),
        GoldQuestion("en", "tuning", "x", "other/family"),
    ]
    basis = basis_of(questions, read_costs())
    assert calibrate(snapshot_of(PAGES, BUNDLED), BUNDLED, questions, TODAY) == {**_stored(), "basis": basis}


def test_a_calibration_holds_until_its_ground_has_moved(monkeypatch: pytest.MonkeyPatch) -> None:
    """An editor does not wait for a fit after every typo; new questions, costs or many new passages bring one."""
    questions = [GoldQuestion("en", "tuning", "dripping tap", TAP)]
    stored = {"basis": basis_of(questions, read_costs())}
    assert still_holds(stored, questions, changed=0.0)
    assert still_holds(stored, questions, changed=MOST_CHANGED)
    assert not still_holds(stored, questions, changed=MOST_CHANGED + 0.001)
    assert not still_holds(stored, [*questions, GoldQuestion("en", "tuning", "another", None)], changed=0.0)
    assert still_holds(stored, [*questions, GoldQuestion("en", "check", "another", None)], changed=0.0)
    dearer = replace(read_costs(), expected_unanswerable=0.5)
    assert basis_of(questions, dearer) != stored["basis"]
    assert not still_holds({}, questions, changed=0.0), "one of an older version"
    monkeypatch.setattr("app.search.fitting._code", lambda: "another search")
    assert not still_holds(stored, questions, changed=0.0), "other code has fitted it"


def test_fitting_learns_from_tuning_questions_and_never_from_check() -> None:
    """The check split only says how good the curve is."""
    pages, questions = _many()
    snapshot = snapshot_of(pages, BUNDLED)
    fitted = calibrate(snapshot, BUNDLED, questions, TODAY)
    poisoned = [replace(one, family=None, text="tap 1", split="check") for one in questions] + questions
    assert calibrate(snapshot, BUNDLED, poisoned, TODAY) == fitted
    assert fitted["encoder"] == BUNDLED.identity.weights_sha256
    figures = fitted["curves"]["hybrid"]["right"]["figures"]
    assert figures["questions"] == len(questions)
    assert figures["auroc_asked"] > 0.8
    assert json.loads(json.dumps(fitted)) == fitted
    calibration = Calibration.of(fitted)
    searcher = Searcher(Fixed(snapshot), BUNDLED, Published(), lambda: TODAY)
    known, unknown = (
        calibration.judge(searcher.search(Query(one, "en"))) for one in ("clean the zinc pump", "sea fishing")
    )
    assert known.right > 0.7
    assert unknown.right < 0.4


def test_gold_questions_that_all_have_an_answer_fit_too() -> None:
    """Whoever writes gold questions begins with those that have one."""
    pages, questions = _many()
    snapshot = snapshot_of(pages, BUNDLED)
    calibration = Calibration.of(
        calibrate(snapshot, BUNDLED, [one for one in questions if one.family], TODAY)
    )
    searcher = Searcher(Fixed(snapshot), BUNDLED, Published(), lambda: TODAY)
    verdict = calibration.judge(searcher.search(Query("clean the zinc pump", "en")))
    assert 0.5 < verdict.right < 1
    assert 0 < calibration.hybrid.unanswerable < 0.1


def test_bounds_hold_and_the_fit_finds_the_truth() -> None:
    rng = np.random.default_rng(7)
    x = rng.normal(size=(4000, 3)) * [1.0, 10.0, 0.1]
    truth = np.array([1.5, -0.2, 8.0])
    y = rng.random(4000) < sigmoid(0.5 + x @ truth)
    free = np.array([[-np.inf] * 3, [np.inf] * 3])
    intercept, coefficients = fit_logistic(x, y, np.ones(4000), 100.0, free)
    np.testing.assert_allclose(coefficients, truth, rtol=0.15)
    assert intercept == pytest.approx(0.5, abs=0.15)
    bounded = np.array([[0.0, 0.0, 0.0], [0.8, np.inf, np.inf]])
    _, held = fit_logistic(x, y, np.ones(4000), 100.0, bounded)
    assert held[0] == pytest.approx(0.8)
    assert held[1] == 0


def _constant(probability: float):  # type: ignore[no-untyped-def]
    curve = Curve(float(np.log(probability / (1 - probability))), {})
    return replace(default_calibration().hybrid, right=curve, answerable=curve)


def _many() -> tuple[list[Page], list[GoldQuestion]]:
    """Articles on cleaning, mending and buying of machines, a question for each, and some that nothing answers."""
    verbs = {
        "clean": "Wipe the {} with a dry cloth.",
        "mend": "Weld the {} where it broke.",
        "buy": "Order the {} in our shop.",
    }
    things = ["zinc pump", "brass valve", "oak ladder", "steel kettle", "glass lamp", "copper wire", "rubber boot", "iron gate",
              "paper filter", "wool carpet", "cotton apron", "plastic bucket", "leather glove", "marble sink", "silver spoon"]  # fmt: skip
    pages, questions = [], []
    for thing in things:
        for verb, text in verbs.items():
            family = f"{verb}/{thing.replace(' ', '-')}"
            pages.append(Page("en", family, f"How do I {verb} a {thing}?", (("", text.format(thing)),)))
            questions.append(GoldQuestion("en", "tuning", f"{verb} my old {thing}", family))
    for at in (
        "opera tickets",
        "dog food",
        "tax law",
        "sea fishing",
        "chess rules",
        "jet engines",
        "blood tests",
        "tulip bulbs",
    ):
        questions.append(GoldQuestion("en", "tuning", f"tell me about {at}", None))
    return pages, questions


def test_shipped_calibrations_were_fitted_on_the_shipped_articles_and_questions() -> None:
    """Else a first start waits a minute for a fit: then run scripts/training/ship_calibrations.py."""
    told = fitted_on(content_digest(Path("content")), read_questions(Path("tests/quality/questions")))
    for file in DEFAULT_FILES:
        assert json.loads(file.read_text(encoding="utf-8"))["fitted_on"] == told, file.name


def test_a_shipped_calibration_serves_what_it_was_fitted_on_and_nothing_else() -> None:
    snapshot = snapshot_of(PAGES, BUNDLED)
    ours = replace(
        snapshot, manifest=replace(snapshot.manifest, content_digest=content_digest(Path("content")))
    )
    gold = read_questions(Path("tests/quality/questions"), "tuning")
    assert shipped(ours, BUNDLED, gold) == {**_stored(), "basis": basis_of(gold, read_costs())}
    assert shipped(snapshot, BUNDLED, gold) is None
    assert shipped(ours, BUNDLED, gold[1:]) is None
    assert shipped(ours, HashEncoder(64, ""), gold) is None
