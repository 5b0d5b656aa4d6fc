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
    (kopecks / 100).toLocaleString(document.documentElement.lang, { minimumFractionDigits: kopecks % 100 && 2 }) +
    "\u00a0₽";

  const FIELDS = ["prompt", "model", "ratio", "count", "references"];

  // No room, or storage is switched off: there is no draft then.
  const stored = (act) => { try { return act(localStorage); } catch { return null; } };

  function saveDraft(form) {
    const data = new FormData(form);
    const draft = Object.fromEntries(FIELDS.map((name) => [name, data.get(name) ?? ""]));
    stored((place) => {
      if (draft.prompt || draft.references) place.setItem(draftName(), JSON.stringify(draft));
      else place.removeItem(draftName());
    });
  }

  const dropDrafts = (isGone) => stored((place) => {
    for (const name of Object.keys(place)) if (name.startsWith(DRAFT) && isGone(name)) place.removeItem(name);
  });

  function restoreDraft(form) {
    const draft = stored((place) => JSON.parse(place.getItem(draftName())));
    if (!draft || "bound" in form.dataset) return;
    for (const name of FIELDS) {
      const field = form.elements[name];
      const value = draft[name];
      if (!field || !value) continue;
      if (field.type === "radio") field.checked ||= field.value === value; // the only one
      else if (name === "references" && location.search.includes("reference=")) {
        // A link that came with the address joins those that were being collected.
        field.value = [...new Set([...value.split("\n"), ...field.value.split("\n")])].join("\n").trim();
      } else if (field.tagName !== "SELECT" || [...field.options].some((one) => one.value === value)) {
        field.value = value;
      }
    }
    $(".references", form).open = !!form.elements.references.value;
  }

  function write(field, value) {
    field.value = value;
    field.dispatchEvent(new Event("input", { bubbles: true }));
    field.focus();
  }

  function grow(area) {
    if (CSS.supports("field-sizing", "content")) return;
    area.rows = Math.min(20, Math.max(2, area.value.split("\n").length));
  }

  function drawTotal(form) {
    const model = form.elements.model.selectedOptions[0];
    const count = form.elements.count.value;
    const total = $("#total");
    if (!model || !count) return;
    const { price } = model.dataset;
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
      input.disabled = input.parentElement.hidden = !ratios.includes(input.value);
    }
    const choice = $("input[name=ratio]:checked:enabled", form) ?? $("input[name=ratio]:enabled", form);
    if (choice) choice.checked = true;
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
      remove.addEventListener("click", () => write(area, links.filter((_, other) => other !== place).join("\n")));
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
    if (field.ariaInvalid) {
      field.ariaInvalid = null;
      $(`#${field.getAttribute("aria-describedby")}`)?.remove();
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
    if (sample) write(composer().elements.prompt, sample.textContent.trim());
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
    if (!event.target.contains(form)) return;
    drawComposer(form);
    const fault = $("[aria-invalid]", form);
    if (event.target === form && (fault || matchMedia("(hover: hover)").matches)) {
      (fault ?? form.elements.prompt).focus();
    }
  });

  const form = composer();
  if (form) { restoreDraft(form); drawComposer(form); }
})();
