// What every page gains from a script; each page also works without it.
"use strict";
(() => {
  const offline = document.getElementById("offline");
  const saved = document.querySelector("[data-saved-at]");
  const kept = "kept" in document.documentElement.dataset;
  const show = () => {
    const current = navigator.onLine && !kept;
    if (offline) offline.hidden = current;
    if (saved) { saved.hidden = current; saved.textContent = saved.dataset.savedAt; }
  };
  addEventListener("online", show);
  addEventListener("offline", show);
  show();

  // In a row of pages that scrolls sideways, the current one is in sight.
  const here = document.querySelector(".side [aria-current]");
  if (here) here.parentElement.scrollLeft = here.offsetLeft - here.parentElement.offsetLeft - 16;

  // A page may lie open for an hour before its form is sent; the session is renewed while it is looked at, and before sending.
  const life = Number(document.body.dataset.session || 0) * 800;
  let fresh = Date.now();
  const renew = async () => {
    if (!life || Date.now() - fresh < life || !navigator.onLine) return;
    await fetch("/sign-in/renew?next=/health/live", { cache: "no-store" }).catch(() => null);
    fresh = Date.now();
  };
  if (life) setInterval(() => { if (!document.hidden) renew(); }, Math.max(life / 4, 1000));

  // A form is sent once, however often an impatient thumb taps.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.dataset.sent) { event.preventDefault(); return; }
    if (form.method === "post" && life && Date.now() - fresh >= life) {
      event.preventDefault();
      renew().then(() => { fresh = Date.now(); form.requestSubmit(event.submitter); });
      return;
    }
    form.dataset.sent = "1";
    const button = form.dataset.busy && (event.submitter || form.querySelector("button"));
    if (button) { button.textContent = form.dataset.busy; button.setAttribute("aria-busy", "true"); }
    setTimeout(() => delete form.dataset.sent, 8000);
  });
  addEventListener("pageshow", () => { for (const form of document.forms) delete form.dataset.sent; });

  // Copy what banks' apps ask for; the buttons are of no use without this script.
  for (const button of document.querySelectorAll("[data-copy]")) button.hidden = !navigator.clipboard;
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button || !navigator.clipboard) return;
    await navigator.clipboard.writeText(button.dataset.copy);
    const before = button.textContent;
    button.textContent = button.dataset.done;
    setTimeout(() => { button.textContent = before; }, 2000);
  });

  // A bill watches for its own payment: people come back from their bank's app and want to see that it arrived.
  const watched = document.querySelector("[data-watch]");
  if (watched) {
    let first = null;
    let left = 90;
    const look = async () => {
      if (document.hidden || !navigator.onLine || left-- < 0) return;
      const answer = await fetch(watched.dataset.watch, { headers: { accept: "application/json" } }).catch(() => null);
      if (!answer || !answer.ok) return;
      const now = await answer.text();
      if (first !== null && now !== first) location.reload();
      first = now;
    };
    look();
    setInterval(look, 4000);
    document.addEventListener("visibilitychange", look);
  }

  if ("serviceWorker" in navigator && location.pathname.startsWith("/app")) {
    navigator.serviceWorker.register("/sw.js").catch(() => {});
  }
})();
