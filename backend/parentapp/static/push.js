// Notices in this browser: asked for by a button, never by itself. Without this file the section stays hidden.
(() => {
  "use strict";
  const box = document.getElementById("webpush");
  if (!box || !("serviceWorker" in navigator) || !("PushManager" in window) || !("Notification" in window)) return;
  const on = box.querySelector("[data-turn=on]"), off = box.querySelector("[data-turn=off]"), said = box.querySelector("[role=status]");
  const wanted = box.dataset.key;
  const bytes = (text) =>
    Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (letter) => letter.charCodeAt(0));
  const text = (buffer) =>
    btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

  const show = (state) => {
    box.hidden = false;
    box.dataset.state = state;
    on.hidden = state === "on";
    off.hidden = state !== "on";
    on.disabled = off.disabled = state === "busy";
    said.textContent = box.dataset[state] || "";
  };

  const tell = (method, path, body) =>
    fetch(path, {
      method,
      credentials: "same-origin",
      headers: { "content-type": "application/json", accept: "application/json" },
      body: body && JSON.stringify(body),
    });

  // What the house knows is the truth: a browser may still hold a subscription that the house has retired.
  const register = async (subscription) => {
    const { endpoint, keys } = subscription.toJSON();
    const answer = await tell("POST", "/v1/devices/webpush", { endpoint, keys, language: document.documentElement.lang });
    if (!answer.ok) throw new Error("not registered");
    localStorage.setItem("nhipcau-webpush", (await answer.json()).device_id);
  };

  const current = async () => {
    const registration = await navigator.serviceWorker.ready;
    return [registration, await registration.pushManager.getSubscription()];
  };

  on.addEventListener("click", async () => {
    show("busy");
    try {
      if ((await Notification.requestPermission()) !== "granted") return show("denied");
      const [registration, before] = await current();
      if (before && text(before.options.applicationServerKey) !== wanted) await before.unsubscribe();
      const options = { userVisibleOnly: true, applicationServerKey: bytes(wanted) };
      await register(await registration.pushManager.subscribe(options));
      show("on");
    } catch {
      show("failed");
    }
  });

  off.addEventListener("click", async () => {
    show("busy");
    try {
      const [, subscription] = await current();
      const id = localStorage.getItem("nhipcau-webpush");
      if (id) await tell("DELETE", `/v1/devices/${id}`);
      if (subscription) await subscription.unsubscribe();
      localStorage.removeItem("nhipcau-webpush");
      show("off");
    } catch {
      show("failed");
    }
  });

  (async () => {
    show(Notification.permission === "denied" ? "denied" : "off");
    const [, subscription] = await current();
    if (!subscription || Notification.permission !== "granted") return;
    if (text(subscription.options.applicationServerKey) !== wanted) return;
    await register(subscription);
    show("on");
  })().catch(() => {});
})();
