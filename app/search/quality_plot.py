"""The picture beside the figures: risk against coverage, and reliability, as one SVG that needs nothing else.

Colours follow the reader's light or dark theme; the text is in the system's font.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, sqrt

from app.search.measures import wilson
from app.search.quality_report import ALL, Report

WIDTH, HEIGHT = 860, 400
PANEL_WIDTH, PANEL_HEIGHT, TOP = 340, 250, 84
# A dot's area says how many answers it stands for; the largest has this radius.
LARGEST_DOT, SMALLEST_DOT = 9.0, 2.5

STYLE = """
svg { --ink: #1c2430; --quiet: #5d6875; --line: #dde2e8; --paper: #ffffff; --accent: #0b6e69; --band: #0b6e6926 }
@media (prefers-color-scheme: dark) {
  svg { --ink: #e8edf2; --quiet: #9aa6b3; --line: #313a45; --paper: #12171d; --accent: #4cc3ba; --band: #4cc3ba33 }
}
text { font: 12px system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; fill: var(--quiet) }
.head { font-size: 16px; font-weight: 600; fill: var(--ink) }
.named { fill: var(--ink) }
.paper { fill: var(--paper) }
.grid { stroke: var(--line); stroke-width: 1; fill: none }
.ideal { stroke: var(--quiet); stroke-width: 1; stroke-dasharray: 4 4; fill: none }
.band { fill: var(--band) }
.curve { stroke: var(--accent); stroke-width: 2.5; fill: none; stroke-linejoin: round; stroke-linecap: round }
.whisker { stroke: var(--accent); stroke-width: 1.5; opacity: .45 }
.dot { fill: var(--accent); stroke: var(--paper); stroke-width: 1.5 }
.middle { text-anchor: middle }
.end { text-anchor: end }
"""


def plot(report: Report) -> str:
    """The SVG, with a title and a description for those who cannot see it."""
    described = (
        f"Left: the share of wrong answers when only the surest are given, from {_at(report, 0)} to {_at(report, -1)}, "
        f"with 95 % intervals. Right: how often answers were right by the chance that was said; "
        f"calibration error {report.ece:.3f}. The same figures stand in the tables."
    )
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
            'aria-labelledby="title what">',
            '<title id="title">How good the answers are, and how well that is known</title>',
            f'<desc id="what">{described}</desc>',
            f"<style>{STYLE}</style>",
            f'<rect class="paper" width="{WIDTH}" height="{HEIGHT}" rx="12"/>',
            *_risk(report),
            *_reliability(report),
            "</svg>\n",
        ]
    )


@dataclass(frozen=True, slots=True)
class _Panel:
    """A square of axes whose data run from 0 to 1 to the right and from 0 to `top` upwards."""

    left: int
    top: float = 1.0

    def x(self, value: float) -> float:
        return round(self.left + value * PANEL_WIDTH, 1)

    def y(self, value: float) -> float:
        return round(TOP + (1 - value / self.top) * PANEL_HEIGHT, 1)

    def points(self, pairs: Sequence[tuple[float, float]]) -> str:
        return " ".join(f"{self.x(across)},{self.y(up)}" for across, up in pairs)

    def frame(self, head: str, below: str, across: str) -> list[str]:
        """Heads, grid, and the labels of both axes."""
        drawn = [
            f'<text class="head" x="{self.left}" y="36">{head}</text>',
            f'<text x="{self.left}" y="58">{below}</text>',
            f'<text class="middle" x="{self.x(0.5)}" y="{TOP + PANEL_HEIGHT + 46}">{across}</text>',
        ]
        steps = 5
        for step in range(steps + 1):
            up = self.y(step / steps * self.top)
            drawn += [
                f'<path class="grid" d="M{self.left} {up}h{PANEL_WIDTH}"/>',
                f'<text class="end" x="{self.left - 10}" y="{up + 4}">{100 * step / steps * self.top:.0f} %</text>',
                f'<text class="middle" x="{self.x(step / steps)}" y="{TOP + PANEL_HEIGHT + 22}">'
                f"{100 * step / steps:.0f} %</text>",
            ]
        return drawn


def _risk(report: Report) -> list[str]:
    points = report.risk_coverage
    bounds = [wilson(one.wrong, one.questions) for one in points]
    highest = max((high for _, high in bounds), default=1.0)
    panel = _Panel(56, ceil(highest * 10) / 10)
    frame = panel.frame(
        "Risk against coverage", "Share of wrong answers; band: 95 %", "answered, the surest first"
    )
    if not points:
        return frame
    at = [one.coverage for one in points]
    upper = list(zip(at, (high for _, high in bounds), strict=True))
    lower = list(zip(at, (low for low, _ in bounds), strict=True))
    return [
        *frame,
        f'<polygon class="band" points="{panel.points(upper + lower[::-1])}"/>',
        f'<polyline class="curve" points="{panel.points([(one.coverage, one.risk) for one in points])}"/>',
        *_given(panel, report),
    ]


def _given(panel: _Panel, report: Report) -> list[str]:
    """Where the bands have put the bot on this curve."""
    today = next(one for one in report.answers if one.language == ALL)
    across, up = panel.x(today.coverage), panel.y(min(today.risk, panel.top))
    words = (
        f"{100 * today.coverage:.0f} % confident,",
        f"{100 * today.risk:.0f} % of these are wrong",
    )
    return [
        f'<circle class="dot" cx="{across}" cy="{up}" r="5.5"/>',
        *(
            f'<text class="named end" x="{panel.x(1) - 4}" y="{panel.y(0) - 26 + 17 * line}">{said}</text>'
            for line, said in enumerate(words)
        ),
    ]


def _reliability(report: Report) -> list[str]:
    panel = _Panel(482)
    drawn = panel.frame(
        "Reliability",
        f"Share right, by the chance that was said; ECE {report.ece:.3f}",
        "chance that was said",
    )
    drawn.append(f'<polyline class="ideal" points="{panel.points([(0, 0), (1, 1)])}"/>')
    most = max((one.count for one in report.reliability), default=1)
    for one in report.reliability:
        across = panel.x(one.mean_probability)
        low, high = wilson(round(one.share_right * one.count), one.count)
        radius = max(SMALLEST_DOT, LARGEST_DOT * sqrt(one.count / most))
        drawn += [
            f'<path class="whisker" d="M{across} {panel.y(low)}V{panel.y(high)}"/>',
            f'<circle class="dot" cx="{across}" cy="{panel.y(one.share_right)}" r="{radius:.1f}">'
            f"<title>{one.count} answers: said {one.mean_probability:.2f}, right {one.share_right:.2f}</title></circle>",
        ]
    return drawn


def _at(report: Report, end: int) -> str:
    if not report.risk_coverage:
        return "nothing"
    point = report.risk_coverage[end]
    return f"{100 * point.risk:.0f} % at {100 * point.coverage:.0f} % answered"
