// `?` lists the keys over the page, so that nobody has to leave it. Without this it leads to help.
(() => {
  "use strict";

  const { $ } = artel;
  let dialog;

  async function open(link) {
    if (!dialog) {
      const answer = await fetch(link.href).catch(() => null);
      // Without the network the page for it could not come either.
      if (!answer) return artel.tell($("#alert").dataset.offline);
      if (!answer.ok) throw new Error(answer.status);
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const section = page.querySelector("section:has(> #keys)");
      dialog = document.createElement("dialog");
      dialog.className = "help keys-box";
      dialog.setAttribute("aria-labelledby", "keys");
      const close = document.importNode($("#lightbox .close"), true);
      close.addEventListener("click", () => dialog.close());
      dialog.append(close, document.importNode(section, true));
      document.body.append(dialog);
      dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
    }
    dialog.showModal();
    dialog.scrollTop = 0;
    if (link.hash) $(link.hash, dialog)?.scrollIntoView();
    return undefined;
  }

  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-key='?']");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    open(link).catch(() => { location.href = link.href; });
  }, true);

  document.addEventListener("keydown", (event) => {
    if (event.key !== "?") return;
    if (dialog?.open) dialog.close();
    else if ($("#lightbox[open]") && !artel.typing(event.target)) $("a[data-key='?']")?.click();
  });
})();
