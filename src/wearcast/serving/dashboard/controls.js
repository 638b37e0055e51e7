// What the page's controls do, whoever answers: its kernel, or before there is one its server.

// Take the clicks and changes of the page to `choose`, which gets a query, to `forget` and to `look`.
function control(root, { choose, forget, look }) {
  root.addEventListener("click", (event) => {
    const link = event.target.closest('a[href^="?"]');
    if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.button) {
      event.preventDefault();
      choose(link.getAttribute("href"));
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
  if (from.dataset?.figure || from.id === "told") return;
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
