"use strict";
const tables = JSON.parse(document.getElementById("data").textContent);
const wide = matchMedia("(min-width: 901px)");
const narrow = matchMedia("(max-width: 600px)");
const dark = matchMedia("(prefers-color-scheme: dark)");
const redraws = [];

function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue("--" + name).trim();
}

function element(kind, parent, text, attributes = {}) {
  const made = document.createElement(kind);
  if (text !== undefined) made.textContent = text;
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  parent.append(made);
  return made;
}

// A panel's traces with the numbers of a slice, in the colours of the day or the night.
function filled(panel, slice, hidden) {
  return panel.data.map((trace, place) => {
    const { key, sign, colour: number } = trace.meta;
    const visible = !hidden.has(place);
    if (panel.kind === "heat") {
      const scale = [[0, colour("low")], [1, colour("high")]];
      const bar = { ...trace.colorbar, thickness: 10, outlinewidth: 0,
        tickfont: { color: colour("soft") } };
      return { ...trace, x: slice.x, y: slice.times, z: slice.z[key],
        colorscale: scale, colorbar: bar, hoverongaps: false };
    }
    const y = slice.y[key].map(value => value === null ? null : sign * value);
    const made = { ...trace, x: slice.x, y, visible };
    const paint = colour("c" + number);
    if (trace.type === "bar") return { ...made, marker: { color: paint } };
    // a value between two gaps has no line
    const alone = y.map((_, at) => (y[at - 1] ?? null) === null && (y[at + 1] ?? null) === null);
    return { ...made, mode: "lines+markers", line: { ...trace.line, color: paint },
      marker: { color: paint, opacity: 1, size: alone.map(is => is ? 6 : 0) } };
  });
}

function laidOut(panel, traces) {
  const axis = { gridcolor: colour("grid"), linecolor: colour("line"), zerolinecolor: colour("soft"),
    tickfont: { color: colour("soft") }, automargin: true, fixedrange: true };
  const given = panel.layout;
  const title = given.xaxis.title && { ...given.xaxis.title,
    font: { size: 12, color: colour("soft") }, standoff: 6 };
  const yaxis = { ...axis, nticks: 6, ...given.yaxis };
  const values = traces.flatMap(trace => trace.y || []).filter(value => typeof value === "number");
  // shares that are all of one size are read by their differences
  const isClose = given.yaxis.tickformat === ".0%" && Math.min(...values) > Math.max(...values) / 2;
  if (isClose && panel.kind === "line") yaxis.rangemode = "normal";
  if (panel.kind === "heat") yaxis.nticks = narrow.matches ? 10 : 18;
  return {
    ...given, yaxis,
    xaxis: { ...axis, showgrid: false, nticks: narrow.matches ? 5 : 8, ...given.xaxis, title },
    shapes: (given.shapes || []).map(one => ({ ...one, fillcolor: colour("band"), line: { width: 0 } })),
    font: { family: getComputedStyle(document.body).fontFamily, size: 12, color: colour("ink") },
    hoverlabel: { bgcolor: colour("card"), bordercolor: colour("line"), font: { color: colour("ink") } },
    paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", showlegend: false,
    margin: { l: 8, r: 8, t: 10, b: 8 }, dragmode: false, bargap: .25,
  };
}

function legend(panel, parent, hidden, redraw) {
  const bars = panel.kind === "bar" || panel.kind === "stack" ? "legend bars" : "legend";
  const made = element("div", parent, undefined, { class: bars });
  if (panel.data.length < 2) return;
  panel.data.forEach((trace, place) => {
    const button = element("button", made, undefined, { type: "button", "aria-pressed": "true" });
    element("i", button, undefined, { style: "color: var(--c" + trace.meta.colour + ")" });
    element("span", button, trace.name);
    button.onclick = () => {
      if (!hidden.delete(place)) hidden.add(place);
      button.setAttribute("aria-pressed", String(!hidden.has(place)));
      redraw();
    };
  });
}

function isEmpty(panel, slice) {
  if (panel.kind === "heat") return slice.times.length === 0;
  return panel.data.every(trace => slice.y[trace.meta.key].every(value => value === null));
}

function drawn(table, panel, parent, chosen) {
  const figure = element("figure", parent, undefined, { class: "panel " + panel.kind });
  const hidden = new Set();
  element("h4", figure, panel.title);
  element("p", figure, panel.note, { class: "note" });
  legend(panel, figure, hidden, () => redraw());
  const nothing = element("p", figure, table.choices.length
      ? "These do not add up, or are not known: choose one value above." : "None is known.",
    { class: "nothing", hidden: "" });
  const plot = element("div", figure, undefined, { class: "plot", role: "img", "aria-label": panel.title });
  const redraw = () => {
    const slice = chosen();
    nothing.hidden = !isEmpty(panel, slice);
    plot.hidden = !nothing.hidden;
    if (plot.hidden) return;
    const traces = filled(panel, slice, hidden);
    Plotly.react(plot, traces, laidOut(panel, traces), { displayModeBar: false, responsive: true });
  };
  redraws.push(redraw);
  return redraw;
}

function charts(card, table) {
  const place = card.querySelector(".choices");
  const selects = table.choices.map(choice => {
    const label = element("label", place, choice.label);
    const select = element("select", label);
    for (const one of choice.options) element("option", select, one.label, { value: one.key });
    select.value = choice.default;
    return select;
  });
  const chosen = () => table.slices[selects.map(select => select.value).join("\n")];
  const own = table.panels.map(panel => drawn(table, panel, card.querySelector(".panels"), chosen));
  for (const select of selects) select.onchange = () => own.forEach(redraw => redraw());
}

// A value as people read it; an amount keeps the digits that it is published with.
function cell(column, value) {
  if (value === null) return "";
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (!column.measured) return String(value);
  if (column.unit === "%") return (Number(value) * 100).toFixed(2);
  const [whole, digits] = String(value).split(".");
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ",");
  return digits === undefined ? grouped : grouped + "." + digits;
}

function numbers(details, table) {
  const made = element("table", details.querySelector(".scroll"));
  const side = table.columns.map(column => column.measured ? "n" : "");
  const head = element("tr", element("thead", made));
  table.columns.forEach((column, place) => {
    const th = element("th", head, column.label, { class: side[place], scope: "col", title: column.name });
    if (column.unit) element("small", th, column.unit);
  });
  const body = element("tbody", made);
  for (const row of [...table.rows].reverse()) {
    const line = element("tr", body);
    row.forEach((value, place) => {
      element("td", line, cell(table.columns[place], value), { class: side[place] });
    });
  }
}

// Definitions are as tall as the charts beside them.
function beside() {
  for (const body of document.querySelectorAll(".body")) {
    body.style.setProperty("--beside", Math.max(body.firstElementChild.offsetHeight - 40, 320) + "px");
  }
}

for (const card of document.querySelectorAll("[data-table]")) {
  const table = tables[card.dataset.table];
  if (!wide.matches) card.querySelector(".definitions").open = false;
  charts(card, table);
  const details = card.querySelector(".numbers");
  details.addEventListener("toggle", () => {
    if (!details.querySelector("table")) numbers(details, table);
  });
}
for (const redraw of redraws) redraw();
dark.addEventListener("change", () => redraws.forEach(redraw => redraw()));
beside();
addEventListener("resize", beside);
