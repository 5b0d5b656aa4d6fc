// Keys for whoever does not type just now: what bears `data-key` is pressed, or gets the focus. A key
// may be two in a row, such as `g h`. Letters are found by their place where the layout is another.
(() => {
  "use strict";

  const PAUSE = 1500;
  let first = { key: "", at: 0 };

  const letter = (event) =>
    /^[ -~]$/.test(event.key) ? event.key.toLowerCase()
    : event.code.startsWith("Key") ? event.code.slice(3).toLowerCase() : event.key;

  const free = (event) =>
    !event.defaultPrevented && !event.ctrlKey && !event.metaKey && !event.altKey && !event.isComposing &&
    !event.target.closest("input:not([type=radio], [type=checkbox]), textarea, select, dialog, [contenteditable]") &&
    !document.querySelector("dialog[open]");

  document.addEventListener("keydown", (event) => {
    if (!free(event)) return;
    const key = letter(event);
    const both = event.timeStamp - first.at < PAUSE ? `${first.key} ${key}` : key;
    const find = (name) => document.querySelector(`[data-key="${CSS.escape(name)}"]`);
    const found = find(both) ?? find(key);
    first = { key, at: event.timeStamp };
    if (!found) return;
    event.preventDefault();
    if (found.matches("input")) { found.focus(); found.select(); }
    else found.click();
  });
})();
