// Building and finding elements. Texts are set as text, never as markup.

export const byId = (id) => document.getElementById(id);

/** An element: properties beginning with "on" are listeners, "data" a dataset, others attributes; false and null leave out. */
export function el(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === false || value === null || value === undefined) continue;
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (name === "data") Object.assign(made.dataset, value);
    else if (name === "class") made.className = value;
    else made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return made;
}

/** Whether keys typed now are text: there shortcuts rest. */
export function inText(target) {
  return Boolean(target?.closest?.("textarea, select, [contenteditable], input:not([type=range], [type=checkbox], [type=radio], [type=button])"));
}

const polite = () => byId("live");
/** Say something to screen readers. */
export function announce(text) {
  const region = polite();
  if (region && region.textContent !== text) region.textContent = text;
}
