// Puts rows into tables. Text only: names come from clients. What did not change is not touched, so that a
// selection, the focus and a screen reader's place survive an update.

export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** The node's children made as many as `wanted`, each by `make`. */
export function resize(node, wanted, make) {
  while (node.children.length > wanted) node.lastElementChild.remove();
  while (node.children.length < wanted) node.append(make(node.children.length));
  return [...node.children];
}

export function element(name, className = "", ...content) {
  const made = document.createElement(name);
  if (className) made.className = className;
  made.append(...content);
  return made;
}

function bar({ value, max }, label, text) {
  const full = element("span");
  full.style.width = `${Math.min(100, Math.max(0, (value / max) * 100))}%`;
  const meter = element("span", "meter", full);
  for (const [name, of] of Object.entries({ role: "meter", "aria-label": label, "aria-valuemin": 0, "aria-valuemax": max,
    "aria-valuenow": Math.min(max, Math.max(0, value)), "aria-valuetext": text })) {
    meter.setAttribute(name, of);
  }
  return meter;
}

function fillCell(cell, content, label) {
  const { text, more, level = "", meter } = typeof content === "object" ? content : { text: content };
  const shown = JSON.stringify([text, more, level, meter]);
  if (cell.shown === shown) return;
  cell.shown = shown;
  cell.className = level;
  cell.replaceChildren(text);
  if (more) cell.append(element("span", "more", more));
  if (meter) cell.append(bar(meter, label, text));
}

/** The first cell of a row names it. */
export function fillTable(table, rows) {
  const body = table.tBodies[0];
  const lines = resize(body, rows.length, () => element("tr"));
  rows.forEach((row, at) => {
    const name = row[0]?.text ?? row[0];
    const cells = resize(lines[at], row.length, (column) => {
      const cell = element(column === 0 ? "th" : "td");
      if (column === 0) cell.scope = "row";
      return cell;
    });
    row.forEach((content, column) => fillCell(cells[column], content, name));
  });
}

export function fillHead(table, names) {
  const cells = names.map((name) => element("th", "", name));
  for (const cell of cells) cell.scope = "col";
  table.tHead.replaceChildren(element("tr", "", ...cells));
}

/** tiles: [name, value, more]. */
export function fillTiles(list, tiles) {
  const boxes = resize(list, tiles.length, () => element("div", "", element("dt"), element("dd"), element("dd")));
  tiles.forEach((texts, at) => texts.forEach((text, part) => setText(boxes[at].children[part], text)));
}

/** entries: [name, value, colour: 1 to 5, or that of its place]. */
export function fillLegend(list, entries) {
  const lines = resize(list, entries.length, (at) => element("li", `series-${entries[at][2] ?? at + 1}`, element("span"), " ", element("b")));
  entries.forEach(([name, value], at) => [name, value].forEach((text, part) => setText(lines[at].children[part], text)));
}
