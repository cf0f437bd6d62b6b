"use strict";
const byId = (id) => document.getElementById(id);
const [cards, find, sort, order, found, viewer, large, tip] =
  ["cards", "find", "sort", "order", "found", "viewer", "large", "tip"].map(byId);
const all = [...cards.querySelectorAll("article")];
const said = (card) => [...card.querySelectorAll("h2, p")].map((part) => part.textContent).join(" ").toLowerCase();
const texts = new Map(all.map((card) => [card, said(card)]));
let shown = all;

function filter() {
  const words = find.value.toLowerCase().split(/\s+/).filter(Boolean);
  for (const card of all) card.hidden = !words.every((word) => texts.get(card).includes(word));
  shown = [...cards.querySelectorAll("article:not([hidden])")];
  found.textContent = words.length ? `${shown.length} of ${all.length}` : "";
}

function compare(a, b) {
  const key = sort.value;
  const [left, right] = [a.dataset[key], b.dataset[key]];
  if (key === "name") return left < right ? -1 : left > right ? 1 : 0;
  return Number(left) - Number(right);
}

function arrange() {
  const turn = order.getAttribute("aria-pressed") === "true" ? -1 : 1;
  const unknown = (card) => (card.dataset[sort.value] === "" ? 1 : 0); // without a duration: at the end, in either order
  all.sort((a, b) => unknown(a) - unknown(b) || turn * compare(a, b));
  cards.append(...all);
  filter();
}

function turnRound() {
  const pressed = order.getAttribute("aria-pressed") !== "true";
  order.setAttribute("aria-pressed", String(pressed));
  order.textContent = pressed ? "descending" : "ascending";
  arrange();
}

let current = null;
function view(card) {
  if (!card) return;
  current = card;
  const link = card.querySelector(".sheet");
  large.src = byId("viewed").href = link.href;
  large.alt = link.querySelector("img").alt;
  if (!viewer.open) viewer.showModal();
  viewer.scrollTop = 0;
}

function step(by) {
  view(shown[shown.indexOf(current) + by]);
}

function point(event) {
  const strip = event.target.closest?.(".strip");
  tip.hidden = !strip;
  if (!strip) return;
  const box = strip.getBoundingClientRect();
  const labels = strip.dataset.at.split("|");
  const at = Math.floor(((event.clientX - box.left) / box.width) * labels.length);
  const number = Math.min(labels.length - 1, Math.max(0, at));
  tip.textContent = labels[number];
  tip.style.left = `${box.left + ((number + 0.5) / labels.length) * box.width}px`;
  tip.style.top = `${box.top}px`;
}

find.addEventListener("input", filter);
sort.addEventListener("change", arrange);
order.addEventListener("click", turnRound);
document.querySelector(".tools").addEventListener("submit", (event) => event.preventDefault());
cards.addEventListener("click", (event) => {
  const link = event.target.closest(".sheet");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  view(link.closest("article"));
});
cards.addEventListener("pointermove", point);
cards.addEventListener("pointerleave", () => { tip.hidden = true; });
addEventListener("scroll", () => { tip.hidden = true; }, { passive: true });
byId("close").addEventListener("click", () => viewer.close());
byId("before").addEventListener("click", () => step(-1));
byId("after").addEventListener("click", () => step(1));
viewer.addEventListener("click", (event) => { if (event.target === viewer) viewer.close(); });
viewer.addEventListener("close", () => current?.querySelector(".sheet").focus());
addEventListener("keydown", (event) => {
  if (viewer.open && event.key === "ArrowLeft") step(-1);
  else if (viewer.open && event.key === "ArrowRight") step(1);
  else if (event.key === "/" && !viewer.open && document.activeElement !== find) { event.preventDefault(); find.focus(); }
});
