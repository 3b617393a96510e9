/** The worklist: every study, the most urgent by rule first, as it stands now. */

import { button, element } from "../element.js";
import { addKeys } from "../keys.js";
import { listen } from "../live.js";
import { murmur } from "../say.js";
import { showSheet } from "../sheet.js";
import { count } from "../words.js";
import { filtersFrom, keepFilters, makeFilters, passes } from "./filters.js";
import { fillRow, makeRow } from "./row.js";
import { acceptDrops, chooseFiles } from "./upload.js";

const COLUMNS = ["Urgency", "Status", "Patient", "Study", "The draft says", "Age", "Why"];
const CLOCK_MS = 20_000;

/** @typedef {import("./row.js").Row} Row */

/** Open the worklist in a place. */
export function openWorklist(/** @type {HTMLElement} */ place) {
  document.title = "wetread: worklist";
  /** @type {Map<string, Row>} */
  const rows = new Map();
  /** @type {Map<string, HTMLTableRowElement>} */
  const lines = new Map();
  let filters = filtersFrom(localStorage);

  const body = element("tbody");
  const empty = element("p.empty", { hidden: true });
  const counted = element("span.counted", { role: "status" });
  const link = element("span.link", { title: "whether the list is live" }, "connecting");
  const bar = makeFilters(filters, (chosen) => {
    filters = chosen;
    keepFilters(localStorage, chosen);
    show();
  });
  const head = element("tr", {}, COLUMNS.map((name) => element("th", { scope: "col" }, name)));
  const table = element("table.worklist", { "aria-label": "Studies, the most urgent first" }, element("thead", {}, head), body);

  place.append(
    element("header.masthead", {}, element("h1", {}, "wetread"), element("span.room-name", {}, "Worklist"), counted, element("span.spring"), link,
      element("a", { href: "#/feedback" }, "Feedback"), button("Send a study", chooseFiles, { class: "primary" }, "u"), button("Keys", showSheet, {}, "?")),
    element("main.worklist-room", { tabindex: "-1" }, bar, element("div.table-frame", { tabindex: "0", role: "region", "aria-label": "Studies" }, table), empty),
  );

  function show() {
    const now = Date.now();
    const shown = [...rows.values()].sort(byRank).filter((row) => passes(row, filters));
    for (const row of shown) {
      const line = lines.get(row.study_id) ?? makeRow(row.study_id);
      lines.set(row.study_id, line);
      fillRow(line, row, now);
    }
    const wanted = shown.map((row) => lines.get(row.study_id));
    if (wanted.length !== body.children.length || wanted.some((line, at) => body.children[at] !== line)) {
      const focused = document.activeElement;
      body.replaceChildren(...wanted);
      if (focused instanceof HTMLElement && body.contains(focused)) focused.focus();
    }
    counted.textContent = shown.length === rows.size ? count(rows.size, "study").replace("studys", "studies") : `${shown.length} of ${rows.size} studies`;
    empty.hidden = shown.length > 0;
    empty.textContent = rows.size ? "No study passes the filters." : "No study yet. Drop a DICOM file, a folder, a zip, a PNG or a JPEG anywhere on this page.";
  }

  const deaf = listen(
    "/v1/worklist/events",
    {
      worklist: (data) => {
        rows.clear();
        for (const row of data.studies) rows.set(row.study_id, row);
        show();
      },
      row: (row) => {
        const before = rows.get(row.study_id);
        rows.set(row.study_id, row);
        if (!before) murmur("A study came in.");
        else if (before.status !== row.status) murmur(`A study is ${row.status}.`);
        show();
      },
    },
    (connected) => {
      link.textContent = connected ? "live" : "no connection, trying again";
      link.dataset.state = connected ? "live" : "lost";
    },
  );
  const clock = setInterval(show, CLOCK_MS);
  const undrop = acceptDrops(document.body);
  const unkey = addKeys([
    { key: "ArrowDown", does: "Next study", group: "Worklist", run: () => step(body, 1) },
    { key: "ArrowUp", does: "Previous study", group: "Worklist", run: () => step(body, -1) },
    { key: "/", does: "Search", group: "Worklist", run: () => bar.querySelector("input")?.focus() },
    { key: "u", does: "Send a study", group: "Worklist", run: chooseFiles },
  ]);
  show();
  return {
    close() {
      deaf();
      clearInterval(clock);
      undrop();
      unkey();
    },
  };
}

/** Order by rule: group, then time, then id, so that nothing jumps. */
export function byRank(/** @type {Row} */ a, /** @type {Row} */ b) {
  return a.rank.group - b.rank.group || a.rank.at.localeCompare(b.rank.at) || a.study_id.localeCompare(b.study_id);
}

function step(/** @type {HTMLElement} */ body, /** @type {number} */ by) {
  const links = [...body.querySelectorAll("a")];
  const at = links.indexOf(/** @type {HTMLAnchorElement} */ (document.activeElement));
  links[at < 0 ? 0 : Math.min(Math.max(at + by, 0), links.length - 1)]?.focus();
}
