// A collection's own order: pictures are dragged to their places by mouse or finger, or moved by keys,
// and every place is saved at once. What the keys do is said aloud, in the words that the list brings along.
(() => {
  "use strict";

  const { $, $$ } = artel;
  if (!$("#collection-head")) return;
  const { home } = $("#collection-head").dataset; // the large view has an address of its own
  const list = () => $("#members"); // none, when nothing is in it
  const members = () => $$("#members > .member:not([hidden])");
  const link = (member) => $(".member-picture", member);
  let lifted; // by keys: the picture, and what it stood before
  let dragged;

  function say(words, member) {
    const place = members().indexOf(member) + 1;
    $("#news").textContent = list().dataset[words].replace("%1", place).replace("%2", list().dataset.total);
  }

  function before(member) {
    const all = members();
    return all[all.indexOf(member) - 1];
  }

  // Always the last word about a picture: the place that it has when its turn comes.
  let saving = Promise.resolve();
  function save(member) {
    saving = saving.then(() => {
      const values = { image: member.dataset.member, after: before(member)?.dataset.member ?? 0 };
      return htmx.ajax("POST", list().dataset.moveUrl, { source: member, target: "#undo", values });
    }).catch(() => {});
  }

  const along = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: 0, ArrowDown: 0, Home: -Infinity, End: Infinity };

  function columns() {
    const all = members();
    const top = all[0].offsetTop;
    const next = all.findIndex((one) => one.offsetTop > top);
    return next < 0 ? all.length : next;
  }

  function shift(member, key) {
    const all = members();
    const step = along[key] || columns() * (key === "ArrowUp" ? -1 : 1);
    const from = all.indexOf(member);
    const to = Math.max(0, Math.min(all.length - 1, from + step));
    if (to === from) return;
    if (to < from) all[to].before(member);
    else all[to].after(member);
    link(member).focus();
  }

  function lift(member) {
    lifted = { member, next: member.nextElementSibling };
    member.classList.add("lifted");
    say("lifted", member);
  }

  function put(is_kept) {
    const { member, next } = lifted;
    lifted = null;
    member.classList.remove("lifted");
    if (is_kept && member.nextElementSibling !== next) save(member);
    if (!is_kept) {
      list().insertBefore(member, next);
      link(member).focus();
    }
    say(is_kept ? "put" : "back", member);
  }

  document.addEventListener("keydown", (event) => {
    const { key, target, altKey, ctrlKey, metaKey } = event;
    const member = target.closest(".member-picture")?.closest(".member");
    if (!member || ctrlKey || metaKey) return;
    const moves = key in along;
    if (key === " ") lifted ? put(true) : lift(member);
    else if (lifted && key === "Enter") put(true);
    else if (lifted && key === "Escape") put(false);
    else if (lifted && moves) { shift(lifted.member, key); say("moved", lifted.member); }
    else if (altKey && moves) { shift(member, key); say("moved", member); save(member); }
    else return;
    event.preventDefault();
    event.stopPropagation();
  }, true);

  // Elsewhere it is put down where it is
  document.addEventListener("focusout", ({ target }) => {
    if (lifted) setTimeout(() => { if (lifted && document.activeElement !== link(lifted.member)) put(true); });
  });

  // The mouse, and a finger that was held on a picture

  const clear = () => $$("#members > .target").forEach((one) => one.classList.remove("target", "behind"));

  // Where it would be put, shown there; undefined over no other picture
  function aim(x, y) {
    clear();
    const member = document.elementFromPoint(x, y)?.closest(".member");
    if (!dragged || !member || member === dragged) return undefined;
    const { left, width } = member.getBoundingClientRect();
    const behind = x > left + width / 2;
    member.classList.add("target");
    member.classList.toggle("behind", behind);
    return { member, behind };
  }

  function take(member) {
    dragged = member;
    member?.classList.add("dragged");
  }

  function leave() {
    clear();
    dragged?.classList.remove("dragged");
    dragged = null;
  }

  function drop({ member, behind }) {
    if (behind) member.after(dragged);
    else member.before(dragged);
    say("put", dragged);
    save(dragged);
  }

  const pictured = (target) => target.closest?.(".member-picture")?.closest(".member");

  document.addEventListener("dragstart", (event) => {
    if (finger) { event.preventDefault(); return; }
    take(pictured(event.target));
    if (dragged) event.dataTransfer.effectAllowed = "move";
  });
  document.addEventListener("dragover", (event) => {
    if (aim(event.clientX, event.clientY)) event.preventDefault();
  });
  document.addEventListener("drop", (event) => {
    const found = aim(event.clientX, event.clientY);
    if (!found) return;
    event.preventDefault();
    drop(found);
  });
  document.addEventListener("dragend", leave);

  const HELD = 350; // ms, after which a finger moves the picture and not the page
  const STILL = 10; // px that a finger may tremble
  let finger; // { x, y, timer, isCarrying, hasMoved }
  let quiet = 0; // what ends it is no tap

  function letGo() {
    clearTimeout(finger?.timer);
    finger = null;
    leave();
  }

  document.addEventListener("pointerdown", (event) => {
    letGo(); // a second finger zooms
    const member = pictured(event.target);
    if (event.pointerType === "mouse" || !event.isPrimary || !member) return;
    const timer = setTimeout(() => {
      finger.isCarrying = true;
      take(member);
      navigator.vibrate?.(10);
    }, HELD);
    finger = { x: event.clientX, y: event.clientY, timer, isCarrying: false, hasMoved: false };
  });
  document.addEventListener("pointermove", (event) => {
    if (!finger || !event.isPrimary) return;
    finger.hasMoved ||= Math.hypot(event.clientX - finger.x, event.clientY - finger.y) > STILL;
    if (!finger.isCarrying) {
      if (finger.hasMoved) letGo();
      return;
    }
    aim(event.clientX, event.clientY);
    const edge = event.clientY < 60 ? -12 : event.clientY > innerHeight - 60 ? 12 : 0;
    if (edge) scrollBy(0, edge);
  });
  document.addEventListener("pointerup", (event) => {
    if (!finger || !event.isPrimary) return;
    const found = finger.isCarrying && aim(event.clientX, event.clientY);
    if (finger.isCarrying && finger.hasMoved) quiet = event.timeStamp + 400;
    if (found) drop(found);
    letGo();
  });
  document.addEventListener("pointercancel", () => { if (finger) letGo(); }); // a mouse that drags has one, too
  $("main").addEventListener("touchmove", (event) => { if (finger?.isCarrying) event.preventDefault(); }, { passive: false });
  document.addEventListener("contextmenu", (event) => { if (finger?.isCarrying) event.preventDefault(); });
  document.addEventListener("click", (event) => {
    if (event.timeStamp > quiet || !pictured(event.target)) return;
    event.preventDefault();
    event.stopPropagation();
  }, true);

  // What was changed elsewhere on the page, or taken back

  const draw = (part, how = " ignoreTitle:true") => $(part) &&
    htmx.ajax("GET", home, { source: $(part), target: part, select: part, swap: `outerHTML${how}` });

  async function anew(pk) {
    await draw("#members");
    const member = $(`[data-member="${pk}"]`);
    if (member) link(member).focus();
  }

  document.addEventListener("trashed", () => draw("#collection-head"));
  document.addEventListener("changed", ({ detail: { kind, undone, ids }, target }) => {
    if (kind === "rename") draw("#collection-head", "").then(() => {
      if (document.activeElement === document.body) $(".rename summary").focus();
    });
    if (["drop", "collect", "trash"].includes(kind)) draw("#collection-head");
    if (!["move", "drop", "cover", "collect", "trash"].includes(kind) || !ids?.length || !list()) return;
    const typed = target.closest?.("[data-place-form]");
    if (undone || typed) { anew(ids[0]); return; }
    if (kind === "cover") for (const one of members()) one.toggleAttribute("data-cover", ids.includes(Number(one.dataset.member)));
    if (kind !== "drop" && kind !== "trash") return;
    for (const one of members()) if (ids.includes(Number(one.dataset.member))) {
      const next = one.nextElementSibling ?? one.previousElementSibling;
      one.hidden = true;
      list().dataset.total -= 1;
      if (one.contains(document.activeElement) || document.activeElement === document.body) $("a", next ?? document.body)?.focus();
    }
  });
})();
