"""What the terminal shows once the service runs: where it is, what it found, what to try."""

from __future__ import annotations

import sys
from pathlib import Path


def banner(
    *,
    url: str,
    aws_url: str,
    data_dir: Path | None,
    recovered: dict[str, int],
    admin_key: str | None,
    auth: bool,
) -> str:
    """A screen of little more than a dozen lines. `admin_key` is shown once, when it was just made."""
    kept = (
        f"{data_dir}  ({_counted(recovered)})" if data_dir else "memory only, nothing outlives this process"
    )
    key = ' -H "X-API-Key: $AINS_API_KEY"' if auth else ""
    lines = [
        "",
        f"  AINS is up at {url}",
        f"  data           {kept}",
        f"  console        {url}/console",
        f"  AWS endpoint   {aws_url}  (DynamoDB, SQS, CloudWatch)",
    ]
    if auth:
        lines.append(
            "  auth           on; "
            + ("the admin key, shown this once:" if admin_key else "key as made before")
        )
        lines += [f"                 export AINS_API_KEY={admin_key}"] if admin_key else []
    lines += ["", "  Try, in another terminal:", *(f"    {line}" for line in _tries(url, key)), ""]
    lines.append("  Ctrl-C stops it.")
    return "\n".join(lines)


def _tries(url: str, key: str) -> list[str]:
    post = f"curl -s{key} {url}/%s -H 'Content-Type: application/json' -d '%s'"
    task = '{"client_id":"me","task_type":"echo","capability_required":"echo","input_data":{"hello":"world"}}'
    schedule = task.replace('"input_data"', '"cron_expression":"* * * * *","input_data"')
    return [
        f"{_python()} -m agent_client.samples.sample_agent --base-url {url}",
        post % ("aitp/tasks", task),
        f"curl -s{key} '{url}/aitp/tasks?client_id=me'",
        post % ("aitp/tasks/schedule", schedule),
    ]


def _python() -> str:
    """The interpreter as one would type it here: `.venv/bin/python`, or its whole path from elsewhere."""
    running = Path(sys.executable)
    return str(running.relative_to(Path.cwd()) if running.is_relative_to(Path.cwd()) else running)


def _counted(recovered: dict[str, int]) -> str:
    if not any(recovered.values()):
        return "new and empty"
    return "recovered " + ", ".join(f"{n} {name if n != 1 else name[:-1]}" for name, n in recovered.items())
