// Hearts, stars, tags and collections: by the buttons of the gallery's tiles, and by keys for the
// picture in the large view, on its page, or under the focus or the mouse. Whatever was changed, from
// wherever, tiles show it.
(() => {
  "use strict";

  const { $, $$, letter, typing } = artel;
  const box = $("#marks-box");
  const lightbox = $("#lightbox");

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-mark], .glance button");
    if (!button) return;
    event.preventDefault();
    if (button.name) mark(button.closest("[data-pk], [data-marks]"), button);
    else htmx.ajax("POST", button.formAction, { source: button, target: "#undo" }).catch(() => {});
  });

  // What is pressed is seen at once: the next press is about what one sees by then. They are sent one
  // after the other, and what fails is taken back.
  const sent = new Map(); // of pictures with presses that are not answered: what is so without these
  const marked = (root) => [
    Number($("[data-star][aria-pressed=true]", root)?.dataset.star ?? 0),
    $("[data-favour]", root).ariaPressed === "true",
  ];

  function mark(root, { name, value, form, attributes: { formaction } }) {
    const pk = root.dataset.pk ?? root.dataset.marks;
    const one = sent.get(pk) ?? { is: marked(root), count: 0, turn: Promise.resolve() };
    const add = ([rating, favourite]) => (name === "on" ? [rating, value === "on"] : [Number(value), favourite]);
    sent.set(pk, one);
    one.count += 1;
    draw(root, add(marked(root)));
    one.turn = one.turn.then(async () => {
      let isDone = false;
      const told = ({ target, detail }) => { if (target === root) isDone = artel.answered(detail.xhr); };
      root.addEventListener("htmx:afterRequest", told);
      const url = formaction?.value ?? form.action;
      await htmx.ajax("POST", url, { source: root, target: "#undo", values: { [name]: value } }).catch(() => {});
      root.removeEventListener("htmx:afterRequest", told);
      if (isDone) one.is = add(one.is);
      one.count -= 1;
      if (!one.count) sent.delete(pk);
      if (!isDone && !one.count) draw(root, one.is);
    });
  }

  // Which picture is meant: its marks where they are shown, else its tile. A mouse that has moved
  // since something came under the focus points at another.

  let points = false;
  addEventListener("pointermove", ({ pointerType }) => { points = pointerType === "mouse"; }, { passive: true });
  document.addEventListener("focusin", () => { points = false; });

  function subject() {
    if (lightbox?.open) return $("#look [data-marks]");
    if ($("dialog[open]")) return null;
    const [focused, pointed] = [document.activeElement.closest("[data-pk]"), $("[data-pk]:hover")];
    return (points ? pointed ?? focused : focused ?? pointed) ?? $(".picture-page [data-marks]");
  }

  function words(root, name) {
    if (!root.matches("[data-marks]")) return ask(root.dataset.pk, name);
    $("details", root).open = true;
    $(`[name=${name}]:not([type=hidden])`, root).focus();
  }

  // Until its form comes a plain field takes what is typed, and that one has pressed Enter.
  async function ask(pk, name) {
    if (!box) return;
    const early = document.createElement("input");
    Object.assign(early, { ariaLabel: box.dataset[name], autocomplete: "off", className: "early" });
    early.addEventListener("keydown", ({ key }) => { early.readOnly ||= key === "Enter"; });
    $("#marks-place").replaceChildren(early);
    box.showModal();
    box.append($("#alert"), $("#undo")); // below it they could not be reached
    early.focus();
    const url = box.dataset.marksUrl.replace("/0/", `/${pk}/`);
    await htmx.ajax("GET", url, { source: box, target: "#marks-place" }).catch(() => {});
    const root = $("[data-marks]", box);
    if (!root) return box.close();
    words(root, name);
    if (!early.value) return undefined;
    const field = document.activeElement;
    field.value = early.value;
    if (early.readOnly) field.form.requestSubmit();
    else field.dispatchEvent(new Event("input", { bubbles: true }));
    return undefined;
  }

  box?.addEventListener("close", () => {
    if (box.open) return; // again, since
    htmx.trigger(box, "htmx:abort");
    $("#marks-place").replaceChildren();
    $("main").before($("#alert"));
    lightbox.before($("#undo"));
  });

  const press = (selector) => (root) => $(selector, root)?.click();
  const ACTS = {
    f: press("[data-favour]"),
    t: (root) => words(root, "tags"),
    c: (root) => words(root, "collection"),
    0: press("[data-star][aria-pressed=true]"),
  };
  for (let star = 1; star < 6; star++) ACTS[star] = press(`[data-star="${star}"][aria-pressed=false]`);

  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (event.repeat || typing(event.target)) return;
    const act = ACTS[letter(event)];
    const root = act && subject();
    if (!root) return;
    event.preventDefault();
    act(root);
  });

  // Hearts and stars change no words, and somebody may be typing one.
  let kind;
  document.addEventListener("changed", ({ detail }) => { ({ kind } = detail); });
  document.addEventListener("htmx:oobBeforeSwap", ({ target, detail }) => {
    if (["rate", "favour"].includes(kind) && target.matches(".marks-words")) detail.shouldSwap = false;
  });

  // Tiles show what is so now

  async function asked(tiles) {
    const query = new URLSearchParams(tiles.map((tile) => ["image", tile.dataset.pk]));
    try {
      const answer = await fetch(`${box.dataset.statesUrl}?${query}`, { redirect: "error" });
      return answer.ok ? await answer.json() : null;
    } catch { return null; }
  }

  function draw(tile, [rating, favourite]) {
    const { dataset } = $(".glance", tile) ?? tile;
    dataset.rating = rating;
    dataset.favourite = favourite;
    for (const button of $$("[data-favour]", tile)) {
      button.setAttribute("aria-pressed", favourite);
      button.value = favourite ? "" : "on";
    }
    for (const button of $$("[data-star]", tile)) {
      const is = Number(button.dataset.star) === rating;
      button.setAttribute("aria-pressed", is);
      button.value = is ? 0 : button.dataset.star;
    }
  }

  // A stretch that goes away before it is told, or is never told, asks again when it is back.
  async function update(tiles, marks) {
    const stretches = new Set(tiles.map((tile) => tile.parentElement));
    const token = {};
    if (!marks) for (const one of stretches) one.asked = token;
    const found = tiles.length && (marks ?? (await asked(tiles)));
    if (!found) return;
    for (const one of stretches) if (one.asked === token) delete one.asked;
    for (const tile of tiles) {
      const mark = found[tile.dataset.pk];
      tile.hidden = !mark; // in the trash
      if (mark) draw(tile, mark);
    }
  }

  document.addEventListener("changed", async ({ detail: { kind: what, ids, marks, undone } }) => {
    const tiles = (artel.tiles?.() ?? []).filter(({ dataset }) => !ids || ids.includes(Number(dataset.pk)));
    const gone = tiles.filter(({ hidden }) => hidden);
    await update(tiles, marks);
    if (what !== "trash" || !undone || document.activeElement !== document.body || $("dialog[open]")) return;
    const back = gone.find(({ hidden }) => !hidden);
    if (back) $("[data-look]", back).focus();
  });
  document.addEventListener("tiles", ({ target, detail: { isStale } }) => {
    if (isStale) update([...target.children]);
  });
})();
