// Opens a page when there is no network: the weigh station, the till. A worker answers for the one page that it was
// registered for and for its files, and only from what that page has put aside (offline.js); everything else goes the
// usual way.
"use strict";
const PAGE = new URL(self.registration.scope).pathname;
const SHELF = PAGE.split("/").pop();
const PATIENCE = 4000; // a network that takes longer is none

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== "GET" || url.origin !== self.location.origin) return;
  if (event.request.mode === "navigate" && url.pathname === PAGE) event.respondWith(page(event.request));
  else if (url.pathname.startsWith("/static/")) event.respondWith(file(event.request));
});

async function page(request) {
  const kept = await (await caches.open(SHELF)).match(PAGE, { ignoreVary: true });
  if (!kept) return fetch(request);
  const late = new Promise((resolve) => setTimeout(resolve, PATIENCE, kept));
  const fresh = fetch(request).then(
    (res) => (res.status >= 500 ? kept : res),
    () => kept,
  );
  return (await Promise.race([fresh, late])).clone();
}

async function file(request) {
  return (await (await caches.open(SHELF)).match(request, { ignoreVary: true })) || fetch(request);
}
