// Keeps the family's last home page readable without a network, and nothing else that is personal.
"use strict";
const HOME = "nhipcau-home";
const SHELL = "nhipcau-shell";
const OFFLINE = "/app/offline";

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(SHELL).then((cache) => cache.add(new Request(OFFLINE, { cache: "reload" }))));
  self.skipWaiting();
});

self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("fetch", (event) => {
  const request = event.request;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== location.origin) return;
  if (url.pathname.startsWith("/static/") && url.searchParams.has("v")) {
    event.respondWith(fromShelf(request));
  } else if (request.mode === "navigate" && url.pathname.startsWith("/app")) {
    event.respondWith(fromNetwork(event, request, url));
  }
});

// The address of a static file changes with its content, so a copy is never stale; old copies make room.
async function fromShelf(request) {
  const shelf = await caches.open(SHELL);
  const kept = await shelf.match(request);
  if (kept) return kept;
  const fresh = await fetch(request);
  if (fresh.ok) {
    const name = new URL(request.url).pathname;
    for (const old of await shelf.keys()) if (new URL(old.url).pathname === name) await shelf.delete(old);
    await shelf.put(request, fresh.clone());
  }
  return fresh;
}

async function fromNetwork(event, request, url) {
  try {
    const fresh = await fetch(request);
    // Whoever stands before the sign-in page is nobody: the last family's page must not be readable any more.
    if (url.pathname === "/app/sign-in") event.waitUntil(caches.delete(HOME));
    if (url.pathname === "/app" && fresh.status === 200) {
      const copy = fresh.clone();
      event.waitUntil(caches.open(HOME).then((cache) => cache.put("/app", copy)));
    }
    return fresh;
  } catch {
    const kept = url.pathname === "/app" ? await (await caches.open(HOME)).match("/app") : undefined;
    if (kept) return marked(kept);
    return (await (await caches.open(SHELL)).match(OFFLINE)) || Response.error();
  }
}

// A copy says that it is one: browsers call themselves online wherever there is a wireless network, with or without internet.
async function marked(kept) {
  const text = await kept.text();
  return new Response(text.replace("<html ", "<html data-kept "), { status: 200, headers: kept.headers });
}

// A push that this browser alone could open. The same notice twice is shown once: its tag is the notice.
self.addEventListener("push", (event) => {
  const told = read(event.data);
  const shown = { body: told.body, tag: told.tag, lang: told.lang, icon: "/static/house/icon_192.png", data: { path: told.path } };
  event.waitUntil(self.registration.showNotification(told.title, shown));
});

// A browser must show something for every push, also for one that nobody understands.
function read(data) {
  try {
    const told = data.json();
    if (told.title && /^\/app(\/|$)/.test(told.path)) return told;
  } catch {}
  return { title: "Nhịp Cầu", body: "", tag: "nhipcau", lang: "vi", path: "/app/notices" };
}

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(open(event.notification.data.path));
});

async function open(path) {
  const windows = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  const ours = windows.find((one) => new URL(one.url).pathname.startsWith("/app"));
  if (!ours) return self.clients.openWindow(path);
  await ours.focus();
  return ours.navigate(path);
}
