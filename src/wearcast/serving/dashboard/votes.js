// A viewer's votes on past advice. Their token, and a vote until it is answered, are kept on this device; the kernel gets them in messages.

const VOTES = "wearcast-votes";
const ANSWER_MS = 60000; // the kernel asks the API up to three times

function vote(root, send, choose) {
  let kept = remembered();
  let waits = false; // for an answer
  let patience;

  root.addEventListener("click", ({ target }) => {
    const button = target.closest("[data-verdict]");
    if (button && !waits) give(said(button.closest("[data-votes]"), button.dataset.verdict));
    const erases = target.closest("#erase-votes");
    if (erases && !waits && confirm(erases.dataset.sure)) ask("erase");
  });

  function said(form, verdict) {
    const values = (name) => [...form.querySelectorAll(`[data-vote=${name}]`)].map((select) => select.value);
    const [hour = ""] = values("hour");
    return {
      station: form.dataset.votes,
      day: form.dataset.day,
      verdict,
      piece: values("piece")[0] ?? "",
      worn: hour ? values("worn").filter(Boolean) : [],
      hour: Number(hour),
    };
  }

  // A vote that is pressed again before it was answered is the same one.
  function give(said) {
    const { id, ...before } = kept.vote ?? {};
    const isSame = JSON.stringify(before) === JSON.stringify(said);
    if (!kept.token) {
      kept = { token: randomText(32) };
      send("person", { token: kept.token });
    }
    remember({ token: kept.token, vote: { id: isSame ? id : randomId(), ...said } });
    ask("vote", { vote: kept.vote });
  }

  function ask(kind, content) {
    waits = true;
    show();
    clearTimeout(patience);
    patience = setTimeout(() => heard({ kind, settled: false }), ANSWER_MS);
    send(kind, content);
  }

  function remember(now) {
    kept = now;
    try {
      if (kept.token) localStorage.setItem(VOTES, JSON.stringify(kept));
      else localStorage.removeItem(VOTES);
    } catch {} // a device that keeps nothing knows them while the page is open
  }

  function show() {
    for (const form of root.querySelectorAll("[data-votes]")) form.setAttribute("aria-busy", waits);
    const use = root.querySelector("#use-offset");
    // What newer votes taught counts where earlier ones do.
    if (!waits && use?.hasAttribute("checked") && !root.dataset.query.includes(`offset=${use.value}&`)) use.dispatchEvent(new Event("change", { bubbles: true }));
  }

  function heard({ kind, settled }) {
    if (kind !== "vote" && kind !== "erase") return;
    clearTimeout(patience);
    waits = false;
    if (settled) remember({ token: kind === "vote" ? kept.token : "" });
    if (settled && kind === "erase") choose("?" + without("offset", root.dataset.query));
    show();
  }

  return {
    begin() {
      send("person", { token: kept.token });
      if (kept.vote) ask("vote", { vote: kept.vote });
    },
    heard,
    show,
  };
}

function without(name, query) {
  const params = new URLSearchParams(query);
  params.delete(name);
  return params;
}

function remembered() {
  try {
    const { token = "", vote } = JSON.parse(localStorage.getItem(VOTES)) ?? {};
    return { token, vote };
  } catch {
    return { token: "" };
  }
}

function randomText(bytes) {
  return btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(bytes)))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

// A UUID; crypto.randomUUID wants HTTPS.
function randomId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 15) | 64;
  bytes[8] = (bytes[8] & 63) | 128;
  const digits = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return digits.replace(/(.{8})(.{4})(.{4})(.{4})(.{12})/, "$1-$2-$3-$4-$5");
}
