/* The frame's texts, in the visitor's language. */
(() => {
  "use strict";
  const texts = JSON.parse(document.getElementById("frame-texts").textContent);
  const RELOADS = "wearcast-reloads", SLOW_MS = 12000;

  const first = (tags) => {
    const languages = tags.map((tag) => (tag || "").toLowerCase().split("-")[0]);
    return languages.find((language) => Object.hasOwn(texts, language));
  };
  const preferred = () => first(navigator.languages || []) || "en";
  const language = () => {
    const asked = new URLSearchParams(location.search).get("lang");
    return first([asked, window.frameChoices.remembered().get("lang")]) || preferred();
  };
  const say = (key) => texts[language()][key];
  document.documentElement.lang = language();
  document.title = say("title");
  document.querySelector('meta[name="description"]').content = say("description");

  const show = () => {
    /* The page about privacy holds all languages. */
    for (const link of document.querySelectorAll(".frame-privacy a")) link.hash = language();
    for (const element of document.querySelectorAll("[data-frame-text]")) element.textContent = say(element.dataset.frameText);
    setTimeout(() => {
      const says = document.querySelector("#frame:not([hidden]) .frame-says");
      if (says) says.textContent = say("slow");
    }, SLOW_MS);
  };
  const reload = () => {
    try {
      sessionStorage.removeItem(RELOADS);
    } catch {
      /* Where the browser keeps nothing, there is nothing to remove. */
    }
    location.reload();
  };

  /* A notice over the page, and its button. */
  let told = "";
  const tell = (key, button) => {
    if (key === told) return;
    told = key;
    const notice = document.getElementById("frame-notice");
    if (!notice) return;
    notice.hidden = !key;
    notice.lang = language();
    notice.dataset.says = key;
    notice.firstElementChild.textContent = key ? say(key) : "";
    notice.lastElementChild.hidden = !button;
    notice.lastElementChild.textContent = say("reload");
    notice.lastElementChild.onclick = reload;
  };

  /* In place of the page: why there is none. */
  const stop = (key) => {
    const box = document.getElementById("frame-stop");
    document.getElementById("frame").hidden = Boolean(key);
    box.hidden = !key;
    box.dataset.says = key;
    if (!key) return;
    const [title, text, button] = box.children;
    title.textContent = say(key + "_title");
    text.textContent = say(key);
    button.textContent = say("reload");
    button.onclick = reload;
  };
  window.frameTexts = { preferred, show, tell, stop };
})();
