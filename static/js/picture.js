// A picture's own page: arrow keys lead to its neighbours, a click to its full size.
(() => {
  "use strict";

  const { $ } = artel;

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    // Out of a field of its tags and collections, to the button that they stand under
    if (event.key === "Escape") event.target.closest(".picture-page .marks-more")?.querySelector("summary").focus();
    if (artel.typing(event.target)) return;
    const way = { ArrowLeft: "prev", ArrowRight: "next" }[event.key];
    if (way) $(`a[rel=${way}]`)?.click();
  });

  document.addEventListener("click", (event) => {
    const zoom = event.target.closest("[data-zoom]");
    if (!zoom || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    zoom.classList.toggle("zoomed");
  });
})();
