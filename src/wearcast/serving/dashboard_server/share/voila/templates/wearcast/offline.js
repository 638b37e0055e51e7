/* The device keeps the page for when its server doesn't answer (worker.js). A page that was kept says so, and how old its
   forecast is by the viewer's clock. */
(() => {
  "use strict";
  if (!("serviceWorker" in navigator)) return; /* without HTTPS there is none */
  const MINUTE_MS = 60000, UNITS = [["day", 86400000], ["hour", 3600000], ["minute", MINUTE_MS]];
  const said = document.body.dataset, notice = document.getElementById("offline");
  const here = () => location.href.split("#")[0];
  const asked = here(), base = said.baseUrl.replace(/voila\/$/, "");

  const duration = (ms) => {
    const [unit, size] = UNITS.find(([, size]) => ms >= size) ?? UNITS.at(-1);
    return new Intl.NumberFormat(notice.lang, { style: "unit", unit, unitDisplay: "long" }).format(Math.max(1, Math.floor(ms / size)));
  };
  const moment = (at) => {
    const now = new Date(), sameYear = now.getFullYear() === at.getFullYear();
    const date = { year: sameYear ? undefined : "numeric", month: "long", day: "numeric", weekday: "short" };
    const day = now.toDateString() === at.toDateString() ? {} : date;
    return at.toLocaleString(notice.lang, { ...day, hour: "numeric", minute: "2-digit" });
  };
  const tell = () => {
    notice.hidden = !said.keptAt;
    if (!said.keptAt) return;
    const made = Number(said.keptAt) - MINUTE_MS * Number(said.ageMin);
    const text = navigator.onLine ? notice.dataset.away : notice.dataset.offline;
    const age = duration(Date.now() - made);
    const other = "keptOther" in said ? ` ${notice.dataset.other}` : "";
    notice.textContent = text.replace("{time}", moment(new Date(made))).replace("{age}", age) + other;
  };

  const send = async (message) => (await navigator.serviceWorker.ready).active.postMessage(message);
  /* The server's newest page is shown. */
  const shown = (html) => {
    said.ageMin = html.match(/data-age-min="(\d+)"/)?.[1] ?? said.ageMin;
    delete said.keptAt;
    delete said.keptOther;
    tell();
    send({ url: here(), html }).catch(() => {});
  };
  const isKept = () => Boolean(said.keptAt);

  const register = async () => {
    await navigator.serviceWorker.register(`${base}worker.js`, { scope: base, updateViaCache: "none" });
    /* The script of the page may have put another address in place of the one that was asked for. */
    if (said.voila === "picture" && !isKept()) await send({ asked, url: here() });
  };
  /* After the page itself; where the browser keeps nothing, as in some private windows, it goes on without. */
  addEventListener("load", () => register().catch(() => {}), { once: true });
  if (notice) {
    tell();
    setInterval(() => isKept() && tell(), MINUTE_MS / 6);
    for (const event of ["online", "offline"]) addEventListener(event, tell);
  }
  window.frameOffline = { shown, isKept };
})();
