// Schedules, and one of them: when it runs next and what became of its last slots.

const schedules = {
  title: () => "Schedules",
  every: LIST_MS,
  load({ query }, signal) {
    const { client_id, status, cursor } = query;
    return api("GET", withQuery("/aitp/tasks/schedule", { client_id, status, cursor, limit: 50 }), { signal });
  },
  draw(page, route) {
    const rows = page.schedules.map((schedule) => ({ key: schedule.schedule_id, cells: scheduleCells(schedule) }));
    return [
      filters(route, [["status", "Status", ["ACTIVE", "PAUSED", "COMPLETED", "FAILED"]], ["client_id", "Client"]]),
      h("section", { class: "card" }, rows.length ? table("Schedules", SCHEDULE_COLUMNS, rows) : nothing("No schedules here.")),
      pages(route, page.next_cursor),
    ];
  },
};

const SCHEDULE_COLUMNS = ["Status", "Schedule", "When", "Next run", "Last run", "Runs", "Failed"];

function scheduleCells(schedule) {
  const when = schedule.cron_expression ?? `once, ${utcTime(schedule.run_at)}`;
  return [
    badge(schedule.status, "schedule"),
    [h("strong", {}, schedule.description || schedule.task_type), " ",
      link(`#${one("/schedules", schedule.schedule_id)}`, h("code", {}, schedule.schedule_id))],
    [h("code", {}, when), " ", h("span", { class: "muted" }, schedule.timezone)],
    schedule.next_run_at ? [ago(schedule.next_run_at), " ", h("span", { class: "muted" }, localTime(schedule.next_run_at))] : "\u2013",
    ago(schedule.last_run_at),
    schedule.total_runs,
    schedule.failed_runs,
  ];
}

const schedule = {
  title: ({ id }) => `Schedule ${id}`,
  every: POLL_MS,
  async load({ id }, signal) {
    const at = one("/aitp/tasks/schedule", id);
    const asked = [at, `${at}/preview?count=10`, `${at}/executions?limit=20`];
    const [found, preview, runs] = await Promise.all(asked.map((path) => api("GET", path, { signal })));
    return { found, preview, runs: runs.executions };
  },
  draw({ found, preview, runs }) {
    return [
      h("div", { class: "lead" }, badge(found.status, "schedule"), h("strong", {}, found.description || found.task_type),
        scheduleActions(found)),
      found.reason && h("p", { class: "note" }, found.reason),
      h("div", { class: "columns" },
        section("Next runs", h("p", {}, preview.description), preview.warnings.map((words) => h("p", { class: "note" }, words)),
          nextRuns(preview)),
        section("What it is", scheduleFacts(found))),
      section("Last outcomes", runs.length ? [outcomes(runs), runTable(runs)] : nothing("It has not run yet.")),
      section("Input", code(found.input_data, "Input")),
    ];
  },
};

function scheduleActions(found) {
  const of = { id: found.schedule_id };
  return h("div", { class: "actions" },
    found.status === "ACTIVE" && button("pause", "Pause", of, { "data-key": "pause" }),
    found.status === "PAUSED" && button("resume", "Resume", of, { "data-key": "resume" }),
    button("run", "Run now", of, { class: "quiet", "data-key": "run" }));
}

function nextRuns(preview) {
  if (!preview.next_runs.length) return nothing(preview.message);
  const columns = [`Here (${HERE})`, "UTC"];
  const isElsewhere = ![HERE, "UTC"].includes(preview.local_timezone);
  if (isElsewhere) columns.push(preview.local_timezone);
  return table("Next runs", columns, preview.next_runs.map((at, index) => ({
    key: at,
    cells: [localTime(at), utcTime(at), ...(isElsewhere ? [preview.next_runs_local[index].replace("T", " ").replace(/:00(?=[+-])/, " ")] : [])],
  })));
}

const MARKS = { COMPLETED: "\u2713", FAILED: "\u2717", PENDING: "\u2026" };

// Oldest first, as one reads.
function outcomes(runs) {
  return h("ul", { class: "outcomes" }, runs.toReversed().map((run) => {
    const words = `${run.status}, slot ${utcTime(run.slot)}`;
    return h("li", { "data-key": run.slot, title: words }, h("span", { class: "unseen" }, words),
      h("span", { class: `badge ${badge(run.status).classList[1]}`, "aria-hidden": "true" }, MARKS[run.status] ?? "\u2013"));
  }));
}

const runTable = (runs) => table("Last outcomes", ["Outcome", "Slot", "Late by", "Task", "Error"], runs.map((run) => ({
  key: run.slot,
  cells: [badge(run.status), moment(run.slot), duration(run.lateness_seconds), run.task_id ? taskLink(run.task_id) : "\u2013",
    run.error_message ?? "\u2013"],
})));

function scheduleFacts(found) {
  return facts([
    ["Expression", h("code", {}, found.cron_expression ?? "one run")],
    ["Time zone", found.timezone],
    ["Task type", found.task_type],
    ["Capability", found.capability_required],
    ["Client", link(`#${withQuery("/tasks", { client_id: found.client_id })}`, found.client_id)],
    ["Its tasks", link(`#${withQuery("/tasks", { schedule_id: found.schedule_id })}`, "all of them")],
    ["Runs", `${found.total_runs}, failed ${found.failed_runs}, skipped ${found.skipped_runs}, missed ${found.missed_runs}`],
    ["Overlap", found.overlap_policy],
    ["Catch-up", found.catchup_policy],
    ["Clock changes", `gap ${found.dst_policy.gap}, fold ${found.dst_policy.fold}`],
    ["Starts", found.start_at && moment(found.start_at)],
    ["Ends", found.end_at && moment(found.end_at)],
  ]);
}
