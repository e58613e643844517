"use strict";
const search = document.getElementById("search"), kind = document.getElementById("kind"), least = document.getElementById("least");
const shown = document.getElementById("shown"), rows = Array.from(document.querySelectorAll("#ranked tbody tr"));
function filter() {
  const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
  let count = 0;
  for (const row of rows) {
    const text = row.textContent.toLowerCase();
    const on = words.every(w => text.includes(w)) && (!kind.value || row.dataset.kind === kind.value) && Number(row.dataset.blast) >= Number(least.value);
    row.hidden = !on;
    if (on) count += 1;
  }
  shown.textContent = count + " of " + rows.length + " shown";
}
function open() {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  const details = target && target.querySelector("details");
  if (details) { details.open = true; target.scrollIntoView(); }
}

// The picture of a lineage: what leads to it stands left of it, what it leads to right of it, one column a hop.
const data = JSON.parse(document.getElementById("graph").textContent);
const out = new Map(), into = new Map();
for (const edge of data.edges) {
  if (!out.has(edge[0])) out.set(edge[0], []);
  if (!into.has(edge[1])) into.set(edge[1], []);
  out.get(edge[0]).push(edge);
  into.get(edge[1]).push(edge);
}
const SVG = "http://www.w3.org/2000/svg", WIDTH = 190, HEIGHT = 40, GAP = 12, COLUMN = 250;
function make(name, attributes, parent) {
  const element = document.createElementNS(SVG, name);
  for (const key in attributes) element.setAttribute(key, attributes[key]);
  parent.append(element);
  return element;
}
function around(start, hops, most, next, end) {
  const found = new Map([[start, 0]]);
  let front = [start];
  for (let hop = 1; hop <= hops && found.size < most; hop += 1) {
    const later = [];
    for (const node of front) for (const edge of next.get(node) || []) {
      if (!found.has(edge[end]) && found.size < most) { found.set(edge[end], hop); later.push(edge[end]); }
    }
    front = later;
  }
  return found;
}
function draw(article) {
  const start = Number(article.dataset.node), place = new Map(), columns = new Map();
  for (const [node, hop] of around(start, 2, 25, into, 0)) place.set(node, -hop);
  for (const [node, hop] of around(start, 5, 45, out, 1)) if (!place.has(node)) place.set(node, hop);
  for (const [node, column] of place) { if (!columns.has(column)) columns.set(column, []); columns.get(column).push(node); }
  const first = Math.min(...columns.keys()), last = Math.max(...columns.keys()), tallest = Math.max(...Array.from(columns.values(), c => c.length));
  const width = (last - first) * COLUMN + WIDTH + 4, height = tallest * (HEIGHT + GAP) + 4;
  const figure = document.createElement("figure");
  const svg = make("svg", { viewBox: `0 0 ${width} ${height}`, width, height, role: "group", "aria-label": "Lineage; the list below says the same in words" }, figure);
  const at = new Map();
  for (const [column, nodes] of columns) nodes.forEach((node, i) => {
    at.set(node, [(column - first) * COLUMN + 2, 2 + (height - 4 - nodes.length * (HEIGHT + GAP)) / 2 + i * (HEIGHT + GAP)]);
  });
  for (const [from, to, relation, level] of data.edges) {
    if (!at.has(from) || !at.has(to)) continue;
    const [x1, y1] = at.get(from), [x2, y2] = at.get(to), right = x2 > x1;
    const a = right ? x1 + WIDTH : x1, b = right ? x2 : x2 + WIDTH, m = (a + b) / 2;
    const line = make("path", { d: `M${a} ${y1 + HEIGHT / 2} C${m} ${y1 + HEIGHT / 2} ${m} ${y2 + HEIGHT / 2} ${b} ${y2 + HEIGHT / 2}`, class: "edge" }, svg);
    make("title", {}, line).textContent = `${data.nodes[from][0]} ${data.relations[relation]} ${data.nodes[to][0]}${level ? " (" + level + ")" : ""}`;
  }
  for (const [node, [x, y]] of at) {
    const [name, kind, subtype, record] = data.nodes[node];
    const group = record === null ? make("g", {}, svg) : make("a", { href: "#n" + record }, svg);
    group.setAttribute("class", "node " + kind + (node === start ? " start" : ""));
    make("rect", { x, y, width: WIDTH, height: HEIGHT, rx: 6 }, group);
    make("text", { x: x + 8, y: y + 17 }, group).textContent = name.length > 26 ? name.slice(0, 25) + "…" : name;
    make("text", { x: x + 8, y: y + 32, class: "kind" }, group).textContent = subtype.length > 28 ? subtype.slice(0, 27) + "…" : subtype;
    make("title", {}, group).textContent = subtype + " " + name;
  }
  article.querySelector("dl").before(figure);
}
for (const details of document.querySelectorAll("article > details")) {
  details.addEventListener("toggle", () => { if (details.open && !details.querySelector("figure")) draw(details.parentElement); });
}
for (const control of [search, kind, least]) control.addEventListener("input", filter);
addEventListener("hashchange", open);
filter();
open();
