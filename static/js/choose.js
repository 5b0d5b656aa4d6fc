// Hearts, stars, tags and collections: by the buttons of the gallery's tiles, and by keys for the
// picture in the large view, on its page, or under the focus or the mouse. Whatever was changed, from
// wherever, tiles show it.
(() => {
  "use strict";

  const { $, $$, letter, typing } = artel;
  const box = $("#marks-box");
  const lightbox = $("#lightbox");

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-mark]");
    if (!button) return;
    event.preventDefault();
    const values = button.name ? { [button.name]: button.value } : {};
    htmx.ajax("POST", button.formAction, { source: button, target: "#undo", values });
  });

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

  async function ask(pk, name) {
    if (!box) return;
    box.showModal();
    box.append($("#alert"), $("#undo")); // below it they could not be reached
    await htmx.ajax("GET", box.dataset.marksUrl.replace("/0/", `/${pk}/`), { source: box, target: "#marks-place" });
    const root = $("[data-marks]", box);
    if (root) words(root, name);
  }

  box?.addEventListener("close", () => {
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

  // Tiles show what is so now

  async function asked(tiles) {
    const query = new URLSearchParams(tiles.map((tile) => ["image", tile.dataset.pk]));
    try {
      const answer = await fetch(`${box.dataset.statesUrl}?${query}`, { redirect: "error" });
      return answer.ok ? await answer.json() : null;
    } catch { return null; }
  }

  function draw(tile, [rating, favourite]) {
    tile.dataset.rating = rating;
    tile.dataset.favourite = favourite;
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

  document.addEventListener("changed", ({ detail: { ids, marks } }) => {
    update((artel.tiles?.() ?? []).filter(({ dataset }) => !ids || ids.includes(Number(dataset.pk))), marks);
  });
  document.addEventListener("tiles", ({ target, detail: { isStale } }) => {
    if (isStale) update([...target.children]);
  });
})();
