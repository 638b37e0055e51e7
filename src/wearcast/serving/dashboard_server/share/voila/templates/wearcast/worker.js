/* Opens the page as this device has kept it, where its server doesn't answer. Only opening the page is answered here:
   never a choice in it, the API, a kernel or a file. */
"use strict";
const PATIENCE_MS = 4000, MOST_KEPT = 12;
const PAGE = new URL(self.registration.scope).pathname;
const CACHE = `wearcast-pages ${PAGE}`;
const HTML = { "Content-Type": "text/html; charset=utf-8" }, POLICY = "Content-Security-Policy", KEPT_AT = "X-Kept-At";

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.registration.navigationPreload?.enable()));
self.addEventListener("fetch", (event) => {
  const { mode, method, url } = event.request;
  if (mode === "navigate" && method === "GET" && isPage(url)) event.respondWith(opened(event));
});
/* A page has come from its server: one after another, what is newer is kept later. */
self.addEventListener("message", (event) => {
  const { asked, url, html, anew } = event.data;
  if (isPage(url)) event.waitUntil(inTurn(() => (html ? keepNewer(url, html) : keepShown(asked, url, anew))));
});

let turn = Promise.resolve();
function inTurn(work) {
  turn = turn.then(work).catch(() => {});
  return turn;
}

function isPage(url) {
  const { origin, pathname } = new URL(url);
  return origin === location.origin && pathname === PAGE;
}

/* The server's answer; what is kept, where it doesn't come soon or is an error. */
async function opened(event) {
  const { url } = event.request;
  const asked = answered(event);
  event.waitUntil(
    asked.then((response) => {
      const copy = response.clone();
      return inTurn(() => keepPicture(url, copy));
    }).catch(() => {}),
  );
  const answer = await Promise.race([asked.catch(() => null), later(PATIENCE_MS)]);
  if (answer && answer.status < 500) return answer;
  return (await kept(url)) ?? asked;
}

async function answered(event) {
  return (await event.preloadResponse) ?? fetch(event.request);
}

function later(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms, null));
}

/* What was asked for is also kept at the address that it got; at the first visit, which came before this worker, first. */
async function keepShown(asked, url, anew) {
  const cache = await caches.open(CACHE);
  if (anew || !(await cache.match(asked))) await keepPicture(asked, await fetch(asked));
  const page = await cache.match(asked);
  if (page && url !== asked) await put(url, page);
}

async function keepPicture(url, response) {
  if (!response.ok || response.redirected) return;
  /* A page that the browser had kept is as old as its server said. */
  const sent = Date.parse(response.headers.get("Date")) || Date.now();
  await keep(url, await response.text(), response.headers.get(POLICY), Math.min(sent, Date.now()));
}

async function keepNewer(url, html) {
  const last = await lastKept();
  if (last) await keep(url, html, last.headers.get(POLICY));
}

/* A whole picture at its address, as the newest; the oldest go. The frame has nothing to show without its server. */
async function keep(url, html, policy, at = Date.now()) {
  if (!policy || !html.includes('data-voila="picture"')) return;
  const headers = { ...HTML, [POLICY]: policy, [KEPT_AT]: String(at) };
  await put(url, new Response(html, { headers }));
}

async function put(url, page) {
  const cache = await caches.open(CACHE);
  await cache.delete(url);
  await cache.put(url, page);
  /* The address that an app opens with stays, however many days and stations are looked at. */
  const others = (await cache.keys()).filter(({ url }) => new URL(url).search);
  for (const old of others.slice(0, -(MOST_KEPT - 1))) await cache.delete(old);
}

/* The page of an address, else the one that was kept last; its body says since when, and whether it is another one. */
async function kept(url) {
  const cache = await caches.open(CACHE);
  const own = await cache.match(url);
  const page = own ?? (await lastKept());
  if (!page) return null;
  const marks = `data-kept-at="${page.headers.get(KEPT_AT)}" ${own ? "" : "data-kept-other"}`;
  const html = (await page.text()).replace("<body ", `<body ${marks} `);
  return new Response(html, { headers: { ...HTML, [POLICY]: page.headers.get(POLICY) } });
}

async function lastKept() {
  const cache = await caches.open(CACHE);
  const last = (await cache.keys()).at(-1);
  return last && cache.match(last);
}
