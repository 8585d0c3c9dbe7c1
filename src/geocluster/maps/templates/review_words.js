/* geocluster: words and numbers of a page in the language chosen, and small makers of elements. */
function geoclusterWords(languages, language) {
  "use strict";
  const codes = Object.keys(languages), asked = geoclusterTurn.chosen(codes), gc = { language: asked || language };
  if (asked) geoclusterTurn.carry(asked, document);
  gc.speak = (to) => { gc.language = to; geoclusterTurn.keep(to); geoclusterTurn.carry(to, document); };
  gc.heard = () => { const to = geoclusterTurn.chosen(codes) || language, other = to !== gc.language; gc.language = to; return other; };
  gc.t = (text, values) => {
    const found = languages[gc.language].words[text] || text;
    return values ? found.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? values[name] : whole)) : found;
  };
  /* a text from the tables: as it is in the catalogue, or else with its numbers as {1}, {2}, ... */
  gc.told = (text) => {
    const { words, decimal } = languages[gc.language], numbers = [];
    if (words[text]) return words[text];
    const pattern = text.replace(/\d+(\.\d+)?/g, (number) => { numbers.push(number.replace(".", decimal)); return `{${numbers.length}}`; });
    return words[pattern] ? gc.t(pattern, Object.fromEntries(numbers.map((number, i) => [i + 1, number]))) : text;
  };
  const formats = {};
  gc.number = (value, digits = 3) => {
    if (value === null || value === undefined || !Number.isFinite(value)) return "–";
    const format = formats[digits] || (formats[digits] = new Intl.NumberFormat("en", { maximumSignificantDigits: digits }));
    const [whole, part] = format.format(value).replace("-", "−").split(".");
    return whole.replace(/,/g, "\u202f") + (part ? languages[gc.language].decimal + part : "");
  };
  gc.percent = (share) => (share > 0 && share < 0.005 ? "<\u202f1\u202f%" : `${Math.round(100 * share)}\u202f%`);
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
