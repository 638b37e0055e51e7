// Places that a viewer asks for: a press of their button goes to the kernel, and what became of it is shown where the button was. So does the operator's token, which stays in no field, address or storage.

function wish(root, ask, permit) {
  function isReady() {
    if (!root.dataset.live || root.hasAttribute("aria-busy")) return false;
    document.getElementById("found")?.focus(); // the control goes; who can't see hears what comes in its place
    return true;
  }

  function useToken() {
    const field = document.getElementById("place-token");
    const token = field.value.trim();
    if (!token) return field.focus();
    if (!isReady()) return;
    field.value = "";
    permit({ token });
  }

  root.addEventListener("click", ({ target }) => {
    const button = target.closest("[data-ask]");
    if (button && isReady()) ask({ name: button.dataset.name, number: Number(button.dataset.ask) });
    if (target.closest("#use-place-token")) useToken();
  });
  root.addEventListener("keydown", ({ key, isComposing, target }) => {
    if (key === "Enter" && !isComposing && target.id === "place-token") useToken();
  });
}
