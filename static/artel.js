// What the pages do beyond links and forms. Words come from the pages, so that this file has none.
(() => {
  "use strict";

  const $ = (selector, root = document) => root.querySelector(selector);
  const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];
  const composer = () => $("#composer");
  // An edited prompt has a draft of its own, so that it does not write over what one was writing.
  const DRAFT = "artel-draft-";
  const draftName = () =>
    DRAFT + document.body.dataset.user + "-" + (composer()?.elements.parent?.value ?? "new");

  const roubles = (kopecks) =>
    new Intl.NumberFormat(document.documentElement.lang, {
      minimumFractionDigits: kopecks % 100 ? 2 : 0,
      maximumFractionDigits: 2,
    }).format(kopecks / 100) + "\u00a0₽";

  const cookie = (name) =>
    document.cookie.split("; ").find((one) => one.startsWith(`${name}=`))?.slice(name.length + 1);

  // The composer

  const FIELDS = ["prompt", "model", "ratio", "count", "references"];

  function saveDraft(form) {
    const data = new FormData(form);
    const draft = Object.fromEntries(FIELDS.map((name) => [name, data.get(name) ?? ""]));
    try {
      if (draft.prompt || draft.references) localStorage.setItem(draftName(), JSON.stringify(draft));
      else localStorage.removeItem(draftName());
    } catch { /* no room, or storage is switched off: there is no draft then */ }
  }

  function dropDrafts(isGone) {
    try {
      for (const name of Object.keys(localStorage)) {
        if (name.startsWith(DRAFT) && isGone(name)) localStorage.removeItem(name);
      }
    } catch { /* as above */ }
  }

  function restoreDraft(form) {
    let draft;
    try { draft = JSON.parse(localStorage.getItem(draftName())); } catch { /* as above */ }
    if (!draft || "bound" in form.dataset) return;
    for (const name of FIELDS) {
      const field = form.elements[name];
      const value = draft[name];
      if (!field || !value) continue;
      if (field instanceof RadioNodeList || field.type === "radio") {
        const choice = $$(`input[name="${name}"]`, form).find((one) => one.value === value);
        if (choice) choice.checked = true;
      } else if (field.tagName !== "SELECT" || [...field.options].some((one) => one.value === value)) {
        field.value = value;
      }
    }
    $(".references", form).open = Boolean(draft.references);
  }

  function grow(area) {
    if (CSS.supports("field-sizing", "content")) return;
    area.rows = Math.min(20, Math.max(2, area.value.split("\n").length));
  }

  function drawTotal(form) {
    const model = form.elements.model.selectedOptions[0];
    const count = Number(form.elements.count.value);
    const total = $("#total");
    if (!model || !count) return;
    const price = Number(model.dataset.price);
    const sum = document.createElement("b");
    sum.textContent = roubles(price * count);
    total.replaceChildren(...(count > 1 ? [`${count} × ${roubles(price)} = `] : []), sum);
    total.hidden = false;
  }

  // Only the ratios that the model takes can be chosen, and references only where it takes some.
  function fitModel(form) {
    const model = form.elements.model.selectedOptions[0];
    if (!model) return;
    const ratios = model.dataset.ratios.split(" ");
    for (const input of $$("input[name=ratio]", form)) {
      const fits = ratios.includes(input.value);
      input.disabled = !fits;
      input.parentElement.hidden = !fits;
    }
    if (!$("input[name=ratio]:checked:enabled", form)) {
      const first = $("input[name=ratio]:enabled", form);
      if (first) first.checked = true;
    }
  }

  function drawReferences(form) {
    const area = form.elements.references;
    const list = $(".reference-list", form);
    const model = form.elements.model.selectedOptions[0];
    const links = area.value.split("\n").map((line) => line.trim()).filter(Boolean);
    $(".reference-count", form).textContent =
      links.length ? `${links.length} / ${model?.dataset.references ?? 0}` : "";
    list.replaceChildren(...links.slice(0, 20).map((link, place) => {
      const item = document.createElement("li");
      const text = document.createElement("span");
      const host = document.createElement("b");
      const remove = document.createElement("button");
      try {
        const url = new URL(link);
        if (!/^https?:$/.test(url.protocol) || url.username) throw new TypeError();
        // As it was typed: the parsed one would be in punycode.
        host.textContent = link.split(/[/?#]+/)[1];
        text.append(host, ` ${decodeURI(url.pathname).split("/").pop()}`);
      } catch {
        item.className = "bad";
        text.textContent = link;
      }
      remove.type = "button";
      remove.textContent = "×";
      remove.setAttribute("aria-label", `${list.dataset.remove}: ${link}`);
      remove.addEventListener("click", () => {
        area.value = links.filter((_, other) => other !== place).join("\n");
        area.dispatchEvent(new Event("input", { bubbles: true }));
        area.focus();
      });
      item.append(text, remove);
      return item;
    }));
  }

  function drawComposer(form) {
    fitModel(form);
    drawTotal(form);
    drawReferences(form);
    grow(form.elements.prompt);
  }

  document.addEventListener("input", (event) => {
    const form = event.target.closest("#composer");
    if (!form) return;
    const field = event.target;
    if (field.hasAttribute("aria-invalid")) {
      field.removeAttribute("aria-invalid");
      document.getElementById(field.getAttribute("aria-describedby"))?.remove();
    }
    drawComposer(form);
    saveDraft(form);
  });

  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      const form = event.target.closest("#composer");
      if (form) { event.preventDefault(); form.requestSubmit(); }
    }
    if (event.key === "Escape") for (const menu of $$(".menu[open]")) menu.open = false;
    const typing = event.target.closest("input, textarea, select, [contenteditable]");
    if (!typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
      const way = { ArrowLeft: "prev", ArrowRight: "next" }[event.key];
      if (way) $(`a[rel=${way}]`)?.click();
    }
  });

  document.addEventListener("click", (event) => {
    const sample = event.target.closest("[data-sample]");
    if (sample) {
      const prompt = composer().elements.prompt;
      prompt.value = sample.textContent.trim();
      prompt.dispatchEvent(new Event("input", { bubbles: true }));
      prompt.focus();
    }
    const zoom = event.target.closest("[data-zoom]");
    if (zoom && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
      event.preventDefault();
      zoom.classList.toggle("zoomed");
    }
    for (const menu of $$(".menu[open]")) if (!menu.contains(event.target)) menu.open = false;
  });

  document.addEventListener("submit", (event) => {
    if ("logout" in event.target.dataset) dropDrafts(() => true);
    refreshCsrf(event.target);
  });

  // After a new login in another tab the token in an old page's form is void; the cookie has the new one.
  function refreshCsrf(form) {
    const token = cookie("csrftoken");
    const field = $("input[name=csrfmiddlewaretoken]", form);
    if (token && field) field.value = token;
  }

  document.addEventListener("htmx:configRequest", (event) => {
    const token = cookie("csrftoken");
    if (token && event.detail.verb !== "get") event.detail.parameters.csrfmiddlewaretoken = token;
  });

  document.addEventListener("htmx:beforeSend", (event) => {
    if (event.detail.requestConfig.verb !== "get") $("#alert").replaceChildren();
  });

  // To htmx a refusal that is shown is a success too, and the form that was sent is replaced by now.
  let sent = "";
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (event.detail.elt.id === "composer") sent = draftName();
  });

  document.addEventListener("htmx:afterRequest", (event) => {
    const { requestConfig, xhr } = event.detail;
    if (xhr.status < 200 || xhr.status >= 300) return;
    $("#alert").replaceChildren();
    misses = 0;
    if (requestConfig.elt.id === "composer") {
      dropDrafts((name) => name === sent);
      $("#tasks .card")?.scrollIntoView({ block: "nearest" });
      if (location.search) history.replaceState(null, "", location.pathname);
    }
  });

  const tell = (words) => {
    const line = document.createElement("p");
    line.className = "notice strong";
    line.textContent = words;
    $("#alert").replaceChildren(line);
  };
  document.addEventListener("htmx:sendError", () => tell($("#alert").dataset.offline));
  document.addEventListener("htmx:responseError", (event) => {
    if (event.detail.shouldSwap !== true) tell($("#alert").dataset.failed);
  });

  document.addEventListener("htmx:load", (event) => {
    const form = composer();
    if (form && (event.target === form || event.target.contains?.(form))) {
      drawComposer(form);
      const fault = $("[aria-invalid]", form);
      // Where there is no keyboard, focus would cover the new cards with one.
      if (event.target === form && (fault || matchMedia("(hover: hover)").matches)) {
        (fault ?? form.elements.prompt).focus();
      }
    }
    if (event.target.matches?.(".card")) event.target.classList.add("came");
    $(".empty")?.toggleAttribute("hidden", Boolean($("#tasks .card")));
    watchMore();
    wake();
  });

  // More of a list before its end comes into view

  const near = new IntersectionObserver((seen) => {
    for (const { isIntersecting, target } of seen) {
      if (!isIntersecting) continue;
      near.unobserve(target);
      htmx.trigger(target, "near");
    }
  }, { rootMargin: "1200px" });

  const watchMore = () => $$(".more").forEach((link) => near.observe(link));

  // Cards: the clock by ourselves, the news by one request a tick

  const OPEN = ["queued", "sending", "rendering", "saving"];
  const isOpen = (card) => OPEN.includes(card.dataset.status);
  const waits = (card) => "waits" in card.dataset;
  const began = new WeakMap();

  function percent(elapsed, usual, slow) {
    if (elapsed <= usual) return usual > 0 ? (80 * Math.max(0, elapsed)) / usual : 0;
    const spread = Math.max(slow - usual, usual / 2, 1);
    return 80 + 19 * (1 - Math.exp((usual - elapsed) / spread));
  }

  function clock(seconds) {
    const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, Math.floor(seconds) % 60];
    if (!parts[0]) parts.shift();
    return parts.map((part, place) => (place ? String(part).padStart(2, "0") : part)).join(":");
  }

  function drawClocks() {
    for (const rest of $$("[data-leaves]")) {
      if (!began.has(rest)) began.set(rest, performance.now() + rest.textContent * 1000);
      rest.textContent = Math.max(1, Math.round((began.get(rest) - performance.now()) / 1000));
    }
    for (const card of $$(".card[data-elapsed]")) {
      const { elapsed, usual, slow } = card.dataset;
      if (!began.has(card)) began.set(card, performance.now() - elapsed * 1000);
      const now = (performance.now() - began.get(card)) / 1000;
      $(".clock", card).textContent = clock(now);
      $("progress", card).value = percent(now, Number(usual), Number(slow));
      $(".late", card).hidden = now <= Number(slow);
    }
  }

  let timer = 0;
  let asking = false;
  let misses = 0;

  function wake(now = false) {
    if (asking || (timer && !now)) return;
    clearTimeout(timer);
    timer = 0;
    const open = $$(".card").some(isOpen);
    if (!open && !$$(".card").some(waits)) return;
    const step = Number(document.body.dataset.live || 1) * 1000;
    const slow = document.hidden || !open;
    const wait = slow ? Math.max(10_000, step) : Math.min(30_000, step * 2 ** misses);
    timer = setTimeout(ask, now ? 0 : wait);
  }

  async function ask() {
    timer = 0;
    asking = true;
    const known = $$(".card").filter((card) => !["done", "canceled"].includes(card.dataset.status));
    const body = new URLSearchParams({
      v: known.map((card) => `${card.id.slice(5)}:${card.dataset.version}`).join(","),
    });
    const headers = { "HX-Request": "true", "X-CSRFToken": cookie("csrftoken") ?? "" };
    try {
      const answer = await fetch(document.body.dataset.liveUrl, { method: "POST", body, headers });
      const text = answer.status === 204 ? "" : await answer.text();
      if (answer.status === 401) { $("#alert").innerHTML = text; misses = 5; }
      else if (!answer.ok) misses = Math.min(5, misses + 1);
      else {
        if (misses) $("#alert").replaceChildren();
        misses = 0;
        if (text) htmx.swap(document.body, text, { swapStyle: "none" });
      }
    } catch {
      misses = Math.min(5, misses + 1);
      if (misses > 2) tell($("#alert").dataset.offline);
    }
    asking = false;
    wake();
  }

  document.addEventListener("visibilitychange", () => { if (!document.hidden) wake(true); });
  addEventListener("focus", () => { if (misses) wake(true); });
  setInterval(() => { if (!document.hidden) drawClocks(); }, 1000);

  const form = composer();
  if (form) { restoreDraft(form); drawComposer(form); }
  watchMore();
  wake();
})();
