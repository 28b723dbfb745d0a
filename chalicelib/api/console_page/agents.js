// Agents, and one of them: its lease, its load, how far it is trusted and why.

const agents = {
  title: () => "Agents",
  every: POLL_MS,
  load({ query }, signal) {
    const { capability, status, tag, cursor } = query;
    return api("GET", withQuery("/ains/agents", { capability, status, tag, cursor, limit: 50 }), { signal });
  },
  draw(page, route) {
    const rows = page.agents.map((agent) => ({ key: agent.agent_id, cells: agentCells(agent) }));
    const statuses = ["ACTIVE", "DEGRADED", "DRAINING", "OFFLINE", "SUSPENDED"];
    return [
      filters(route, [["status", "Status", statuses], ["capability", "Capability"], ["tag", "Tag"]]),
      h("section", { class: "card" }, rows.length ? table("Agents", AGENT_COLUMNS, rows) : nothing("No agents here.")),
      pages(route, page.next_cursor),
    ];
  },
};

const AGENT_COLUMNS = ["Status", "Agent", "Capabilities", "Load", "Trust", "Lease", "Heartbeat"];

function agentCells(agent) {
  return [
    badge(agent.status, "agent"),
    [h("strong", {}, agent.display_name), " ", link(`#${one("/agents", agent.agent_id)}`, h("code", {}, agent.agent_id))],
    agent.capabilities.join(", "),
    load(agent),
    meter("Trust", agent.trust_score, 1, share(agent.trust_score)),
    lease(agent),
    ago(agent.last_heartbeat),
  ];
}

const load = (agent) =>
  meter("Load", agent.in_flight, agent.max_concurrency, `${agent.in_flight} of ${agent.max_concurrency}`);

function lease(agent) {
  const isOut = Date.parse(agent.lease_expires_at) < Date.now();
  return [isOut ? "ended " : "ends ", ago(agent.lease_expires_at)];
}

const agent = {
  title: ({ id }) => `Agent ${id}`,
  every: LIST_MS, // its history is a page of rows
  async load({ id }, signal) {
    const at = one("/ains/agents", id);
    const found = await api("GET", at, { signal });
    const asked = [`${at}/trust`, `${at}/trust/history?limit=50`];
    const [trust, history] = await Promise.all(asked.map((path) => optional(api("GET", path, { signal }))));
    return { found, trust, history: history?.events ?? null };
  },
  draw({ found, trust, history }) {
    const of = { id: found.agent_id };
    return [
      h("div", { class: "lead" }, badge(found.status, "agent"), h("strong", {}, found.display_name),
        h("div", { class: "actions" }, found.drained_at
          ? button("undrain", "Take work again", of, { "data-key": "undrain" })
          : button("drain", "Drain", of, { class: "danger", "data-key": "drain" }))),
      found.drained_at && h("p", { class: "note" }, "Takes no new work since ", moment(found.drained_at),
        found.drain_reason ? `: ${found.drain_reason}` : ""),
      h("div", { class: "columns" }, section("What it is", agentFacts(found)), trustCard(found, trust)),
      history && historyCard(history),
    ];
  },
};

function agentFacts(found) {
  return facts([
    ["Load", load(found)],
    ["Lease", lease(found)],
    ["Last heartbeat", ago(found.last_heartbeat)],
    ["Heartbeat every", duration(found.heartbeat_interval_seconds)],
    ["Capabilities", found.capabilities.join(", ")],
    ["Tags", found.tags.join(", ")],
    ["Delivery", found.delivery],
    ["Endpoint", found.endpoint],
    ["Registered", moment(found.registered_at)],
  ]);
}

function trustCard(found, trust) {
  const named = Object.entries(found.trust_by_capability).map(([capability, known]) => ({ capability, ...known }));
  const rows = (trust?.capabilities ?? named).map((known) => ({
    key: known.capability,
    cells: [known.capability, meter(`Trust in ${known.capability}`, known.trust_score, 1, share(known.trust_score)),
      share(known.lower_bound), known.effective_results.toFixed(1)],
  }));
  return section("Trust",
    facts([
      ["Over all", meter("Trust", found.trust_score, 1, share(found.trust_score))],
      ["At least, with 95 % certainty", trust && share(trust.lower_bound)],
      ["Faults in a row", trust?.quarantine?.faults_in_a_row],
      ["Suspended until", trust?.quarantine?.until && moment(trust.quarantine.until)],
    ]),
    rows.length > 0 && table("Trust by capability", ["Capability", "Score", "At least", "Results"], rows));
}

function historyCard(events) {
  if (!events.length) return section("Trust history", nothing("Nothing has moved its trust yet."));
  const scores = new Map(); // by capability, oldest first
  for (const event of events.toReversed()) {
    const name = event.capability ?? "over all";
    scores.set(name, [...(scores.get(name) ?? []), [Date.parse(event.at), event.after.trust_score]]);
  }
  const lines = [...scores].filter(([, samples]) => samples.length > 1);
  return section("Trust history",
    h("div", { class: "tiles" }, lines.map(([name, samples]) =>
      h("div", { "data-key": name }, h("span", { class: "muted" }, name), sparkline(samples, { gap: Infinity, top: 1 })))),
    table("Trust history", ["When", "Cause", "Capability", "Score", "Task"], events.map((event) => ({
      key: event.event_id,
      cells: [moment(event.at), [event.cause.replaceAll("_", " "), event.reason ? `: ${event.reason}` : ""],
        event.capability ?? "over all", `${share(event.before.trust_score)} \u2192 ${share(event.after.trust_score)}`,
        event.task_id ? taskLink(event.task_id) : "\u2013"],
    }))));
}
