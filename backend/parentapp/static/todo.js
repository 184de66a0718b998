// The list of things to do follows what the other guardian does: asked every second while somebody looks at the page, and answered
// "nothing changed" by one tiny look (docs/performance.md). Without this script the list is as new as the page.
"use strict";
(() => {
  const EVERY = 1000;
  const LEFT_ALONE_AFTER = 10 * 60 * 1000;
  let tag = document.getElementById("todo")?.dataset.etag;
  let touched = Date.now();
  let busy = false;
  if (!tag) return;
  for (const kind of ["pointerdown", "scroll", "keydown", "visibilitychange"]) {
    document.addEventListener(kind, () => { touched = Date.now(); }, { passive: true });
  }
  const look = async () => {
    if (busy || document.hidden || !navigator.onLine || Date.now() - touched > LEFT_ALONE_AFTER) return;
    busy = true;
    try {
      const answer = await fetch("/v1/family/home", { cache: "no-store", headers: { "if-none-match": tag } });
      if (answer.status === 200) await renew(answer.headers.get("etag"));
    } catch { /* a network that is away is asked again */ }
    busy = false;
  };
  const renew = async (etag) => {
    const page = await fetch(location.pathname, { cache: "no-store", headers: { accept: "text/html" } });
    if (!page.ok) return;
    const fresh = new DOMParser().parseFromString(await page.text(), "text/html").getElementById("todo");
    if (!fresh) return;
    document.getElementById("todo").replaceWith(fresh);
    tag = fresh.dataset.etag || etag;
  };
  setInterval(look, EVERY);
  document.addEventListener("visibilitychange", look);
})();
