/** The page of one study: the patient, the films, and the report beside them. */

import { ask } from "./api.js";
import { makeBanner } from "./banner.js";
import { element } from "./element.js";
import { listen } from "./live.js";
import { ReportPanel } from "./report/panel.js";
import { warnOf } from "./say.js";
import { makeSide } from "./side.js";
import { openTalk } from "./talk/panel.js";
import { Lightbox } from "./viewer/lightbox.js";
import { makeOverlayList } from "./viewer/overlay-list.js";
import { makeTools } from "./viewer/tools.js";

/** Open a study in a place. */
export function openStudy(/** @type {HTMLElement} */ place, /** @type {string} */ studyId) {
  document.title = "wetread: study";
  const base = `/v1/studies/${encodeURIComponent(studyId)}`;
  const closing = new AbortController();
  /** @type {(() => void)[]} */
  const ends = [() => closing.abort()];
  const wall = element("section.wall", { "aria-label": "Films" }, element("p.waiting", {}, "Hanging the films …"));
  const side = makeSide();
  const banner = makeBanner();
  place.append(banner.node, element("main.study-room", { tabindex: "-1" }, wall, side.node));
  const report = new ReportPanel(side.report, { studyId, base, signal: closing.signal });
  const talk = openTalk(side.talk, { base, signal: closing.signal }, {
    light: (facts) => report.light(facts),
    show: (fact) => report.showFact(fact),
    region: () => report.box?.active?.region ?? null,
    open(field) {
      side.show("talk");
      field.focus();
    },
  });
  ends.push(() => report.close(), talk.close);
  talk.before();

  async function hang() {
    const hanging = await ask(`${base}/hanging`, { signal: closing.signal });
    banner.show(hanging.banner, hanging.elsewhere);
    const box = new Lightbox(hanging, {
      onhover: (fact) => report.lightFacts(fact ? [fact] : []),
      onpick: (fact) => report.showFact(fact),
      onchange() {
        tools.show();
        list.show();
      },
    });
    const [list, tools] = [makeOverlayList(box), makeTools(box)];
    wall.replaceChildren(tools.bar, element("div.films", {}, box.place, list.node));
    box.hang();
    box.choose("window");
    report.showOn(box);
    ends.push(() => box.close(), tools.close);
  }

  hang().catch(warnOf);
  ends.push(
    listen("/v1/worklist/events", {
      worklist: ({ studies }) => tell(studies.find((row) => row.study_id === studyId)),
      row: (row) => row.study_id === studyId && tell(row),
    }),
  );

  function tell(row) {
    if (!row) return;
    banner.standing(row);
    report.standing(row);
  }

  return { close: () => ends.forEach((end) => end()) };
}
