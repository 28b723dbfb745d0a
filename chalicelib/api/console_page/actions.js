// What can be done: each asks first, says what the service answered, and shows a refusal where it was asked.

const REASON = { name: "reason", label: "Reason (optional)", maxlength: 200 };

const ACTIONS = {
  cancel: {
    ask: "Cancel this task?", verb: "Cancel task", tone: "danger", fields: () => [REASON],
    about: "At once for its client; its agent hears of it when it next speaks.",
    call: ({ id }, { reason }) => api("DELETE", one("/aitp/tasks", id), { body: given({ reason }) }),
  },
  retry: {
    ask: "Retry this task?", verb: "Retry", about: "Makes a new task, once, with this input.",
    fields: ({ input }) => [{ name: "input", label: "Input (JSON)", value: input, isLong: true }],
    call: ({ id, input }, sent) => api("POST", `${one("/aitp/tasks", id)}/retry`, { body: edited(input, sent.input) }),
    then: (answer) => { location.hash = `#${one("/tasks", answer.task_id)}`; },
  },
  redrive: {
    ask: "Redrive this task?", verb: "Redrive", about: "Makes a new task in its place, with the same input.",
    call: ({ id }) => api("POST", "/aitp/dead-letters/redrive", { body: { task_ids: [id] } }),
  },
  redriveAll: {
    ask: "Redrive the dead letters of this filter?", verb: "Redrive", about: "The next hundred at most, ten a second.",
    call: ({ filter }) => api("POST", "/aitp/dead-letters/redrive", { body: { filter: JSON.parse(filter), limit: 100 } }),
  },
  redriveMessage: {
    ask: "Send this message once more?", verb: "Redrive",
    call: ({ id }) => api("POST", "/aitp/dead-letters/messages/redrive", { body: { message_ids: [id] } }),
  },
  pause: {
    ask: "Pause this schedule?", verb: "Pause", about: "No slot after now fires until it is resumed.", fields: () => [REASON],
    call: ({ id }, { reason }) => api("POST", `${one("/aitp/tasks/schedule", id)}/pause`, { body: given({ reason }) }),
  },
  resume: {
    ask: "Resume this schedule?", verb: "Resume", about: "It goes on from the first slot after now.",
    call: ({ id }) => api("POST", `${one("/aitp/tasks/schedule", id)}/resume`),
  },
  run: {
    ask: "Run this schedule now?", verb: "Run now", about: "Once, beside its expression.",
    call: ({ id }) => api("POST", `${one("/aitp/tasks/schedule", id)}/run`),
  },
  drain: {
    ask: "Drain this agent?", verb: "Drain", tone: "danger", fields: () => [REASON],
    about: "It finishes what it holds and is given no new work.",
    call: ({ id }, { reason }) => api("POST", `${one("/ains/agents", id)}/drain`, { body: given({ reason }) }),
  },
  undrain: {
    ask: "Give this agent work again?", verb: "Take work again",
    call: ({ id }) => api("DELETE", `${one("/ains/agents", id)}/drain`),
  },
  key: {
    ask: "API key", verb: "Use this key", about: "Kept by this tab until it is closed, and sent as X-API-Key. Empty: no key is sent.",
    fields: () => [{ name: "key", label: "Key", type: "password", value: sessionStorage.getItem(KEY) ?? "" }],
    call: async (_of, { key }) => {
      if (key) await tried(key);
      if (key) sessionStorage.setItem(KEY, key);
      else sessionStorage.removeItem(KEY);
      return { message: key ? "The key is used from now on." : "No key is sent from now on." };
    },
  },
};

// Asks for something that costs the service nothing but a look at the key.
async function tried(key) {
  try {
    await api("GET", "/ains/routing/strategies", { key });
  } catch (problem) {
    if (problem.status !== 401) throw problem;
    throw new Problem(401, { detail: "This service does not know that key. What the tab had before is kept." });
  }
}

const given = (fields) => Object.fromEntries(Object.entries(fields).filter(([, value]) => value));

// The input is sent only where it was changed: large numbers survive what JavaScript makes of them.
function edited(before, after) {
  if (before === after) return {};
  try {
    return { input_data: JSON.parse(after) };
  } catch (wrong) {
    throw new Problem(0, { detail: `The input is not JSON: ${wrong.message}` });
  }
}

let pending = null;

function ask(name, of) {
  const action = ACTIONS[name];
  pending = { action, of };
  byId("asked").textContent = action.ask;
  byId("about").textContent = [of.id, action.about].filter(Boolean).join(": ");
  byId("confirm").textContent = action.verb;
  byId("confirm").className = action.tone ?? "";
  byId("fields").replaceChildren(...(action.fields?.(of) ?? []).map(field));
  byId("refusal").replaceChildren();
  byId("dialog").showModal();
}

function field({ name, label, type = "text", value = "", maxlength, isLong = false }) {
  const box = isLong
    ? h("textarea", { name, rows: 10, spellcheck: "false" }, value)
    : h("input", { name, type, value, maxlength, autocomplete: "off", spellcheck: "false" });
  return h("label", { class: "field" }, h("span", {}, label), box);
}

async function confirmed(form) {
  const { action, of } = pending;
  const confirm = byId("confirm");
  confirm.disabled = true;
  try {
    const answer = await action.call(of, Object.fromEntries(new FormData(form)));
    byId("dialog").close();
    tell(answer);
    action.then?.(answer);
    await refresh();
    if (document.activeElement === document.body) byId("main").focus(); // what was pressed may be gone
  } catch (problem) {
    byId("refusal").replaceChildren(refusal(problem));
  } finally {
    confirm.disabled = false;
  }
}

function refusal(problem) {
  const errors = problem.errors ?? [];
  return h("div", { class: "refusal" }, h("p", {}, wordsOf(problem)),
    errors.length > 0 && h("ul", {}, errors.map(({ pointer, message }) => h("li", {}, h("code", {}, pointer), ` ${message}`))));
}

function wordsOf(problem) {
  if (problem instanceof Problem) return problem.message;
  return problem.name === "TimeoutError" ? "The service took too long to answer." : `The service cannot be reached: ${problem.message}`;
}

function tell(answer) {
  const refused = (answer.refused ?? []).map(({ reason }) => reason).join("; ");
  const words = [answer.message ?? `${answer.redriven?.length ?? 0} sent again`, refused].filter(Boolean).join(": ");
  const made = answer.redriven?.length === 1 ? answer.redriven[0].retried_as : answer.task_id;
  byId("told").replaceChildren(h("p", {}, words, made && [" ", link(`#${one("/tasks", made)}`, "See the task")],
    button("hush", "Close", {}, { class: "quiet" })));
}
