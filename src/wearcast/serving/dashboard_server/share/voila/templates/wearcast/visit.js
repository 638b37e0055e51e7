/* Asks the server for a kernel over a socket, and writes the page that the kernel makes over the frame at once, or
   over the picture that is looked at in one piece, as soon as somebody touches it. */
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

  const picture = () => document.getElementById("wearcast");
  const refused = (event) => {
    if (event.code === FULL) {
      if (!picture()) stop("full");
      return again(FULL_PAUSE_MS * 1.5 ** refusals++);
    }
    failures += 1;
    /* A picture tells for itself whether its server answers. */
    if (failures > 2 && !picture()) tell("away", true);
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
  /* The page is there whole before the picture goes, at the same place and with the same choices. */
  const replacePicture = (html) => {
    const [shown, x, y, focused] = [picture(), scrollX, scrollY, document.activeElement?.id];
    const opened = [...shown.querySelectorAll("details[open][id]")].map(({ id }) => id);
    /* Called as soon as the page is seen: while a style sheet loads, the parser waits, and nothing is there yet. */
    window.frameRestore = () => {
      if (window.frameAsked !== window.frameQuery) morph(picture(), shown);
      for (const { id, value, defaultValue } of shown.querySelectorAll("input[type=text]")) {
        const field = document.getElementById(id);
        if (field && value !== defaultValue) field.value = value;
      }
      for (const id of opened) document.getElementById(id)?.setAttribute("open", "");
      chooseOutings(picture());
      scrollTo(x, y);
      if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
    };
    document.open();
    document.write(html);
    document.close();
  };
  const render = async (socket, ticket) => {
    const asked = { method: "POST", headers: { "X-Visit-Ticket": ticket }, cache: "no-store" };
    /* The kernel's page is of the same model as the picture. */
    const { client } = document.body.dataset;
    if (client) asked.headers["Wearcast-Client"] = client;
    window.frameAsked = window.frameQuery ?? location.search;
    const response = await fetch(base + "render" + window.frameAsked, asked);
    if (response.status >= 500 && !picture()) stop("broken");
    if (!response.ok) throw new Error(String(response.status));
    if (picture()) {
      const html = await response.text();
      if (!html.includes('id="wearcast"')) throw new Error("an empty page");
      socket.onclose = null;
      tell("", false);
      return replacePicture(html);
    }
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
  const TOUCHES = ["pointerdown", "keydown"];
  const begin = () => {
    for (const touch of TOUCHES) removeEventListener(touch, begin, true);
    visit();
  };
  show();
  if (picture()) for (const touch of TOUCHES) addEventListener(touch, begin, true);
  else if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", visit, { once: true });
  else visit();
})();
