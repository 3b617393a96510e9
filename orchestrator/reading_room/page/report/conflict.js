/** Two people wrote different things into the same sentence: each is shown, a person chooses. */

import { askPerson } from "../dialog.js";
import { element } from "../element.js";

/**
 * Ask for each sentence whose words stand.
 *
 * @param {import("./merge.js").Conflict[]} conflicts
 * @param {string} who
 * @returns {Promise<Set<string>>} the sentences for which mine stand
 */
export async function askWhose(conflicts, who) {
  const choices = conflicts.map(({ id, mine, theirs }) =>
    element("fieldset.conflict", {}, element("legend", {}, "The same sentence"), choice(id, "theirs", `${who}: `, theirs, true), choice(id, "mine", "Mine: ", mine, false)),
  );
  const answer = await askPerson("Somebody else saved in the meantime", [element("p", {}, "Nothing is overwritten until you choose."), ...choices], "Keep these");
  return new Set(conflicts.filter(({ id }) => answer?.[id] === "mine").map(({ id }) => id));
}

const choice = (name, value, who, text, checked) => element("label.choice", {}, element("input", { type: "radio", name, value, checked }), element("span", {}, element("strong", {}, who), text));
