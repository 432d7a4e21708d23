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
// Maps: one stop for the Tab key, arrows move within.
for (const grid of document.querySelectorAll("table.map")) {
  const cells = [...grid.querySelectorAll("td[tabindex]")];
  cells.forEach((cell, number) => { cell.tabIndex = number ? -1 : 0; });
  grid.addEventListener("focusin", (event) => {
    for (const cell of cells) cell.tabIndex = cell === event.target ? 0 : -1;
  });
  grid.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[event.key];
    if (event.key === "Escape") event.target.blur();
    if (!step) return;
    event.preventDefault();
    let row = event.target.parentElement;
    let column = event.target.cellIndex;
    let next;
    do {
      column += step[1];
      if (step[0]) row = step[0] > 0 ? row.nextElementSibling : row.previousElementSibling;
      next = row && row.cells[column];
    } while (next && !(next.tagName === "TD" && next.hasAttribute("tabindex")));
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
