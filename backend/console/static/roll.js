// Counts along while the roll is taken, and lets a tap on a name change present and absent.
"use strict";
(() => {
  const form = document.querySelector("[data-roll]");
  if (!form) return;
  const counts = document.getElementById("counts");
  const wording = form.dataset.counts;
  let changed = false;

  const count = () => {
    const said = {};
    for (const input of form.querySelectorAll("input[type=radio]:checked")) said[input.value] = (said[input.value] || 0) + 1;
    const absent = (said.excused || 0) + (said.unexcused || 0);
    const there = (said.present || 0) + (said.late || 0) + (said.left_early || 0);
    counts.textContent = wording.replace("{there}", there).replace("{absent}", absent).replace("{late}", said.late || 0);
  };
  form.addEventListener("change", () => { changed = true; count(); });

  // The name is the largest target of a row: one tap says "not here", a second one takes it back.
  form.addEventListener("click", (event) => {
    const who = event.target.closest(".who");
    if (!who) return;
    const row = who.parentElement;
    const present = row.querySelector("input[value=present]");
    (present.checked ? row.querySelector("input[value=unexcused]") : present).checked = true;
    changed = true;
    count();
  });

  form.addEventListener("submit", () => { changed = false; });
  addEventListener("beforeunload", (event) => { if (changed) event.preventDefault(); });
  count();
})();
