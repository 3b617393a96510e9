/** The door of the page: which room an address opens, and the keys that work in all of them. */

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
  open = place === "studies" && id ? openStudy(room, decodeURIComponent(id)) : openWorklist(room);
}

addKeys([{ key: "?", does: "Show this sheet", group: "Everywhere", run: showSheet }]);
addEventListener("hashchange", enter);
enter();
