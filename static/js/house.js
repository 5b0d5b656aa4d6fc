// What every page does beyond links and forms. Words come from the pages, so that no script has any.
// `artel` is all that the scripts share.
const artel = (() => {
  "use strict";

  const $ = (selector, root = document) => root.querySelector(selector);
  const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];

  const cookie = (name) => document.cookie.match(`(?:^| )${name}=([^;]*)`)?.[1];

  const hush = () => $("#alert").replaceChildren();
  const tell = (textContent) =>
    $("#alert").replaceChildren(Object.assign(document.createElement("p"), { className: "notice strong", textContent }));
  const answered = ({ status }) => /^2/.test(status);

  // The menu

  document.addEventListener("keydown", ({ key, target }) => {
    const menu = $(".menu[open]");
    if (!menu || key !== "Escape") return;
    if (menu.contains(target)) $("summary", menu).focus();
    menu.open = false;
  });

  document.addEventListener("click", ({ target }) => {
    const menu = $(".menu[open]");
    if (menu && !menu.contains(target)) menu.open = false;
  });

  // After a new login in another tab the token in an old page's form is void; the cookie has the new one.

  document.addEventListener("submit", (event) => {
    const token = cookie("csrftoken");
    const field = $("[name=csrfmiddlewaretoken]", event.target);
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
      if (isIntersecting) { near.unobserve(target); htmx.trigger(target, "near"); }
    }
  }, { rootMargin: "1200px" });

  document.addEventListener("htmx:load", () => $$(".more").forEach((link) => near.observe(link)));

  // Keys for whoever does not type: what bears `data-key` is pressed, or gets the focus. A key may be
  // two in a row, such as `g h`. Letters go by their place where the layout is another.

  let first = {};

  const letter = ({ key, code }) =>
    /^[ -~]$/.test(key) ? key.toLowerCase() : /^Key/.test(code) ? code[3].toLowerCase() : key;

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
