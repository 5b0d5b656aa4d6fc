// Side by side: one zoom and one place for all pictures, and for two of them a slider between.
(() => {
  "use strict";

  const { $, $$ } = artel;
  const root = $("#compare");
  if (!root) return;

  const views = $$(".frame-view", root);
  const MOST = 16;
  // Nearer by `scale`; the place is the corner's, in widths and heights of the frame.
  const seen = { scale: 1, x: 0, y: 0 };

  function draw() {
    const least = 1 - seen.scale;
    seen.x = Math.min(0, Math.max(least, seen.x));
    seen.y = Math.min(0, Math.max(least, seen.y));
    root.classList.toggle("zoomed", seen.scale > 1);
    for (const view of views) {
      const { clientWidth, clientHeight } = view;
      $("img", view).style.transform = seen.scale > 1
        ? `translate(${seen.x * clientWidth}px, ${seen.y * clientHeight}px) scale(${seen.scale})` : "";
    }
  }

  // About a point of the frame, in its widths and heights: the middle, or where the pointer is.
  function zoom(to, { x, y } = { x: 0.5, y: 0.5 }) {
    const next = Math.min(MOST, Math.max(1, to));
    seen.x = x - ((x - seen.x) * next) / seen.scale;
    seen.y = y - ((y - seen.y) * next) / seen.scale;
    seen.scale = next;
    draw();
  }

  function pan(x, y) {
    if (seen.scale === 1) return false;
    seen.x += x;
    seen.y += y;
    draw();
    return true;
  }

  const within = (view, { clientX, clientY }) => {
    const { x, y, width, height } = view.getBoundingClientRect();
    return { x: (clientX - x) / width, y: (clientY - y) / height };
  };

  // Pointers: one drags, two pinch

  for (const view of views) {
    const fingers = new Map();
    const spread = () => {
      const [a, b] = [...fingers.values()];
      return {
        width: Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY),
        middle: within(view, { clientX: (a.clientX + b.clientX) / 2, clientY: (a.clientY + b.clientY) / 2 }),
      };
    };
    view.addEventListener("wheel", (event) => {
      event.preventDefault();
      zoom(seen.scale * Math.exp(event.deltaY / -400), within(view, event));
    }, { passive: false });
    view.addEventListener("dblclick", (event) => zoom(seen.scale > 1 ? 1 : 3, within(view, event)));
    view.addEventListener("pointerdown", (event) => {
      fingers.set(event.pointerId, event);
      view.setPointerCapture(event.pointerId);
    });
    view.addEventListener("pointermove", (event) => {
      const before = fingers.get(event.pointerId);
      if (!before) return;
      if (fingers.size === 1) {
        pan((event.clientX - before.clientX) / view.clientWidth, (event.clientY - before.clientY) / view.clientHeight);
        fingers.set(event.pointerId, event);
      } else if (fingers.size === 2) {
        const was = spread();
        fingers.set(event.pointerId, event);
        const now = spread();
        zoom((seen.scale * now.width) / Math.max(1, was.width), now.middle);
        pan(now.middle.x - was.middle.x, now.middle.y - was.middle.y);
      }
    });
    for (const name of ["pointerup", "pointercancel"]) {
      view.addEventListener(name, ({ pointerId }) => fingers.delete(pointerId));
    }
    // Two fingers are ours also before anything is zoomed; one finger scrolls the page.
    view.addEventListener("touchstart", (event) => { if (event.touches.length > 1) event.preventDefault(); }, { passive: false });
    view.addEventListener("touchmove", (event) => { if (event.touches.length > 1) event.preventDefault(); }, { passive: false });
  }

  // The slider

  const wipe = $("#wipe");
  const button = $("[data-wipe]", root);

  function slide(on) {
    root.classList.toggle("wipes", on);
    button.setAttribute("aria-pressed", on);
    $(".wiper", root).hidden = !on;
    root.style.setProperty("--wipe", `${wipe.value}%`);
    draw();
    if (on) wipe.focus();
  }
  button?.addEventListener("click", () => slide(!root.classList.contains("wipes")));
  wipe?.addEventListener("input", () => root.style.setProperty("--wipe", `${wipe.value}%`));

  const BY = { "+": () => zoom(seen.scale * 1.5), "-": () => zoom(seen.scale / 1.5), 0: () => zoom(1) };
  for (const one of $$("[data-zoom-by]", root)) one.addEventListener("click", BY[one.dataset.zoomBy]);

  // The slider's arrows are its own.
  const by = (x, y) => ({ target }) => target !== wipe && pan(x, y);
  const KEYS = {
    ...BY,
    "=": BY["+"],
    ArrowLeft: by(0.1, 0),
    ArrowRight: by(-0.1, 0),
    ArrowUp: by(0, 0.1),
    ArrowDown: by(0, -0.1),
    s: () => button && slide(!root.classList.contains("wipes")),
    Escape: () => { if (seen.scale > 1) zoom(1); else history.back(); },
  };
  artel.keys(KEYS);
  addEventListener("resize", draw);
})();
