// Agents, and one of them: its lease, its load, how far it is trusted.

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
  every: POLL_MS,
  load: ({ id }, signal) => api("GET", one("/ains/agents", id), { signal }),
  draw(found) {
    const of = { id: found.agent_id };
    return [
      h("div", { class: "lead" }, badge(found.status, "agent"), h("strong", {}, found.display_name),
        h("div", { class: "actions" }, found.drained_at
          ? button("undrain", "Take work again", of, { "data-key": "undrain" })
          : button("drain", "Drain", of, { class: "danger", "data-key": "drain" }))),
      found.drained_at && h("p", { class: "note" }, "Takes no new work since ", moment(found.drained_at),
        found.drain_reason ? `: ${found.drain_reason}` : ""),
      h("div", { class: "columns" }, section("What it is", agentFacts(found)), trustCard(found)),
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

function trustCard(found) {
  const rows = Object.entries(found.trust_by_capability).map(([capability, known]) => ({
    key: capability,
    cells: [capability, meter(`Trust in ${capability}`, known.trust_score, 1, share(known.trust_score)),
      known.effective_results.toFixed(1)],
  }));
  return section("Trust", facts([["Over all", meter("Trust", found.trust_score, 1, share(found.trust_score))]]),
    rows.length > 0 && table("Trust by capability", ["Capability", "Score", "Results"], rows));
}
