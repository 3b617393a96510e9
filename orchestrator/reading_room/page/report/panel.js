/** The report beside the films. */

import { ask, Refusal } from "../api.js";
import { element } from "../element.js";
import { warnOf } from "../say.js";
import { makeChips } from "./chip.js";
import { showCard } from "./card.js";
import { FactBook } from "./facts.js";
import { makeLimits } from "./limits.js";

const TITLES = { findings: "Findings", impression: "Impression" };

/** Open the report of a study in a place. */
export function openReport(/** @type {HTMLElement} */ place, /** @type {{studyId: string, base: string, signal: AbortSignal}} */ at) {
  /** @type {import("../viewer/lightbox.js").Lightbox | null} */
  let box = null;
  /** @type {FactBook | null} */
  let book = null;
  let draft = null;
  let known = "";
  const to = { light, show: (fact) => book && showCard(fact, book) };

  async function load() {
    try {
      draft = await ask(`${at.base}/draft`, { signal: at.signal });
      book = new FactBook(draft.facts);
      showDraft();
      await lay();
    } catch (error) {
      if (!(error instanceof Refusal && error.status === 404)) warnOf(error);
    }
  }

  function showDraft() {
    place.replaceChildren(
      element("header.report-head", {}, element("span.mark", {}, "DRAFT, AI"), element("span.muted", {}, "not verified by a person")),
      element("div.report-body", {}, draft.sections.map(section), makeLimits(draft.facts.limitations)),
    );
  }

  function section({ name, sentences }) {
    return element("section.report-section", { "aria-label": TITLES[name] ?? name }, element("h2", {}, TITLES[name] ?? name), sentences.map(sentence));
  }

  function sentence({ text, citations }) {
    const facts = citations.map(({ id }) => id);
    const made = element("div.sentence", { "data-facts": facts.join(" ") }, element("p", {}, text), makeChips(citations, book, to));
    made.addEventListener("pointerenter", () => light(facts));
    made.addEventListener("pointerleave", () => light([]));
    return made;
  }

  function light(/** @type {string[]} */ facts) {
    box?.light(facts, facts.flatMap((fact) => book?.images(fact) ?? []));
    lightFacts(facts);
  }

  function lightFacts(/** @type {string[]} */ facts) {
    for (const node of place.querySelectorAll("[data-facts]")) {
      node.toggleAttribute("data-lit", facts.some((fact) => node.getAttribute("data-facts")?.split(" ").includes(fact)));
    }
  }

  async function lay() {
    if (!box || !draft) return;
    const { overlays } = await ask(`${at.base}/overlays`, { signal: at.signal });
    await box.takeOverlays(overlays);
  }

  return {
    showOn(/** @type {any} */ lightbox) {
      box = lightbox;
      lay().catch(warnOf);
    },
    knowHeader() {},
    lightFacts,
    showFact: to.show,
    standing(row) {
      const now = `${row.revision} ${row.status}`;
      if (now === known) return;
      known = now;
      if (row.status === "drafted" || row.status === "refused") load();
      else place.replaceChildren(element("p.waiting", {}, row.reason ?? `The study is ${row.status}.`));
    },
    close() {},
  };
}
