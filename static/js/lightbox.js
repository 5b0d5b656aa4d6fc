// A picture over its page, at its own address; deleting, and undoing that.
(() => {
  "use strict";

  const { $, $$ } = artel;
  const dialog = $("#lightbox");
  if (!dialog) return;
  const place = $("#look");
  const undo = $("#undo");
  const home = location.pathname;
  const title = document.title;
  let under; // htmx's own state of the page below
  let opener;

  const named = (name) => $$(`[data-name="${name}"]`);
  const data = () => place.firstElementChild?.dataset;

  async function show(url) {
    const { rel } = document.activeElement;
    if (!dialog.open) {
      dialog.showModal();
      dialog.append($("#alert"), undo); // below it they could not be reached
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
  const neighbour = (way) => $(`[rel=${way}]`, place);
  const go = (way) => neighbour(way)?.click();

  function close() {
    const last = named(data()?.picture).find((one) => !one.hidden);
    $("main").before($("#alert"));
    dialog.before(undo);
    dialog.close();
    place.replaceChildren();
    document.title = title;
    (last ? $("[data-look]", last) : opener)?.focus();
    history.replaceState(under, "");
  }

  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-look], #look [rel]");
    if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
      event.preventDefault();
      if (!link.rel) {
        opener = link;
        under = history.state;
        history.replaceState(null, ""); // else htmx loads it anew
        history.pushState(null, "");
      }
      turn(link.pathname + link.search);
    }
    if (event.target.closest("#lightbox .close")) history.back();
  });

  dialog.addEventListener("cancel", (event) => {
    event.preventDefault();
    ($("details:has(:focus) summary", place) ?? $(".close", dialog)).click();
  });

  addEventListener("popstate", ({ state }) => {
    if (state?.look) show(state.look);
    else if (dialog.open) close();
    else if (location.pathname !== home) location.reload();
  });

  // Zoom: 1 fits, more is scrolled

  let scale = 1;
  let start;
  const picture = () => $("img", place);
  const full = () => Math.max((picture().naturalWidth * scale) / picture().clientWidth, 1.5);

  function zoom(to, at) {
    const one = picture();
    const { x, y, width, height } = one.getBoundingClientRect();
    const next = Math.min(full() * 4, Math.max(1, to));
    one.classList.toggle("zoomed", next > 1);
    one.style.width = next > 1 ? `${(width * next) / scale}px` : "";
    at ??= { clientX: x + width / 2, clientY: y + height / 2 };
    one.parentElement.scrollBy((at.clientX - x) * (next / scale - 1), (at.clientY - y) * (next / scale - 1));
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
    if (event.buttons && event.pointerType === "mouse") picture().parentElement.scrollBy(-event.movementX, -event.movementY);
  });
  onStage("pointerup", (event) => {
    const right = event.clientX - start.clientX;
    if (event.pointerType !== "mouse" && scale === 1 && Math.abs(right) > 50) go(right > 0 ? "prev" : "next");
  });

  const KEYS = {
    ArrowLeft: () => go("prev"),
    ArrowRight: () => go("next"),
    "+": () => zoom(scale * 1.5),
    "-": () => zoom(scale / 1.5),
    KeyZ: () => toggle(),
    KeyD: () => $("[download]", place).click(),
    KeyR: () => $("[name=price] ~ button", place)?.click(),
  };

  document.addEventListener("keydown", (event) => {
    const { key, code, target } = event;
    if (artel.typing(target) || event.altKey || (event.repeat && !/[+-]|Arr/.test(key))) return;
    let act = dialog.open && data() && (KEYS[key] ?? KEYS[code]);
    if (key === "Delete") act = () => $("[data-delete]", dialog.open ? place : target.closest("[data-name]") ?? $(".picture-page") ?? undo)?.click();
    if (event.ctrlKey || event.metaKey) act = code === "KeyZ" && (() => $("button", undo)?.click());
    if (act) { event.preventDefault(); act(); }
  });

  // What is deleted leaves

  document.addEventListener("trashed", ({ detail: { value: name } }) => {
    const all = $$(`[data-name^=${name.split("-")[0]}]:not([hidden])`);
    const at = all.findIndex((one) => one.dataset.name === name);
    const next = all.slice(at).find((one) => one.dataset.name !== name) ?? all[at - 1];
    for (const one of named(name)) one.hidden = true;
    if (!dialog.open) (next && $("a", next))?.focus();
    else (neighbour("next") ?? neighbour("prev") ?? $(".close", dialog)).click();
  });

  document.addEventListener("restored", ({ detail: { value: name } }) => {
    for (const one of named(name)) one.hidden = false;
    if (dialog.open) turn(data().lookAt.replace(/\d+/, name.slice(6)));
    else $("a", named(name)[0] ?? undo)?.focus();
  });
})();
