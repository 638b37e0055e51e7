// Places that a viewer asks for: a press of their button goes to the kernel, and what became of it is shown where the button was.

function wish(root, ask) {
  root.addEventListener("click", ({ target }) => {
    const button = target.closest("[data-ask]");
    if (!button || !root.dataset.live || root.hasAttribute("aria-busy")) return;
    document.getElementById("found")?.focus(); // the button goes; who can't see hears what comes in its place
    ask({ name: button.dataset.name, number: Number(button.dataset.ask) });
  });
}
