/* Asks the server for a kernel over a socket, and writes the page that the kernel makes over the frame. */
(() => {
  "use strict";
  const { show, tell, stop } = window.frameTexts;
  const FULL = 1013, FIRST_PAUSE_MS = 1000, FULL_PAUSE_MS = 20000, LONGEST_PAUSE_MS = 300000;
  const base = document.body.dataset.baseUrl;
  let refusals = 0, failures = 0;

  /* Many who were refused at once don't come back at once; who isn't looked at doesn't come back. */
  const again = (ms) => setTimeout(visit, Math.min(ms, LONGEST_PAUSE_MS) * (0.75 + Math.random() / 2));
  const seen = (then) => {
    if (!document.hidden && !document.prerendering) return then();
    document.addEventListener(document.prerendering ? "prerenderingchange" : "visibilitychange", () => seen(then), { once: true });
  };

  const refused = (event) => {
    if (event.code === FULL) {
      stop("full");
      return again(FULL_PAUSE_MS * 1.5 ** refusals++);
    }
    failures += 1;
    if (failures > 2) tell("away", true);
    again(FIRST_PAUSE_MS * 2 ** failures);
  };

  /* The first piece of the page that isn't empty; none where its kernel ended before it. */
  const first = async (pieces) => {
    for (;;) {
      const { done, value } = await pieces.read();
      if (done || value) return value;
    }
  };

  /* The page as it comes. The frame's window goes on to be the page's, with its address and its socket. */
  const write = async (start, pieces) => {
    document.open();
    try {
      document.write(start);
      for (let piece = await pieces.read(); !piece.done; piece = await pieces.read()) document.write(piece.value);
    } finally {
      document.close();
    }
  };
  const render = async (socket, ticket) => {
    const asked = { method: "POST", headers: { "X-Visit-Ticket": ticket }, cache: "no-store" };
    const response = await fetch(base + "render" + location.search, asked);
    if (response.status >= 500) stop("broken");
    if (!response.ok) throw new Error(String(response.status));
    const pieces = response.body.pipeThrough(new TextDecoderStream()).getReader();
    const start = await first(pieces);
    if (!start) {
      stop("broken");
      throw new Error("an empty page");
    }
    socket.onclose = null;
    tell("", false);
    stop("");
    await write(start, pieces);
  };

  function visit() {
    seen(() => {
      const socket = new WebSocket(location.origin.replace(/^http/, "ws") + base + "visit");
      window.frameVisit = socket;
      socket.onclose = refused;
      socket.onmessage = (event) => render(socket, JSON.parse(event.data).ticket).catch(() => socket.onclose && socket.close(1000));
    });
  }
  addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
  show();
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", visit, { once: true });
  else visit();
})();
