// What every page does beyond links and forms. Words come from the pages, so that no script has any.
// `artel` is all that the scripts share.
const artel = (() => {
  "use strict";

  const $ = (selector, root = document) => root.querySelector(selector);
  const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];

  const cookie = (name) =>
    document.cookie.split("; ").find((one) => one.startsWith(`${name}=`))?.slice(name.length + 1);

  const hush = () => $("#alert").replaceChildren();
  const tell = (words) => {
    const line = document.createElement("p");
    line.className = "notice strong";
    line.textContent = words;
    $("#alert").replaceChildren(line);
  };
  const answered = ({ status }) => status >= 200 && status < 300;

  // The menu

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const menu of $$(".menu[open]")) {
      if (menu.contains(document.activeElement)) $("summary", menu).focus();
      menu.open = false;
    }
  });

  document.addEventListener("click", (event) => {
    for (const menu of $$(".menu[open]")) if (!menu.contains(event.target)) menu.open = false;
  });

  // After a new login in another tab the token in an old page's form is void; the cookie has the new one.

  document.addEventListener("submit", (event) => {
    const token = cookie("csrftoken");
    const field = $("input[name=csrfmiddlewaretoken]", event.target);
    if (token && field) field.value = token;
  });

  document.addEventListener("htmx:configRequest", (event) => {
    const token = cookie("csrftoken");
    if (token && event.detail.verb !== "get") event.detail.parameters.csrfmiddlewaretoken = token;
  });

  // What went wrong, until something goes right

  document.addEventListener("htmx:beforeSend", (event) => {
    if (event.detail.requestConfig.verb !== "get") hush();
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    if (answered(event.detail.xhr)) hush();
  });
  document.addEventListener("htmx:sendError", () => tell($("#alert").dataset.offline));
  document.addEventListener("htmx:responseError", (event) => {
    if (event.detail.shouldSwap !== true) tell($("#alert").dataset.failed);
  });

  // Lists that go on: more of one before its end comes into view

  const near = new IntersectionObserver((seen) => {
    for (const { isIntersecting, target } of seen) {
      if (!isIntersecting) continue;
      near.unobserve(target);
      htmx.trigger(target, "near");
    }
  }, { rootMargin: "1200px" });

  const watch = () => $$(".more").forEach((link) => near.observe(link));

  document.addEventListener("htmx:load", watch);
  watch();

  // Keys for whoever does not type: what bears `data-key` is pressed, or gets the focus. A key may be
  // two in a row, such as `g h`. Letters go by their place where the layout is another.

  let first = { key: "", at: 0 };

  const letter = ({ key, code }) =>
    /^[ -~]$/.test(key) ? key.toLowerCase() : code.startsWith("Key") ? code.slice(3).toLowerCase() : key;

  const typing = (element) =>
    element.closest("input:not([type=radio], [type=checkbox], [type=range]), textarea, select, [contenteditable]");

  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (typing(event.target) || $("dialog[open]")) return;
    const key = letter(event);
    const both = event.timeStamp - first.at < 1500 ? `${first.key} ${key}` : key;
    const find = (name) => $(`[data-key="${CSS.escape(name)}"]`);
    const found = find(both) ?? find(key);
    first = { key, at: event.timeStamp };
    if (!found) return;
    event.preventDefault();
    if (found.matches("input")) { found.focus(); found.select(); }
    else found.click();
  });

  return { $, $$, cookie, hush, tell, answered, letter, typing };
})();
