// A slideshow: pictures change by themselves, and all but the picture hides while nobody moves.
(() => {
  "use strict";

  const { $ } = artel;
  const root = $("#slides");
  const place = $("#plate");
  const leave = () => { location.href = root.dataset.home; };
  if (!place) { artel.keys({ Escape: leave }); return; }

  const play = $("#slides-play");
  const pace = $("#slides-pace");
  const full = $("#slides-full");
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  const STORE = "slides-pace";
  let playing = false;
  let timer = 0;
  let resting = 0;
  let lock;

  const deck = artel.deck(place, {
    shown(plate) {
      history.replaceState(history.state, "", plate.dataset.here);
      document.title = plate.dataset.title;
      wait();
    },
    // Without an answer the show waits, and tries again with the next turn.
    failed: () => { wait(); },
  });

  // Round and round: after the last comes the first.
  function next() {
    if (deck.busy) return;
    if (!deck.go(1)) deck.jump(deck.plate.dataset.next);
  }
  const previous = () => { if (!deck.busy) deck.go(-1); };

  function wait() {
    clearTimeout(timer);
    if (playing) timer = setTimeout(next, Number(pace.value) * 1000);
  }

  async function stayAwake() {
    if (!playing || document.hidden || !navigator.wakeLock) return;
    lock = await navigator.wakeLock.request("screen").catch(() => undefined);
  }

  function set(on) {
    playing = on;
    play.textContent = on ? play.dataset.pause : play.dataset.play;
    wait();
    if (on) stayAwake();
    else { lock?.release(); lock = undefined; }
    stir();
  }

  document.addEventListener("visibilitychange", stayAwake);

  // What steers hides after a while

  function stir() {
    clearTimeout(resting);
    root.classList.remove("idle");
    resting = setTimeout(() => root.classList.add("idle"), 3000);
  }
  for (const name of ["pointermove", "pointerdown", "keydown", "focusin"]) document.addEventListener(name, stir);

  function toggleFull() {
    if (document.fullscreenElement) document.exitFullscreen();
    else document.documentElement.requestFullscreen?.().catch(() => {});
  }

  play.addEventListener("click", () => set(!playing));
  full.addEventListener("click", toggleFull);
  full.hidden = !document.fullscreenEnabled;
  pace.addEventListener("change", () => { localStorage.setItem(STORE, pace.value); wait(); });

  document.addEventListener("click", (event) => {
    const link = event.target.closest("#plate a[rel]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    if (link.rel === "next") next();
    else previous();
  });

  const KEYS = {
    " ": () => set(!playing),
    ArrowRight: next,
    ArrowLeft: previous,
    "+": () => { pace.selectedIndex = Math.min(pace.length - 1, pace.selectedIndex + 1); pace.dispatchEvent(new Event("change")); },
    "-": () => { pace.selectedIndex = Math.max(0, pace.selectedIndex - 1); pace.dispatchEvent(new Event("change")); },
    f: toggleFull,
    Escape: leave,
  };
  artel.keys(KEYS);
  artel.swipes(place, { left: next, right: previous });

  const kept = localStorage.getItem(STORE);
  if ([...pace.options].some((one) => one.value === kept)) pace.value = kept;
  root.classList.toggle("moves", !still.matches);
  deck.prepare();
  set(!still.matches); // who wants it still starts it by hand
})();
