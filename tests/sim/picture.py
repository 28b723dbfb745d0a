"""The plot of docs/routing.md: lines over time, as a hand-written SVG."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

WIDTH, PANEL, LEFT, TOP, GAP = 760, 200, 60, 34, 62
RIGHT = 130
COLOURS = ("#1b6ca8", "#8a8a8a", "#c0392b", "#2e8b57", "#b8860b")


@dataclass(frozen=True)
class Line:
    """A name and its points: minutes, and a multiple of an equal share."""

    name: str
    points: Sequence[tuple[float, float]]


@dataclass(frozen=True)
class Panel:
    """One diagram; `marks` are events at a minute."""

    title: str
    lines: Sequence[Line]
    minutes: float
    marks: Sequence[tuple[float, str]] = ()
    top: float = 1.5


def drawn(panels: Sequence[Panel]) -> str:
    """All panels below each other."""
    height = TOP + len(panels) * (PANEL + GAP)
    parts = [_panel(panel, TOP + n * (PANEL + GAP)) for n, panel in enumerate(panels)]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="sans-serif"'
        f' font-size="12" fill="#222">\n<rect width="{WIDTH}" height="{height}" fill="#fff"/>\n'
        + "\n".join(parts)
        + "\n</svg>\n"
    )


def _panel(panel: Panel, y: float) -> str:
    def x_at(minute: float) -> float:
        return LEFT + minute / panel.minutes * (WIDTH - LEFT - RIGHT)

    def y_at(share: float) -> float:
        return y + PANEL - min(share, panel.top) / panel.top * PANEL

    parts = [_text(LEFT, y - 12, panel.title, weight="bold")]
    for n in range(int(panel.top / 0.5) + 1):
        at = y_at(n / 2)
        parts.append(_stroke([(LEFT, at), (WIDTH - RIGHT, at)], "#ddd"))
        parts.append(_text(LEFT - 8, at + 4, f"{n / 2:g}", anchor="end"))
    ticks = range(0, int(panel.minutes) + 1, 5 if panel.minutes <= 40 else 10)
    parts += [_text(x_at(minute), y + PANEL + 17, str(minute), anchor="middle") for minute in ticks]
    parts.append(_text(WIDTH - RIGHT, y + PANEL + 33, "minutes", anchor="end"))
    for minute, words in panel.marks:
        parts.append(_stroke([(x_at(minute), y), (x_at(minute), y + PANEL)], "#555", dash="4 3"))
        parts.append(_text(x_at(minute) + 4, y + 12, words))
    for n, line in enumerate(panel.lines):
        at = y + 10 + n * 20
        parts.append(_stroke([(x_at(m), y_at(s)) for m, s in line.points], COLOURS[n], width=2))
        parts.append(_stroke([(WIDTH - 118, at), (WIDTH - 98, at)], COLOURS[n], width=3))
        parts.append(_text(WIDTH - 92, at + 4, line.name))
    return "\n".join(parts)


def _text(x: float, y: float, words: str, *, anchor: str = "start", weight: str = "normal") -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-weight="{weight}">{escape(words)}</text>'
    )


def _stroke(points: Sequence[tuple[float, float]], colour: str, *, width: int = 1, dash: str = "none") -> str:
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    return (
        f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="{width}"'
        f' stroke-dasharray="{dash}"/>'
    )
