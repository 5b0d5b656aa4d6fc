// Cards of tasks: the clock by ourselves, the news by one request a tick.
(() => {
  "use strict";

  const { $, $$, cookie, hush, tell, answered } = artel;

  const began = new WeakMap();

  function percent(elapsed, usual, slow) {
    if (elapsed <= usual) return usual > 0 ? (80 * Math.max(0, elapsed)) / usual : 0;
    const spread = Math.max(slow - usual, usual / 2, 1);
    return 80 + 19 * (1 - Math.exp((usual - elapsed) / spread));
  }

  function clock(seconds) {
    const hours = Math.floor(seconds / 3600);
    const rest = new Date(seconds * 1000).toISOString().slice(14, 19);
    return hours ? `${hours}:${rest}` : rest.replace(/^0/, "");
  }

  function drawClocks() {
    for (const rest of $$("[data-leaves]")) {
      if (!began.has(rest)) began.set(rest, performance.now() + rest.textContent * 1000);
      rest.textContent = Math.max(1, Math.round((began.get(rest) - performance.now()) / 1000));
    }
    for (const card of $$(".card[data-elapsed]")) {
      const { elapsed, usual, slow } = card.dataset;
      if (!began.has(card)) began.set(card, performance.now() - elapsed * 1000);
      const now = (performance.now() - began.get(card)) / 1000;
      $(".clock", card).textContent = clock(now);
      $("progress", card).value = percent(now, +usual, +slow);
      $(".late", card).hidden = now <= +slow;
    }
  }

  let timer = 0;
  let asking = false;
  let misses = 0;

  function wake(now) {
    if (asking || (timer && !now)) return;
    clearTimeout(timer);
    timer = 0;
    const states = $$(".card").map((card) => card.dataset.status).join();
    const open = /queued|(send|render|sav)ing/.test(states);
    if (!open && !/unknown|lost/.test(states)) return;
    const step = (document.body.dataset.live || 1) * 1000;
    const wait = document.hidden || !open ? Math.max(10_000, step) : Math.min(30_000, step * 2 ** misses);
    timer = setTimeout(ask, now ? 0 : wait);
  }

  async function ask() {
    timer = 0;
    asking = true;
    const known = $$("[data-version]:not([data-status=done], [data-status=canceled])");
    const body = new URLSearchParams({
      v: known.map((card) => `${card.id.slice(5)}:${card.dataset.version}`).join(","),
    });
    const headers = { "HX-Request": "true", "X-CSRFToken": cookie("csrftoken") ?? "" };
    try {
      const answer = await fetch(document.body.dataset.liveUrl, { method: "POST", body, headers });
      const text = answer.status === 204 ? "" : await answer.text();
      if (answer.status === 401) { $("#alert").innerHTML = text; misses = 5; }
      else if (!answer.ok) misses += 1;
      else {
        if (misses) hush();
        misses = 0;
        if (text) htmx.swap(document.body, text, { swapStyle: "none" });
      }
    } catch {
      misses += 1;
      if (misses > 2) tell($("#alert").dataset.offline);
    }
    asking = false;
    wake();
  }

  document.addEventListener("htmx:afterRequest", (event) => {
    if (answered(event.detail.xhr)) misses = 0;
  });
  document.addEventListener("htmx:load", (event) => {
    if (event.target.matches?.(".card")) event.target.classList.add("came");
    $(".empty")?.toggleAttribute("hidden", !!$("#tasks .card"));
    wake();
  });
  document.addEventListener("visibilitychange", () => { if (!document.hidden) wake(true); });
  addEventListener("focus", () => { if (misses) wake(true); });
  setInterval(() => { if (!document.hidden) drawClocks(); }, 1000);
  wake();
})();
