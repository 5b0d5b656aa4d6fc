// Lists that go on: more of one before its end comes into view.
(() => {
  "use strict";

  const { $$ } = artel;

  const near = new IntersectionObserver((seen) => {
    for (const { isIntersecting, target } of seen) {
      if (!isIntersecting) continue;
      near.unobserve(target);
      htmx.trigger(target, "near");
    }
  }, { rootMargin: "1200px" });

  const watch = () => $$(".more").forEach((link) => near.observe(link));

  document.addEventListener("htmx:load", watch);
  watch();
})();
