/* What the viewer's device remembers, and what the page's address says.
   Choices made by a control are kept in a cookie, so that the server's first picture has them already. The address says the
   station, the day and the tab, and of all else only what differs from what is remembered, such as an old bookmark's units:
   address and cookie together always give the page that is shown. */
(() => {
  "use strict";
  const COOKIE = "wearcast-choices", KEPT_FOR_S = 365 * 24 * 3600, TOLD_FOR_MS = 5000;
  const PLACE = ["station", "day"], NOT_REMEMBERED = ["day", "tab", "find"];
  /* Of these, one that is said says that the others count as they are said, too. */
  const TOGETHER = [["wake", "sleep", "out"], ["sensitivity", "offset"]];
  const root = () => document.getElementById("wearcast");
  const params = (query) => new URLSearchParams(query);
  const differ = (one, other) => (name) => (one.get(name) ?? "") !== (other.get(name) ?? "");

  const remembered = () => {
    const pair = document.cookie.split("; ").find((one) => one.startsWith(COOKIE + "="));
    return params(pair?.slice(COOKIE.length + 1));
  };
  const write = (choices) => {
    const kept = choices.toString(), path = document.body.dataset.baseUrl.replace(/voila\/$/, "");
    const secure = location.protocol === "https:" ? "; Secure" : "";
    document.cookie = `${COOKIE}=${kept}; Max-Age=${kept ? KEPT_FOR_S : 0}; Path=${path}; SameSite=Lax${secure}`;
  };

  /* Remember what a control has changed, from one query to another; what a link said is not the viewer's choice. */
  const remember = (before, after) => {
    const [from, to, kept] = [params(before), params(after), remembered()];
    const changed = [...new Set([...from.keys(), ...to.keys()])].filter(differ(from, to));
    for (const name of changed.filter((name) => !NOT_REMEMBERED.includes(name)))
      if (to.get(name)) kept.set(name, to.get(name));
      else kept.delete(name);
    if (kept.toString() !== remembered().toString()) write(kept);
  };

  /* What the server would show at an address that says nothing. */
  const opened = () => {
    const choices = params(root().dataset.usual);
    choices.set("lang", window.frameTexts.preferred());
    for (const [name, value] of remembered()) choices.set(name, value);
    return choices;
  };
  const address = (query) => {
    const said = params(query), isOther = differ(said, opened());
    const together = TOGETHER.filter((names) => names.some(isOther)).flat();
    for (const name of [...said.keys()])
      if (![...PLACE, ...together].includes(name) && !isOther(name)) said.delete(name);
    return `?${said}`;
  };
  /* Let the address say a query; another station, day or tab that a control chose is a step to go back from. */
  const locate = (query, isStep) => {
    const to = address(query);
    if (to === (location.search || "?")) return;
    const isElsewhere = [...PLACE, "tab"].some(differ(params(location.search), params(to)));
    history[isStep && isElsewhere ? "pushState" : "replaceState"]({}, "", to + location.hash);
  };

  /* Whether the address has another station, day or tab than the page. */
  const isElsewhere = () => [...PLACE, "tab"].some(differ(params(location.search), params(address(root().dataset.query))));

  /* The choices that are shown, at the station, day and tab of the address, to which the viewer went back. */
  const visited = () => {
    const [there, query] = [params(location.search), params(root().dataset.query)];
    for (const name of NOT_REMEMBERED) query.delete(name);
    for (const name of [...PLACE, "tab"]) if (there.has(name)) query.set(name, there.get(name));
    return `?${query}`;
  };

  /* The pages that the service worker has kept show what was chosen, too. */
  const forgetPages = async () => {
    const names = await caches.keys();
    for (const name of names) if (name.startsWith("wearcast-pages")) await caches.delete(name);
  };

  /* Forget all; the usual choices at the place that is shown. */
  const forget = () => {
    write(params());
    if (window.caches) forgetPages().catch(() => {});
    const query = params(root().dataset.query);
    query.delete("out");
    for (const [name, value] of opened()) if (name !== "tab") query.set(name, value);
    return `?${query}`;
  };

  const tell = (text) => {
    const told = document.getElementById("told");
    told.textContent = text;
    clearTimeout(tell.timer);
    tell.timer = setTimeout(() => { told.textContent = ""; }, TOLD_FOR_MS);
  };
  const copy = async (text) => {
    /* Without HTTPS a page has no clipboard. */
    if (!navigator.clipboard) throw new Error("no clipboard");
    await navigator.clipboard.writeText(text);
  };
  const share = async ({ dataset }) => {
    const url = new URL(dataset.share, location.href).href;
    try {
      if (navigator.share) await navigator.share({ title: document.title, url });
      else await copy(url).then(() => tell(dataset.told));
    } catch (error) {
      if (error.name !== "AbortError") prompt(dataset.instead, url);
    }
  };
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-share]");
    if (button) share(button);
    const forgets = event.target.closest("[data-forget]");
    if (forgets) tell(forgets.dataset.told);
  });

  /* Whoever comes back has the newest page, with the choices made meanwhile, kept at the address that an app opens with. */
  document.addEventListener("visibilitychange", () => {
    if (document.hidden || !navigator.onLine) return;
    const url = new URL(document.body.dataset.baseUrl.replace(/voila\/$/, ""), location.href).href;
    navigator.serviceWorker?.controller?.postMessage({ asked: url, url, anew: true });
  });

  window.frameChoices = { remembered, remember, locate, visited, forget, isElsewhere };
})();
