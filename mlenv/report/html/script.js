"use strict";
// Copy buttons: shown only where there is a script to serve them.
for (const button of document.querySelectorAll("button.copy")) {
  const text = button.previousElementSibling.textContent;
  button.hidden = false;
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      const range = document.createRange();
      range.selectNodeContents(button.previousElementSibling);
      getSelection().removeAllRanges();
      getSelection().addRange(range);
      document.execCommand("copy");
    }
    button.textContent = "Copied";
    setTimeout(() => { button.textContent = "Copy"; }, 2000);
  });
}
// Maps and lists of lamps: one stop for the Tab key, arrows move within.
const STEPS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };
function findInTable(grid, cell, [down, right]) {
  let row = cell.parentElement;
  let column = cell.cellIndex;
  let next;
  do {
    column += right;
    if (down) row = grid.rows[row.rowIndex + down];
    next = row && row.cells[column];
  } while (row && (down || next) && !(next && next.matches("td[tabindex]")));
  return next;
}
function findInList(cells, cell, [down, right]) {
  const inRow = cells.filter((other) => other.offsetTop === cells[0].offsetTop).length;
  return cells[cells.indexOf(cell) + right + down * inRow];
}
for (const grid of document.querySelectorAll("table.map, ul.lamps")) {
  const cells = [...grid.querySelectorAll("td[tabindex], li[tabindex]")];
  cells.forEach((cell, number) => { cell.tabIndex = number ? -1 : 0; });
  grid.addEventListener("focusin", (event) => {
    for (const cell of cells) cell.tabIndex = cell === event.target ? 0 : -1;
  });
  grid.addEventListener("keydown", (event) => {
    const step = STEPS[event.key];
    if (event.key === "Escape") event.target.blur();
    if (!step) return;
    event.preventDefault();
    const next = grid.rows ? findInTable(grid, event.target, step) : findInList(cells, event.target, step);
    if (next) next.focus();
  });
}
// On paper everything is unfolded.
addEventListener("beforeprint", () => {
  for (const fold of document.querySelectorAll("details:not([open])")) { fold.open = true; fold.dataset.folded = ""; }
});
addEventListener("afterprint", () => {
  for (const fold of document.querySelectorAll("details[data-folded]")) { fold.open = false; delete fold.dataset.folded; }
});
