/* In place of worker.js where the page shall not work offline: deletes what devices have kept, and ends itself. */
"use strict";
const CACHE = `wearcast-pages ${new URL(self.registration.scope).pathname}`;

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(end()));

async function end() {
  await caches.delete(CACHE);
  await self.registration.unregister();
}
