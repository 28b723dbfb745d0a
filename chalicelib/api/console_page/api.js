// The API beside this page: below a stage the page is at /stage/console, and so is the API.

const BASE = location.pathname.replace(/\/console\/?$/, "");
const KEY = "ains.key";
const PATIENCE_MS = 20_000;

class Problem extends Error {
  constructor(status, body) {
    super(body.detail || "The service did not answer.");
    this.status = status;
    this.errors = body.errors ?? [];
  }
}

async function api(method, path, { body, signal, key = sessionStorage.getItem(KEY) } = {}) {
  const headers = {};
  if (key) headers["X-API-Key"] = key;
  if (body !== undefined) headers["Content-Type"] = "application/json";
  const signals = [AbortSignal.timeout(PATIENCE_MS), ...(signal ? [signal] : [])];
  const request = { method, headers, credentials: "omit", cache: "no-store", redirect: "error" };
  request.signal = AbortSignal.any(signals);
  if (body !== undefined) request.body = JSON.stringify(body);
  const answer = await fetch(BASE + path, request);
  const text = await answer.text();
  if (!answer.ok) throw new Problem(answer.status, parsed(text) ?? { detail: `HTTP ${answer.status}: ${text}` });
  return (answer.headers.get("Content-Type") ?? "").includes("json") ? parsed(text) : text;
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

// Where something may be missing, as on a service that does not have it, nothing is what is answered.
async function optional(promise) {
  try {
    return await promise;
  } catch (problem) {
    if (problem instanceof Problem && [403, 404].includes(problem.status)) return null;
    throw problem;
  }
}

function withQuery(path, fields) {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(fields)) if (value) query.set(name, value);
  const text = query.toString();
  return text ? `${path}?${text}` : path;
}

const one = (root, id) => `${root}/${encodeURIComponent(id)}`;
