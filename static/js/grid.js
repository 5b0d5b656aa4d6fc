// The wall of the gallery. Far stretches of it are put away and come back when one is near, the
// address follows what is seen, and whoever comes back lands where they were.
(() => {
  "use strict";

  const { $, $$ } = artel;
  const wall = $("#found");
  const dialog = $("#lightbox");
  const away = new Map(); // stretch -> its tiles as text, and whose they are, while it is far
  const KEPT = "artel-wall";

  const chunks = () => $$(":scope > .chunk", wall ?? document);
  const tile = (pk) => wall && $(`.tile[data-pk="${pk}"]`, wall);
  // Which pictures a stretch has, and which of them hang there
  const pictures = (chunk) => new Map([...chunk.children].map(({ dataset, hidden }) => [Number(dataset.pk), !hidden]));
  artel.tiles = () => chunks().flatMap((chunk) => [...chunk.children]);
  // Those of the far ones, too
  artel.numbers = () => chunks()
    .flatMap((chunk) => [...(away.get(chunk)?.pictures ?? pictures(chunk))])
    .filter(([, isThere]) => isThere)
    .map(([pk]) => pk);

  if (!wall) return;

  // Putting away

  const box = (one) => one.getBoundingClientRect();

  function put(chunk) {
    const isBusy = chunk.contains(document.activeElement) || $(".htmx-request", chunk);
    if (away.has(chunk) || !chunk.firstElementChild || isBusy) return;
    const { height } = box(chunk);
    away.set(chunk, { html: chunk.innerHTML, pictures: pictures(chunk), isStale: chunk.asked !== undefined });
    chunk.style.height = `${height}px`;
    chunk.replaceChildren();
  }

  function fetchBack(chunk) {
    if (!away.has(chunk)) return;
    const { html, isStale } = away.get(chunk);
    const before = box(chunk);
    away.delete(chunk);
    chunk.innerHTML = html; // with nothing in it that htmx would have to know of
    chunk.style.height = "";
    chunk.dispatchEvent(new CustomEvent("tiles", { bubbles: true, detail: { isStale } }));
    if (before.bottom >= 0) return;
    const grown = box(chunk).height - before.height;
    if (Math.abs(grown) > 1) scrollBy(0, grown);
  }

  // One stretch at a time, so that no frame waits for several; what is to go waits for an idle moment.
  const due = new Map(); // stretch -> whether it is near now
  const whenIdle = (act) => (window.requestIdleCallback ?? setTimeout)(act, { timeout: 100 });
  let frame = 0;
  let rest = 0;

  function next(isNear, act) {
    const found = [...due].find(([, one]) => one === isNear);
    if (found) {
      due.delete(found[0]);
      act(found[0]);
    }
    schedule();
  }
  function schedule() {
    const all = [...due.values()];
    if (all.includes(true)) frame ||= requestAnimationFrame(() => { frame = 0; next(true, fetchBack); });
    if (all.includes(false)) rest ||= whenIdle(() => { rest = 0; next(false, put); });
  }

  const watcher = new IntersectionObserver((seen) => {
    for (const { target, isIntersecting } of seen) due.set(target, isIntersecting);
    schedule();
  }, { rootMargin: "2000px" });

  // A row that is not full goes on in the stretch after it, as if the wall were in one piece.

  function join(chunk) {
    const before = chunk.previousElementSibling;
    if (!before?.matches(".chunk") || away.has(chunk)) return;
    fetchBack(before);
    const tiles = [...before.children].filter((one) => !one.hidden);
    const row = tiles.at(-1)?.offsetTop;
    const rest = tiles.filter((one) => one.offsetTop >= row);
    if (rest.length === tiles.length) return;
    const focus = document.activeElement;
    before.classList.remove("last");
    chunk.prepend(...rest);
    if (chunk.dataset.start) chunk.dataset.start -= rest.length;
    if (chunk.contains(focus)) focus.focus({ preventScroll: true });
  }

  // What one sees first, and keeping it in its place while the wall changes around it

  let held;
  const length = (chunk) => away.get(chunk)?.pictures.size ?? chunk.children.length;
  const edge = () => Math.max(0, $(".tools").getBoundingClientRect().bottom);

  function first() {
    const line = edge() + 24;
    for (const chunk of chunks()) {
      if (chunk.getBoundingClientRect().bottom <= line) continue;
      const found = [...chunk.children].find((one) => !one.hidden && one.getBoundingClientRect().bottom > line);
      if (found) return found;
    }
    return null;
  }
  // Where keys come in: false when nothing hangs there
  artel.enter = () => {
    const link = $("[data-look]", first() ?? document.createElement("p"));
    link?.focus();
    return !!link;
  };
  const hold = (one = first()) => { held = one && { one, top: one.getBoundingClientRect().top }; };
  const settle = () => {
    if (held?.one.isConnected) scrollBy(0, held.one.getBoundingClientRect().top - held.top);
  };

  function take(chunk) {
    const all = chunks();
    const at = all.indexOf(chunk);
    const near = all[at - 1] ?? all[at + 1];
    if (near?.dataset.start && !chunk.dataset.start) {
      const start = Number(near.dataset.start) + (all[at - 1] ? length(near) : -length(chunk));
      if (start >= 0) chunk.dataset.start = start;
    }
    if (all[at - 1]) requestAnimationFrame(() => join(chunk)); // far below, and work enough for now
    else if (all[1]) {
      chunk.classList.remove("last");
      settle(); // it came above the others
    }
    watcher.observe(chunk);
  }

  document.addEventListener("htmx:beforeSwap", ({ detail: { target } }) => {
    if (target.matches(".earlier")) hold();
  });
  document.addEventListener("htmx:load", ({ detail: { elt } }) => {
    if (elt.matches?.(".chunk")) take(elt);
    if (elt.matches?.(".look")) looked = elt.dataset.picture.slice(6);
    if (elt.matches?.(".earlier")) top.observe(elt);
  });

  // Nothing comes above before one has begun to scroll: what one asked for would move away.
  const top = new IntersectionObserver((seen) => {
    for (const { isIntersecting, target } of seen) if (isIntersecting) htmx.trigger(target, "near");
  }, { rootMargin: "800px" });
  addEventListener("wheel", () => $$(".earlier").forEach((link) => top.observe(link)), { once: true, passive: true });
  addEventListener("touchmove", () => $$(".earlier").forEach((link) => top.observe(link)), { once: true, passive: true });

  // The address follows

  function follow() {
    if (dialog?.open) return;
    const seen = first();
    if (!seen) return;
    hold(seen);
    const url = new URL(location);
    for (const name of ["page", "at", "start", "after", "before"]) url.searchParams.delete(name);
    url.hash = "";
    const isFirst = !$(".earlier", wall) && seen.parentElement === chunks()[0] && seen.offsetTop <= seen.parentElement.firstElementChild.offsetTop;
    const { start } = seen.parentElement.dataset;
    const earlier = Number(start) + [...seen.parentElement.children].indexOf(seen);
    if (!isFirst) url.searchParams.set("at", seen.dataset.pk);
    if (!isFirst && earlier > 0) url.searchParams.set("start", earlier);
    if (url.href !== location.href) history.replaceState(history.state, "", url);
    turn(Math.floor(earlier / $("#turn")?.dataset.size) + 1);
    for (const link of $$("[data-from-here]")) {
      const to = new URL(link.href);
      if (isFirst) to.searchParams.delete("at");
      else to.searchParams.set("at", seen.dataset.pk);
      link.href = to.href;
    }
    document.dispatchEvent(new CustomEvent("seen", { detail: Number(seen.dataset.pk) }));
  }

  function turn(number) {
    const pages = $("#turn");
    const [model, ...others] = $$("[data-number]", pages ?? wall).filter((one) => one.matches("a"));
    if (!model || !number) return;
    const end = chunks().at(-1);
    const goesOn = $(".more", wall) || Number(end.dataset.start) + length(end) > number * pages.dataset.size;
    const last = number + (goesOn ? 1 : 0);
    const links = [];
    for (let one = Math.max(1, number - 2); one <= last; one++) {
      const link = model.cloneNode();
      link.href = pages.dataset.address + one;
      link.dataset.number = link.textContent = one;
      link.ariaLabel = model.ariaLabel.replace(/\d+/, one);
      link.toggleAttribute("aria-current", false);
      if (one === number) link.setAttribute("aria-current", "page");
      links.push(link);
    }
    const had = document.activeElement?.dataset.number;
    for (const one of others) one.remove();
    model.replaceWith(...links);
    if (had) links.find((link) => link.dataset.number === had)?.focus({ preventScroll: true });
    for (const [rel, page] of [["prev", number - 1], ["next", number + 1]]) {
      const link = $(`[rel=${rel}]`, pages);
      if (!link) continue;
      link.href = pages.dataset.address + page;
      link.hidden = page < 1 || page > last;
    }
    for (const [link, is] of [[$("[data-first]", pages), number > 1], [$("[data-last]", pages), number < last]]) if (link) link.hidden = !is;
  }

  let timer = 0;
  addEventListener("scroll", () => { clearTimeout(timer); timer = setTimeout(follow, 150); }, { passive: true });

  // The month that one is in

  function mark(pk) {
    const months = $$(".months [data-place]");
    if (!months.length) return;
    const place = (one) => Number(one.dataset.place);
    const isDown = place(months[0]) >= place(months.at(-1));
    const now = months.findLast((one) => (isDown ? place(one) >= pk : place(one) <= pk));
    if (now?.ariaCurrent) return; // still the same: nothing is to be drawn or measured
    for (const one of months) {
      if (one === now) one.setAttribute("aria-current", "true");
      else one.removeAttribute("aria-current");
    }
    const rail = $(".months");
    if (!now || !rail.clientHeight) return;
    const from = now.getBoundingClientRect().top - rail.getBoundingClientRect().top;
    if (from < 0 || from > rail.clientHeight - 40) rail.scrollBy(0, from - rail.clientHeight / 2);
  }
  document.addEventListener("seen", ({ detail }) => mark(detail));
  $(".months")?.addEventListener("htmx:afterSwap", () => {
    const seen = first();
    if (seen) mark(Number(seen.dataset.pk));
  });

  // Coming back

  history.scrollRestoration = "manual";
  const keep = (one) => {
    if (!one) return;
    const { top: at } = one.getBoundingClientRect();
    sessionStorage.setItem(KEPT, JSON.stringify({ url: location.href, pk: one.dataset.pk, at }));
  };

  wall.addEventListener("click", (event) => {
    if (dialog?.open) return;
    follow();
    keep(event.target.closest(".tile"));
  }, true);
  addEventListener("pagehide", () => {
    if (dialog?.open) return;
    const kept = JSON.parse(sessionStorage.getItem(KEPT) ?? "{}");
    const one = kept.url === location.href ? $(`.tile[data-pk="${kept.pk}"]`, wall) : null;
    const top = one?.getBoundingClientRect().top ?? -1;
    keep(top >= 0 && top < innerHeight ? one : first());
  });

  function land() {
    const kept = JSON.parse(sessionStorage.getItem(KEPT) ?? "{}");
    const [{ type } = {}] = performance.getEntriesByType("navigation");
    const isBack = kept.url === location.href && ["back_forward", "reload"].includes(type);
    const found = isBack ? tile(kept.pk) : $(":target", wall);
    if (!found) {
      // It is the first of those that came: there is no way to it.
      const meant = tile(new URLSearchParams(location.search).get("at"));
      if (meant) $("a", meant).focus({ preventScroll: true });
      return;
    }
    scrollBy(0, found.getBoundingClientRect().top - (isBack ? kept.at : edge()));
    $("a", found)?.focus({ preventScroll: true });
    // What is still to come above, or to go, moves nothing until one moves oneself.
    hold(found);
    const still = new ResizeObserver(settle);
    still.observe(document.body);
    for (const name of ["wheel", "touchmove", "pointerdown", "keydown"]) {
      addEventListener(name, () => still.disconnect(), { once: true, passive: true });
    }
  }

  // The lightbox may have led on to what is put away, or not even here yet.

  let looked = "";
  dialog?.addEventListener("close", () => {
    if (!looked || tile(looked)) return;
    const far = chunks().find((chunk) => away.get(chunk)?.pictures.has(Number(looked)));
    if (far) {
      fetchBack(far);
      const found = tile(looked);
      found.scrollIntoView({ block: "center" });
      $("a", found).focus({ preventScroll: true });
    } else {
      const url = new URL(location);
      for (const name of ["page", "start"]) url.searchParams.delete(name);
      url.searchParams.set("at", looked);
      url.hash = `image-${looked}`;
      location.replace(url);
    }
  });

  // What is put away, or counted beside the wall, is not what it was

  const stale = (kind, pks, isThere) => {
    for (const one of away.values()) {
      one.isStale = true;
      if (kind === "trash") for (const pk of pks ?? []) if (one.pictures.has(pk)) one.pictures.set(pk, isThere);
    }
    for (const one of $$("[data-stale-by]")) if (one.dataset.staleBy.split(",").includes(kind)) htmx.trigger(one, "stale");
  };
  document.addEventListener("changed", ({ detail: { kind, ids, undone } }) => {
    stale(kind, ids, undone);
    $("#shelves:popover-open")?.hidePopover(); // it would lie over the way back
  });
  // A page that one comes back to is as one left it: what became of its pictures elsewhere is asked.
  addEventListener("pageshow", ({ persisted }) => {
    const { type } = performance.getEntriesByType("navigation")[0] ?? {};
    if (!persisted && type !== "back_forward") return;
    document.dispatchEvent(new CustomEvent("changed", { detail: { kind: "trash", ids: null, undone: true } }));
    for (const one of $$("[data-stale-by]")) htmx.trigger(one, "stale");
  });
  for (const name of ["trashed", "restored"]) {
    document.addEventListener(name, ({ detail: { value } }) => stale("trash", [Number(value.split("-")[1])], name === "restored"));
  }

  // When the last of them is gone the page says so. Those that are put away are there.

  new MutationObserver(() => {
    wall.classList.toggle("none", !away.size && !$(".tile:not([hidden]), .more, .earlier", wall));
  }).observe(wall, { subtree: true, childList: true, attributeFilter: ["hidden"] });

  // Sizes: at once, and remembered

  const sizes = $$("[data-density]");

  function size(now, then = now) {
    const at = sizes.findIndex((one) => one.dataset.density === now);
    sizes.forEach((one, place) => {
      one.toggleAttribute("aria-current", false);
      if (place === at) one.setAttribute("aria-current", "true");
      delete one.dataset.key;
      if (place === at + 1) one.dataset.key = "+";
      if (place === at - 1) one.dataset.key = "-";
    });
    if (now === then) return;
    document.cookie = `density=${now}; path=/; max-age=31536000; samesite=lax`;
    const row = () => parseFloat(getComputedStyle(wall).getPropertyValue("--row"));
    const before = row();
    hold();
    wall.classList.replace(`found-${then}`, `found-${now}`);
    rearrange((row() / before) ** 2);
  }

  function rearrange(by) {
    for (const chunk of away.keys()) chunk.style.height = `${parseFloat(chunk.style.height) * by}px`;
    for (const chunk of chunks().slice(1)) if (!away.has(chunk) && !away.has(chunk.previousElementSibling)) join(chunk);
    settle();
  }

  const current = () => sizes.find((one) => one.hasAttribute("aria-current")).dataset.density;
  for (const one of sizes) {
    one.addEventListener("click", (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      size(one.dataset.density, current());
    });
  }

  let wide = wall.clientWidth;
  new ResizeObserver(() => {
    const now = wall.clientWidth;
    if (Math.abs(now - wide) > 1) rearrange(wide / now);
    wide = now;
  }).observe(wall);

  for (const chunk of chunks()) watcher.observe(chunk);
  size(current());
  land();
  // The browser goes there by itself once all is loaded, and takes the focus away.
  if (location.hash) addEventListener("load", () => setTimeout(land));
})();
