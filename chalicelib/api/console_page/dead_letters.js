// What failed for good: tasks of the tenant and, for admins, messages that no consumer could handle.

const KINDS = ["error", "timeout", "agent_lost", "expired", "dependency", "rejected"];

const deadLetters = {
  title: () => "Dead letters",
  every: LIST_MS,
  async load({ query }, signal) {
    const { failure_kind, capability, task_type, client_id, cursor } = query;
    const wanted = { failure_kind, capability, task_type, client_id, cursor, limit: 50 };
    const [letters, messages] = await Promise.all([
      api("GET", withQuery("/aitp/dead-letters", wanted), { signal }),
      optional(api("GET", "/aitp/dead-letters/messages?limit=50", { signal })),
    ]);
    return { letters, messages };
  },
  draw({ letters, messages }, route) {
    const rows = letters.dead_letters.map((letter) => ({ key: letter.task_id, cells: letterCells(letter) }));
    return [
      filters(route, [["failure_kind", "Why", KINDS], ["capability", "Capability"], ["task_type", "Type"], ["client_id", "Client"]]),
      section("Tasks",
        rows.length > 0 && h("div", { class: "actions" }, button("redriveAll", "Redrive these\u2026", { filter: redriveFilter(route) })),
        rows.length ? table("Dead letters", LETTER_COLUMNS, rows) : nothing("No task failed for good in the last 30 days and waits for a decision.")),
      pages(route, letters.next_cursor),
      messages && section("Messages", messages.messages.length
        ? table("Dead messages", MESSAGE_COLUMNS, messages.messages.map(messageRow))
        : nothing("Every message of the last 14 days could be handled.")),
    ];
  },
};

const LETTER_COLUMNS = ["Why", "Task", "Client", "Error", "Tries", "Ended", "Again"];
const MESSAGE_COLUMNS = ["Message", "Reason", "Body", "Receives", "When", "Again"];

function redriveFilter({ query }) {
  const { failure_kind, capability, task_type, client_id } = query;
  const named = { failure_kind, capability_required: capability, task_type, client_id };
  return JSON.stringify(Object.fromEntries(Object.entries(named).filter(([, value]) => value)));
}

function letterCells(letter) {
  return [
    h("span", { class: "badge bad" }, (letter.failure_kind ?? "error").replaceAll("_", " ")),
    [h("strong", {}, letter.task_type), " ", taskLink(letter.task_id)],
    letter.client_id,
    letter.error_message ?? "\u2013",
    letter.attempts,
    ago(letter.ended_at),
    button("redrive", "Redrive", { id: letter.task_id }, { class: "quiet", "aria-label": `Redrive ${letter.task_id}` }),
  ];
}

const messageRow = (message) => ({
  key: message.message_id,
  cells: [h("code", {}, message.message_id), message.reason, h("code", {}, message.body), message.receives, ago(message.at),
    button("redriveMessage", "Redrive", { id: message.message_id }, { class: "quiet", "aria-label": `Redrive ${message.message_id}` })],
});
