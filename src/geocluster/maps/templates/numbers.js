/* geocluster: numbers as a language writes them, on every page. `signs` gives the decimal sign, what
   stands between thousands, and the percent sign with the space before it. */
function geoclusterNumbers(signs) {
  "use strict";
  const formats = {};
  const format = (key, options) => formats[key] || (formats[key] = new Intl.NumberFormat("en", options));
  const written = (text) => {
    const { group, decimal } = signs();
    const [whole, part] = text.replace("-", "−").split(".");
    return whole.replace(/,/g, group || ",") + (part ? (decimal || ".") + part : "");
  };
  const known = (value) => value !== null && value !== undefined && Number.isFinite(value);
  const made = { written };
  made.number = (value, digits = 3) => (known(value) ? written(format(digits, { maximumSignificantDigits: digits }).format(value)) : "–");
  made.count = (value) => (known(value) ? written(format("count", { maximumFractionDigits: 0 }).format(value)) : "–");
  made.sign = () => signs().percent || "%";
  made.percent = (share) => (share > 0 && share < 0.005 ? `<${made.sign().slice(0, -1)}1${made.sign()}` : `${made.count(100 * share)}${made.sign()}`);
  return made;
}
