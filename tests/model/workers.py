"""Agents at work: well-behaved, forgetful, deaf to answers, late, repeating themselves; and zombies."""

from dataclasses import replace
from typing import Any

import hypothesis.strategies as st
from hypothesis.stateful import precondition, rule

from . import forecast
from .book import Told
from .calls import Calls
from .forecast import Sync
from .process import Process
from .states import HELD

REPORTS = st.builds(
    lambda status, n, retryable, after: Told(
        agent="",
        token=None,
        status=status,
        result={"n": n} if status == "COMPLETED" else None,
        retryable=retryable,
        after=after,
    ),
    status=st.sampled_from(["ACTIVE", "COMPLETED", "FAILED", "FAILED"]),
    n=st.sampled_from([1, 2, "x" * 400]),
    retryable=st.sampled_from([True, True, False]),
    after=st.sampled_from([0, 40_000]),
)


class Workers(Calls):
    def _somebody(self, data: st.DataObject) -> str:
        return data.draw(st.sampled_from(sorted(self.processes)))

    @precondition(lambda self: self.processes)
    @rule(
        data=st.data(),
        fate=st.sampled_from(["heard", "heard", "lost", "never heard", "late"]),
        starts=st.booleans(),
        finishes=st.sampled_from([None, None, "COMPLETED", "FAILED"]),
        releases=st.sampled_from([False, False, True]),
        forgets=st.sampled_from([False, False, True]),
        begins=st.booleans(),
        says=st.sampled_from([None, None, "ACTIVE", "ACTIVE", "DEGRADED", "DRAINING", "OFFLINE"]),
    )
    def sync(
        self,
        data: st.DataObject,
        fate: str,
        starts: bool,
        finishes: str | None,
        releases: bool,
        forgets: bool,
        begins: bool,
        says: str | None,
    ) -> None:
        name = self._somebody(data)
        process = self.processes[name]
        if forgets:
            process.forget()
        held = [{"task_id": i, "lease_token": k} for i, k in sorted(process.held.items())]
        released = [held.pop()] if releases and held else []
        reports = []
        if finishes is not None and held:
            reports.append(held.pop() | {"status": finishes, "error_message": "boom"})
            if finishes == "COMPLETED":
                reports[0]["result_data"] = {"by": name, "n": self.one_more()}
        body: dict[str, Any] = {
            "session_id": process.session or "s0",
            "ack": process.ack,
            "held": [h | {"status": "ACTIVE" if starts else "ASSIGNED"} for h in held],
            "reports": reports,
            "released": released,
            "free_slots": max(0, 3 - len(held)),
        } | ({} if says is None else {"status": says})
        process.said = [*process.said, body][-3:]
        answer = self._synced(name, body)
        if answer is not None and fate == "lost":
            answer = self._synced(name, body)  # once more, as it was
        if answer is None:
            return
        process.session = body["session_id"]
        if fate in ("heard", "lost"):
            for gone in (*reports, *released):
                process.ends(gone["task_id"])
            process.reads(answer)
            if begins:
                self.begin_all(name, names_tokens=True)
        elif fate == "late":
            process.unread.append(answer)

    def _synced(self, name: str, body: dict[str, Any]) -> dict[str, Any] | None:
        agent = self.model.agents[name]
        refusal = forecast.refusal(agent, body)
        answer = self.system.call("POST", f"/ains/agents/{name}/sync", body)
        if not self.expect(answer, refusal or 200):
            return None
        sync = Sync(self.model, agent, body, self.at)
        predicted = sync.heard(is_inbox_hidden=self.is_hidden(f"agent#{name}"))
        said = answer.body
        assert said["seq"] == agent.seq
        assert self.model.allows(agent, said["agent_status"], self.at)
        assert (set(said["cancelled"]), set(said["lost"])) == (predicted.cancelled, predicted.lost), said
        assert [heard["accepted"] for heard in said["reports"]] == predicted.accepted, said
        sync.took(said["assignments"])
        return dict(said)

    @precondition(lambda self: any(p.said for p in self.processes.values()))
    @rule(data=st.data())
    def an_old_sync_comes_again(self, data: st.DataObject) -> None:
        """Nobody hears the answer."""
        name = data.draw(st.sampled_from(sorted(n for n, p in self.processes.items() if p.said)))
        self._synced(name, data.draw(st.sampled_from(self.processes[name].said)))

    @precondition(lambda self: any(p.unread for p in self.processes.values()))
    @rule(data=st.data())
    def an_answer_comes_late(self, data: st.DataObject) -> None:
        name = data.draw(st.sampled_from(sorted(n for n, p in self.processes.items() if p.unread)))
        self.processes[name].reads(self.processes[name].unread.pop(0))

    @precondition(lambda self: self.processes)
    @rule(data=st.data(), begins=st.sampled_from(["no", "yes", "without tokens"]))
    def poll(self, data: st.DataObject, begins: str) -> None:
        """And begin on all that is there."""
        name = self._somebody(data)
        self.processes[name].held |= self.polled(name)
        if begins != "no":
            self.begin_all(name, names_tokens=begins == "yes")

    def begin_all(self, name: str, *, names_tokens: bool) -> None:
        for task_id, token in sorted(self.processes[name].held.items()):
            self.reported(task_id, Told(agent=name, token=token if names_tokens else None, status="ACTIVE"))

    @precondition(lambda self: any(p.held for p in self.processes.values()))
    @rule(data=st.data(), told=REPORTS, is_twice=st.booleans(), names_token=st.booleans())
    def report(self, data: st.DataObject, told: Told, is_twice: bool, names_token: bool) -> None:
        """Of what it holds."""
        name = data.draw(st.sampled_from(sorted(n for n, p in self.processes.items() if p.held)))
        task_id = data.draw(st.sampled_from(sorted(self.processes[name].held)))
        token = self.processes[name].held[task_id] if names_token else None
        first = self.reported(task_id, replace(told, agent=name, token=token))
        if is_twice:
            again = self.reported(task_id, replace(told, agent=name, token=token))
            assert first is None or again == first, f"answered {first}, then {again}"
        if first is not None and told.status != "ACTIVE":
            self.processes[name].ends(task_id)
            other = replace(told, agent=name, token=token, status="COMPLETED", result={"n": "other"})
            assert self.reported(task_id, other) is None

    @precondition(lambda self: any(p.past for p in self.processes.values()))
    @rule(data=st.data(), told=REPORTS, names_token=st.sampled_from([True, True, False]))
    def a_zombie_reports(self, data: st.DataObject, told: Told, names_token: bool) -> None:
        """Of what it once held, or says again what it said long ago."""
        past = [(name, *pair) for name, process in sorted(self.processes.items()) for pair in process.past]
        telling = [one for one in past if self._is_telling(*one)]
        name, task_id, token = data.draw(st.sampled_from([*past, *telling * 5]))
        last = self.model.tasks[task_id].last_report
        if last is not None and data.draw(st.booleans()):
            told = last
        self.reported(task_id, replace(told, agent=name, token=token if names_token else None))

    def _is_telling(self, name: str, task_id: str, token: int) -> bool:
        """It is held under a newer token, or has an end that must not change."""
        state = self.model.tasks[task_id].state
        return state.is_over or (state.status in HELD and token != state.token)

    @precondition(lambda self: "c" in self.processes)
    @rule(is_lost=st.booleans(), begins=st.booleans())
    def read_own_queue(self, is_lost: bool, begins: bool) -> None:
        """What was announced to an agent with a queue: some of it late, doubled, or of an earlier session."""
        messages = self.system.w.agent_queues.messages.get("https://sqs.test/c", [])
        process: Process = self.processes["c"]
        for message in [] if is_lost else messages:
            if message["kind"] == "assignment":
                task = self.model.tasks[message["task_id"]]
                assert task.holders[message["lease_token"]] == "c"
                process.held[message["task_id"]] = message["lease_token"]
            else:
                process.ends(message["task_id"])
        messages.clear()
        if begins:
            self.begin_all("c", names_tokens=True)
