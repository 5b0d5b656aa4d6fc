// The composer: drafts, the total, only what the chosen model takes.
(() => {
  "use strict";

  const { $, $$, answered } = artel;
  const composer = () => $("#composer");
  // An edited prompt has a draft of its own, beside the one that was being written.
  const DRAFT = "artel-draft-";
  const draftName = () =>
    DRAFT + document.body.dataset.user + "-" + (composer()?.elements.parent?.value ?? "new");

  const roubles = (kopecks) =>
    new Intl.NumberFormat(document.documentElement.lang, {
      minimumFractionDigits: kopecks % 100 ? 2 : 0,
      maximumFractionDigits: 2,
    }).format(kopecks / 100) + "\u00a0₽";

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
      } else if (name === "references" && location.search.includes("reference=")) {
        // A link that came with the address joins those that were being collected.
        field.value = [...new Set([...value.split("\n"), ...field.value.split("\n")])].join("\n").trim();
      } else if (field.tagName !== "SELECT" || [...field.options].some((one) => one.value === value)) {
        field.value = value;
      }
    }
    $(".references", form).open = Boolean(form.elements.references.value);
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
    $("span", total).textContent = count > 1 ? `${count} × ${roubles(price)} =` : "";
    $("b", total).textContent = roubles(price * count);
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
      const item = $("template", form).content.firstElementChild.cloneNode(true);
      const [text, remove] = item.children;
      try {
        const url = new URL(link);
        if (!/^https?:$/.test(url.protocol) || url.username) throw new TypeError();
        // As it was typed: the parsed one would be in punycode.
        $("b", text).textContent = link.split(/[/?#]+/)[1];
        text.append(` ${decodeURI(url.pathname).split("/").pop()}`);
      } catch {
        item.className = "bad";
        text.textContent = link;
      }
      remove.ariaLabel += `: ${link}`;
      remove.addEventListener("click", () => {
        area.value = links.filter((_, other) => other !== place).join("\n");
        area.dispatchEvent(new Event("input", { bubbles: true }));
        area.focus();
      });
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
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
    const form = event.target.closest("#composer");
    if (form) { event.preventDefault(); form.requestSubmit(); }
  });

  document.addEventListener("click", (event) => {
    const sample = event.target.closest("[data-sample]");
    if (!sample) return;
    const prompt = composer().elements.prompt;
    prompt.value = sample.textContent.trim();
    prompt.dispatchEvent(new Event("input", { bubbles: true }));
    prompt.focus();
  });

  document.addEventListener("submit", (event) => {
    if ("logout" in event.target.dataset) dropDrafts(() => true);
  });

  // By the time of the answer the form that was sent is replaced.
  let sent = "";
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (event.detail.elt.id === "composer") sent = draftName();
  });

  document.addEventListener("htmx:afterRequest", (event) => {
    const { requestConfig, xhr } = event.detail;
    if (!answered(xhr) || requestConfig.elt.id !== "composer") return;
    dropDrafts((name) => name === sent);
    $("#tasks .card")?.scrollIntoView({ block: "nearest" });
    if (location.search) history.replaceState(null, "", location.pathname);
  });

  document.addEventListener("htmx:load", (event) => {
    const form = composer();
    const { left } = event.target.dataset ?? {};
    if (left) for (const { dataset } of form.elements.model.options) dataset.fits = Math.floor(left / dataset.price);
    if (!form || (event.target !== form && !event.target.contains?.(form))) return;
    drawComposer(form);
    const fault = $("[aria-invalid]", form);
    if (event.target === form && (fault || matchMedia("(hover: hover)").matches)) {
      (fault ?? form.elements.prompt).focus();
    }
  });

  const form = composer();
  if (form) { restoreDraft(form); drawComposer(form); }
})();
