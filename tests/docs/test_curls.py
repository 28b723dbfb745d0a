"""Every curl of the documents, in their order, as the gateway hands it over: it succeeds.

What it sends and what comes back is held to the OpenAPI document, and an answer that is shown to what comes.
"""

import argparse
import json
import re
from pathlib import Path

import pytest

from chalicelib.api.caller import Auth
from chalicelib.api.create_app import create_app
from tests.fakes import World, world
from tests.gateway import VERSION, Answer, Api

from .pages import PAGES, blocks, commands, name

SERVICE = ("http://127.0.0.1:8000", "$A", "$URL")
TASK = {"client_id": "me", "task_type": "report", "capability_required": "report-v1"}
TRIED = {
    page: found
    for page in PAGES
    if (found := [block for block in blocks(page, "", "sh") if "curl " in block])
}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser()
    parser.add_argument("url")
    parser.add_argument("-s", action="store_true")
    parser.add_argument("-X", dest="method")
    parser.add_argument("-H", dest="headers", action="append", default=[])
    parser.add_argument("-d", dest="body")
    return parser


class Reader:
    """Somebody who types what the page says; $ID is a schedule, TASK a task that waits, $KEY a key."""

    def __init__(self, here: World) -> None:
        self.api = Api(create_app(lambda: here.use_cases, auth=Auth(open_mode=True), version=VERSION))
        for agent_id in ("reporter-1", "me"):
            agent = {"agent_id": agent_id, "display_name": agent_id, "capabilities": ["report-v1"]}
            self.api.post("/ains/agents", agent)
        task_id = self.api.post("/aitp/tasks", TASK).body["task_id"]
        schedule = {**TASK, "cron_expression": "0 9 * * *"}
        schedule_id = self.api.post("/aitp/tasks/schedule", schedule).body["schedule_id"]
        self._values = {"$ID": schedule_id, "TASK": task_id, "$KEY": "key"}

    def types(self, words: list[str]) -> Answer:
        asked = _parser().parse_args([self._filled(word) for word in words[1:]])
        (base,) = [start for start in SERVICE if asked.url.startswith(start + "/")]
        headers = dict(header.split(": ", 1) for header in asked.headers)
        method = asked.method or ("GET" if asked.body is None else "POST")
        return self.api.call(method, asked.url.removeprefix(base), asked.body, headers=headers)

    def _filled(self, word: str) -> str:
        for placeholder, value in self._values.items():
            word = word.replace(placeholder, value)
        assert "$" not in word.removeprefix("$A/").removeprefix("$URL/"), f"{word} names what no page gives"
        return word


@pytest.mark.parametrize("page", TRIED, ids=name)
def test_every_curl_succeeds(page: Path) -> None:
    reader = Reader(world())
    tried = [words for block in TRIED[page] for words in commands(block, "curl")]
    assert len(tried) == sum(block.count("curl -") + block.count("curl $") for block in TRIED[page])
    for words in tried:
        answer = reader.types(words)
        assert answer.status in (200, 201), f"{' '.join(words)}\n{answer.text}"


@pytest.mark.parametrize("page", TRIED, ids=name)
def test_every_variable_is_given_before_it_is_used(page: Path) -> None:
    given = page.read_text()
    for variable in re.findall(r"\$([A-Z]+)\b", "".join(TRIED[page])):
        first = given.index(f"${variable}")
        assert f"\n{variable}=" in given[:first] or given[first - 1] == "`", f"${variable}"


def test_the_answer_that_is_shown_is_the_answer() -> None:
    (page,) = [page for page in TRIED if page.name == "schedules.md"]
    (shown,) = blocks(page, "json")
    reader = Reader(world())
    answer = reader.types(next(commands(TRIED[page][0], "curl"))).body
    promised = json.loads(shown.replace(", ...}", "}"))
    assert {field: answer[field] for field in promised} == promised


def test_most_pages_for_users_have_something_to_try() -> None:
    assert len(TRIED) >= 7
