"""A picture of the CloudWatch dashboards: where each widget stands and what its lines are."""

from collections.abc import Iterator
from html import escape

from infra.dashboards.cloudwatch import COLUMNS, place
from infra.dashboards.widgets import DASHBOARDS, Widget

UNIT, GAP, HEAD, LINE = 42, 6, 40, 9
LONGEST = 54  # characters that fit on a line
COLOURS = ("#1f77b4", "#ff7f0e", "#2ca02c", "#d62728", "#9467bd", "#8c564b", "#e377c2", "#7f7f7f")
FONT = "font-family='sans-serif'"


def pictures() -> dict[str, str]:
    """SVG by path below docs/."""
    return {
        f"images/cloudwatch-{name.rpartition('-')[2]}.svg": _picture(name, widgets)
        for name, widgets in DASHBOARDS.values()
    }


def _picture(name: str, widgets: tuple[Widget, ...]) -> str:
    last = place(len(widgets) - 1)
    width, height = COLUMNS * UNIT + GAP, (last["y"] + last["height"]) * UNIT // 2 + HEAD + GAP
    title = f"<text x='{GAP}' y='26' {FONT} font-size='18'>{escape(name.replace('${Stage}', 'STAGE'))}</text>"
    boxes = [part for number, widget in enumerate(widgets) for part in _box(number, widget)]
    view = f"width='{width}' height='{height}' viewBox='0 0 {width} {height}'"
    background = f"<rect width='{width}' height='{height}' fill='#f4f5f7'/>"
    head = f"<svg xmlns='http://www.w3.org/2000/svg' {view}>"
    return "\n".join([head, background, title, *boxes, "</svg>", ""])


def _box(number: int, widget: Widget) -> Iterator[str]:
    at = place(number)
    x, y = at["x"] * UNIT + GAP, at["y"] * UNIT // 2 + HEAD
    width, height = at["width"] * UNIT - GAP, at["height"] * UNIT // 2 - GAP
    yield f"<rect x='{x}' y='{y}' width='{width}' height='{height}' rx='3' fill='white' stroke='#c8ccd2'/>"
    yield f"<text x='{x + 8}' y='{y + 18}' {FONT} font-size='13' fill='#16191f'>{escape(widget.title)}</text>"
    unit = escape(widget.unit)
    end = x + width - 8
    yield f"<text x='{end}' y='{y + 18}' {FONT} font-size='11' fill='#687078' text-anchor='end'>{unit}</text>"
    for place_, series in enumerate(widget.series[: (height - 26) // LINE]):
        colour, top = COLOURS[place_ % len(COLOURS)], y + 26 + place_ * LINE
        text = f"{series.label or series.name} ({series.namespace} {series.name}, {series.stat})"
        yield f"<rect x='{x + 8}' y='{top + 3}' width='10' height='4' fill='{colour}'/>"
        small = f"{FONT} font-size='9' fill='#414750'"
        yield f"<text x='{x + 24}' y='{top + 9}' {small}>{escape(text[:LONGEST])}</text>"
