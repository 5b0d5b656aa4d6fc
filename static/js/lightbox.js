// A picture laid over the page that it hangs on, at its own address; deleting, and taking it back.
(() => {
  "use strict";

  const { $, $$ } = artel;
  const dialog = $("#lightbox");
  if (!dialog) return;
  const place = $("#look");
  const undo = $("#undo");
  const home = location.pathname;
  const title = document.title;
  let under; // the state of the page below, which is htmx's own
  let opener;

  const named = (name) => $$(`[data-name="${name}"]`);
  const look = () => $(".look", dialog);
  const plain = (event) => !event.ctrlKey && !event.metaKey && !event.altKey && !event.shiftKey;

  // Showing

  async function show(url) {
    const held = document.activeElement?.rel;
    if (!dialog.open) {
      dialog.showModal();
      // What lies below a modal dialog cannot be reached: its answers come along.
      dialog.append($("#alert"), undo);
    }
    await htmx.ajax("GET", url, { source: place, target: place, swap: "innerHTML" });
    if (look()?.dataset.lookAt !== url) return;
    scale = 1;
    pan(0, 0);
    document.title = look().dataset.title;
    $("[role=status]", dialog).textContent = image().alt;
    if (!dialog.contains(document.activeElement) || document.activeElement === dialog) {
      ($(`[rel="${held}"]`, dialog) ?? $(".close", dialog)).focus();
    }
    for (const { dataset } of $$("[data-preload]", dialog)) new Image().src = dataset.preload;
  }

  function go(way) {
    const link = $(`[rel=${way}]`, dialog);
    if (!link) return;
    const url = link.getAttribute("href");
    history.replaceState({ look: url }, "", url);
    show(url);
  }

  function close() {
    const last = named(look()?.dataset.picture).find((one) => !one.hidden);
    $("main").before($("#alert"));
    dialog.before(undo);
    dialog.close();
    place.replaceChildren();
    document.title = title;
    (last ? $("[data-look]", last) : opener)?.focus();
    if (under) history.replaceState(under, "");
  }

  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-look]");
    if (link && plain(event)) {
      event.preventDefault();
      opener = link;
      under = history.state;
      // Else htmx would load the page below anew on the way back.
      if (under?.htmx) history.replaceState({ ...under, htmx: false }, "");
      const url = link.getAttribute("href");
      history.pushState({ look: url }, "", url);
      show(url);
    }
    const way = event.target.closest("#lightbox [rel=prev], #lightbox [rel=next]")?.rel;
    if (way && plain(event)) { event.preventDefault(); go(way); }
    if (event.target.closest("#lightbox .close")) history.back();
  });

  dialog.addEventListener("cancel", (event) => { event.preventDefault(); history.back(); });

  addEventListener("popstate", ({ state }) => {
    if (state?.look) show(state.look);
    else if (dialog.open) close();
    // Loaded anew at a picture's address, then back: this document is the picture's.
    else if (location.pathname !== home) location.reload();
  });

  // Zoom: 1 fits; from the middle of the stage

  let scale = 1;
  let x = 0;
  let y = 0;
  let start;
  const fingers = new Map();
  const image = () => $(".stage img", dialog);
  const full = () => { const most = image().naturalWidth / image().clientWidth; return most > 1.1 ? most : 2; };
  const within = (value, size, room) => {
    const most = Math.max(0, (size * scale - room) / 2);
    return Math.min(most, Math.max(-most, value));
  };

  function pan(right, down) {
    const one = image();
    x = within(x + right, one.clientWidth, one.parentElement.clientWidth);
    y = within(y + down, one.clientHeight, one.parentElement.clientHeight);
    one.style.transform = scale > 1 ? `translate(${x}px, ${y}px) scale(${scale})` : "";
    one.classList.toggle("zoomed", scale > 1);
  }

  function zoom(to, { clientX, clientY } = {}) {
    const room = image().parentElement.getBoundingClientRect();
    const [atX, atY] = clientX === undefined ? [0, 0]
      : [clientX - room.x - room.width / 2, clientY - room.y - room.height / 2];
    const next = Math.min(full() * 4, Math.max(1, to));
    x = atX - ((atX - x) * next) / scale;
    y = atY - ((atY - y) * next) / scale;
    scale = next;
    pan(0, 0);
  }

  const onStage = (name, act) => dialog.addEventListener(name, (event) => {
    if (event.target.closest(".stage") && image()) act(event);
  }, { passive: false });

  onStage("wheel", (event) => { event.preventDefault(); zoom(scale * Math.exp(event.deltaY / -400), event); });
  onStage("dblclick", (event) => zoom(scale > 1 ? 1 : full(), event));
  onStage("pointerdown", (event) => {
    start = fingers.size ? null : event;
    fingers.set(event.pointerId, event);
    event.target.setPointerCapture(event.pointerId);
  });
  onStage("pointermove", (event) => {
    const last = fingers.get(event.pointerId);
    if (!last) return;
    const other = [...fingers.values()].find((one) => one.pointerId !== event.pointerId);
    const far = (one) => Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY);
    if (other) zoom((scale * far(event)) / far(last), other);
    else pan(event.clientX - last.clientX, event.clientY - last.clientY);
    fingers.set(event.pointerId, event);
  });
  for (const end of ["pointerup", "pointercancel"]) onStage(end, (event) => {
    fingers.delete(event.pointerId);
    const right = event.clientX - start?.clientX;
    const swiped = Math.abs(right) > 50 && Math.abs(right) > Math.abs(event.clientY - start.clientY);
    if (swiped && scale === 1 && event.pointerType !== "mouse" && end === "pointerup") go(right > 0 ? "prev" : "next");
  });

  // Keys

  const KEYS = {
    ArrowLeft: () => go("prev"),
    ArrowRight: () => go("next"),
    "+": () => zoom(scale * 1.5),
    "=": () => zoom(scale * 1.5),
    "-": () => zoom(scale / 1.5),
    0: () => zoom(scale > 1 ? 1 : full()),
    KeyD: () => $("[download]", dialog)?.click(),
    KeyR: () => $("[action$='/rerun/'] button", dialog)?.click(),
  };

  document.addEventListener("keydown", (event) => {
    if (event.target.closest("input, textarea, select, [contenteditable]")) return;
    const back = $("#undo-button");
    if ((event.ctrlKey || event.metaKey) && event.code === "KeyZ" && back) { event.preventDefault(); back.click(); }
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const own = dialog.open ? dialog : event.target.closest("[data-name]");
    if (event.key === "Delete") $("[data-delete]", own ?? $(".picture-page") ?? dialog)?.click();
    const act = KEYS[event.key] ?? KEYS[event.code];
    if (act && dialog.open && look()) { event.preventDefault(); act(); }
  });

  // Deleted and restored: what bears the name leaves its place, and comes back to it

  document.addEventListener("trashed", ({ detail: { value: name } }) => {
    const all = $$(`[data-name^=${name.split("-")[0]}-]:not([hidden])`);
    const at = all.findIndex((one) => one.dataset.name === name);
    const next = all.slice(at).find((one) => one.dataset.name !== name) ?? all[at - 1];
    for (const one of named(name)) one.hidden = true;
    if (dialog.open) {
      if ($("[rel]", dialog)) go($("[rel=next]", dialog) ? "next" : "prev");
      else history.back();
    } else if (all.length) (next ? $("a", next) : $("#undo-button"))?.focus();
    else location.assign("/");
  });

  document.addEventListener("restored", ({ detail: { value: name } }) => {
    for (const one of named(name)) one.hidden = false;
    const [first] = named(name);
    if (dialog.open) {
      const url = `/images/${name.split("-")[1]}/`;
      history.replaceState({ look: url }, "", url);
      show(url);
    } else $("a", first ?? undo)?.focus();
    setTimeout(() => { if (!$("form", undo)) undo.replaceChildren(); }, 5000);
  });
})();
