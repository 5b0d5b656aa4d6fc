// For pages that show one picture after the other: keys, and a deck whose neighbours are ready,
// fetched and decoded, before they are wanted. Adds `artel.keys` and `artel.deck`.
(() => {
  "use strict";

  const { $, letter, typing } = artel;
  const AHEAD = 3;
  const KEPT = 12;

  // Keys: a map from keys to acts, for whoever does not type just now. Letters go by their place
  // where the layout is another, and what begins with a `g` is the house's own.

  artel.keys = (acts) => {
    let prefix = -Infinity;
    document.addEventListener("keydown", (event) => {
      const { target, key } = event;
      const name = letter(event);
      const after = event.timeStamp - prefix < 1500;
      prefix = name === "g" ? event.timeStamp : -Infinity;
      if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || after) return;
      if ($("dialog[open]") || typing(target)) return;
      // Of a dialog that was closed just now a button may have the focus yet, which nobody sees.
      if (key === " " && target.closest("button, summary, [type=radio], [type=checkbox]")?.checkVisibility()) return;
      // Held down, a key leads on; it does nothing twice.
      if (event.repeat && !key.startsWith("Arrow") && key !== " ") return;
      const act = acts[event.shiftKey && name === " " ? "Shift+ " : name];
      if (act && act(event) !== false) event.preventDefault();
    });
  };

  // Swipes of one finger, sideways

  artel.swipes = (place, { left, right }) => {
    let start;
    place.addEventListener("pointerdown", (event) => { start = event.isPrimary ? event : undefined; });
    place.addEventListener("pointerup", (event) => {
      if (!start || event.pointerType === "mouse" || (window.visualViewport?.scale ?? 1) > 1.05) return;
      const [x, y] = [event.clientX - start.clientX, event.clientY - start.clientY];
      if (Math.abs(x) > 50 && Math.abs(x) > 1.5 * Math.abs(y)) (x < 0 ? left : right)();
    });
  };

  // The deck: `line` are the addresses in their order, as far as they are known. What has left it is
  // no neighbour any more, whatever the neighbours' own plates say, which were drawn before. `shown` is
  // told the plate one sees now, `failed` the error and by how many places one was led back.

  artel.deck = (place, { shown, failed }) => {
    const plates = new Map();
    const coming = new Map();
    const gone = new Set();
    const first = place.firstElementChild;
    const line = [first.dataset.here];
    let at = 0;
    plates.set(line[0], first);
    const isNew = (url) => url && !gone.has(url) && !line.includes(url);

    async function fetched(url) {
      const answer = await fetch(url, { headers: { "HX-Request": "true" }, cache: "no-store" });
      const text = await answer.text();
      if (!answer.ok) throw Object.assign(new Error(answer.status), { text });
      const template = document.createElement("template");
      template.innerHTML = text;
      const plate = document.importNode(template.content.firstElementChild, true);
      if (!plate.dataset.here) throw new Error("none");
      await $("img", plate)?.decode().catch(() => {});
      return plate;
    }

    function load(url) {
      if (plates.has(url)) return plates.get(url);
      if (!coming.has(url)) {
        coming.set(url, fetched(url).then(
          (plate) => { plates.set(url, plate); return plate; },
        ).finally(() => coming.delete(url)));
      }
      return coming.get(url);
    }

    // Grows the line at its ends, and has what is near ready.
    async function prepare() {
      const here = line[at];
      for (let step = 0; step <= AHEAD; step += 1) {
        const plate = await load(line[at + step]);
        if (line[at] !== here) return;
        const { next } = plate.dataset;
        if (at + step === line.length - 1 && isNew(next)) line.push(next);
        if (at + step >= line.length - 1) break;
      }
      const { previous } = (await load(line[0])).dataset;
      if (isNew(previous) && line[at] === here) { line.unshift(previous); at += 1; }
      if (at > 0) await load(line[at - 1]);
      for (const url of [...plates.keys()]) {
        if (plates.size > KEPT && Math.abs(line.indexOf(url) - at) > AHEAD) plates.delete(url);
      }
    }

    function draw(plate) {
      if (place.firstElementChild !== plate) {
        place.replaceChildren(plate);
        htmx.process(plate);
      }
      place.removeAttribute("aria-busy");
      shown(plate);
      prepare().catch(() => {});
    }

    async function show(to) {
      at = to;
      const url = line[at];
      const plate = plates.get(url);
      if (plate) { draw(plate); return; }
      place.setAttribute("aria-busy", "true");
      try {
        const late = await load(url);
        if (line[at] === url) draw(late);
      } catch (error) {
        if (line[at] !== url) return;
        place.removeAttribute("aria-busy");
        // One stays with what one sees, if that has not left.
        const seen = line.indexOf(deck.plate.dataset.here);
        if (seen >= 0) at = seen;
        failed(error, seen >= 0 ? seen - to : 0);
      }
    }

    const deck = {
      get plate() { return place.firstElementChild; },
      get busy() { return place.hasAttribute("aria-busy"); },
      get at() { return at; },
      // Whether one sees what one stands at: what did not come is asked for again first.
      ready() {
        if (deck.busy) return false;
        if (line[at] === deck.plate.dataset.here) return true;
        show(at);
        return false;
      },
      // Whether there was a neighbour to go to: none after the last, none before the first.
      go(by) {
        if (line[at + by] === undefined) {
          const { next, previous } = deck.plate.dataset;
          const url = by > 0 ? next : previous;
          if (!isNew(url)) return false;
          if (by > 0) line.push(url);
          else { line.unshift(url); at += 1; }
        }
        show(at + by);
        return true;
      },
      // The one that is looked at leaves; what follows takes its place. False: nothing follows.
      leave() {
        const { next } = deck.plate.dataset;
        if (line[at + 1] === undefined && isNew(next)) line.push(next);
        gone.add(line[at]);
        plates.delete(line[at]);
        line.splice(at, 1);
        if (line[at] === undefined) { at = line.length - 1; return false; }
        show(at);
        return true;
      },
      // Back to this one, which may have left.
      back(url, place_) {
        gone.delete(url);
        plates.delete(url);
        if (!line.includes(url)) line.splice(Math.min(place_, line.length), 0, url);
        show(line.indexOf(url));
      },
      jump(url) { show(Math.max(0, line.indexOf(url))); },
      again() { show(Math.max(0, at)); },
      forget(url) { if (line[at] !== url || place.firstElementChild !== plates.get(url)) plates.delete(url); },
      prepare: () => prepare().catch(() => {}),
    };
    return deck;
  };
})();
