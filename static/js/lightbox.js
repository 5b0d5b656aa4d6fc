// A picture over the page that it hangs on, at its own address; deleting, and taking that back.
(() => {
  "use strict";

  const { $, $$ } = artel;
  const dialog = $("#lightbox");
  if (!dialog) return;
  const place = $("#look");
  const undo = $("#undo");
  const home = location.pathname;
  const title = document.title;
  let under; // the state of the page below, which is htmx's
  let opener;

  const named = (name) => $$(`[data-name="${name}"]`);
  const data = () => place.firstElementChild?.dataset;

  async function show(url) {
    const { rel } = document.activeElement;
    if (!dialog.open) {
      dialog.showModal();
      // What lies below a modal dialog cannot be reached: answers come along.
      dialog.append($("#alert"), undo);
    }
    htmx.trigger(place, "htmx:abort");
    await htmx.ajax("GET", url, { source: place, target: place }).catch(() => {});
    if (data()?.lookAt !== url) return;
    scale = 1;
    document.title = data().title;
    $("[role=status]", dialog).textContent = picture().alt;
    if (!dialog.contains(document.activeElement)) ($(`[rel="${rel}"]`, place) ?? $(".close", dialog)).focus();
    for (const link of $$("[data-preload]", place)) new Image().src = link.dataset.preload;
  }

  function turn(url) {
    history.replaceState({ look: url }, "", url);
    show(url);
  }
  const path = (link) => link?.getAttribute("href");
  const neighbour = (way) => path($(`[rel=${way}]`, place));
  const go = (way) => neighbour(way) && turn(neighbour(way));

  function close() {
    const last = named(data()?.picture).find((one) => !one.hidden);
    $("main").before($("#alert"));
    dialog.before(undo);
    dialog.close();
    place.replaceChildren();
    document.title = title;
    (last ? $("[data-look]", last) : opener)?.focus();
    if (under) history.replaceState(under, "");
  }

  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-look], #look [rel]");
    if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
      event.preventDefault();
      if (link.rel) return turn(path(link));
      opener = link;
      under = history.state;
      // Else htmx would load the page below anew on the way back.
      if (under) history.replaceState({ ...under, htmx: false }, "");
      history.pushState({}, "");
      turn(path(link));
    }
    if (event.target.closest("#lightbox .close")) history.back();
  });

  dialog.addEventListener("cancel", (event) => { event.preventDefault(); history.back(); });

  addEventListener("popstate", ({ state }) => {
    if (state?.look) show(state.look);
    else if (dialog.open) close();
    // Loaded anew at a picture's address, then back: this document is the picture's.
    else if (location.pathname !== home) location.reload();
  });

  // Zoom: 1 fits; what does not, the stage scrolls. Fingers pinch and pan by the browser's own means.

  let scale = 1;
  let start;
  const stage = () => $(".stage", place);
  const picture = () => $("img", place);
  const full = () => Math.max((picture().naturalWidth * scale) / picture().clientWidth, 1.5);

  function zoom(to, at) {
    const one = picture();
    const { x, y, width, height } = one.getBoundingClientRect();
    const next = Math.min(full() * 4, Math.max(1, to));
    one.classList.toggle("zoomed", next > 1);
    one.style.width = next > 1 ? `${(width * next) / scale}px` : "";
    const grown = next / scale - 1;
    stage().scrollBy((at ? at.clientX - x : width / 2) * grown, (at ? at.clientY - y : height / 2) * grown);
    scale = next;
  }
  const toggle = (at) => zoom(scale > 1 ? 1 : full(), at);

  const onStage = (name, act) => place.addEventListener(name, (event) => {
    if (event.target.closest(".stage")) act(event);
  }, { passive: false });

  onStage("wheel", (event) => { event.preventDefault(); zoom(scale * Math.exp(event.deltaY / -400), event); });
  onStage("dblclick", toggle);
  onStage("pointerdown", (event) => { start = event; });
  onStage("pointermove", (event) => {
    if (event.buttons && event.pointerType === "mouse") stage().scrollBy(-event.movementX, -event.movementY);
  });
  onStage("pointerup", (event) => {
    const right = event.clientX - start.clientX;
    const far = Math.abs(right) > Math.max(50, Math.abs(event.clientY - start.clientY));
    if (far && scale === 1 && event.pointerType !== "mouse") go(right > 0 ? "prev" : "next");
  });

  // Keys

  const KEYS = {
    ArrowLeft: () => go("prev"),
    ArrowRight: () => go("next"),
    "+": () => zoom(scale * 1.5),
    "-": () => zoom(scale / 1.5),
    0: () => toggle(),
    KeyD: () => $("[download]", place).click(),
    KeyR: () => $("[name=price] ~ button", place)?.click(),
  };
  KEYS["="] = KEYS["+"];

  document.addEventListener("keydown", (event) => {
    const { key, code, target } = event;
    if (target.closest("input, textarea, select") || event.altKey) return;
    let act = dialog.open && data() && (KEYS[key] ?? KEYS[code]);
    if (key === "Delete") act = () => $("[data-delete]", dialog.open ? place : target.closest("[data-name], body"))?.click();
    if (event.ctrlKey || event.metaKey) act = code === "KeyZ" && $("button", undo) && (() => $("button", undo).click());
    if (act) { event.preventDefault(); act(); }
  });

  // What is deleted leaves its place, and comes back to it.

  document.addEventListener("trashed", ({ detail: { value: name } }) => {
    const all = $$(`[data-name^=${name.split("-")[0]}]:not([hidden])`);
    const at = all.findIndex((one) => one.dataset.name === name);
    const next = all.slice(at).find((one) => one.dataset.name !== name) ?? all[at - 1];
    for (const one of named(name)) one.hidden = true;
    if (!dialog.open) (next && $("a", next))?.focus();
    else if ($("[rel]", place)) go(neighbour("next") ? "next" : "prev");
    else history.back();
  });

  document.addEventListener("restored", ({ detail: { value: name } }) => {
    for (const one of named(name)) one.hidden = false;
    if (dialog.open) turn(`/images/${name.slice(6)}/`);
    else $("a", named(name)[0] ?? undo)?.focus();
    setTimeout(() => { if (!$("form", undo)) undo.replaceChildren(); }, 5000);
  });
})();
