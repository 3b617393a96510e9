/** The door of the page: which room an address opens, and the keys that work in all of them. */

import { openFeedback } from "./feedback/room.js";
import { addKeys } from "./keys.js";
import { showSheet } from "./sheet.js";
import { openStudy } from "./study.js";
import { openWorklist } from "./worklist/room.js";

/** @typedef {{ close: () => void }} Room */

/** @type {Room | null} */
let open = null;

function enter() {
  const [, place, id] = location.hash.split("/");
  const room = document.getElementById("room");
  open?.close();
  room.replaceChildren();
  if (place === "studies" && id) open = openStudy(room, decodeURIComponent(id));
  else open = place === "feedback" ? openFeedback(room) : openWorklist(room);
}

addKeys([{ key: "?", does: "Show this sheet", group: "Everywhere", run: showSheet }]);
addEventListener("hashchange", enter);
enter();
