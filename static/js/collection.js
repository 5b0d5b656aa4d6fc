// A collection's own order: pictures are dragged to their places, or moved by keys, and every place is
// saved at once. What the keys do is said aloud, in the words that the list brings along.
(() => {
  "use strict";

  const { $, $$ } = artel;
  const list = () => $("#members");
  if (!list()) return;
  const members = () => $$(".member:not([hidden])", list());
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

  // The mouse

  const clear = () => $$(".target", list()).forEach((one) => one.classList.remove("target", "behind"));
  const over = (event) => {
    const member = event.target.closest?.(".member");
    if (!dragged || !member || member === dragged) return null;
    const { left, width } = member.getBoundingClientRect();
    return { member, behind: event.clientX > left + width / 2 };
  };

  document.addEventListener("dragstart", (event) => {
    dragged = event.target.closest?.(".member-picture")?.closest(".member");
    if (!dragged) return;
    event.dataTransfer.effectAllowed = "move";
    dragged.classList.add("dragged");
  });
  document.addEventListener("dragover", (event) => {
    const found = over(event);
    if (!found) return;
    event.preventDefault();
    clear();
    found.member.classList.add("target");
    found.member.classList.toggle("behind", found.behind);
  });
  document.addEventListener("drop", (event) => {
    const found = over(event);
    if (!found) return;
    event.preventDefault();
    if (found.behind) found.member.after(dragged);
    else found.member.before(dragged);
    say("put", dragged);
    save(dragged);
  });
  document.addEventListener("dragend", () => {
    clear();
    dragged?.classList.remove("dragged");
    dragged = null;
  });

  // What was changed elsewhere on the page, or taken back

  const draw = (part) => htmx.ajax("GET", location.href, { source: $(part), target: part, select: part, swap: "outerHTML" });

  async function anew(pk) {
    await draw("#members");
    const member = $(`[data-member="${pk}"]`);
    if (member) link(member).focus();
  }

  document.addEventListener("changed", ({ detail: { kind, undone, ids }, target }) => {
    if (!["move", "drop", "cover", "collect", "trash"].includes(kind) || !ids?.length) return;
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
