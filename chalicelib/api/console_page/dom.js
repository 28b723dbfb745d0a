"use strict";

// Nodes are made here and nowhere else: whatever a name or an input holds, it only ever becomes text.

const SVG = new Set(["svg", "polyline", "circle", "line", "rect"]);

function h(tag, attributes, ...children) {
  const node = SVG.has(tag)
    ? document.createElementNS("http://www.w3.org/2000/svg", tag)
    : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === true) node.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) node.setAttribute(name, value);
  }
  node.append(...children.flat(Infinity).filter(isShown).map(asNode));
  return node;
}

const isShown = (child) => child !== null && child !== undefined && child !== false;
const asNode = (child) => (child instanceof Node ? child : document.createTextNode(String(child)));
const byId = (id) => document.getElementById(id);
const keyOf = (node) => (node.nodeType === Node.ELEMENT_NODE ? node.getAttribute("data-key") : null);

// What is shown becomes what is wanted with the fewest changes, so that focus, selection and scrolling stay.
function morph(shown, wanted) {
  const focused = document.activeElement;
  morphChildren(shown, wanted);
  if (focused !== document.activeElement && shown.contains(focused)) focused.focus();
}

function morphChildren(shown, wanted) {
  const wantedKeys = new Set([...wanted.children].map(keyOf));
  for (const child of [...shown.children]) {
    if (keyOf(child) !== null && !wantedKeys.has(keyOf(child))) child.remove();
  }
  const byKey = new Map([...shown.children].map((child) => [keyOf(child), child]));
  let place = shown.firstChild;
  for (const fresh of [...wanted.childNodes]) {
    const found = keyOf(fresh) === null ? place : byKey.get(keyOf(fresh));
    if (!found || !isAlike(found, fresh)) {
      shown.insertBefore(fresh, place);
      continue;
    }
    if (found === place) place = place.nextSibling;
    else shown.insertBefore(found, place);
    morphNode(found, fresh);
  }
  while (place) {
    const next = place.nextSibling;
    place.remove();
    place = next;
  }
}

const isAlike = (a, b) => a.nodeName === b.nodeName && keyOf(a) === keyOf(b);

function morphNode(shown, wanted) {
  if (shown.nodeType === Node.TEXT_NODE) {
    if (shown.data !== wanted.data) shown.data = wanted.data;
    return;
  }
  for (const { name } of [...shown.attributes]) {
    if (name !== "open" && !wanted.hasAttribute(name)) shown.removeAttribute(name); // open: the reader's
  }
  for (const { name, value } of wanted.attributes) {
    if (shown.getAttribute(name) !== value) shown.setAttribute(name, value);
  }
  morphChildren(shown, wanted);
}
