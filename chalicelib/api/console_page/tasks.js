// The list of tasks. Not by agent: asking for the tasks of an agent counts as that agent asking for work.

const STATUSES = ["PENDING", "ASSIGNED", "ACTIVE", "COMPLETED", "FAILED", "CANCELLED", "BLOCKED"];
const LIST_MS = 10_000; // a filtered page may read a thousand rows

const tasks = {
  title: () => "Tasks",
  every: LIST_MS,
  load({ query }, signal) {
    const { client_id, schedule_id, status, task_type, cursor } = query;
    const wanted = { client_id, schedule_id, status, task_type, cursor, limit: 50 };
    return api("GET", withQuery("/aitp/tasks", wanted), { signal });
  },
  draw(page, route) {
    const isOrdered = route.query.client_id || route.query.schedule_id;
    const rows = isOrdered ? page.tasks : page.tasks.toSorted((a, b) => (a.created_at < b.created_at ? 1 : -1));
    return [
      filters(route, [
        ["status", "Status", STATUSES],
        ["client_id", "Client"],
        ["task_type", "Type"],
        ["schedule_id", "Schedule"],
      ]),
      h("section", { class: "card" },
        rows.length ? table("Tasks", TASK_COLUMNS, rows.map(taskRow)) : nothing(emptyWords(page)),
        !isOrdered && page.next_cursor && h("p", { class: "muted" }, "One page of many, newest first within it. Name a client to have them in order.")),
      pages(route, page.next_cursor),
    ];
  },
};

const TASK_COLUMNS = ["Status", "Task", "Client", "Capability", "Priority", "Tries", "Agent", "Submitted", "Took"];

function taskRow(task) {
  const agent = task.assigned_agent_id;
  return {
    key: task.task_id,
    cells: [
      badge(task.status),
      [h("strong", {}, task.task_type), " ", taskLink(task.task_id)],
      task.client_id,
      task.capability_required,
      task.priority,
      task.attempt + 1,
      agent ? link(`#${one("/agents", agent)}`, agent) : "\u2013",
      ago(task.created_at),
      task.ended_at ? duration(secondsBetween(task.created_at, task.ended_at)) : "\u2013",
    ],
  };
}

const emptyWords = (page) =>
  page.next_cursor ? "None among the rows read for this page; there are more pages." : "No tasks here.";
