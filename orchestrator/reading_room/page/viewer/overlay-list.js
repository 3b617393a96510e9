/** The list of what can be laid over the films, each on and off by itself. */

import { element } from "../element.js";

/** Return the list; it is shown while overlays are. */
export function makeOverlayList(/** @type {import("./lightbox.js").Lightbox} */ box) {
  const list = element("ul");
  const node = element("details.overlay-list", { hidden: true }, element("summary", {}, "Overlays in sight"), list);
  let made = null;

  function fill() {
    made = box.overlays;
    list.replaceChildren(
      ...box.overlays.map((overlay) => {
        const input = element("input", { type: "checkbox", "data-overlay": overlay.name });
        input.addEventListener("change", () => box.toggleOverlay(overlay.name));
        const swatch = element("span.swatch", { "aria-hidden": "true" });
        swatch.style.background = overlay.colour;
        return element("li", {}, element("label", {}, input, swatch, overlay.title));
      }),
    );
  }

  return {
    node,
    show() {
      if (made !== box.overlays) fill();
      node.hidden = !box.overlays.length || !(box.shown || box.lines);
      const shown = box.shownNames();
      for (const input of list.querySelectorAll("input")) input.checked = shown.has(input.dataset.overlay ?? "");
    },
  };
}
