/* The page gives way from the frame's picture to its own, and watches over its connection to its kernel. */
(() => {
  "use strict";
  const { tell } = window.frameTexts;
  const PROBE_TIMEOUT_MS = 6000, RECONNECT_MS = 15000, HEARTBEAT_MS = 60000, LONGEST_WAIT_MS = 30000, LIFELESS_MS = 60000, LOOK_MS = 1000;
  const RELOADS = "wearcast-reloads", RELOADS_WITHIN_MS = 300000, MOST_RELOADS = 5, FIRST_PAUSE_MS = 3000;

  /* The frame gives way as soon as the page shows something. */
  let finished = false, shown = false;
  const reveal = () => {
    const cells = document.getElementById("rendered_cells");
    const filled = cells.querySelector(".jupyter-widgets, .jp-RenderedHTMLCommon, .jp-RenderedText");
    if (!shown && filled && filled.getBoundingClientRect().height > 0) {
      shown = true;
      document.getElementById("frame").hidden = true;
      window.frameRestore?.();
    }
    return shown;
  };
  window.voila_heartbeat = () => {};
  window.voila_process = () => {};
  window.voila_finish = () => {
    finished = true;
    if (reveal()) return;
    const seen = new MutationObserver(() => reveal() && seen.disconnect());
    seen.observe(document.getElementById("rendered_cells"), { childList: true, subtree: true, characterData: true });
  };

  /* Loaded anew at most a few times, ever more slowly, and not while nobody looks. */
  const reloads = () => {
    try {
      return JSON.parse(sessionStorage.getItem(RELOADS) || "[]").filter((at) => Date.now() - at < RELOADS_WITHIN_MS);
    } catch { return []; }
  };
  const reload = () => {
    const before = reloads();
    if (before.length >= MOST_RELOADS) return tell("gone", true);
    if (document.hidden) return later(HEARTBEAT_MS);
    const pause = before.length ? before.at(-1) + FIRST_PAUSE_MS * 2 ** (before.length - 1) - Date.now() : 0;
    if (pause > 0) return later(pause);
    try { sessionStorage.setItem(RELOADS, JSON.stringify([...before, Date.now()])); } catch { return tell("gone", true); }
    location.reload();
  };

  /* The connection: the socket to the kernel, and what the server says of the kernel. */
  let socket = null, opened = false, leaving = false, lostAt = 0, tries = 0, timer = 0, asking = false;
  const base = () => document.body.dataset.baseUrl.replace(/voila\/$/, "");
  const kernel = () => {
    const config = document.getElementById("jupyter-config-data");
    return config ? JSON.parse(config.textContent).kernelId : null;
  };
  const ask = async (path) => {
    try {
      return (await fetch(base() + path, { cache: "no-store", signal: AbortSignal.timeout(PROBE_TIMEOUT_MS) })).status;
    } catch { return 0; }
  };
  const connected = () => socket !== null && socket.readyState === WebSocket.OPEN;
  const later = (ms) => { clearTimeout(timer); timer = setTimeout(probe, ms); };
  const well = () => {
    lostAt = 0;
    tries = 0;
    tell("", false);
    later(HEARTBEAT_MS);
  };
  const lost = () => {
    if (leaving) return;
    lostAt = lostAt || Date.now();
    later(tries ? Math.min(1000 * 2 ** tries, LONGEST_WAIT_MS) : 300);
  };
  const probe = async () => {
    if (leaving || asking) return;
    asking = true;
    const id = kernel();
    const found = id ? await ask("api/kernels/" + id) : 404;
    asking = false;
    if (leaving) return;
    if (found === 200 && connected()) return well();
    lostAt = lostAt || Date.now();
    tries += 1;
    if (found === 200 && Date.now() - lostAt < RECONNECT_MS) {
      tell("lost", false);
      return lost();
    }
    if ((found === 200 || found === 404) && (await ask("health/ready")) === 200) {
      tell("gone", true);
      return reload();
    }
    tell("away", true);
    return lost();
  };

  /* Connected, and yet the page hasn't come to life: where many come at once, something may come too late. */
  const isAlive = () => Boolean(document.getElementById("wearcast")?.dataset.live);
  const enliven = () => {
    if (!isAlive() && connected()) reload();
  };
  /* Jupyter shows an error in place of a widget that its manager missed, and doesn't try again. */
  const missesWidget = () =>
    [...document.querySelectorAll("#rendered_cells .jupyter-widgets")].some((widget) => widget.textContent.startsWith("Error displaying widget"));
  const enlivenSoon = () => {
    if (isAlive() || leaving) return;
    if (missesWidget()) enliven();
    setTimeout(enlivenSoon, LOOK_MS);
  };

  const Native = window.WebSocket;
  window.WebSocket = class extends Native {
    constructor(...args) {
      super(...args);
      if (!/\/api\/kernels\/[^/]+\/channels/.test(String(args[0]))) return;
      socket = this;
      this.addEventListener("open", () => {
        opened = true;
        window.frameVisit?.close(1000);
        well();
        setTimeout(enliven, LIFELESS_MS);
        setTimeout(enlivenSoon, LOOK_MS);
      });
      /* Jupyter tries to reconnect, again and again; that doesn't put off when the server is asked next. */
      this.addEventListener("close", () => { if (socket === this && !lostAt) lost(); });
    }
  };
  addEventListener("beforeunload", () => { leaving = true; setTimeout(() => { leaving = false; later(1000); }, 3000); });
  addEventListener("pageshow", (event) => { if (event.persisted) { leaving = false; probe(); } });
  addEventListener("online", () => probe());
  document.addEventListener("visibilitychange", () => { if (!document.hidden && opened) probe(); });
  /* The page broke off, or its kernel was never reached. */
  addEventListener("load", () => {
    if (!finished) return lost();
    setTimeout(async () => { if (!opened && (await ask("api/kernels/" + kernel())) === 404) lost(); }, 2000);
    setTimeout(() => { if (!opened) lost(); }, 20000);
  });
  /* A page that was well for a minute may be loaded anew as often as any other. */
  setTimeout(() => { if (connected()) sessionStorage.removeItem(RELOADS); }, 60000);
  /* For the page: to an address, but not to a server that isn't there. */
  const go = async (address) => {
    if ((await ask("health/ready")) === 200) return location.assign(address);
    lostAt = lostAt || Date.now();
    return probe();
  };
  window.frameWatch = { reveal, go };
})();
