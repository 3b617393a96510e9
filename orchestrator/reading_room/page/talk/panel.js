/** Asking about the study: each sentence is checked before it comes, and shows what it rests on. */

import { ask } from "../api.js";
import { button, element } from "../element.js";
import { addKeys } from "../keys.js";
import { say, warnOf } from "../say.js";
import { readStream } from "../stream.js";
import { moment } from "../words.js";
import { openDialog } from "../dialog.js";

const AUDIENCES = { radiologist: "For a radiologist", referrer: "For the referrer", patient: "For the patient" };
const FACTS = ["finding", "measurement"];

/**
 * @typedef {{kind: string, id: string, title: string, quote?: string, link?: string, source?: string, stale?: boolean}} Cited
 * @typedef {{light: (facts: string[]) => void, show: (fact: string) => void, region: () => any, open: (field: HTMLElement) => void}} To
 */

/** Open the conversation about a study in a place. */
export function openTalk(/** @type {HTMLElement} */ place, /** @type {{base: string, signal: AbortSignal}} */ at, /** @type {To} */ to) {
  const path = `${at.base}/conversation`;
  /** @type {AbortController | null} */
  let answering = null;
  const said = element("div.talk-said", { role: "log", "aria-label": "Conversation", tabindex: "0" });
  const field = /** @type {HTMLTextAreaElement} */ (element("textarea", { rows: 2, maxlength: 1000, "aria-label": "Question about this study", placeholder: "Ask about this study…  Why is the effusion called severe?" }));
  const audience = /** @type {HTMLSelectElement} */ (element("select", { "aria-label": "Words for" }, Object.entries(AUDIENCES).map(([value, words]) => element("option", { value }, words))));
  const send = button("Ask", () => go(), { class: "primary" });
  const stop = button("Stop", () => halt(), { hidden: true });
  place.append(said, element("form.talk-ask", {}, field, element("div.talk-acts", {}, audience, button("Begin anew", () => anew().catch(warnOf)), element("span.spring"), stop, send)));

  field.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      go();
    }
  });

  async function go(/** @type {string} */ question = field.value.trim()) {
    if (!question || answering) return;
    field.value = "";
    const turn = addTurn(question);
    answering = new AbortController();
    busy(true);
    try {
      const body = { question, audience: audience.value, ...(to.region() ? { region: to.region() } : {}) };
      await readStream(path, { method: "POST", body, signal: answering.signal }, ({ name, data }) => tell(turn, name, data));
    } catch (error) {
      if (error.name !== "AbortError") turn.append(notice({ text: error.message, notice: "unknown" }));
    } finally {
      answering = null;
      busy(false);
      turn.removeAttribute("aria-busy");
    }
  }

  async function halt() {
    await ask(`${path}/stop`, { method: "POST" }).catch(warnOf);
  }

  async function anew() {
    await ask(path, { method: "DELETE" });
    said.replaceChildren();
    say("The next question follows no other; what was said stays on record.");
  }

  function busy(/** @type {boolean} */ now) {
    stop.hidden = !now;
    /** @type {HTMLButtonElement} */ (send).disabled = now;
  }

  function addTurn(question, when = "") {
    const turn = element("section.turn", { "aria-busy": "true" }, element("p.question", {}, question, when ? element("span.sub", {}, when) : null));
    said.append(turn);
    said.scrollTop = said.scrollHeight;
    return turn;
  }

  function tell(turn, name, data) {
    if (name === "sentence") turn.append(sentence(data));
    else if (name === "notice") turn.append(notice(data));
    else if (name === "tool") turn.append(element("p.tool", {}, `${data.tool.replaceAll("_", " ")}: ${data.result}`));
    else if (name === "failed") turn.append(notice({ text: "The answer could not be given. Ask again.", notice: "unknown" }));
    else if (name === "ended" && data.outcome === "stopped") turn.append(notice({ text: "Stopped.", notice: "remark" }));
    said.scrollTop = said.scrollHeight;
  }

  function sentence({ text, citations, author }) {
    const facts = citations.filter(({ kind }) => FACTS.includes(kind)).map(({ id }) => id);
    const made = element("p.spoken", { "data-author": author }, text, " ", element("span.chips", {}, citations.map(chip)));
    made.addEventListener("pointerenter", () => to.light(facts));
    made.addEventListener("pointerleave", () => to.light([]));
    return made;
  }

  function chip(/** @type {Cited} */ cited) {
    const made = element("button.chip", { type: "button", "data-kind": cited.kind, title: cited.source ?? cited.title }, FACTS.includes(cited.kind) ? `${cited.id} ${cited.title}` : `${cited.kind}: ${cited.title}`, cited.stale ? element("span.stale-mark", {}, "old source") : null);
    const facts = FACTS.includes(cited.kind) ? [cited.id] : [];
    made.addEventListener("focus", () => to.light(facts));
    made.addEventListener("blur", () => to.light([]));
    made.addEventListener("click", () => (facts.length ? to.show(cited.id) : showCited(cited).catch(warnOf)));
    return made;
  }

  function notice({ text, notice: kind, choices = [] }) {
    return element("div.talk-notice", { "data-kind": kind }, element("p", {}, text), choices.length ? element("div.choices", {}, choices.map((choice) => button(choice, () => go(choice)))) : null);
  }

  async function before() {
    const { turns } = await ask(path, { signal: at.signal });
    for (const turn of turns) {
      const shown = addTurn(turn.question, moment(turn.at));
      shown.removeAttribute("aria-busy");
      for (const one of turn.said) tell(shown, one.kind, one);
    }
  }

  const unkey = addKeys([{ key: "q", does: "Ask a question about the study", group: "Conversation", run: () => to.open(field) }]);
  return {
    before: () => before().catch(warnOf),
    close() {
      answering?.abort();
      unkey();
    },
  };
}

/** Show a passage, an order or a rule that a sentence rests on, with the words that stand there marked. */
async function showCited(/** @type {Cited} */ cited) {
  const passage = cited.kind === "passage" && cited.link?.startsWith("/v1/knowledge/") ? await ask(cited.link) : null;
  openDialog(cited.title, [
    passage ? element("div.passage", {}, quoted(passage.text, cited.quote)) : cited.quote ? element("blockquote", {}, cited.quote) : null,
    element("dl.card", {}, [["Kind", cited.kind], ["Source", cited.source], ["Id", cited.id]].filter(([, value]) => value).map(([name, value]) => element("div", {}, element("dt", {}, name), element("dd", {}, value)))),
    cited.stale ? element("p.warning", {}, "This source is older than it may be; look it up before you rest on it.") : null,
  ]);
}

function quoted(text, quote) {
  const at = quote ? text.indexOf(quote) : -1;
  return at < 0 ? element("p", {}, text) : element("p", {}, text.slice(0, at), element("mark", {}, quote), text.slice(at + quote.length));
}
