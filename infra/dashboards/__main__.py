"""Writes all that is generated from the table of metrics: `python -m infra.dashboards [--check]`."""

import argparse
import sys
from pathlib import Path

from infra.dashboards import alerts, catalogue, cloudwatch, grafana, layout

ROOT = Path(__file__).resolve().parents[2]


def generated() -> dict[str, str]:
    """Contents by path below the checkout."""
    files = {
        "infra/prometheus/rules.yml": alerts.rules(),
        "infra/monitoring.yaml": cloudwatch.document(),
        "docs/metrics.md": catalogue.page(),
    }
    files |= {f"infra/grafana/{path}": text for path, text in grafana.files().items()}
    files |= {f"docs/{path}": text for path, text in layout.pictures().items()}
    return files


def stale(root: Path = ROOT) -> list[str]:
    """Paths whose contents are not what would be written now."""
    return [
        path
        for path, text in generated().items()
        if not (root / path).exists() or (root / path).read_text() != text
    ]


def main() -> None:
    """Exit code 1 when --check finds something stale."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; say what is stale")
    is_check = parser.parse_args().check
    found = stale()
    for path in found:
        print(f"stale: {path}" if is_check else f"wrote {path}")
        if not is_check:
            (ROOT / path).parent.mkdir(parents=True, exist_ok=True)
            (ROOT / path).write_text(generated()[path])
    sys.exit(1 if is_check and found else 0)


if __name__ == "__main__":
    main()
