// The page in the browser: takes clicks and changes to the kernel as queries, and what comes back into the document.

const PATIENCE_MS = 4000; // without a sign of life for so long, a choice is made by loading its address, with a kernel of its own
const FIRST_PATIENCE_MS = 12000; // a kernel that has just made its page is busy with its figures still

export default { render };

async function render({ model, el }) {
  el.hidden = true;
  const root = await displayed();
  const device = model.get("address") ? window.frameChoices : null; // JupyterLab's address and cookies are its own
  const query = () => root.dataset.query;
  let asked = 0;
  let chosen = 0; // the number of the last choice
  let wanted = null; // the choices that are asked for and not shown yet
  let before = null; // the choices that a control is changing
  let patience;
  let timer;
  let looked = Date.now();

  function send(kind, content = {}) {
    const n = ++asked;
    model.send({ kind, n, ...content });
    return n;
  }

  function choose(said, isByControl, patienceMs = PATIENCE_MS) {
    before = isByControl ? (before ?? query()) : null;
    wanted = changed(wanted ?? query(), query(), said);
    root.setAttribute("aria-busy", "true");
    chosen = send("choose", { query: wanted });
    clearTimeout(patience);
    if (!device) return;
    device.locate(wanted, isByControl);
    patience = setTimeout(leave, patienceMs);
  }

  // To the choice's address, with a kernel of its own there; Voilà's frame knows when the server isn't there to be gone to.
  function leave() {
    if (before !== null) device.remember(before, wanted);
    device.locate(wanted, false);
    if (window.frameWatch) window.frameWatch.go(location.search);
    else location.reload();
  }

  function settled() {
    root.removeAttribute("aria-busy");
    settle(root, wanted === null);
    if (before !== null) device?.remember(before, query());
    device?.locate(query(), false);
    wanted = before = null;
  }

  function look() {
    looked = Date.now();
    send("look");
  }

  function lookIfDue() {
    if (!document.hidden && Date.now() - looked > model.get("look_s") * 1000) look();
  }

  function plan() {
    clearTimeout(timer);
    timer = setTimeout(() => (document.hidden ? null : look()), model.get("look_s") * 1000);
  }

  control(root, {
    choose: (said) => choose(said, true),
    forget: () => device && choose(device.forget(), false),
    look() {
      root.setAttribute("aria-busy", "true");
      look();
    },
  });
  function begin(kind, content) {
    root.setAttribute("aria-busy", "true");
    chosen = send(kind, content);
  }

  wish(root, (place) => begin("wish", place), (token) => begin("permit", token));
  const votes = vote(root, send, (said) => choose(said, true));
  if (device) window.addEventListener("popstate", () => device.isElsewhere() && choose(device.visited(), false));
  // After sleep, timers go on where they stood.
  document.addEventListener("visibilitychange", lookIfDue);
  for (const event of ["focus", "online", "pageshow"]) window.addEventListener(event, lookIfDue);

  model.on("msg:custom", (message) => {
    if (message.kind === "heard") clearTimeout(patience);
    votes.heard(message);
    if (message.kind === "done") {
      if (message.n >= chosen) settled();
      looked = Date.now();
      plan();
    }
  });
  model.on("change:html", () => {
    const shown = document.createElement("template");
    shown.innerHTML = model.get("html");
    morph(root, shown.content.firstElementChild);
    settle(root, wanted === null);
    place(root);
    votes.show();
  });

  new MutationObserver(() => place(root)).observe(document.body, { childList: true, subtree: true });
  // What was chosen before the page came to life counts, too: in its picture, by its form, or in the browser's history.
  const tried = [...root.querySelectorAll("select:not([data-vote]), input:is([type=radio], [type=checkbox], [type=text])")].some((control) =>
    control.matches("input[type=text]") ? control.value !== control.defaultValue && control !== document.activeElement : control.matches("select") ? control.value !== control.querySelector("[selected]")?.value : control.checked !== control.hasAttribute("checked"));
  if (tried) choose(said(root.querySelector("#settings")), true, FIRST_PATIENCE_MS);
  else if (device && window.frameQuery !== undefined && window.frameQuery !== window.frameAsked) choose(window.frameQuery, Boolean(window.frameByControl), FIRST_PATIENCE_MS);
  else if (device && window.frameQuery === undefined && location.search !== window.frameAsked) choose(device.visited(), false, FIRST_PATIENCE_MS);
  else {
    settle(root, true);
    device?.locate(query(), false);
  }
  place(root);
  plan();
  root.dataset.live = "true";
  send("languages", { languages: navigator.languages.join(",") });
  votes.begin();
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
