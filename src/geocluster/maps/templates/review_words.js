/* geocluster: words and numbers of a page in the language chosen, and small makers of elements. */
function geoclusterWords(languages, language) {
  "use strict";
  const codes = Object.keys(languages), asked = geoclusterTurn.chosen(codes), gc = { language: asked || language };
  if (asked) geoclusterTurn.carry(asked, document);
  gc.speak = (to) => { gc.language = to; geoclusterTurn.keep(to); geoclusterTurn.carry(to, document); };
  gc.heard = () => { const to = geoclusterTurn.chosen(codes) || language, other = to !== gc.language; gc.language = to; return other; };
  const numbers = geoclusterNumbers(() => languages[gc.language]);
  gc.t = (text, values) => {
    const { words } = languages[gc.language], found = Object.hasOwn(words, text) ? words[text] : text;
    return values ? found.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? values[name] : whole)) : found;
  };
  /* a text from the tables: as it is in the catalogue, or else with its numbers as {1}, {2}, ... */
  gc.told = (text) => {
    const { words } = languages[gc.language], found = [];
    if (Object.hasOwn(words, text)) return words[text];
    const pattern = text.replace(/\d{1,3}(,\d{3})+(\.\d+)?|\d+(\.\d+)?/g, (number) => { found.push(numbers.written(number)); return `{${found.length}}`; });
    return words[pattern] ? gc.t(pattern, Object.fromEntries(found.map((number, i) => [i + 1, number]))) : text;
  };
  Object.assign(gc, numbers);
  gc.element = (tag, options, ...children) => {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(options || {})) {
      if (value === null || value === undefined || value === false) continue;
      if (name === "on") for (const [event, run] of Object.entries(value)) made.addEventListener(event, run);
      else if (name in made && name !== "list" && !name.startsWith("aria")) made[name] = value;
      else made.setAttribute(name, value === true ? "" : value);
    }
    made.append(...children.filter((child) => child !== null && child !== undefined && child !== false));
    return made;
  };
  gc.option = (value, text, chosen) => gc.element("option", { value, selected: value === chosen }, text);
  /* what stands in the markup, once as it is there and then in any language */
  gc.translate = () => {
    document.documentElement.lang = gc.language;
    for (const one of document.querySelectorAll("[data-t]")) {
      if (one.dataset.source === undefined) one.dataset.source = one.textContent.trim();
      one.textContent = gc.t(one.dataset.source);
    }
    for (const one of document.querySelectorAll("[data-t-label]")) one.setAttribute("aria-label", gc.t(one.dataset.tLabel));
  };
  return gc;
}
