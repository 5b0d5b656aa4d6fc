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
  let coming; // what is asked for
  let isHeld; // a key: no step outlasts it
  const owed = []; // steps until it is here

  const named = (name) => $$(`[data-name="${name}"]`);
  const data = () => place.firstElementChild?.dataset;

  async function show(url) {
    const { rel } = document.activeElement;
    if (!dialog.open) {
      dialog.showModal();
      dialog.append($("#alert"), undo); // below it they could not be reached
    }
    htmx.trigger(place, "htmx:abort");
    coming = url;
    await htmx.ajax("GET", url, { source: place, target: place }).catch(() => {});
    if (coming !== url) return;
    coming = "";
    const steps = owed.splice(0);
    if (data()?.lookAt !== url) return;
    scale = 1;
    document.title = data().title;
    $("[role=status]", dialog).textContent = picture().alt;
    if (!dialog.contains(document.activeElement)) ($(`[rel="${rel}"]`, place) ?? $(".close", dialog)).focus();
    for (const link of $$("[data-preload]", place)) new Image().src = link.dataset.preload;
    steps.forEach(go);
  }

  function turn({ pathname, search }) {
    const look = pathname + search;
    history.replaceState({ look }, "", look);
    show(look);
  }
  const neighbour = (way) => $(`[rel=${way}]`, place);
  const go = (way) => (coming ? isHeld || owed.push(way) : neighbour(way) && turn(neighbour(way)));

  function close() {
    const last = named(data()?.picture).find((one) => !one.hidden);
    $("main").before($("#alert"));
    dialog.before(undo);
    dialog.close();
    htmx.trigger(place, "htmx:abort");
    place.replaceChildren();
    document.title = title;
    (last ? $("[data-look]", last) : opener)?.focus();
    history.replaceState(under, "");
  }

  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-look], #look [rel]");
    if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
      event.preventDefault();
      if (link.rel) go(link.rel);
      else {
        opener = link;
        under = history.state;
        history.replaceState(null, ""); // else htmx loads it anew
        history.pushState(null, "");
        turn(link);
      }
    }
    if (event.target.closest("#lightbox .close")) history.back();
  });

  dialog.addEventListener("cancel", (event) => {
    event.preventDefault();
    const drop = $("details[open]:has(:focus) summary", place);
    (drop ?? $(".close", dialog)).click();
    drop?.focus();
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
    const by = next / scale;
    one.classList.toggle("zoomed", next > 1);
    one.style.width = next > 1 ? `${width * by}px` : "";
    at ??= { clientX: x + width / 2, clientY: y + height / 2 };
    one.parentElement.scrollBy((at.clientX - x) * (by - 1), (at.clientY - y) * (by - 1));
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
    isHeld = event.repeat;
    if (artel.typing(target) || event.altKey || (isHeld && !/[+-]|Arr/.test(key))) return;
    let act = dialog.open && data() && (KEYS[key] ?? KEYS[code]);
    if (key === "Delete") act = () => $("[data-delete]", dialog.open ? place : target.closest("[data-name]") ?? $(".picture-page") ?? undo)?.click();
    if (event.ctrlKey || event.metaKey) act = code === "KeyZ" && (() => $("button", undo)?.click());
    if (act) { event.preventDefault(); act(); }
  });

  // What is deleted leaves

  document.addEventListener("trashed", ({ detail: { value: name } }) => {
    const all = $$(`[data-name^=${name.split("-")[0]}]:not([hidden])`);
    const at = all.findIndex((one) => one.dataset.name === name);
    for (const one of named(name)) one.hidden = true;
    const next = all.slice(at).find((one) => !one.hidden) ?? all[at - 1];
    // A second press tells it again.
    if (!dialog.open) at < 0 || $("a", next ?? undo)?.focus();
    else if (!coming && data()?.picture === name) (neighbour("next") ?? neighbour("prev") ?? $(".close", dialog)).click();
  });

  document.addEventListener("restored", ({ detail: { value: name } }) => {
    for (const one of named(name)) one.hidden = false;
    if (dialog.open) turn({ pathname: data().lookAt.replace(/\d+/, name.slice(6)), search: "" });
    else $("a", named(name)[0] ?? undo)?.focus();
  });
})();
