"use strict";

// Links into folded parts open them.
const reveal = () => {
  const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (!target) return;
  for (let part = target; part; part = part.parentElement) if (part.tagName === "DETAILS") part.open = true;
  target.scrollIntoView();
};
addEventListener("hashchange", reveal);
reveal();

// The contents are folded on a narrow screen only.
const contents = document.querySelector("nav details");
const wide = matchMedia("(min-width: 72rem)");
const unfold = () => { contents.open = wide.matches; };
wide.addEventListener("change", unfold);
unfold();
contents.addEventListener("click", (event) => { if (event.target.closest("a")) unfold(); });

// Printed, nothing is folded.
addEventListener("beforeprint", () => {
  for (const part of document.querySelectorAll("details.fold:not([open])")) part.open = true;
});

// Charts tell the values under the pointer, or at the place that the arrow keys lead to.
const tip = document.getElementById("tip");
const SVG = "http://www.w3.org/2000/svg";

const element = (name, attributes) => {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
};

const shown = (value, data) =>
  (data.decimals === null ? Number(value.toPrecision(4)).toLocaleString("en") : value.toFixed(data.decimals)) + data.unit;

class Chart {
  constructor(place) {
    this.svg = place.querySelector("svg");
    this.data = JSON.parse(place.querySelector("script").textContent);
    this.stops = [...new Set(this.data.lines.flatMap((line) => line.x))].sort((a, b) => a - b);
    this.cursor = element("g", { class: "cursor" });
    this.svg.append(this.cursor);
    this.at = null;
  }

  x(value) {
    const [left, , right] = this.data.frame, [low, high] = this.data.x;
    return left + (value - low) / (high - low) * (right - left);
  }

  y(value) {
    const scale = this.data.log ? Math.log : (v) => v;
    const [, top, , bottom] = this.data.frame, [low, high] = this.data.y.map(scale);
    return bottom - (scale(value) - low) / (high - low) * (bottom - top);
  }

  nearest(clientX) {
    const box = this.svg.getBoundingClientRect();
    const x = (clientX - box.left) / box.width * this.svg.viewBox.baseVal.width;
    const distance = (i) => Math.abs(this.x(this.stops[i]) - x);
    return this.stops.reduce((best, _, i) => (distance(i) < distance(best) ? i : best), 0);
  }

  show(index) {
    Chart.current = this;
    this.at = Math.max(0, Math.min(this.stops.length - 1, index));
    const stop = this.stops[this.at], [, top, , bottom] = this.data.frame, x = this.x(stop);
    this.cursor.replaceChildren(element("line", { x1: x, x2: x, y1: top, y2: bottom }));
    tip.replaceChildren();
    if (this.data.label) tip.append(Object.assign(document.createElement("b"), { textContent: `${this.data.label} ${stop.toLocaleString("en")}` }));
    for (const line of this.data.lines) {
      const i = line.x.indexOf(stop);
      if (i >= 0) this.tell(line, i, x);
    }
    tip.hidden = false;
    this.place(x);
  }

  tell(line, i, x) {
    const colour = `var(--${line.colour}, var(--ink))`;
    const dot = element("circle", { cx: x, cy: this.y(line.y[i]), r: 3 });
    dot.style.fill = colour;
    this.cursor.append(dot);
    const nets = line.nets.map((net) => net[i]).filter((value) => value !== null).map((value) => shown(value, { ...this.data, unit: "" }));
    const row = document.createElement("div");
    const mark = document.createElement("i");
    mark.style.background = colour;
    row.append(mark, `${line.name}: ${shown(line.y[i], this.data)}${nets.length > 1 ? ` (${nets.join(", ")})` : ""}`);
    tip.append(row);
  }

  place(x) {
    const box = this.svg.getBoundingClientRect();
    const at = box.left + x / this.svg.viewBox.baseVal.width * box.width;
    const left = at + 14 + tip.offsetWidth < innerWidth ? at + 14 : Math.max(6, at - 14 - tip.offsetWidth);
    const top = Math.max(6, Math.min(box.top + 8, innerHeight - tip.offsetHeight - 6));
    tip.style.transform = `translate(${Math.round(left)}px, ${Math.round(top)}px)`;
  }

  hide() {
    this.cursor.replaceChildren();
    tip.hidden = true;
    this.at = null;
  }
}

for (const place of document.querySelectorAll(".chart")) {
  let made = null;
  const chart = () => (made ??= new Chart(place));
  const follow = (event) => chart().show(chart().nearest(event.clientX));
  place.addEventListener("pointermove", follow);
  place.addEventListener("pointerdown", follow);
  place.addEventListener("pointerleave", () => chart().hide());
  place.addEventListener("blur", () => chart().hide());
  place.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (event.key === "Escape") chart().hide();
    if (!step) return;
    event.preventDefault();
    const from = chart().at ?? (step > 0 ? -1 : chart().stops.length);
    chart().show(from + step);
  });
}
addEventListener("scroll", () => Chart.current?.hide(), { passive: true });
