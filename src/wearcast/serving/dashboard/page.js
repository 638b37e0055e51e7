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

  control(root, {
    choose: (query) => choose(query, true),
    look() {
      root.setAttribute("aria-busy", "true");
      look();
    },
  });
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
  else if ((window.frameAsked ?? location.search) !== location.search) choose(location.search || "?", false);
  else settle(root);
  place(root);
  plan();
  root.dataset.live = "true";
  send("languages", { languages: navigator.languages.join(",") });
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
