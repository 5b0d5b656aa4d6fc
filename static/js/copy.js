// Buttons that copy: `data-copy` names the element whose text it is, or `data-copy-from` the address
// that has it. What happened is said by `data-copied` and `data-not-copied`, on the button and aloud.
(() => {
  "use strict";

  async function fetched(url) {
    const answer = await fetch(url, { redirect: "error" });
    if (!answer.ok) throw new Error(String(answer.status));
    return answer.text();
  }

  // Without https there is no clipboard, except on this very machine: the old way still works.
  function copyByHand(text) {
    const area = document.createElement("textarea");
    area.value = text;
    area.style.cssText = "position: fixed; opacity: 0"; // selected though not seen
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    if (!done) throw new Error("refused");
  }

  async function copy(button) {
    const { copy: name, copyFrom } = button.dataset;
    // Asked for before anything is awaited: some browsers forget the click over a wait.
    const text = copyFrom ? fetched(copyFrom) : Promise.resolve(document.getElementById(name).textContent);
    if (navigator.clipboard?.write) {
      const blob = text.then((words) => new Blob([words], { type: "text/plain" }));
      await navigator.clipboard.write([new ClipboardItem({ "text/plain": blob })]);
    } else {
      copyByHand(await text);
      button.focus();
    }
  }

  function say(button, words) {
    document.getElementById("news").textContent = words;
    button.dataset.label ??= button.textContent;
    button.textContent = words;
    setTimeout(() => { button.textContent = button.dataset.label; }, 2000);
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-copied]");
    if (!button) return;
    copy(button).then(
      () => say(button, button.dataset.copied),
      () => say(button, button.dataset.notCopied),
    );
  });
})();
