// Numbers and times as a reader wants them.

const UNITS = [
  ["d", 86_400],
  ["h", 3_600],
  ["min", 60],
];

function duration(seconds) {
  if (seconds === null || seconds === undefined) return "\u2013";
  if (seconds < 1) return `${Math.round(Math.max(0, seconds) * 1000)} ms`;
  if (seconds < 60) return `${seconds < 10 ? Math.round(seconds * 10) / 10 : Math.round(seconds)} s`;
  const at = UNITS.findIndex(([, size]) => seconds >= size);
  const [unit, size] = UNITS[at];
  const [below, part] = UNITS[at + 1] ?? ["s", 1];
  const rest = Math.floor((seconds % size) / part);
  return `${Math.floor(seconds / size)} ${unit}${rest ? ` ${rest} ${below}` : ""}`;
}

const secondsBetween = (from, to) => (Date.parse(to) - Date.parse(from)) / 1000;
const share = (number) => (number === null || number === undefined ? "\u2013" : number.toFixed(2));
const DAY = { year: "numeric", month: "short", day: "2-digit" };
const CLOCK = { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" };
const LOCAL = new Intl.DateTimeFormat("en-GB", { weekday: "short", ...DAY, ...CLOCK });
const HERE = Intl.DateTimeFormat().resolvedOptions().timeZone;
const localTime = (iso) => LOCAL.format(new Date(iso)).replace(/:00$/, "");
const utcTime = (iso) => iso.replace("T", " ").replace(/\.000Z$/, "Z").replace(/:00Z$/, "Z");

function ago(iso) {
  if (!iso) return "\u2013";
  const seconds = (Date.now() - Date.parse(iso)) / 1000;
  const words = seconds < 0 ? `in ${duration(-seconds)}` : seconds < 1 ? "just now" : `${duration(seconds)} ago`;
  return h("time", { datetime: iso, title: `${localTime(iso)} (${HERE}), ${utcTime(iso)}` }, words);
}

const moment = (iso) => (iso ? h("time", { datetime: iso, title: utcTime(iso) }, localTime(iso)) : "\u2013");
const json = (value) => JSON.stringify(value, null, 2);
