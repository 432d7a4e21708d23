// The map of a fleet: only the rows in sight are in the document, so ten thousand machines scroll as ten do.
const store = document.getElementById("fleet-data");
if (store) drawFleet(JSON.parse(store.textContent));

function drawFleet(data) {
  const RANK = "-spiuwef";
  const BAD = /[few]/;
  const ROW = 26;
  const find = (id) => document.getElementById(id);
  const frame = document.querySelector(".fleet-frame");
  const [head, body] = [frame.querySelector("thead"), frame.querySelector("tbody")];
  const table = frame.querySelector("table");
  let rows = [];
  let columns = [];
  let order = { column: -1, down: false };
  let first = -1;
  let active = { row: 0, column: 0 };

  const cells = Object.fromEntries([...RANK].map((mark) =>
    [mark, `<td class="c-${mark}" aria-label="${data.words[mark]}">${data.glyphs[mark]}</td>`]));
  const make = (tag, text, attributes = {}) => {
    const element = document.createElement(tag);
    if (text) element.textContent = text;
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    return element;
  };
  const fill = (select, pairs) => {
    for (const [value, text] of pairs) select.append(make("option", text, { value }));
  };
  const letter = (host, column) => data.hosts[host][3][column] || "-";
  const tell = (host, column) => {
    const [check, title, others] = data.checks[column];
    const mark = letter(host, column);
    const said = BAD.test(mark) || mark === "i" ? others[data.hosts[host][0]] ?? title : "";
    return `${data.hosts[host][0]}, ${check}: ${data.words[mark]}${said ? ` (${said})` : ""}`;
  };

  function choose() {
    const text = find("find").value.trim().toLowerCase();
    const [status, group, check] = ["by-status", "by-group", "by-check"].map((id) => find(id).value);
    const all = find("every").checked;
    columns = data.checks.map((_, number) => number).filter((number) => all || data.checks[number][3]);
    if (check !== "" && !columns.includes(+check)) columns.unshift(+check);
    rows = data.hosts.map((_, number) => number).filter((number) => {
      const host = data.hosts[number];
      return (!text || host[0].toLowerCase().includes(text)) && (status === "" || host[1] === +status)
        && (group === "" || host[2] === +group) && (check === "" || BAD.test(letter(number, +check)));
    });
    sort();
    find("shown").textContent = `${rows.length.toLocaleString("en")} of ${data.hosts.length.toLocaleString("en")} machines, `
      + `${columns.length} of ${data.checks.length} checks${all ? "" : " (those that are not good somewhere)"}`;
    active = { row: 0, column: 0 };
    table.setAttribute("aria-rowcount", rows.length + 1);
    table.setAttribute("aria-colcount", columns.length + 1);
    // Widths that are set are not measured again and again over thousands of cells.
    table.style.width = `calc(var(--names) + ${columns.length * ROW + 4}px)`;
    drawHead();
    frame.scrollTop = 0;
    draw(true);
  }

  function sort() {
    const { column, down } = order;
    if (column === -1 && !down) return; // the document's own order: the worst first
    // A column's worst first, machines of equal state in their own order.
    const key = column < 0
      ? (one, two) => data.hosts[one][0].localeCompare(data.hosts[two][0], "en", { numeric: true })
      : (one, two) => RANK.indexOf(letter(two, column)) - RANK.indexOf(letter(one, column)) || one - two;
    rows.sort(key);
  }

  function drawHead() {
    const line = make("tr", "", { "aria-rowindex": 1 });
    const corner = make("th", "", { scope: "col", "aria-colindex": 1 });
    if (order.column === -1 && order.down) corner.setAttribute("aria-sort", "ascending");
    corner.append(make("button", order.column === -1 && order.down ? "By name" : "The worst first", { type: "button", "data-column": -1, title: "Sort by name, or the worst first" }));
    line.append(corner);
    columns.forEach((column, place) => {
      const cell = make("th", "", { scope: "col", "aria-colindex": place + 2 });
      if (order.column === column) cell.setAttribute("aria-sort", "descending");
      cell.append(make("button", data.checks[column][0], { type: "button", "data-column": column, title: data.checks[column][0] }));
      line.append(cell);
    });
    head.replaceChildren(line);
  }

  function draw(force) {
    const seen = Math.ceil(frame.clientHeight / ROW) + 1;
    const start = Math.max(0, Math.min(Math.floor(frame.scrollTop / ROW) - 6, rows.length - seen - 12));
    if (!force && Math.abs(start - first) < 5) return;
    const held = body.contains(document.activeElement);
    first = start;
    const stop = Math.min(rows.length, start + seen + 12);
    const lines = [spacer(start)];
    for (let place = start; place < stop; place++) lines.push(drawRow(place));
    lines.push(spacer(rows.length - stop));
    body.replaceChildren(...lines);
    if (held) cellAt(active)?.focus({ preventScroll: true });
  }

  function spacer(number) {
    const line = make("tr", "", { "aria-hidden": "true" });
    line.style.height = `${number * ROW}px`;
    line.hidden = !number;
    return line;
  }

  function drawRow(place) {
    const [name, status] = data.hosts[rows[place]];
    const line = make("tr", "", { "aria-rowindex": place + 2 });
    const title = make("th", "", { scope: "row", title: `${name}: ${data.statuses[status][1]}`, "aria-colindex": 1 });
    title.append(make("span", data.glyphs[data.statuses[status][2]], { class: `cell c-${data.statuses[status][2]}`, "aria-hidden": "true" }), name);
    line.append(title);
    // Marks are a closed set of ours, so these may be written as markup, which is ten times as fast.
    line.insertAdjacentHTML("beforeend", columns.map((column) => cells[letter(rows[place], column)]).join(""));
    line.dataset.row = place;
    if (active.row === place) line.cells[active.column + 1]?.setAttribute("tabindex", 0);
    return line;
  }

  const cellAt = ({ row, column }) => body.querySelector(`tr[data-row="${row}"]`)?.cells[column + 1];
  const placeOf = (cell) => ({ row: +cell.parentElement.dataset.row, column: cell.cellIndex - 1 });

  function go(row, column) {
    active = { row: Math.max(0, Math.min(row, rows.length - 1)), column: Math.max(0, Math.min(column, columns.length - 1)) };
    const top = active.row * ROW;
    const room = frame.clientHeight - head.offsetHeight;
    if (top < frame.scrollTop) frame.scrollTop = top;
    else if (top + ROW > frame.scrollTop + room) frame.scrollTop = top + ROW - room;
    draw(true);
    const cell = cellAt(active);
    cell?.focus({ preventScroll: true });
    if (!cell) return;
    const left = cell.offsetLeft - body.querySelector("th").offsetWidth;
    if (left < frame.scrollLeft) frame.scrollLeft = left;
    else if (cell.offsetLeft + 26 > frame.scrollLeft + frame.clientWidth) frame.scrollLeft = cell.offsetLeft + 26 - frame.clientWidth;
  }

  const say = (event) => {
    const cell = event.target.closest("td");
    if (!cell || !("row" in cell.parentElement.dataset)) return;
    const { row, column } = placeOf(cell);
    const text = tell(rows[row], columns[column]);
    cell.title = text;
    find("told").textContent = text;
  };
  body.addEventListener("mouseover", say);
  body.addEventListener("focusin", say);
  body.addEventListener("click", (event) => {
    const cell = event.target.closest("tr[data-row] td");
    if (cell) go(...Object.values(placeOf(cell)));
  });
  body.addEventListener("keydown", (event) => {
    const page = Math.max(1, Math.floor(frame.clientHeight / ROW) - 8);
    const { row, column } = active;
    const to = {
      ArrowUp: [row - 1, column], ArrowDown: [row + 1, column], ArrowLeft: [row, column - 1], ArrowRight: [row, column + 1],
      PageUp: [row - page, column], PageDown: [row + page, column],
      Home: [event.ctrlKey ? 0 : row, 0], End: [event.ctrlKey ? rows.length : row, columns.length],
    }[event.key];
    if (!to) return;
    event.preventDefault();
    go(...to);
  });
  head.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    const column = +button.dataset.column;
    order = { column, down: column === -1 ? order.column === -1 && !order.down : true };
    choose();
    head.querySelector(`button[data-column="${column}"]`)?.focus();
  });
  frame.addEventListener("scroll", () => draw(false), { passive: true });
  addEventListener("resize", () => draw(true));
  for (const button of document.querySelectorAll(".show-check")) {
    button.hidden = false;
    button.addEventListener("click", () => {
      find("by-check").value = data.checks.findIndex((check) => check[0] === button.dataset.check);
      choose();
      find("map").scrollIntoView();
      cellAt(active)?.focus({ preventScroll: true });
    });
  }

  fill(find("by-status"), data.statuses.map(([number, word], place) => [place, `${word} (${number})`]));
  fill(find("by-group"), data.groups.map((name, place) => [place, name]));
  fill(find("by-check"), data.checks.map((check, place) => [place, check[0], check[3]]).filter((row) => row[2]));
  find("fleet").hidden = false;
  find("fleet").querySelector("form").addEventListener("input", choose);
  find("fleet").querySelector("form").addEventListener("submit", (event) => event.preventDefault());
  choose();
}
