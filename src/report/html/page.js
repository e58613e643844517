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
for (const control of [search, kind, least]) control.addEventListener("input", filter);
addEventListener("hashchange", open);
filter();
open();
