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

  return { $, $$, cookie, hush, tell, answered };
})();
