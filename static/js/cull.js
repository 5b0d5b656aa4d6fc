// Culling: each key or button does one thing to the picture that is looked at and goes on at once.
// What is sent is sent in order, one after the other; what fails leads back to its picture.
(() => {
  "use strict";

  const { $, $$, cookie, hush, tell } = artel;
  const root = $("#cull");
  const place = $("#plate");
  const leave = () => { location.href = root.dataset.home; };
  if (!place?.firstElementChild?.dataset.here) { artel.keys({ Escape: leave }); return; }

  const count = $("#cull-count");
  const alert = $("#alert");
  const done = []; // what can be taken back, the last of it last
  let ended; // one is at the end, or on the way there
  let isOver = false; // and goes there again, if it did not come

  // Sending

  let queue = Promise.resolve();

  async function post(url, body) {
    body.set("csrfmiddlewaretoken", cookie("csrftoken"));
    const answer = await fetch(url, {
      method: "POST", body, headers: { "HX-Request": "true", "HX-Trigger": "cull" }, redirect: "error",
    });
    const text = await answer.text();
    if (!answer.ok) throw Object.assign(new Error(answer.status), { text: answer.status < 500 ? text : "" });
    hush();
    return text;
  }

  function send(url, body = new URLSearchParams()) {
    const sent = queue.then(() => post(url, body));
    queue = sent.catch(() => {});
    return sent;
  }

  function complain(error) {
    if (error.text) htmx.swap(alert, error.text, { swapStyle: "innerHTML" });
    else tell(error instanceof TypeError ? alert.dataset.offline : alert.dataset.failed);
  }

  const say = (text) => htmx.swap($("#undo"), text, { swapStyle: "innerHTML" });

  // The address that takes it back, in the bar that says what was done.
  function wayBack(text) {
    const bar = document.createElement("template");
    bar.innerHTML = text;
    return $("form", bar.content)?.getAttribute("action") ?? "";
  }

  function asked(form, button) {
    const body = new URLSearchParams(new FormData(form));
    body.delete("next");
    if (button?.name) body.set(button.name, button.value);
    return body;
  }

  // Where one stands

  let noting = 0;

  function note() {
    clearTimeout(noting);
    noting = 0;
    const { pk } = place.firstElementChild.dataset;
    if (!pk) return;
    const body = new URLSearchParams(root.dataset.query);
    body.set("at", pk);
    body.set("csrfmiddlewaretoken", cookie("csrftoken"));
    navigator.sendBeacon(root.dataset.stand, body);
  }
  addEventListener("pagehide", () => { if (noting) note(); });

  // The number of the picture one sees, not of one that is still on its way.
  function drawCount() {
    if (deck.isThere) writeCount(deck.number, deck.total);
  }

  function writeCount(number, total) {
    const said = (one) => one.toLocaleString(document.documentElement.lang);
    count.textContent = count.dataset.words.replace("{a}", said(number)).replace("{b}", said(total));
    const bar = $("progress", root);
    bar.max = Math.max(1, total);
    bar.value = number;
  }

  function drawUndo() {
    for (const button of $$("[data-undo]", place)) button.disabled = !done.length;
  }

  const deck = artel.deck(place, {
    number: Number(count.dataset.at),
    total: Number(count.dataset.total),
    shown(plate) {
      isOver = false;
      history.replaceState(history.state, "", plate.dataset.here);
      document.title = plate.dataset.title;
      drawCount();
      drawUndo();
      $("#news").textContent = `${count.textContent}. ${$("img", plate).alt}`;
      clearTimeout(noting);
      noting = setTimeout(note, 1000);
    },
    // What follows was deleted elsewhere, and nothing comes after it.
    failed(error) {
      if (error.isEnd) finish();
      else complain(error);
    },
  });
  const plate = () => deck.plate;

  // Going

  function next() {
    if (deck.busy || ended) return;
    if (isOver || !(deck.isThere ? deck.go(1) : deck.again())) finish();
  }

  function previous() {
    if (!deck.busy && (deck.isThere ? deck.go(-1) : deck.again())) reopen();
  }

  // The end says what was done, so it waits until all of it is. What fails meanwhile leads back.
  async function finish() {
    const leaving = {};
    ended = leaving;
    isOver = true;
    clearTimeout(noting);
    noting = 0;
    place.setAttribute("aria-busy", "true");
    await queue;
    if (ended !== leaving) return;
    try {
      const answer = await fetch(root.dataset.end, { headers: { "HX-Request": "true" }, cache: "no-store" });
      if (!answer.ok) throw new Error(answer.status);
      const template = document.createElement("template");
      template.innerHTML = await answer.text();
      if (ended !== leaving) return;
      place.replaceChildren(document.importNode(template.content, true));
      history.replaceState(history.state, "", root.dataset.end);
      root.dataset.over = "";
      writeCount(deck.total, deck.total);
      drawUndo();
      $("a, button", place)?.focus();
    } catch (error) {
      if (ended !== leaving) return;
      ended = undefined;
      complain(error);
    }
    place.removeAttribute("aria-busy");
  }

  function reopen() {
    ended = undefined;
    isOver = false;
    delete root.dataset.over;
  }

  // Doing

  // What was not done cannot be taken back.
  function fail(one, error) {
    const at = done.indexOf(one);
    if (at >= 0) done.splice(at, 1);
    complain(error);
  }

  function act(form, button) {
    if (deck.busy || ended) return;
    if (!deck.isThere) { next(); return; } // nothing is done to what left already
    if (!deck.isSeen) {
      if ($("img", plate()).complete) tell(alert.dataset.failed);
      return;
    }
    const { here } = plate().dataset;
    const one = { here, number: deck.number, undo: "", kind: form.dataset.act };
    const sent = send(form.action, asked(form, button)).then((text) => {
      one.undo = wayBack(text);
      say(text);
      deck.forget(here);
    });
    one.sent = sent.catch((error) => { fail(one, error); leadBack(one); });
    done.push(one);
    if (one.kind !== "trash") { next(); return; }
    if (!deck.leave()) finish();
    else drawCount();
  }

  function goBack({ here, number }) {
    reopen();
    deck.back(here, number);
  }

  // Of several that failed, to the first.
  function leadBack(one) {
    if (ended || isOver || one.number <= deck.number) goBack(one);
    else { deck.put(one.here, one.number); drawCount(); }
  }

  // What was done last is taken back, and what cannot be for want of an answer is kept to be tried again.
  async function undo() {
    // A form without htmx takes back what was done before this page.
    if (!done.length) { $("#undo form:not([hx-post])")?.requestSubmit(); return; }
    const one = done.pop();
    drawUndo();
    await one.sent;
    if (one.kind !== "rerun" && !one.undo) return;
    try {
      if (one.kind === "rerun") await unorder(one);
      else { offer(await send(one.undo)); goBack(one); }
    } catch (error) {
      if (error instanceof TypeError || error.message >= 500) done.push(one);
      drawUndo();
      complain(error);
    }
  }

  // An order is free to be taken back until it is sent, and no longer.
  async function unorder({ undo: cancel, words }) {
    const card = cancel && (await send(cancel));
    line(card && card.includes('data-status="canceled"') ? words.canceled : words.sent);
  }

  // What the answer offers to undo next is offered when it is what was done here before.
  function offer(text) {
    say(text);
    const form = $("#undo form");
    if (form && form.getAttribute("action") !== done.at(-1)?.undo) form.remove();
  }

  function line(words, isUndoable) {
    const bar = document.createElement("div");
    bar.className = "undo-bar";
    const said = document.createElement("p");
    said.textContent = words;
    bar.append(said);
    if (isUndoable) {
      const button = document.createElement("button");
      button.type = "button";
      button.title = "U";
      button.textContent = $("[data-undo] .words", place)?.textContent;
      bar.append(button);
    }
    $("#undo").replaceChildren(bar);
  }

  // Words are added to the picture that stays: it is drawn anew, with them.
  async function tag(form) {
    const { here } = plate().dataset;
    const one = { here, number: deck.number, undo: "", kind: "tag" };
    const error = $("#cull-tags-error");
    try {
      const text = await send(form.action, asked(form));
      one.undo = wayBack(text);
      done.push(one);
      say(text);
      document.activeElement?.blur();
      if (plate().dataset.here === here) deck.back(here, one.number);
    } catch (failure) {
      const template = document.createElement("template");
      template.innerHTML = failure.text ?? "";
      const told = $(".error", template.content)?.textContent.trim();
      if (!told) { complain(failure); return; }
      error.textContent = told;
      error.hidden = false;
    }
  }

  // A press is one batch: the button waits for its answer, and its next press has another token.
  async function rerun(form) {
    const button = $("button", form);
    if (!form || button.disabled) return;
    button.disabled = true;
    const one = { kind: "rerun", undo: "", words: { ...form.dataset } };
    done.push(one);
    const sent = send(form.action, asked(form, button)).then((text) => {
      const template = document.createElement("template");
      template.innerHTML = text;
      const token = $("input[name=token]", template.content);
      if (token) form.elements.token.value = token.value;
      one.undo = $("form[action$='/cancel/']", template.content)?.getAttribute("action") ?? "";
      say("");
      line(one.words.done, done.at(-1) === one);
    });
    one.sent = sent.catch((error) => fail(one, error));
    drawUndo();
    await one.sent;
    drawUndo();
    button.disabled = false;
  }

  const form = (name) => $(`form[data-act=${name}]`, place);
  const press = (name, value) => {
    const one = form(name);
    if (one && !ended) act(one, value === undefined ? $("button", one) : $(`button[value="${value}"]`, one));
  };

  document.addEventListener("submit", (event) => {
    const one = event.target;
    if (!one.dataset.act || !place.contains(one)) return;
    event.preventDefault();
    if (one.dataset.act === "rerun") rerun(one);
    else if (one.dataset.act === "tag") tag(one);
    else act(one, event.submitter);
  });

  document.addEventListener("click", (event) => {
    const { target } = event;
    if (target.closest("#undo button, [data-undo]")) {
      event.preventDefault();
      event.stopPropagation();
      undo();
      return;
    }
    const link = target.closest("#plate a[rel]");
    if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
      event.preventDefault();
      if (link.rel === "next") next();
      else previous();
    }
    if (event.detail && target.closest(".plate-picture img") && matchMedia("(hover: hover)").matches) zoom();
  }, true);

  const zoom = () => $(".plate-picture", place)?.classList.toggle("zoomed");
  const tags = () => {
    const field = $("input[name=tags]", place);
    field?.focus();
    return Boolean(field);
  };

  document.addEventListener("keydown", (event) => {
    if (event.code === "KeyZ" && (event.ctrlKey || event.metaKey) && !event.target.matches("#plate input")) {
      event.preventDefault();
      event.stopImmediatePropagation(); // else what is last is taken back twice
      undo();
    }
    if (event.key === "Enter" && event.repeat && event.target.matches("#plate button")) event.preventDefault(); // the next one's
    if (event.key === "Escape" && event.target.matches("#plate input")) { event.target.blur(); event.stopPropagation(); }
  }, true);

  const KEYS = {
    ArrowRight: next,
    " ": next,
    ArrowLeft: previous,
    "Shift+ ": previous,
    k: () => press("keep"),
    f: () => press("keep"),
    x: () => press("trash"),
    Delete: () => press("trash"),
    0: () => press("rate", 0),
    1: () => press("rate", 1),
    2: () => press("rate", 2),
    3: () => press("rate", 3),
    4: () => press("rate", 4),
    5: () => press("rate", 5),
    t: tags,
    r: () => { if (form("rerun")) rerun(form("rerun")); },
    u: undo,
    z: zoom,
    Escape: leave,
  };
  artel.keys(KEYS);
  artel.swipes(place, { left: next, right: previous });

  drawUndo();
  deck.prepare();
})();
