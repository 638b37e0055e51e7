// What the page's controls do, whoever answers: its kernel, or before there is one its server.

// Take the clicks and changes of the page to `choose`, which gets a query, to `forget` and to `look`.
function control(root, { choose, forget, look }) {
  root.addEventListener("click", (event) => {
    const link = event.target.closest('a[href^="?"]');
    if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.button) {
      event.preventDefault();
      choose(link.getAttribute("href"));
      if (link.closest(".tabs")) root.scrollIntoView(); // another tab is read from its beginning
    }
    if (event.target.closest("[data-forget]")) forget();
    if (event.target.closest("[data-look]")) look();
  });
  root.addEventListener("change", (event) => {
    const form = event.target.form;
    if (form?.id === "settings") choose(said(form));
  });
  root.addEventListener("submit", (event) => event.preventDefault());
  document.addEventListener("click", (event) => {
    for (const box of root.querySelectorAll(POPUPS)) if (!box.contains(event.target)) box.open = false;
  });
  root.addEventListener("keydown", (event) => {
    const box = root.querySelector(POPUPS);
    if (event.key === "Escape" && box) closeBox(box);
  });
  chooseOutings(root);
}

const POPUPS = "details.settings[open], details.outings[open]";

function closeBox(box) {
  box.open = false;
  box.querySelector("summary").focus();
}

// The choice of outings. Two taps on the bar of hours, the first hour out and the last, add one to the settings' text.
function chooseOutings(root) {
  if (root.choosesOutings) return; // already since the page's picture
  root.choosesOutings = true;
  root.addEventListener("click", ({ target }) => {
    const box = target.closest("details.outings");
    if (target.closest("#hour-bar button")) tapHour(root, Number(target.dataset.hour));
    else if (target.closest(".preset, [data-close]")) closeBox(box);
    else if (target.closest(".chosen a")) box.querySelector("summary").focus();
  });
  root.addEventListener("keydown", (event) => {
    const [button, step] = [event.target.closest("#hour-bar button"), HOUR_STEPS[event.key]];
    if (!button || !step) return;
    event.preventDefault();
    const hour = (Number(button.dataset.hour) + step + 24) % 24;
    button.tabIndex = -1;
    const next = root.querySelector(`#hour-bar [data-hour="${hour}"]`);
    next.tabIndex = 0;
    next.focus();
  });
  root.addEventListener("toggle", ({ target }) => target.id === "outings-box" && !target.open && setFirstHour(root, null), true);
  showFirstHour(root);
}

const HOUR_STEPS = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -12, ArrowDown: 12 };

function tapHour(root, hour) {
  if (window.firstHourOut == null) return setFirstHour(root, hour);
  const [bar, field] = [root.querySelector("#hour-bar"), root.querySelector("#set-out")];
  const out = withOuting(field.value, window.firstHourOut, hour);
  setFirstHour(root, null);
  if (out.split(",").length > Number(bar.dataset.most)) {
    return tellNext(root, bar.dataset.full);
  }
  field.value = out;
  const hours = outingsOf(out).flatMap(([start, end]) => hoursFrom(start, end));
  for (const button of bar.querySelectorAll("button")) button.setAttribute("aria-pressed", hours.includes(Number(button.dataset.hour)));
  field.dispatchEvent(new Event("change", { bubbles: true }));
}

// The window outlives the page's picture, and so does what was tapped in it.
function setFirstHour(root, hour) {
  window.firstHourOut = hour;
  showFirstHour(root);
}

function showFirstHour(root) {
  const bar = root.querySelector("#hour-bar");
  if (!bar) return;
  const first = bar.querySelector(`[data-hour="${window.firstHourOut}"]`);
  for (const button of bar.querySelectorAll("button")) button.classList.toggle("first", button === first);
  tellNext(root, first && bar.dataset.then.replace("{hour}", first.dataset.time));
}

// What is to be done next is seen and read; else which outings are chosen is read.
function tellNext(root, next) {
  const told = root.querySelector("#outings-told");
  told.textContent = next ?? told.dataset.told;
  told.classList.toggle("sr", !next);
}

// Outings as text, with one more from a first hour to a last; one inside of another narrows that one, others that meet are one.
function withOuting(out, first, last) {
  const added = hoursFrom(first, last + 1);
  const kept = outingsOf(out).map(([start, end]) => hoursFrom(start, end)).filter((hours) => !added.every((hour) => hours.includes(hour)));
  const hours = new Set([...added, ...kept.flat()]);
  const isOut = (hour) => hours.has((hour + 24) % 24);
  if (hours.size === 24) return "0-24";
  const starts = [...hours].filter((hour) => !isOut(hour - 1)).sort((one, other) => one - other);
  const end = (hour) => (isOut(hour) ? end(hour + 1) : hour % 24 || 24);
  return starts.map((start) => `${start}-${end(start)}`).join(",");
}

function outingsOf(out) {
  return [...out.matchAll(/(\d+) *- *(\d+)/g)].map(([, start, end]) => [Number(start), Number(end)]);
}

// The hours of the day from one to before another, over midnight where that is the earlier one.
function hoursFrom(start, end) {
  const length = ((end - start + 23) % 24) + 1;
  return Array.from({ length }, (_, index) => (start + index) % 24);
}

// A form as a query.
function said(form) {
  return "?" + new URLSearchParams(new FormData(form));
}

// What a control asks for: its query changes the one that is shown, and so the one that was asked for last.
function changed(wanted, shown, said) {
  const [to, from, by] = [wanted, shown, said].map((query) => new URLSearchParams(query));
  for (const name of new Set([...from.keys(), ...by.keys()])) {
    if ((by.get(name) ?? "") === (from.get(name) ?? "")) continue;
    if (by.get(name)) to.set(name, by.get(name));
    else to.delete(name);
  }
  return "?" + to;
}

// Let one element become as another, touching only what differs, so that focus, scrolling and what is open stay.
function morph(from, to) {
  for (const { name } of [...from.attributes])
    if (!to.hasAttribute(name) && !KEPT.has(name)) from.removeAttribute(name);
  for (const { name, value } of [...to.attributes])
    if (from.getAttribute(name) !== value && name !== "open") from.setAttribute(name, value);
  if (from.id === "told") return;
  if (from.dataset?.figure && from.querySelector(`:scope > .figure-of-${from.dataset.figure}`)) return; // plotly's figure is changed by its kernel
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
function settle(root, keepsTyping = false) {
  for (const select of root.querySelectorAll("select:not([data-vote])")) select.value = select.querySelector("[selected]")?.value ?? select.value;
  for (const box of root.querySelectorAll("input:is([type=radio], [type=checkbox])")) box.checked = box.hasAttribute("checked");
  for (const text of root.querySelectorAll("input[type=text]"))
    if (!keepsTyping || text !== document.activeElement) text.value = text.defaultValue;
  showFirstHour(root);
  for (const time of root.querySelectorAll("time[data-local]"))
    time.textContent = new Date(time.dateTime).toLocaleTimeString(root.lang, { hour: "2-digit", minute: "2-digit", hour12: time.dataset.local === "12" });
  if (document.body.dataset.voila) {
    document.title = root.dataset.title;
    document.documentElement.lang = root.lang;
  }
}

const KEPT = new Set(["open", "data-live", "aria-busy"]);
