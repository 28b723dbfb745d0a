// Which view the address names, and asking again while somebody looks.

const VIEWS = {
  "": [overview],
  tasks: [tasks, task],
  schedules: [schedules, schedule],
  agents: [agents, agent],
  "dead-letters": [deadLetters],
};
const MOST_PATIENT_MS = 60_000;
let shownAt = null; // the path whose content is on the screen
let turn = 0; // an answer that is no longer waited for is not shown
let failures = 0;
let timer = 0;
let asking = new AbortController();

function routeNow() {
  const [path, query] = (location.hash.slice(1) || "/").split("?");
  const [, name, id] = path.split("/");
  const views = VIEWS[name] ?? [overview];
  const view = id && views[1] ? views[1] : views[0];
  return { path, view, name, id: id && decoded(id), query: Object.fromEntries(new URLSearchParams(query)) };
}

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // typed by hand; the service will say that there is no such thing
  }
}

async function refresh() {
  const route = routeNow();
  const mine = ++turn;
  clearTimeout(timer);
  asking.abort();
  asking = new AbortController();
  try {
    const found = await route.view.load(route, asking.signal);
    if (mine !== turn) return;
    failures = 0;
    show(route, route.view.draw(found, route));
    byId("problem").replaceChildren();
    pulse(`Live, ${LOCAL.format(new Date()).split(" ").at(-1)}`, "live");
  } catch (problem) {
    if (mine !== turn) return;
    failures += 1;
    complain(route, problem);
  }
  const every = route.view.every * 2 ** Math.min(failures, 4);
  if (!document.hidden) timer = setTimeout(refresh, Math.min(every, MOST_PATIENT_MS));
}

function show(route, nodes) {
  const wanted = h("div", {}, nodes);
  const isElsewhere = shownAt !== route.path;
  if (isElsewhere) byId("view").replaceChildren(...wanted.childNodes);
  else morph(byId("view"), wanted);
  shownAt = route.path;
}

function complain(route, problem) {
  if (shownAt !== route.path) byId("view").replaceChildren();
  const isLockedOut = problem.status === 401;
  const choices = [isLockedOut && button("key", "Enter an API key", {}, { "data-key": "key" }),
    button("again", "Try again", {}, { class: "quiet", "data-key": "again" })];
  morph(byId("problem"), h("div", {},
    h("div", { class: "problem" }, refusal(problem), h("div", { class: "actions" }, choices))));
  pulse(isLockedOut ? "Locked" : "No answer", "lost");
}

function pulse(words, tone) {
  byId("pulse").textContent = words;
  byId("pulse").className = `pulse ${tone}`;
}

// The heading and the place in the menu change at once, the content when it has come.
function navigate() {
  const route = routeNow();
  failures = 0;
  document.title = `${route.view.title(route)} \u00b7 AINS`;
  byId("title").textContent = route.view.title(route);
  for (const entry of document.querySelectorAll("nav[aria-label=Sections] a")) {
    if (entry.hash === `#/${route.name ?? ""}`) entry.setAttribute("aria-current", "page");
    else entry.removeAttribute("aria-current");
  }
  if (shownAt !== null && shownAt !== route.path) {
    byId("view").replaceChildren(h("p", { class: "muted" }, "Loading."));
    byId("problem").replaceChildren();
    shownAt = null;
    byId("main").focus({ preventScroll: true });
    scrollTo(0, 0);
  }
  for (const entry of document.querySelectorAll("[data-form=filters] [name]")) {
    entry.value = route.query[entry.name] ?? "";
  }
  return refresh();
}

function filtered(form) {
  const fields = Object.fromEntries([...new FormData(form)].map(([name, value]) => [name, value.trim()]));
  location.hash = `#${withQuery(routeNow().path, fields)}`;
}

const OWN = {
  again: refresh,
  dismiss: () => byId("dialog").close(),
  hush: () => byId("told").replaceChildren(),
};

document.addEventListener("click", (event) => {
  if (event.target.closest(".skip")) {
    event.preventDefault(); // the address is the view's
    byId("main").focus();
  }
  const pressed = event.target.closest("[data-do]");
  if (!pressed) return;
  const { do: name, ...of } = pressed.dataset;
  if (OWN[name]) OWN[name]();
  else ask(name, of);
});
document.addEventListener("submit", (event) => {
  event.preventDefault();
  if (event.target.id === "form") confirmed(event.target);
  else filtered(event.target);
});
document.addEventListener("change", (event) => {
  if (event.target.matches("[data-form=filters] select")) filtered(event.target.form);
});
document.addEventListener("visibilitychange", () => {
  if (!document.hidden) {
    refresh();
    return;
  }
  turn += 1;
  clearTimeout(timer);
  asking.abort();
  pulse("Paused", "");
});
addEventListener("hashchange", navigate);
navigate();
