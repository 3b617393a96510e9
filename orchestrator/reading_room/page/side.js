/** What stands beside the films: report and conversation, as tabs where there is little room, else side by side. */

import { element } from "./element.js";

/** Return the panel and the places in it. */
export function makeSide() {
  const report = element("section.tab.report", { id: "tab-report", role: "tabpanel", "aria-labelledby": "to-report" });
  const talk = element("section.tab.talk", { id: "tab-talk", role: "tabpanel", "aria-labelledby": "to-talk", hidden: true });
  const tabs = [tab("report", "Report", true), tab("talk", "Conversation", false)];

  function tab(name, words, selected) {
    const made = element("button", { type: "button", role: "tab", id: `to-${name}`, "aria-controls": `tab-${name}`, "aria-selected": String(selected), tabindex: selected ? "0" : "-1" }, words);
    made.addEventListener("click", () => show(name));
    made.addEventListener("keydown", (event) => {
      if (event.key === "ArrowRight" || event.key === "ArrowLeft") show(name === "report" ? "talk" : "report", true);
    });
    return made;
  }

  function show(name, focus = false) {
    report.hidden = name !== "report";
    talk.hidden = name !== "talk";
    for (const one of tabs) {
      const selected = one.id === `to-${name}`;
      one.setAttribute("aria-selected", String(selected));
      one.setAttribute("tabindex", selected ? "0" : "-1");
      if (selected && focus) one.focus();
    }
  }

  const node = element("aside.side-panel", { "aria-label": "Report and conversation" }, element("div.tabs", { role: "tablist" }, tabs), report, talk);
  return { node, report, talk, show };
}
