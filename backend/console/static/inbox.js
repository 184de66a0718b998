// The inbox that lies open: what changed is fetched and put in its place; what is being typed stays. Without this file a reload shows the same.
"use strict";
(() => {
  const place = document.querySelector("[data-live]");
  if (!place || !window.EventSource) return;
  const typing = document.getElementById("typing"), reply = document.getElementById("reply");
  let seen = null, loading = false, again = false;

  const refresh = async () => {
    again = true;
    if (loading) return;
    loading = true;
    while (again) {
      again = false;
      try {
        const response = await fetch(location.pathname, { credentials: "same-origin", headers: { accept: "text/html" } });
        if (!response.ok || response.redirected) break;
        const fresh = new DOMParser().parseFromString(await response.text(), "text/html");
        for (const old of document.querySelectorAll("[data-fresh]")) {
          const now = fresh.querySelector(`[data-fresh="${old.dataset.fresh}"]`);
          if (now && now.innerHTML !== old.innerHTML) old.replaceChildren(...now.childNodes);
        }
        // Who answers may have changed hands: then the form is another one.
        if (Boolean(fresh.getElementById("reply")) !== Boolean(reply)) { location.reload(); return; }
      } catch {
        break; // the stream tells again when the network is back
      }
    }
    loading = false;
  };

  const events = new EventSource(place.dataset.live);
  events.onmessage = (event) => {
    const told = JSON.parse(event.data);
    if (typing) typing.hidden = !told.typing;
    delete told.typing;
    const state = JSON.stringify(told);
    place.dataset.followed = "yes";
    // The first look may already be newer than the page.
    if (state !== seen) { seen = state; refresh(); }
  };

  if (!reply) return;
  const field = reply.elements.text;
  if (reply.dataset.typing) {
    let told = 0;
    field.addEventListener("input", () => {
      if (Date.now() - told < 3000 || !field.value.trim()) return;
      told = Date.now();
      fetch(reply.dataset.typing, { method: "POST", credentials: "same-origin" }).catch(() => null);
    });
  }
  const canned = reply.elements.canned_id;
  if (canned) canned.form.addEventListener("submit", (event) => {
    if (event.submitter?.value !== "canned") return;
    const text = canned.selectedOptions[0]?.dataset.text;
    if (!text) return;
    event.preventDefault();
    event.stopPropagation();
    field.value = [field.value.trim(), text].filter(Boolean).join("\n");
    field.focus();
  }, true);
})();
