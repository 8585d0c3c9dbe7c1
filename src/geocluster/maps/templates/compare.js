/* geocluster: the page of two runs: what is shown, in which view, and what is said of it. */
function geoclusterCompare(node) {
  "use strict";
  const data = JSON.parse(node.textContent), gc = geoclusterWords(data.languages, data.language), { t, element } = gc;
  const at = (id) => document.getElementById(id), state = { surface: 0, difference: false, here: null };
  gc.label = (row) => {
    const { a, b, name } = data.sites[row], id = a && b && a !== b ? `${a} = ${b}` : a || b;
    return name ? `${id} ${name}` : id;
  };
  const tables = geoclusterCompareTables(gc, data, (row) => choose(row));
  const view = data.surfaces.length ? geoclusterCompareMap(gc, data, at("cp-map"), (row) => choose(row)) : null;
  function choose(row) {
    tables.select(row);
    if (view) view.select(row);
  }
  const title = gc.title = (one) => {
    if (one.kind === "burden") return t("Burden on people of each g/s emitted there");
    if (one.kind === "suitable") return t("Suitable land");
    return one.statistic ? `${one.pollutant}, ${t(one.statistic)}` : one.pollutant;
  };
  const unit = (one) => (one.unit ? t(one.unit) : "");
  const now = () => data.surfaces[state.surface];

  const swatch = (colour, text, kind) => {
    const mark = element("i", { className: kind || "" });
    if (colour) mark.style.background = colour;
    return element("span", { className: "cp-class" }, mark, text);
  };
  const range = (breaks, i) => (i + 1 < breaks.length ? `${gc.number(breaks[i])}–${gc.number(breaks[i + 1])}` : `> ${gc.number(breaks[i])}`);
  const signed = (breaks, i, sign) => {
    const [from, to] = [breaks[i], breaks[i + 1]].map((one) => `${sign}${gc.number(one)}`);
    return i + 1 < breaks.length ? `${from} … ${to}` : `${sign === "+" ? ">" : "<"} ${from}`;
  };
  const legend = () => {
    const one = now(), lines = [];
    const soft = (text) => lines.push(element("small", {}, text));
    if (!one) return [];
    lines.push(element("strong", {}, title(one)));
    if (unit(one)) soft(unit(one));
    if (!state.difference) {
      soft(t("Both runs in the same colours"));
      if (one.kind === "suitable") lines.push(swatch(one.colours[0], t("Suitable land")));
      else [...one.breaks.keys()].reverse().forEach((i) => lines.push(swatch(one.colours[i], range(one.breaks, i))));
      if (one.highest) soft(`${t("Highest value")}: ${gc.number(one.highest)}`);
      if (one.kind === "suitable") data.sides.forEach((side, i) => soft(`${"AB"[i]}: ${gc.number(side.suitable_ha)} ${t("ha")}`));
    } else if (!one.a || !one.b) soft(t("Only one of the runs has it: there is no difference to show."));
    else if (!one.difference) soft(t("There is no difference."));
    else {
      const { breaks, less, more, extremes } = one.difference;
      if (one.kind === "suitable") {
        lines.push(swatch(more[0], `${t("only in B")}: ${gc.number(extremes[1])} ${t("ha")}`), swatch(less[0], `${t("only in A")}: ${gc.number(extremes[0])} ${t("ha")}`));
      } else {
        soft(t("B minus A"));
        [...breaks.keys()].reverse().forEach((i) => lines.push(swatch(more[i], signed(breaks, i, "+"))));
        lines.push(swatch(null, `± ${gc.number(breaks[0])}: ${t("not drawn")}`));
        breaks.forEach((_, i) => lines.push(swatch(less[i], signed(breaks, i, "−"))));
        soft(`${t("Least and greatest difference")}: ${extremes.map((value) => gc.number(value)).join(", ")}`);
      }
    }
    lines.push(element("strong", {}, t("Candidates")), swatch("#2f5d46", t("in both runs"), "cp-dot"), swatch("#b35806", t("only in A"), "cp-dot"), swatch("#542788", t("only in B"), "cp-dot"));
    if (data.sites.length) soft(t("A label gives the rank in A and in B of the first three of either."));
    if (data.not_valid.length) lines.push(swatch(null, t("not for decisions"), "cp-dash"));
    return lines;
  };
  const modes = ["swipe", "difference"].map((name) => element("button", { type: "button", role: "radio", id: `cp-${name}`, on: { click: () => { state.difference = name === "difference"; show(); } } }));
  modes[0].addEventListener("keydown", (event) => { if (["ArrowRight", "ArrowDown"].includes(event.key)) { modes[1].click(); modes[1].focus(); event.preventDefault(); } });
  modes[1].addEventListener("keydown", (event) => { if (["ArrowLeft", "ArrowUp"].includes(event.key)) { modes[0].click(); modes[0].focus(); event.preventDefault(); } });
  at("cp-modes").append(...modes);
  const show = () => {
    modes.forEach((one, i) => { const on = state.difference === (i === 1); one.setAttribute("aria-checked", String(on)); one.tabIndex = on ? 0 : -1; });
    if (view) view.show(now(), state.difference);
    at("cp-legend").replaceChildren(...legend());
    tell();
  };
  const inWords = (one, number) => {
    if (number === null) return "–";
    if (one.kind === "suitable") return number ? t("suitable") : t("not suitable");
    return number ? range(one.breaks, number - 1) : `< ${gc.number(one.breaks[0])}`;
  };
  const change = (one, number) => {
    if (number === null || !one.difference) return null;
    const { breaks } = one.difference, count = breaks.length;
    if (one.kind === "suitable") return null;
    if (!number) return t("within ± {value}", { value: gc.number(breaks[0]) });
    return number > count ? signed(breaks, number - count - 1, "+") : signed(breaks, number - 1, "−");
  };
  async function tell() {
    const one = now();
    if (!state.here || !view) { at("cp-here").textContent = t("Click on the map for the classes of both runs at a place."); return; }
    const look = (uri) => (uri ? view.classAt(uri, one.bounds, state.here) : Promise.resolve(null));
    const [a, b, both] = await Promise.all([look(one.a), look(one.b), look(one.difference && one.difference.uri)]);
    const parts = [`A ${inWords(one, a)}`, `B ${inWords(one, b)}`, change(one, both) && `B − A ${change(one, both)}`].filter(Boolean);
    at("cp-here").textContent = `${title(one)}: ${parts.join("; ")} ${unit(one)}`;
  }

  const filled = ([text, values]) => t(text, Object.fromEntries(Object.entries(values).map(([name, value]) => [name, name.startsWith("share") ? gc.percent(value) : typeof value === "number" ? gc.number(value, 21) : t(value)])));
  const demonstration = (side) => `${t("Demonstration:")} ${side.demonstration.map(gc.told).join(", ")}`;
  const alike = JSON.stringify(data.sides[0].demonstration) === JSON.stringify(data.sides[1].demonstration);
  const say = () => {
    gc.translate();
    at("cp-demonstration").hidden = !alike || !data.sides[0].demonstration;
    if (!at("cp-demonstration").hidden) at("cp-demonstration").textContent = `A, B. ${demonstration(data.sides[0])}`;
    at("cp-language").replaceChildren(...Object.entries(data.languages).map(([code, { name }]) => gc.option(code, name, gc.language)));
    modes[0].textContent = "A | B";
    modes[0].setAttribute("aria-label", t("Divider between A and B"));
    modes[1].textContent = t("Difference");
    at("cp-surface").replaceChildren(...data.surfaces.map((one, i) => gc.option(String(i), title(one), String(state.surface))));
    at("cp-sides").replaceChildren(...data.sides.map((side, i) => element("div", { className: `cp-side cp-${"ab"[i]}` },
      element("h3", {}, element("span", { className: "cp-letter" }, "AB"[i]), element("bdi", {}, side.name)),
      element("p", { className: "cp-soft" }, element("bdi", {}, t(side.study)), " · " + t("cells of {metres} m", { metres: gc.number(side.cell_m) })),
      side.demonstration && !alike ? element("p", { className: "cp-warning" }, demonstration(side)) : null,
      element("p", {}, t(side.verdict)))));
    at("cp-findings").replaceChildren(...data.findings.map((one) => element("li", {}, filled(one))));
    if (view) view.label();
    tables.draw();
    show();
  };
  at("cp-language").addEventListener("change", (event) => { gc.speak(event.target.value); say(); });
  at("cp-surface").addEventListener("change", (event) => { state.surface = Number(event.target.value); show(); });
  at("cp-opacity").addEventListener("input", (event) => { if (view) view.fade(Number(event.target.value) / 100); });
  at("cp-sites").addEventListener("change", (event) => { if (view) view.candidates(event.target.checked); });
  if (view) view.map.on("click", (event) => { state.here = event.latlng; tell(); });
  /* first of all, what differs most against its own highest value */
  const most = ({ difference, highest }) => (difference && highest ? Math.max(...difference.extremes.map(Math.abs)) / highest : 0);
  data.surfaces.forEach((one, i) => { if (most(one) > most(now()) * 1.001) state.surface = i; });
  addEventListener("hashchange", () => { if (gc.heard()) say(); });
  say();
  document.documentElement.dataset.gcReady = "";
}
