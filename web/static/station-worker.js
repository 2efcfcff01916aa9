// Opens the weigh station when there is no network. It answers for that one page and its files, and only from what the
// page itself has put aside; everything else goes the usual way.
"use strict";
const SHELF = "station";
const PAGE = "/desk/station";
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
  const fresh = fetch(request).then((res) => (res.status >= 500 ? kept : res), () => kept);
  return (await Promise.race([fresh, late])).clone();
}

async function file(request) {
  return (await (await caches.open(SHELF)).match(request, { ignoreVary: true })) || fetch(request);
}
