// Selecting pictures of the gallery: by their checkmarks, with shift, by drawing a box around them, by
// a long press, by Ctrl+A, by keys alone. The bar below does to all of them what can be done to one.
(() => {
  "use strict";

  const { $, $$ } = artel;
  const wall = $("#found");
  const bar = $("#bar");
  if (!wall || !bar) return;

  const form = $("#selection");
  const search = Object.fromEntries($$("[data-search]", form).map(({ name, value }) => [name, value]));
  const here = JSON.stringify(search);
  const isStacked = Boolean(search.stack); // a tile is all pictures of its prompt: how many they are, the server knows
  const STORE = "artel-selection";
  const PRESS = 450; // ms
  const MOVE = 6; // px that are no click any more

  let all = false; // then `named` are those left out, else those that are in
  let named = new Set();
  let total; // of all that the search finds, or of all in these stacks, once the server has said it
  let anchor; // where a range begins

  const number = (tile) => Number(tile.dataset.pk);
  const tiles = () => (artel.tiles?.() ?? $$(".tile", wall)).filter((tile) => tile.dataset.pk && !tile.hidden);
  const has = (pk) => named.has(pk) !== all;
  const size = () => (all ? Math.max(0, total - named.size) : named.size);
  const put = (pk, on) => (on === all ? named.delete(pk) : named.add(pk));

  const begin = $("#bar-begin");
  const isBegun = () => begin.ariaPressed === "true";
  function start(on) {
    begin.ariaPressed = on;
    document.body.classList.toggle("choosing", on);
  }

  // What is shown

  function draw(some = tiles()) {
    for (const tile of some) {
      const on = has(number(tile));
      tile.classList.toggle("picked", on);
      const box = $(".pick", tile);
      if (box) { box.checked = on; box.removeAttribute("name"); }
    }
  }

  const COUNT = $("#bar-count");
  const selected = () => bar.dataset.selected.replace("{}", size().toLocaleString(document.documentElement.lang));
  function tell(isAnew = isStacked) {
    const count = size();
    if (!all && !count) named.clear();
    bar.hidden = !all && !count;
    document.body.classList.toggle("selecting", !bar.hidden);
    if (!isStacked && !all) COUNT.textContent = count ? selected() : "";
    else if (!isStacked && isKnown() && (named.size || !$("[data-count]", COUNT))) COUNT.textContent = selected();
    $("[data-bar-all]", bar).hidden = all && !named.size;
    const compare = $("[data-bar-compare]", bar);
    if (compare) {
      compare.hidden = all || count < 2 || count > 4;
      compare.search = new URLSearchParams([...named].slice(0, 4).map((pk) => ["image", pk]));
    }
    if (bar.hidden) for (const one of $$("details[open]", bar)) one.open = false;
    document.documentElement.style.setProperty("--bar", bar.hidden ? "0px" : `${bar.offsetHeight}px`);
    try {
      if (bar.hidden) sessionStorage.removeItem(STORE);
      else sessionStorage.setItem(STORE, JSON.stringify({ here, user: document.body.dataset.user, all, total, named: [...named] }));
    } catch { /* full, or forbidden: it is lost with the page then */ }
    if (bar.hidden) forget();
    else if (isAnew) return ask();
    return true;
  }

  // How many they are of a search, or in stacks, the server knows alone. Until it has said so nothing
  // is done to them: nobody would know to what.
  const isKnown = () => total !== undefined || (!all && !isStacked);
  let asking; // the question that is not answered yet
  function forget() {
    asking = null;
    htmx.trigger(bar, "htmx:abort");
    COUNT.textContent = "";
  }
  async function ask() {
    forget();
    const mine = (asking = {});
    total = undefined;
    COUNT.textContent = "…";
    if (isStacked) await new Promise((done) => setTimeout(done, 100));
    if (asking !== mine) return true;
    const values = isStacked ? chosen() : { all: "on", ...search };
    await htmx.ajax("POST", bar.dataset.countUrl, { source: bar, target: COUNT, values }).catch(() => {});
    if (asking !== mine) return true;
    asking = null;
    const answer = $("[data-count]", COUNT);
    if (!answer) return false;
    total = Number(answer.dataset.count);
    if (!isStacked) tell();
    return true;
  }
  const show = (some) => { draw(some); tell(); };

  function clear() {
    all = false;
    named = new Set();
    anchor = undefined;
    start(false);
    show();
  }

  let before; // what was selected, until all of it is counted
  async function everything() {
    if (!asking) before = { all, named, total };
    all = true;
    named = new Set();
    total = undefined;
    draw();
    if (await tell(true)) return;
    ({ all, named, total } = before);
    show();
  }

  function toggle(tile, on = !has(number(tile))) {
    put(number(tile), on);
    anchor = number(tile);
    show([tile]);
  }

  // Everything between the one that was touched last and this one
  function range(tile) {
    const row = artel.numbers?.() ?? tiles().map(number);
    const [from, to] = [row.indexOf(anchor), row.indexOf(number(tile))];
    if (from < 0) return toggle(tile, true);
    for (const pk of row.slice(Math.min(from, to), Math.max(from, to) + 1)) put(pk, true);
    show();
  }

  // The mouse: a click on the mark, and on the picture too while something is selected

  let quiet = 0; // a click that ends a drag or a long press is none

  wall.addEventListener("click", (event) => {
    const tile = event.target.closest(".tile");
    if (event.timeStamp < quiet) { event.preventDefault(); event.stopPropagation(); return; }
    if (!tile || event.ctrlKey || event.metaKey) return;
    const box = event.target.closest(".pick");
    const link = event.target.closest("[data-look]");
    if (!box && !(link && (event.shiftKey || !bar.hidden || isBegun()))) return;
    event.stopPropagation();
    if (!box) event.preventDefault();
    if (event.shiftKey && anchor !== undefined) range(tile);
    else toggle(tile);
  }, true);

  // A box drawn with the mouse

  let drag; // { x, y on the page, base, on }
  const frame = document.createElement("div");
  frame.className = "band";

  wall.addEventListener("dragstart", (event) => event.preventDefault());
  document.addEventListener("pointerdown", (event) => {
    const isOurs = event.button === 0 && event.pointerType === "mouse" && event.target.closest(".wall") && !event.target.closest("button, input:not(.pick), select, textarea, .tools, .bar, dialog, summary");
    drag = isOurs ? { x: event.pageX, y: event.pageY, base: new Set(named) } : null;
  });

  function band(event) {
    const left = Math.min(drag.x, event.pageX), top = Math.min(drag.y, event.pageY);
    const right = Math.max(drag.x, event.pageX), bottom = Math.max(drag.y, event.pageY);
    Object.assign(frame.style, { left: `${left}px`, top: `${top}px`, width: `${right - left}px`, height: `${bottom - top}px` });
    const changed = [];
    for (const tile of $$(".tile[data-pk]", wall)) {
      const at = tile.getBoundingClientRect();
      const x = at.left + scrollX, y = at.top + scrollY;
      const inside = !tile.hidden && x < right && x + at.width > left && y < bottom && y + at.height > top;
      const on = inside || drag.base.has(number(tile)) !== all;
      if (on !== has(number(tile))) { put(number(tile), on); changed.push(tile); }
      if (inside) anchor ??= number(tile);
    }
    draw(changed);
  }

  document.addEventListener("pointermove", (event) => {
    if (!drag || !(event.buttons & 1)) return;
    if (!frame.isConnected) {
      if (Math.hypot(event.pageX - drag.x, event.pageY - drag.y) < MOVE) return;
      document.body.append(frame);
      getSelection().removeAllRanges();
    }
    band(event);
    const edge = event.clientY < 40 ? -20 : event.clientY > innerHeight - 40 ? 20 : 0;
    if (edge) scrollBy(0, edge);
  });

  document.addEventListener("pointerup", (event) => {
    if (drag && frame.isConnected) {
      frame.remove();
      quiet = event.timeStamp + 50;
      tell();
    }
    drag = null;
  });

  // A finger: a long press begins it, taps go on

  let press;
  const let_go = () => clearTimeout(press?.timer);

  wall.addEventListener("pointerdown", (event) => {
    const tile = event.target.closest(".tile");
    if (event.pointerType === "mouse" || !tile) return;
    let_go();
    const timer = setTimeout(() => {
      toggle(tile, true);
      press.done = true;
      navigator.vibrate?.(10);
    }, PRESS);
    press = { timer, x: event.clientX, y: event.clientY, done: false };
  });
  wall.addEventListener("pointermove", (event) => {
    if (press && Math.hypot(event.clientX - press.x, event.clientY - press.y) > 2 * MOVE) let_go();
  });
  wall.addEventListener("pointerup", (event) => {
    let_go();
    if (press?.done) quiet = event.timeStamp + 400;
    press = null;
  });
  wall.addEventListener("pointercancel", let_go);
  wall.addEventListener("contextmenu", (event) => {
    if (press || event.timeStamp < quiet) event.preventDefault();
  });

  // Keys

  function step(tile, key) {
    const row = tiles();
    const at = row.indexOf(tile);
    if (key === "ArrowLeft") return row[at - 1];
    if (key === "ArrowRight") return row[at + 1];
    const here = tile.getBoundingClientRect();
    const middle = here.left + here.width / 2;
    const way = key === "ArrowDown" ? 1 : -1;
    let best, least = Infinity;
    for (let n = at + way; row[n]; n += way) {
      const there = row[n].getBoundingClientRect();
      const down = (there.top - here.top) * way;
      if (down < here.height / 2) continue;
      if (best && down > (best.getBoundingClientRect().top - here.top) * way + 4) break;
      const off = Math.abs(there.left + there.width / 2 - middle);
      if (off < least) { best = row[n]; least = off; }
    }
    return best;
  }

  window.addEventListener("keydown", (event) => {
    const { key, target } = event;
    if (event.isComposing || $("dialog[open]") || event.altKey) return;
    const tile = target.closest("#found .tile");
    const isTyping = artel.typing(target);
    const act = (() => {
      if (key === "Escape" && !bar.hidden && !$(".menu[open]") && (!isTyping || bar.contains(target))) {
        const drop = $("details[open]", bar);
        return () => { if (drop) { drop.open = false; $("summary", drop).focus(); } else clear(); };
      }
      if (isTyping) return null;
      if ((event.ctrlKey || event.metaKey) && event.code === "KeyA") return everything;
      if (event.ctrlKey || event.metaKey) return null;
      if (event.repeat && !key.startsWith("Arrow")) return tile && key === " " ? () => {} : null;
      if (key === "Delete" && !bar.hidden) return () => $("[data-bar-trash] button", bar).click();
      if (!bar.hidden && !event.shiftKey) {
        if (event.code === "KeyB") return () => $(".bar-deeds summary", bar).focus();
        const button = /^[0-5]$/.test(key) && $(`[name=rating][value="${key}"]`, bar);
        if (button) return () => button.click();
        const field = { KeyF: "on", KeyT: "tags", KeyC: "collection" }[event.code];
        if (field) return () => { $(`[name=${field}]`, bar).closest("details").open = true; };
      }
      if (target === document.body && key.startsWith("Arrow") && !event.shiftKey && !$(":popover-open")) return artel.enter;
      if (!tile || target.matches("button, .pick")) return null;
      if (event.code === "KeyX" && !event.shiftKey) return () => toggle(tile);
      if (key === " ") return event.shiftKey && anchor !== undefined ? () => range(tile) : () => toggle(tile);
      if (!key.startsWith("Arrow")) return null;
      const { top, bottom } = tile.getBoundingClientRect();
      // What stands beside it may be put away.
      if (bottom < -innerHeight || top > 2 * innerHeight) return () => tile.scrollIntoView({ block: "center" });
      const next = step(tile, key);
      if (!next) return null;
      return () => {
        if (event.shiftKey && !has(number(tile))) toggle(tile, true);
        $("[data-look]", next).focus();
        if (!event.shiftKey) return;
        anchor = number(tile);
        toggle(next, true);
      };
    })();
    if (!act) return;
    event.preventDefault();
    event.stopPropagation();
    act();
  }, true);

  // The bar

  bar.addEventListener("click", (event) => {
    if (event.target.closest("[data-bar-all]")) everything();
    if (event.target.closest("[data-bar-clear]")) { clear(); $(".tile [data-look]", wall)?.focus({ preventScroll: true }); }
    const drop = event.target.closest("summary")?.parentElement;
    if (drop) for (const other of $$("details[open]", bar)) if (other !== drop) other.open = false;
  });
  bar.addEventListener("toggle", ({ target }) => {
    document.body.classList.toggle("dropped", !!$("details[open]", bar));
    if (target.open) $("input:not([type=hidden]), button", target)?.focus();
  }, true);
  document.addEventListener("click", (event) => {
    for (const drop of $$("details[open]", bar)) if (!drop.contains(event.target)) drop.open = false;
  });

  // Thousands of numbers in one field: neighbours are a range
  function written(pks) {
    const parts = [];
    for (const pk of [...pks].sort((one, other) => one - other)) {
      const last = parts.at(-1);
      if (last && last[1] === pk - 1) last[1] = pk;
      else parts.push([pk, pk]);
    }
    return parts.map(([first, last]) => (first === last ? first : `${first}-${last}`)).join(",");
  }

  const chosen = () => (all ? { all: "on", ...search, but: written(named) } : { images: written(named), ...search });

  document.addEventListener("submit", (event) => {
    const { target } = event;
    if (!bar.contains(target)) return;
    if (!isKnown()) {
      event.preventDefault();
      event.stopPropagation();
      if (!asking) tell(true);
      return;
    }
    for (const old of $$("[data-chosen]", target)) old.remove();
    for (const [name, value] of Object.entries(chosen())) {
      if (!value) continue;
      const field = document.createElement("input");
      Object.assign(field, { type: "hidden", name, value });
      field.dataset.chosen = "";
      target.append(field);
    }
  }, true);

  document.addEventListener("changed", ({ detail }) => {
    for (const drop of $$("details[open]", bar)) {
      drop.open = false;
      $("form", drop).reset(); // else the next word is written to the end of this one
      $("summary", drop).focus();
    }
    // What the search finds of a stack may be another part of it by now.
    const isGone = detail.kind === "trash" && !detail.undone && !bar.hidden;
    const row = isGone ? tiles() : [];
    const at = row.findIndex((tile) => has(number(tile)));
    const stays = (tile) => !has(number(tile));
    const next = row.slice(Math.max(0, at)).find(stays) ?? row.findLast(stays);
    const focus = document.activeElement;
    const isLost = isGone && (focus === document.body || focus.closest("#bar, .picked"));
    if ((detail.kind === "trash" || (isStacked && search.q)) && !detail.undone) clear();
    if (detail.kind === "trash") draw();
    // To the picture after them; when none is left, to the way back, which comes with this answer.
    if (isLost && next) $("[data-look]", next).focus();
    else if (isLost) setTimeout(() => $("#undo-button")?.focus());
  });

  // Pictures that come by scrolling, or come back

  document.addEventListener("htmx:load", ({ detail: { elt } }) => {
    if (wall.contains(elt)) draw($$(".tile[data-pk]", elt));
  });
  wall.addEventListener("tiles", ({ target }) => draw($$(".tile[data-pk]", target)));

  $("[data-skip]").addEventListener("click", (event) => { event.preventDefault(); artel.enter(); });
  form.hidden = true;
  begin.hidden = false;
  begin.addEventListener("click", () => (isBegun() ? clear() : start(true)));
  document.body.classList.add("selectable");
  try {
    const kept = JSON.parse(sessionStorage.getItem(STORE) ?? "null");
    if (kept?.user === document.body.dataset.user && kept.here === here) {
      ({ all, total } = kept);
      named = new Set(kept.named);
    }
  } catch { /* nothing was kept */ }
  draw();
  tell(!isKnown());
})();
