/** What the pointer and the wheel do to a film. Left: the chosen tool. Middle or Shift: pan. Right: zoom. */

const WHEEL = 0.0016;
const ZOOM_DRAG = 0.006;
const STILL_PX = 3;

/**
 * Let a viewport be dragged.
 *
 * @param {import("./viewport.js").Viewport} viewport
 * @param {() => import("./viewport.js").Tool} tool the chosen tool
 */
export function makeDraggable(viewport, tool) {
  const { frame } = viewport;
  /** @type {{tool: string, x: number, y: number, far: number, at: [number, number], from: [number, number]} | null} */
  let drag = null;

  frame.addEventListener("contextmenu", (event) => event.preventDefault());
  frame.addEventListener("wheel", (event) => {
    event.preventDefault();
    viewport.zoom(Math.exp(-event.deltaY * (event.deltaMode ? 30 : 1) * WHEEL), pointOf(frame, event));
  }, { passive: false });

  frame.addEventListener("pointerdown", (event) => {
    if (event.button > 2) return;
    event.preventDefault();
    frame.focus({ preventScroll: true });
    capture(frame, event.pointerId);
    drag = { tool: toolOf(event, tool()), x: event.clientX, y: event.clientY, far: 0, at: pointOf(frame, event), from: viewport.filmPoint(event) };
    viewport.wasDragged = false;
    begin(viewport, drag.tool, event);
  });

  frame.addEventListener("pointermove", (event) => {
    if (!drag) return;
    const [right, down] = [event.clientX - drag.x, event.clientY - drag.y];
    drag.far += Math.abs(right) + Math.abs(down);
    viewport.wasDragged = drag.far > STILL_PX;
    viewport.move();
    move(viewport, drag, event, right, down);
    [drag.x, drag.y] = [event.clientX, event.clientY];
  });

  const end = () => {
    if (!drag) return;
    if (isRuler(drag.tool) && !viewport.wasDragged) viewport.rulers = viewport.rulers.slice(0, -1);
    if (drag.tool === "region" && !viewport.wasDragged) viewport.region = null;
    drag = null;
    viewport.rest();
  };
  frame.addEventListener("pointerup", end);
  frame.addEventListener("pointercancel", end);
}

const isRuler = (/** @type {string} */ tool) => tool === "measure" || tool === "ratio";

function toolOf(event, chosen) {
  if (event.button === 1 || event.shiftKey) return "pan";
  return event.button === 2 ? "zoom" : chosen;
}

function begin(viewport, tool, event) {
  if (!isRuler(tool)) return;
  const at = viewport.filmPoint(event);
  viewport.rulers = [...viewport.rulers, { start: at, end: at, name: tool === "ratio" ? nextOfRatio(viewport.rulers) : undefined }];
}

/** The cardiothoracic ratio takes two lines: the heart's width, then the chest's. */
function nextOfRatio(rulers) {
  return rulers.findLast(({ name }) => name)?.name === "heart" ? "chest" : "heart";
}

function move(viewport, drag, event, right, down) {
  if (drag.tool === "window") viewport.dragWindow(right, down);
  else if (drag.tool === "pan") viewport.pan(right, down);
  else if (drag.tool === "zoom") viewport.zoom(Math.exp(-down * ZOOM_DRAG), drag.at);
  else if (drag.tool === "region") viewport.markRegion(drag.from, viewport.filmPoint(event));
  else {
    viewport.rulers = [...viewport.rulers.slice(0, -1), { ...viewport.rulers.at(-1), end: viewport.filmPoint(event) }];
    viewport.plan();
  }
}

/** A pointer that a script made cannot be captured; a real one can. */
function capture(frame, pointer) {
  try {
    frame.setPointerCapture(pointer);
  } catch (error) {
    if (error.name !== "NotFoundError") throw error;
  }
}

/** @returns {[number, number]} */
function pointOf(frame, event) {
  const box = frame.getBoundingClientRect();
  return [event.clientX - box.left, event.clientY - box.top];
}
