// One key, one decision: presses the button or follows the link that carries the key. Without it they are pressed by hand.
"use strict";
(() => {
  let pressed = false;
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || pressed) return;
    if (event.target.closest("input, textarea, select")) return;
    const target = document.querySelector(`[data-key="${CSS.escape(event.key.toLowerCase())}"]`);
    if (!target) return;
    event.preventDefault();
    // A second key before the next page must not decide about a line that nobody has seen.
    pressed = true;
    target.click();
  });
  addEventListener("pageshow", () => { pressed = false; });
})();
