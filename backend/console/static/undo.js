// Counts down to the moment a letter leaves. Without this script the page says the hour, and its button undoes as well.
"use strict";
(() => {
  const line = document.querySelector("[data-leaves]");
  if (!line) return;
  const until = performance.now() + Number(line.dataset.leaves);
  const tick = () => {
    const left = Math.ceil((until - performance.now()) / 1000);
    line.textContent = left > 0 ? line.dataset.words.replace("{seconds}", String(left)) : line.dataset.gone;
    if (left > 0) return setTimeout(tick, 250);
    // The sweep comes every ten seconds: then the page shows the letter and who has read it.
    return setTimeout(() => location.reload(), 5000);
  };
  tick();
})();
