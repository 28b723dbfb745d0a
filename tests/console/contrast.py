"""How well the texts of a page can be told from what is behind them."""

from playwright.sync_api import Page

_COLOURS = """() => {
    const parsed = (colour) => colour.match(/[\\d.]+/g).map(Number);
    const behind = (node) => {
        for (let at = node; at; at = at.parentElement) {
            const colour = parsed(getComputedStyle(at).backgroundColor);
            if (colour.length === 3 || colour[3] === 1) return colour.slice(0, 3);
        }
        return [255, 255, 255];
    };
    const isText = (node) => node.nodeType === Node.TEXT_NODE && node.data.trim();
    const hasText = (node) => [...node.childNodes].some(isText);
    const isSeen = (node) => node.checkVisibility() && !node.matches(".unseen, .skip, option");
    return [...document.body.querySelectorAll("*")].filter((node) => hasText(node) && isSeen(node))
        .map((node) => [parsed(getComputedStyle(node).color).slice(0, 3), behind(node)]);
}"""


def contrast(page: Page) -> float:
    """The lowest ratio on the page, as WCAG 2.2 reckons it: 4.5 is what small text needs."""
    colours = page.evaluate(_COLOURS)
    assert len(colours) > 10, "the page has hardly any text"
    return min(_ratio(_luminance(text), _luminance(back)) for text, back in colours)


def _ratio(one: float, other: float) -> float:
    return (max(one, other) + 0.05) / (min(one, other) + 0.05)


def _luminance(rgb: list[float]) -> float:
    red, green, blue = (
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in (v / 255 for v in rgb)
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
