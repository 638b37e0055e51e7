// The page in the browser: takes clicks and changes to the kernel as queries, and what comes back into the document.

const PATIENCE_MS = 4000; // without a sign of life for so long, a choice is made by loading its address, with a kernel of its own

export default { render };

async function render({ model, el }) {
  el.hidden = true;
  const root = await displayed();
  let asked = 0;
  let timer;
  let looked = Date.now();

  function send(kind, content = {}) {
    const n = ++asked;
    model.send({ kind, n, ...content });
    return n;
  }

  function choose(query, push) {
    root.setAttribute("aria-busy", "true");
    if (push && model.get("address")) history.pushState({}, "", query);
    send("choose", { query });
    if (model.get("address")) {
      clearTimeout(choose.patience);
      choose.patience = setTimeout(() => (window.frameWatch ? window.frameWatch.go(query) : location.assign(query)), PATIENCE_MS);
    }
  }

  function look() {
    looked = Date.now();
    send("look");
  }

  function plan() {
    clearTimeout(timer);
    timer = setTimeout(() => (document.hidden ? null : look()), model.get("look_s") * 1000);
  }

  root.addEventListener("click", (event) => {
    const link = event.target.closest('a[href^="?"]');
    if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.button) {
      event.preventDefault();
      choose(link.getAttribute("href"), true);
    }
    if (event.target.closest("[data-look]")) {
      root.setAttribute("aria-busy", "true");
      look();
    }
  });

  root.addEventListener("change", (event) => {
    const form = event.target.form;
    if (form?.id === "settings") choose(said(form), true);
  });

  document.addEventListener("click", (event) => {
    const box = root.querySelector("details.settings[open]");
    if (box && !box.contains(event.target)) box.open = false;
  });
  root.addEventListener("keydown", (event) => {
    const box = root.querySelector("details.settings[open]");
    if (event.key === "Escape" && box) {
      box.open = false;
      box.querySelector("summary").focus();
    }
  });
  root.addEventListener("submit", (event) => event.preventDefault());
  window.addEventListener("popstate", () => choose(location.search || "?", false));
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden && Date.now() - looked > model.get("look_s") * 1000) look();
  });

  model.on("msg:custom", (message) => {
    if (message.kind === "heard") clearTimeout(choose.patience);
    if (message.kind === "done") {
      root.removeAttribute("aria-busy");
      settle(root);
      looked = Date.now();
      plan();
    }
  });
  model.on("change:html", () => {
    const shown = document.createElement("template");
    shown.innerHTML = model.get("html");
    morph(root, shown.content.firstElementChild);
    settle(root);
    place(root);
  });
  model.on("change:query", () => {
    if (model.get("address") && location.search !== model.get("query")) history.replaceState({}, "", model.get("query"));
  });

  new MutationObserver(() => place(root)).observe(document.body, { childList: true, subtree: true });
  // What was chosen before the page came to life counts, too.
  const tried = [...root.querySelectorAll("select, input[type=radio], input[type=text]")].some((control) =>
    control.matches("input[type=text]") ? control.value !== control.defaultValue : control.matches("select") ? control.value !== control.querySelector("[selected]")?.value : control.checked !== control.hasAttribute("checked"));
  if (tried) choose(said(root.querySelector("#settings")), true);
  else settle(root);
  place(root);
  plan();
  root.dataset.live = "true";
  send("languages", { languages: navigator.languages.join(",") });
}

// A form as a query.
function said(form) {
  return "?" + new URLSearchParams(new FormData(form));
}

// To an address, with a kernel of its own there; Voilà's frame knows when the server isn't there to be gone to.
function leave(address) {
  if (window.frameWatch) window.frameWatch.go(address);
  else location.assign(address);
}

// What was displayed before this widget: the first picture.
async function displayed() {
  for (;;) {
    const found = document.getElementById("wearcast");
    if (found) return found;
    await new Promise((later) => setTimeout(later, 20));
  }
}

// Take each figure from the shelf to its slot.
function place(root) {
  for (const slot of root.querySelectorAll("[data-figure]")) {
    const figure = document.querySelector(`.figure-of-${slot.dataset.figure}`);
    if (figure && figure.parentElement !== slot) {
      slot.append(figure);
      window.dispatchEvent(new Event("resize"));
    }
  }
}

// Let one element become as another, touching only what differs, so that focus, scrolling and what is open stay.
function morph(from, to) {
  for (const { name } of [...from.attributes])
    if (!to.hasAttribute(name) && !KEPT.has(name)) from.removeAttribute(name);
  for (const { name, value } of [...to.attributes])
    if (from.getAttribute(name) !== value && name !== "open") from.setAttribute(name, value);
  if (from.dataset?.figure) return;
  const olds = [...from.childNodes];
  const news = [...to.childNodes];
  news.forEach((fresh, at) => {
    const old = olds[at];
    if (!old) from.append(fresh);
    else if (old.nodeType !== fresh.nodeType || old.nodeName !== fresh.nodeName || old.id !== fresh.id) old.replaceWith(fresh);
    else if (old.nodeType === Node.ELEMENT_NODE) {
      if (!old.isEqualNode(fresh)) morph(old, fresh);
    } else if (old.data !== fresh.data) old.data = fresh.data;
  });
  olds.slice(news.length).forEach((old) => old.remove());
}

// Let the controls show what is chosen, whatever was tried; times tell the viewer's own clock; the tab is named.
function settle(root) {
  for (const select of root.querySelectorAll("select")) select.value = select.querySelector("[selected]")?.value ?? select.value;
  for (const radio of root.querySelectorAll("input[type=radio]")) radio.checked = radio.hasAttribute("checked");
  for (const text of root.querySelectorAll("input[type=text]")) text.value = text.defaultValue;
  for (const time of root.querySelectorAll("time[data-local]"))
    time.textContent = new Date(time.dateTime).toLocaleTimeString(root.lang, { hour: "2-digit", minute: "2-digit" });
  if (document.body.dataset.voila) {
    document.title = root.dataset.title;
    document.documentElement.lang = root.lang;
  }
}

const KEPT = new Set(["open", "data-live", "aria-busy"]);
