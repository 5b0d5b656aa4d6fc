// The wall of the gallery.
(() => {
  "use strict";
})();
