/* The first picture, before it has a kernel: for another choice the server is asked for its picture. */
(() => {
  "use strict";
  const PATIENCE_MS = 8000, LOOK_MS = 60000, KEPT_LOOK_MS = 10000;
  const { remember, locate, visited, forget, isElsewhere } = window.frameChoices;
  /* `wanted`: the choices that are asked for and not shown yet. `before`: those that a control is changing. */
  let asked = 0, timer = 0, looked = Date.now(), wanted = null, before = null, html = "", release, misses = 0;
  const root = () => document.getElementById("wearcast");
  const query = () => root().dataset.query;
  const isPicture = () => !window.frameWatch;
  const isKept = () => Boolean(window.frameOffline?.isKept());
  const pairs = (query) => Object.fromEntries(new URLSearchParams(query));

  const fetched = async (query) => {
    const { client } = document.body.dataset;
    const headers = client ? { "Wearcast-Client": client } : {};
    const response = await fetch(query, { headers, cache: "no-cache", signal: AbortSignal.timeout(PATIENCE_MS) });
    html = await response.text();
    const page = new DOMParser().parseFromString(html, "text/html");
    release = page.body.dataset.release;
    return response.ok ? page.getElementById("wearcast") : null;
  };
  /* The picture; where the day that was shown has passed, of the day that is usual by now, without a word about it. */
  const picture = async (wanted) => {
    const shown = await fetched(wanted);
    const day = new URLSearchParams(wanted).get("day");
    const passed = day && day === root().dataset.day && shown && day !== shown.dataset.day;
    return passed ? fetched(shown.dataset.query) : shown;
  };
  const show = async (asks, otherwise) => {
    const number = ++asked;
    root().setAttribute("aria-busy", "true");
    const shown = await picture(asks).catch(() => null);
    if (number !== asked || !isPicture()) return;
    root().removeAttribute("aria-busy");
    looked = Date.now();
    plan();
    if (!shown) {
      misses += 1;
      if (misses > 1 && !isKept()) window.frameTexts.tell("away", true);
      return otherwise();
    }
    if (misses > 1) window.frameTexts.tell("", false);
    misses = 0;
    /* Another release's page wants its own style and scripts. */
    if (release !== document.body.dataset.release) return wanted === null ? location.reload() : leave();
    const turned = root().dataset.day !== shown.dataset.day;
    morph(root(), shown);
    settle(root(), wanted === null);
    /* What the address said stays asked for until something else is chosen, with the notices about it. */
    if (wanted !== null || turned || isKept()) window.frameQuery = query();
    if (before !== null) remember(before, query());
    locate(query(), false);
    window.frameOffline?.shown(html);
    wanted = before = null;
  };
  const choose = (said, isByControl) => {
    window.frameByControl = isByControl;
    before = isByControl ? before ?? query() : null;
    window.frameQuery = wanted = changed(wanted ?? query(), query(), said);
    locate(wanted, isByControl);
    show(wanted, leave);
  };
  /* The server has no picture of it: its frame goes on from there. */
  const leave = () => {
    if (before !== null) remember(before, wanted);
    locate(wanted, false);
    location.reload();
  };
  const look = () => wanted === null && show(window.frameQuery || "?", () => {});
  /* A page that the device has kept looks often whether its server is back. */
  const pause = () => (isKept() ? KEPT_LOOK_MS : LOOK_MS);
  const lookIfDue = () => { if (isPicture() && !document.hidden && Date.now() - looked > pause()) look(); };
  const plan = () => {
    clearTimeout(timer);
    timer = setTimeout(() => isPicture() && !document.hidden && look(), pause());
  };

  /* What is shown, whatever another tab chooses meanwhile, and what the address said beyond it, with the notices about it.
     A kept page may be another one than the address asked for. */
  window.frameQuery = isKept() ? location.search : "?" + new URLSearchParams({ ...pairs(query()), ...pairs(location.search) });
  control(root(), {
    choose: (said) => choose(said, true),
    forget: () => choose(forget(), false),
    look,
  });
  /* Links to a part of the page count as steps, too. */
  addEventListener("popstate", () => isElsewhere() && choose(visited(), false));
  /* After sleep, timers go on where they stood. */
  document.addEventListener("visibilitychange", lookIfDue);
  for (const event of ["focus", "online", "pageshow"]) addEventListener(event, lookIfDue);
  settle(root());
  if (!isKept()) locate(query(), false);
  plan();
  /* A page that was gone back to comes as the browser has kept it. */
  if (performance.getEntriesByType("navigation")[0]?.type === "back_forward") look();
})();
