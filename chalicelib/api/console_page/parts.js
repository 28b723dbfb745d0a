// What the views are put together from.

const TONES = {
  ok: ["COMPLETED", "ACTIVE agent", "ACTIVE schedule", "ok"],
  run: ["ACTIVE", "ASSIGNED", "BUFFERED"],
  warn: ["PENDING", "DEGRADED", "DRAINING", "PAUSED", "SKIPPED", "degraded", "BLOCKED"],
  bad: ["FAILED", "SUSPENDED", "MISSED"],
};

function badge(status, kind = "") {
  const full = kind ? [`${status} ${kind}`, status] : [status];
  const tone = full.map((name) => Object.keys(TONES).find((t) => TONES[t].includes(name))).find(Boolean);
  return h("span", { class: `badge ${tone ?? "idle"}` }, status);
}

const link = (href, ...children) => h("a", { href }, ...children);
const taskLink = (id) => link(`#${one("/tasks", id)}`, h("code", {}, id));
const button = (what, words, data = {}, more = {}) =>
  h("button", { type: "button", "data-do": what, ...prefixed(data), ...more }, words);
const prefixed = (data) => Object.fromEntries(Object.entries(data).map(([k, v]) => [`data-${k}`, v]));
const section = (title, ...children) => h("section", { class: "card" }, h("h2", {}, title), ...children);
const nothing = (words) => h("p", { class: "nothing" }, words);

// Columns that get a line of their own where a row is a block.
const BROAD = new Set(["Status", "Task", "Schedule", "When", "Capabilities", "Error", "Reason", "Body", "Verdict", "Why", "Again"]);

// Roles are spelled out because narrow screens show each row as a block, which would take them away.
function table(caption, columns, rows) {
  const head = columns.map((name) => h("th", { role: "columnheader", scope: "col" }, name));
  const body = rows.map(({ key, cells }) =>
    h(
      "tr",
      { role: "row", "data-key": key },
      cells.map((cell, at) => h("td", { role: "cell", class: BROAD.has(columns[at]) && "broad", "data-label": columns[at] }, h("div", {}, cell))),
    ),
  );
  return h(
    "table",
    { role: "table" },
    h("caption", { class: "unseen" }, caption),
    h("thead", { role: "rowgroup" }, h("tr", { role: "row" }, head)),
    h("tbody", { role: "rowgroup" }, body),
  );
}

function facts(pairs) {
  const shown = pairs.filter(([, value]) => isShown(value) && value !== "");
  return h("dl", {}, shown.map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value))));
}

const code = (value, label) =>
  h("pre", { tabindex: "0", "aria-label": label }, typeof value === "string" ? value : json(value));

// A filter is a field of the address: it survives a reload and can be sent to somebody else.
function filters(route, fields) {
  const shown = fields.map(([name, label, options]) => {
    const value = route.query[name] ?? "";
    const choice = (word) => h("option", { value: word, selected: word === value }, word || "any");
    const field = options
      ? h("select", { name }, ["", ...options].map(choice))
      : h("input", { name, value, type: "text", spellcheck: "false", placeholder: "any" });
    return h("label", {}, h("span", {}, label), field);
  });
  const clear = Object.keys(route.query).length > 0 && link(`#${route.path}`, "Clear");
  return h("form", { class: "filters", "data-form": "filters", role: "search" }, shown,
    h("button", { type: "submit" }, "Filter"), clear);
}

function pages(route, cursor) {
  const to = (fields) => `#${withQuery(route.path, { ...route.query, ...fields })}`;
  if (!cursor && !route.query.cursor) return null;
  return h("nav", { class: "pages", "aria-label": "Pages" },
    route.query.cursor && link(to({ cursor: "" }), "First page"), cursor && link(to({ cursor }), "Next page"));
}

const WIDE = 240;
const HIGH = 44;

// `samples` are [milliseconds, number]; where nobody looked for a while the line has a gap.
function sparkline(samples, { gap, top }) {
  if (samples.length < 2) return h("svg", { class: "spark", viewBox: `0 0 ${WIDE} ${HIGH}`, "aria-hidden": "true" });
  const first = samples[0][0];
  const span = samples.at(-1)[0] - first || 1;
  const most = (top ?? Math.max(...samples.map(([, value]) => value))) || 1;
  const x = (at) => (((at - first) / span) * WIDE).toFixed(1);
  const y = (value) => (HIGH - 2 - (value / most) * (HIGH - 4)).toFixed(1);
  const lines = [[]];
  samples.forEach(([at, value], index) => {
    if (index && at - samples[index - 1][0] > gap) lines.push([]);
    lines.at(-1).push(`${x(at)},${y(value)}`);
  });
  return h("svg", { class: "spark", viewBox: `0 0 ${WIDE} ${HIGH}`, preserveAspectRatio: "none", "aria-hidden": "true" },
    lines.map((points) => h("polyline", { points: points.join(" ") })));
}

const meter = (label, value, max, words) =>
  h("span", { class: "meter" }, h("meter", { "aria-label": label, min: 0, max: max || 1, value }), h("span", {}, words));
