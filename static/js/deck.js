// For pages that show one picture after the other: keys, and a deck whose neighbours are ready,
// fetched and decoded, before they are wanted. Adds `artel.keys` and `artel.deck`.
(() => {
  "use strict";

  const { $, $$, letter, typing } = artel;
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

  // The deck: `line` are the addresses in their order, as far as they are known, and the first of them
  // is the picture number `start`. What has left it is no neighbour any more, whatever the neighbours'
  // own plates say, which were drawn before. `shown` is told the plate one sees now, `failed` why the
  // one that one goes to does not come: then one stays with what one sees.

  artel.deck = (place, { number = 1, total = 1, shown, failed }) => {
    const plates = new Map();
    const coming = new Map();
    const worn = new Map(); // what was shown before, for when it does not come anew
    const gone = new Set();
    const first = place.firstElementChild;
    const line = [first.dataset.here];
    let at = 0;
    let start = number;
    let turn = 0;
    plates.set(line[0], first);
    const isNew = (url) => url && !gone.has(url) && !line.includes(url);
    const seen = () => place.firstElementChild?.dataset.here;

    async function fetched(url) {
      const answer = await fetch(url, { headers: { "HX-Request": "true" }, cache: "no-store" });
      const text = await answer.text();
      if (!answer.ok) throw Object.assign(new Error(answer.status), { text });
      const template = document.createElement("template");
      template.innerHTML = text;
      const plate = document.importNode(template.content.firstElementChild, true);
      if (!plate.dataset.here) throw Object.assign(new Error("none"), { isEnd: true });
      await $("img", plate)?.decode().catch(() => {});
      return plate;
    }

    // A picture that was deleted elsewhere is not answered for, but the one that follows, under its
    // own address; or the end is.
    function drop(url, instead) {
      const place_ = line.indexOf(url);
      gone.add(url);
      if (place_ < 0) return;
      total -= 1;
      if (isNew(instead)) { line[place_] = instead; return; }
      line.splice(place_, 1);
      if (place_ < at) at -= 1;
    }

    function load(url) {
      if (plates.has(url)) return plates.get(url);
      if (!coming.has(url)) {
        coming.set(url, fetched(url).then(
          (plate) => {
            const { here } = plate.dataset;
            if (here !== url) drop(url, here);
            plates.set(here, plate);
            return plate;
          },
          (error) => { if (error.isEnd) drop(url); throw error; },
        ).finally(() => coming.delete(url)));
      }
      return coming.get(url);
    }

    // Grows the line at its ends, and has what is near ready.
    async function prepare() {
      const here = line[at];
      for (let step = 0; step <= AHEAD && line[at + step]; step += 1) {
        const plate = await load(line[at + step]);
        if (line[at] !== here) return;
        const { next } = plate.dataset;
        if (at + step === line.length - 1 && isNew(next)) line.push(next);
      }
      const { previous } = (await load(line[0])).dataset;
      if (isNew(previous) && line[at] === here) { line.unshift(previous); at += 1; start -= 1; }
      if (at > 0) await load(line[at - 1]);
      for (const url of [...plates.keys()]) {
        if (plates.size > KEPT && Math.abs(line.indexOf(url) - at) > AHEAD) plates.delete(url);
      }
    }

    function wear(url) {
      const plate = plates.get(url);
      if (!plate) return;
      plates.delete(url);
      worn.set(url, plate);
      if (worn.size > KEPT) worn.delete(worn.keys().next().value);
    }

    // Whoever goes on by Tab and Enter finds the focus on the same button of the next one.
    function counterpart(plate) {
      const one = document.activeElement;
      if (!place.contains(one) || !one.matches(":focus-visible")) return undefined;
      if (one.rel) return $(`[rel=${one.rel}]`, plate);
      const act = one.closest("form")?.dataset.act;
      return $$("button", plate).find((other) => other.value === one.value && other.closest("form")?.dataset.act === act);
    }

    function draw(plate) {
      if (place.firstElementChild !== plate) {
        const next = counterpart(plate);
        place.replaceChildren(plate);
        htmx.process(plate);
        next?.focus({ preventScroll: true });
      }
      place.removeAttribute("aria-busy");
      // What was deleted, or came, elsewhere is not in what was counted at first.
      const isLast = line[at + 1] === undefined && !isNew(plate.dataset.next);
      total = isLast ? deck.number : Math.max(total, deck.number + 1);
      shown(plate);
      prepare().catch(() => {});
    }

    async function show(to) {
      at = to;
      turn += 1;
      const mine = turn;
      const plate = plates.get(line[at]);
      if (plate) { draw(plate); return; }
      place.setAttribute("aria-busy", "true");
      try {
        const late = await load(line[at]);
        if (mine !== turn) return;
        const found = line.indexOf(late.dataset.here);
        if (found < 0) throw new Error("gone");
        at = found;
        draw(late);
      } catch (error) {
        if (mine !== turn) return;
        place.removeAttribute("aria-busy");
        const found = line.indexOf(seen());
        const old = error instanceof TypeError && worn.get(line[at]);
        if (old) { draw(old); return; }
        at = found < 0 ? Math.min(at, line.length - 1) : found;
        failed(error);
      }
    }

    const deck = {
      get plate() { return place.firstElementChild; },
      get busy() { return place.hasAttribute("aria-busy"); },
      get number() { return start + at; },
      get total() { return total; },
      // Whether one sees what one stands at.
      get isThere() { return !deck.busy && line[at] !== undefined && line[at] === seen(); },
      // Whether the picture came as well, and not its place alone.
      get isSeen() { return deck.isThere && Boolean($("img", deck.plate)?.naturalWidth); },
      // Whether there was a neighbour to go to: none after the last, none before the first.
      go(by) {
        if (line[at + by] === undefined) {
          const { next, previous } = deck.plate.dataset;
          const url = by > 0 ? next : previous;
          if (!isNew(url)) return false;
          if (by > 0) line.push(url);
          else { line.unshift(url); at += 1; start -= 1; }
        }
        show(at + by);
        return true;
      },
      // The one that is looked at leaves; what follows takes its place. False: nothing follows.
      leave() {
        const { next } = deck.plate.dataset;
        wear(line[at]);
        if (line[at + 1] === undefined && isNew(next)) line.push(next);
        gone.add(line[at]);
        line.splice(at, 1);
        total -= 1;
        if (line[at] === undefined) { at = line.length - 1; return false; }
        show(at);
        return true;
      },
      // It has not left after all, and had this number.
      put(url, was) {
        gone.delete(url);
        wear(url);
        if (line.includes(url)) return;
        const place_ = Math.max(0, Math.min(was - start, line.length));
        line.splice(place_, 0, url);
        if (place_ <= at) at += 1;
        total += 1;
      },
      // Back to this one, as it is by now.
      back(url, was) {
        deck.put(url, was);
        show(line.indexOf(url));
      },
      jump(url) { show(Math.max(0, line.indexOf(url))); },
      // What did not come is asked for once more. False: nothing is left.
      again() {
        if (line.length) show(Math.max(0, at));
        return line.length > 0;
      },
      forget(url) { if (line[at] !== url || deck.plate !== plates.get(url)) plates.delete(url); },
      prepare: () => prepare().catch(() => {}),
    };
    return deck;
  };
})();
