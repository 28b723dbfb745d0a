// The overview: what waits, what runs and who works, with what was seen since the page was opened.

const KEPT = 180;
const POLL_MS = 5_000;
const seen = new Map(); // name -> [[milliseconds, number], ...]
let counted = null; // the counters when they were last looked at

function sample(name, at, value) {
  if (value === null || value === undefined || Number.isNaN(value)) return;
  seen.set(name, [...(seen.get(name) ?? []), [at, value]].slice(-KEPT));
}

// The Prometheus text: `name{labels} number` a line.
function numbers(text) {
  const found = new Map();
  for (const line of text.split("\n")) {
    const parts = /^([a-z_]+(?:\{.*\})?) (\S+)$/.exec(line);
    if (parts) found.set(parts[1], Number(parts[2]));
  }
  return found;
}

const COUNTERS = { created: "tasks_created_total", completed: "tasks_completed_total", failed: "tasks_failed_total" };

function rates(metrics, at) {
  const now = { at };
  for (const [name, metric] of Object.entries(COUNTERS)) now[name] = metrics.get(metric) ?? 0;
  if (counted && at > counted.at) {
    for (const name of Object.keys(COUNTERS)) {
      sample(name, at, (Math.max(0, now[name] - counted[name]) / (at - counted.at)) * 60_000);
    }
  }
  counted = now;
}

const overview = {
  title: () => "Overview",
  every: POLL_MS,
  async load(_route, signal) {
    const asked = ["/ains/health", "/aitp/queue/stats", "/metrics"];
    const [health, queue, text] = await Promise.all(asked.map((path) => api("GET", path, { signal })));
    const at = Date.now();
    const metrics = numbers(text);
    sample("waiting", at, queue.waiting);
    sample("oldest", at, queue.oldest_waiting_seconds ?? 0);
    sample("running", at, queue.assigned + queue.active);
    sample("agents", at, queue.agents_taking_work);
    sample("slots", at, queue.free_slots);
    rates(metrics, at);
    return { health, queue, metrics };
  },
  draw({ health, queue, metrics }) {
    const more = queue.complete ? "" : " or more";
    const last = (name) => seen.get(name)?.at(-1)?.[1];
    const rate = (name) => (last(name) === undefined ? "\u2026" : `${Math.round(last(name) * 10) / 10}`);
    return [
      h("div", { class: "tiles" },
        tile("waiting", "Waiting", `${queue.waiting}${more}`, "tasks"),
        tile("oldest", "Longest wait", duration(queue.oldest_waiting_seconds), ""),
        tile("running", "At work", `${queue.assigned + queue.active}${more}`, `${queue.active} active, ${queue.assigned} assigned`),
        tile("agents", "Agents taking work", queue.agents_taking_work, `${queue.agents_with_free_slots} with free slots`),
        tile("slots", "Free slots", queue.free_slots, ""),
        tile("created", "Submitted", rate("created"), "a minute"),
        tile("completed", "Completed", rate("completed"), "a minute"),
        tile("failed", "Failed", rate("failed"), "a minute")),
      h("div", { class: "columns" }, healthCard(health, metrics), agentsCard(metrics),
        spread("Waiting by capability", queue.waiting_by_capability, queue.waiting),
        spread("Waiting by priority", queue.waiting_by_priority, queue.waiting)),
    ];
  },
};

function tile(name, title, value, note) {
  const samples = seen.get(name) ?? [];
  const most = Math.max(0, ...samples.map(([, number]) => number));
  const peak = samples.length > 1 && `peak ${name === "oldest" ? duration(most) : Math.round(most * 10) / 10}`;
  return h("section", { class: `tile ${name}`, "data-key": name },
    h("h2", {}, title), h("p", { class: "figure" }, value),
    h("p", { class: "muted" }, [note, peak].filter(Boolean).join(" \u00b7 ")), sparkline(samples, { gap: POLL_MS * 4 }));
}

function healthCard({ status, version, tzdata, checks }, metrics) {
  return section("Health", facts([
    ["Service", badge(status)],
    ["Tables", checks.tables === "ok" ? "all can be read" : `unreachable: ${checks.unreachable.join(", ")}`],
    ["Last tick", checks.last_tick_at ? ago(checks.last_tick_at) : "none yet"],
    ["Oldest overdue row", checks.oldest_due_age_seconds === null ? "none" : duration(checks.oldest_due_age_seconds)],
    ["Doctor's findings", metrics.get("doctor_findings")],
    ["Version", `${version}, time zone rules ${tzdata}`],
  ]));
}

function agentsCard(metrics) {
  const rows = [...metrics].flatMap(([name, number]) => {
    const status = /^agent_status\{status="(\w+)"\}$/.exec(name);
    return status ? [[link(`#${withQuery("/agents", { status: status[1] })}`, badge(status[1], "agent")), number]] : [];
  });
  return section("Agents by status", rows.length ? [facts(rows), h("p", { class: "muted" }, "As the last tick counted them.")] : nothing("Counted by the first tick, within a minute."));
}

function spread(title, counts, whole) {
  const rows = Object.entries(counts).sort(([, a], [, b]) => b - a).slice(0, 8);
  if (!rows.length) return section(title, nothing("Nothing waits."));
  return section(title, h("ul", { class: "bars" }, rows.map(([name, number]) =>
    h("li", { "data-key": name }, h("span", {}, name), meter(name, number, whole, String(number))))));
}
