/* The first picture, before it has a kernel: for another choice the server is asked for the picture at its address. */
(() => {
  "use strict";
  const PATIENCE_MS = 8000, LOOK_MS = 60000;
  let asked = 0, timer = 0, looked = Date.now();
  const root = () => document.getElementById("wearcast");
  const isPicture = () => !window.frameWatch;

  const picture = async (query) => {
    const response = await fetch(query || "?", { cache: "no-cache", signal: AbortSignal.timeout(PATIENCE_MS) });
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    return response.ok ? page.getElementById("wearcast") : null;
  };
  const show = async (query, otherwise) => {
    const number = ++asked;
    root().setAttribute("aria-busy", "true");
    const shown = await picture(query).catch(() => null);
    if (number !== asked || !isPicture()) return;
    root().removeAttribute("aria-busy");
    looked = Date.now();
    plan();
    if (!shown) return otherwise();
    morph(root(), shown);
    settle(root());
  };
  const choose = (query, push) => {
    if (push) history.pushState({}, "", query);
    /* The server has no picture of it: its frame goes on from there. */
    show(query, () => location.assign(query));
  };
  const look = () => show(location.search, () => {});
  const plan = () => {
    clearTimeout(timer);
    timer = setTimeout(() => isPicture() && !document.hidden && look(), LOOK_MS);
  };

  control(root(), { choose: (query) => choose(query, true), look });
  addEventListener("popstate", () => choose(location.search || "?", false));
  document.addEventListener("visibilitychange", () => { if (!document.hidden && Date.now() - looked > LOOK_MS) look(); });
  settle(root());
  plan();
})();
