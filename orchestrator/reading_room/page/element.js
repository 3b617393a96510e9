/**
 * The one way in which this page makes elements. Text is always text: nothing here, or anywhere else, parses markup,
 * so a hostile name in an order stays a strange name.
 */

const SVG = "http://www.w3.org/2000/svg";

/**
 * @typedef {string | number | boolean | null | undefined | ((event: any) => void)} Attribute
 * @typedef {Node | string | number | null | undefined | false} Child
 */

/**
 * Return an element.
 *
 * @param {string} tag with classes after dots: `"button.quiet"`
 * @param {Record<string, Attribute>} [attributes] `onclick` and its kind are listeners; `true` is an empty attribute,
 *   and what is `false`, `null` or `undefined` is left out
 * @param {...(Child | Child[])} children
 * @returns {HTMLElement}
 */
export function element(tag, attributes = {}, ...children) {
  const [name, ...classes] = tag.split(".");
  const made = document.createElement(name || "div");
  return /** @type {HTMLElement} */ (filled(made, classes, attributes, children));
}

/**
 * Return an SVG element; see {@link element}.
 *
 * @param {string} tag
 * @param {Record<string, Attribute>} [attributes]
 * @param {...(Child | Child[])} children
 * @returns {SVGElement}
 */
export function svg(tag, attributes = {}, ...children) {
  const [name, ...classes] = tag.split(".");
  return /** @type {SVGElement} */ (filled(document.createElementNS(SVG, name), classes, attributes, children));
}

/** Return a button that says what it does, its key beside it where it has one. */
export function button(/** @type {string} */ text, /** @type {() => void} */ onclick, attributes = {}, key = "") {
  return element(
    "button",
    { type: "button", onclick, title: key && `${text} (${key})`, "aria-keyshortcuts": key || undefined, ...attributes },
    text,
  );
}

/** Return a node without its children. */
export function emptied(/** @type {Element} */ node) {
  node.replaceChildren();
  return node;
}

function filled(made, classes, attributes, children) {
  if (classes.length) made.setAttribute("class", classes.join(" "));
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined || value === "") continue;
    if (typeof value === "function") made.addEventListener(name.slice(2), value);
    else made.setAttribute(name, value === true ? "" : String(value));
  }
  made.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false).map(asNode));
  return made;
}

const asNode = (child) => (child instanceof Node ? child : String(child));
