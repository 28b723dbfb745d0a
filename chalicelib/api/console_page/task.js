// One task: what became of it, step by step, and why it waits if it does.

const OVER = ["COMPLETED", "FAILED", "CANCELLED"];

const task = {
  title: ({ id }) => `Task ${id}`,
  every: POLL_MS,
  async load({ id }, signal) {
    const found = await api("GET", one("/aitp/tasks", id), { signal });
    const why = OVER.includes(found.status)
      ? null
      : await optional(api("GET", `${one("/aitp/tasks", id)}/explain`, { signal }));
    return { found, why };
  },
  draw({ found, why }) {
    return [
      h("div", { class: "lead" }, badge(found.status), h("strong", {}, found.task_type), taskActions(found)),
      why && whyCard(why),
      h("div", { class: "columns" },
        section("What became of it", timeline(found)),
        section("What it is", taskFacts(found))),
      section("Input", code(found.input_data, "Input")),
      found.error_message && section("Error", code(found.error_message, "Error")),
      found.status === "COMPLETED" && section("Output", code(found.result_data, "Output")),
      found.routing_explanation && section("How its agent was chosen",
        h("details", {}, h("summary", {}, "The router\u2019s account"), code(found.routing_explanation, "Routing"))),
    ];
  },
};

function taskActions(found) {
  const of = { id: found.task_id, input: json(found.input_data) };
  const canRetry = ["FAILED", "CANCELLED"].includes(found.status) && !found.retried_as;
  return h("div", { class: "actions" },
    !OVER.includes(found.status) && button("cancel", "Cancel", of, { class: "danger", "data-key": "cancel" }),
    canRetry && button("retry", "Retry\u2026", of, { "data-key": "retry" }),
    canRetry && found.status === "FAILED" && button("redrive", "Redrive", of, { class: "quiet", "data-key": "redrive" }));
}

function whyCard(why) {
  const rows = why.candidates.map((agent) => ({
    key: agent.agent_id,
    cells: [
      link(`#${one("/agents", agent.agent_id)}`, agent.agent_id),
      share(agent.score),
      agent.why_not ?? "may have it",
    ],
  }));
  const title = why.is_waiting ? "Why is this waiting?" : "Where it is";
  return h("section", { class: "card why" }, h("h2", {}, title), h("p", { class: "answer" }, why.message),
    facts([
      ["Ahead in line", why.ahead],
      ["Until", why.until && moment(why.until)],
      ["A slot is likely free in", why.likely_free_in_seconds === null ? null : duration(why.likely_free_in_seconds)],
      ["Strategy", why.strategy],
    ]),
    rows.length > 0 && table("Agents looked at", ["Agent", "Score", "Verdict"], rows));
}

function timeline(found) {
  const steps = transitions(found);
  const since = (step, at) => (at ? `+${duration(secondsBetween(steps[at - 1].at, step.at))}` : "");
  return h("ol", { class: "timeline" }, steps.map((step, at) =>
    h("li", { class: step.tone, "data-key": `${step.at} ${step.what}` },
      h("p", {}, h("strong", {}, step.what), step.who && [" ", link(`#${one("/agents", step.who)}`, step.who)],
        step.note && h("span", { class: "muted" }, ` ${step.note}`)),
      h("p", { class: "muted" }, moment(step.at), h("span", { class: "since" }, since(step, at))))));
}

const ENDINGS = { completed: "ok", error: "bad", timeout: "bad", agent_lost: "bad" };

function transitions(found) {
  const steps = [{ at: found.created_at, what: "Submitted", note: `by ${found.client_id}` }];
  const told = new Set();
  const assigned = (held, agent) => {
    steps.push({ at: held.assigned_at, what: "Assigned", who: agent, note: `token ${held.lease_token}` });
    if (held.started_at) steps.push({ at: held.started_at, what: "Started", tone: "run" });
    told.add(held.lease_token);
  };
  for (const held of found.attempts) {
    assigned(held, held.agent_id);
    if (held.ended_at === found.ended_at) continue; // the last step says so
    const what = `Attempt ${held.attempt + 1} ended: ${held.outcome.replaceAll("_", " ")}`;
    steps.push({ at: held.ended_at, what, tone: ENDINGS[held.outcome] ?? "warn", note: held.error_message });
  }
  if (found.assigned_at && !told.has(found.lease_token)) assigned(found, found.assigned_agent_id);
  if (found.ready_at) steps.push({ at: found.ready_at, what: "May be tried again", tone: "warn" });
  if (found.ended_at) steps.push({ at: found.ended_at, what: WORDS[found.status], tone: finalTone(found), note: finalNote(found) });
  return steps.sort((a, b) => Date.parse(a.at) - Date.parse(b.at)); // stable: equal times stay in order
}

const WORDS = { COMPLETED: "Completed", FAILED: "Failed for good", CANCELLED: "Cancelled" };
const finalNote = (found) =>
  [found.failure_kind?.replaceAll("_", " "), found.started_at && `attempt ${found.attempt + 1}`].filter(Boolean).join(", ");
const finalTone = (found) => ({ COMPLETED: "ok", FAILED: "bad" })[found.status] ?? "";

function taskFacts(found) {
  return facts([
    ["Capability", found.capability_required],
    ["Client", link(`#${withQuery("/tasks", { client_id: found.client_id })}`, found.client_id)],
    ["Priority", found.priority],
    ["Progress", found.progress === null ? null : meter("Progress", found.progress, 1, `${Math.round(found.progress * 100)} %`)],
    ["Attempts", `${found.attempt + 1} of ${found.max_retries + 1}`],
    ["Timeout", duration(found.timeout_seconds)],
    ["Must be over by", found.deadline_at && moment(found.deadline_at)],
    ["Not before", found.not_before && moment(found.not_before)],
    ["Expires", found.expires_at && moment(found.expires_at)],
    ["Schedule", found.schedule_id && link(`#${one("/schedules", found.schedule_id)}`, found.schedule_id)],
    ["Slot", found.slot && moment(found.slot)],
    ["Retry of", found.retry_of && taskLink(found.retry_of)],
    ["Retried as", found.retried_as && taskLink(found.retried_as)],
    ["Metadata", found.metadata && Object.keys(found.metadata).length > 0 && h("code", {}, JSON.stringify(found.metadata))],
  ]);
}
