// Moves through the sheet as through a spreadsheet: Enter and the arrows go up and down, pasted columns fill downwards.
"use strict";
(() => {
  const form = document.querySelector("[data-sheet]");
  if (!form) return;
  const rows = [...form.querySelectorAll("tbody tr")].map((row) => [...row.querySelectorAll("input, select")]);
  let changed = false;

  const place = (cell) => {
    for (let row = 0; row < rows.length; row++) {
      const column = rows[row].indexOf(cell);
      if (column >= 0) return [row, column];
    }
    return null;
  };
  const step = (cell, down) => {
    const at = place(cell);
    const next = at && rows[at[0] + down] && rows[at[0] + down][at[1]];
    if (!next) return false;
    next.focus();
    if (next.select) next.select();
    return true;
  };

  form.addEventListener("keydown", (event) => {
    const cell = event.target;
    if (cell.tagName !== "INPUT" || !place(cell)) return;
    if (event.key === "Enter") { event.preventDefault(); step(cell, event.shiftKey ? -1 : 1); }
    else if (event.key === "ArrowDown" && step(cell, 1)) event.preventDefault();
    else if (event.key === "ArrowUp" && step(cell, -1)) event.preventDefault();
  });

  form.addEventListener("paste", (event) => {
    const at = place(event.target);
    const text = event.clipboardData ? event.clipboardData.getData("text") : "";
    if (!at || !/[\n\t]/.test(text)) return;
    event.preventDefault();
    text.replace(/\r/g, "").replace(/\n$/, "").split("\n").forEach((line, down) => {
      line.split("\t").forEach((value, right) => {
        const cell = rows[at[0] + down] && rows[at[0] + down][at[1] + right];
        if (cell) { cell.value = value.trim(); changed = true; }
      });
    });
  });

  form.addEventListener("input", () => { changed = true; });
  form.addEventListener("submit", () => { changed = false; });
  addEventListener("beforeunload", (event) => { if (changed) event.preventDefault(); });
})();
