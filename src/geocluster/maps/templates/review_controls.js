/* geocluster: the controls of the review page: sets, method, sliders, bounds, filters, which weights are tried. */
function geoclusterReviewControls(gc, data, sets, state, changed) {
  "use strict";
  const { t, element, option } = gc, ranking = geoclusterRanking;
  const at = (id) => document.getElementById(id);
  const inner = (id) => at(id).querySelector("div");
  const set = () => state.sets[state.active];
  const outputs = [];

  const methods = () => ({ topsis: t("TOPSIS"), weighted_sum: t("Weighted sum"), spotis: t("SPOTIS"), promethee_ii: t("PROMETHEE II") });
  const normalisations = () => ({ vector: t("by the length of the column"), "min-max": t("from the worst to the best found"), max: t("by the greatest value"),
    bounds: t("from bound to bound"), "net flow": t("by net flows") });

  const drawSets = () => {
    const radio = (name, text) => {
      const input = element("input", { type: "radio", name: "rv-set", value: name, checked: state.active === name,
        on: { change: () => { state.active = name; draw(); changed({ weights: true }); } } });
      return element("label", {}, input, element("span", {}, text));
    };
    const two = state.sets.b !== null;
    const button = element("button", { type: "button", id: "rv-second", on: { click: () => {
      state.sets.b = two ? null : sets.clone(state.sets.a);
      state.active = two ? "a" : "b";
      draw();
      changed({ weights: true, table: true });
    } } }, two ? t("Remove set B") : t("Compare with a second set"));
    at("rv-sets").replaceChildren(...(two ? [radio("a", t("Set A")), radio("b", t("Set B"))] : []), button);
  };

  const choice = (id, title, value, entries, change) => {
    const list = element("select", { id, on: { change: (event) => change(event.target.value) } }, ...entries.map(([key, text]) => option(key, text, value)));
    return element("label", { className: "rv-row" }, element("span", {}, title), list);
  };
  const drawMethod = () => {
    const names = methods(), ways = normalisations(), now = set();
    const parts = [choice("rv-method-choice", t("Method"), now.method, Object.entries(names), (method) => {
      Object.assign(set(), { method, normalisation: ranking.NORMALISATIONS[method][0] });
      drawMethod();
      drawSure();
      changed({ weights: true });
    })];
    const lists = ranking.NORMALISATIONS[now.method];
    if (lists.length > 1) {
      parts.push(choice("rv-normalisation", t("Values are compared"), now.normalisation, lists.map((key) => [key, ways[key]]), (normalisation) => {
        set().normalisation = normalisation;
        changed({ weights: true });
      }));
    }
    at("rv-method").replaceChildren(...parts);
    at("rv-bounds").hidden = now.method !== "spotis";
  };

  const slider = (id, title, value, change, share) => {
    const output = element("output", { htmlFor: id });
    outputs.push([output, share]);
    const input = element("input", { type: "range", id, min: 0, max: 100, step: 1, value: Math.round(value),
      on: { input: (event) => { change(Number(event.target.value)); changed({ weights: true }); } } });
    outputs.push([{ set textContent(text) { input.setAttribute("aria-valuetext", text); } }, share]);
    return [element("label", { htmlFor: id }, title), output, input];
  };
  const alike = ({ column }) => data.sites.id.length > 1 && data.extents[column][0] === data.extents[column][1];
  const drawSliders = () => {
    outputs.length = 0;
    const opened = new Set([...at("rv-sliders").querySelectorAll("details[open]")].map((one) => one.dataset.group));
    const groups = data.groups.map(([name, label], g) => {
      const members = data.criteria.map((one, c) => [one, c]).filter(([one]) => one.group === name);
      const rows = members.map(([one, c]) => element("div", { className: "rv-slider" },
        ...slider(`rv-c-${c}`, t(one.label), set().criteria[one.column], (value) => { set().criteria[one.column] = value; }, () => state.weights && state.weights.weights[c]),
        element("small", {}, `${one.less ? t("less is better") : t("more is better")}${one.source ? ` · ${t(one.source)}` : ""}${alike(one) ? ` · ${t("the same for all candidates: it tells none apart")}` : ""}`)));
      const head = element("div", { className: "rv-slider rv-group" },
        ...slider(`rv-g-${g}`, t(label), set().groups[name], (value) => { set().groups[name] = value; },
          () => state.weights && members.reduce((sum, [, c]) => sum + state.weights.weights[c], 0)));
      const fold = element("details", { open: opened.has(name) }, element("summary", {}, t("Criteria: {count}", { count: members.length })), ...rows);
      fold.dataset.group = name;
      return element("div", { className: "rv-block" }, head, fold);
    });
    at("rv-sliders").replaceChildren(...groups);
  };
  const shares = () => { for (const [output, share] of outputs) { const now = share(); output.textContent = now === null ? "–" : gc.percent(now); } };

  const drawBounds = () => {
    const field = (one, side, text) => element("label", {}, element("span", {}, text), element("input", { type: "number", step: "any", value: set().bounds[one.column][side],
      on: { change: (event) => {
        const pair = set().bounds[one.column].slice();
        pair[side] = event.target.value === "" ? NaN : Number(event.target.value);
        const fits = sets.within(pair, one.column);
        event.target.setAttribute("aria-invalid", String(!fits));
        gc.say(fits ? "" : t("The bounds of a criterion must hold the values of all candidates, the lower below the upper."));
        if (fits) { set().bounds[one.column] = pair; changed({ weights: true }); }
      } } }));
    const rows = data.criteria.map((one) => element("fieldset", {}, element("legend", {}, `${t(one.label)}${one.unit ? `, ${t(one.unit)}` : ""}`),
      field(one, 0, t("from")), field(one, 1, t("to"))));
    inner("rv-bounds").replaceChildren(element("p", { className: "rv-soft" },
      t("Bounds that do not come from the candidates keep the order of two when another one comes or leaves.")), ...rows);
  };

  const numberField = (id, title, value, unit, change) => element("label", { className: "rv-row" }, element("span", {}, title),
    element("span", { className: "rv-with-unit" }, element("input", { type: "number", id, min: 0, step: "any", value: value === null ? "" : value,
      on: { input: (event) => { const text = event.target.value; change(text === "" ? null : Number(text)); changed({ filters: true }); } } }), element("span", {}, unit)));
  const condition = (one, index) => {
    const filters = state.filters;
    const column = element("select", { "aria-label": t("Criterion"), on: { change: (event) => { one.column = event.target.value; drawFilters(); changed({ filters: true }); } } },
      ...data.criteria.map((each) => option(each.column, t(each.label), one.column)));
    const side = element("select", { "aria-label": t("Side"), on: { change: (event) => { one.most = event.target.value === "most"; changed({ filters: true }); } } },
      option("most", t("at most"), one.most ? "most" : "least"), option("least", t("at least"), one.most ? "most" : "least"));
    const limit = element("input", { type: "number", step: "any", "aria-label": t("Value"), value: one.value === null ? "" : one.value,
      on: { input: (event) => { one.value = event.target.value === "" ? null : Number(event.target.value); changed({ filters: true }); } } });
    const drop = element("button", { type: "button", "aria-label": t("Remove this condition"), on: { click: () => { filters.conditions.splice(index, 1); drawFilters(); changed({ filters: true }); } } }, "×");
    const unit = data.criteria.find((each) => each.column === one.column).unit;
    return element("div", { className: "rv-condition" }, column, side, element("span", { className: "rv-with-unit" }, limit, element("span", {}, t(unit))), drop);
  };
  const drawFilters = () => {
    const filters = state.filters, parts = [];
    if (data.kinds.length > 1) {
      parts.push(element("fieldset", {}, element("legend", {}, t("Kind of land")), ...data.kinds.map((kind) => element("label", { className: "rv-tick" },
        element("input", { type: "checkbox", checked: !filters.without.includes(kind), on: { change: (event) => {
          filters.without = event.target.checked ? filters.without.filter((one) => one !== kind) : [...filters.without, kind];
          changed({ filters: true });
        } } }), element("span", {}, t(kind))))));
    }
    parts.push(numberField("rv-area", t("Area at least"), filters.area, t("ha"), (value) => { filters.area = value; }));
    if (data.sites.home.some((one) => one !== null)) parts.push(numberField("rv-home", t("Nearest homes at least"), filters.home, t("m"), (value) => { filters.home = value; }));
    parts.push(...filters.conditions.map(condition));
    const distance = data.criteria.find((one) => one.column.startsWith("distance_")) || data.criteria[0];
    parts.push(element("button", { type: "button", id: "rv-condition", on: { click: () => {
      filters.conditions.push({ column: distance.column, most: distance.less, value: null });
      drawFilters();
    } } }, t("Add a condition on a criterion")));
    inner("rv-filters").replaceChildren(...parts);
  };

  const drawSure = () => {
    const entries = [["any", t("any weights")], ["50", t("each share off by up to a half")], ["25", t("each share off by up to a quarter")]];
    const kinds = data.cases.map(({ kind, cases }) => `${t(kind)} (${cases.length})`);
    if (data.methods.length > 1 && set().method === data.start.method) kinds.unshift(`${t("Method")} (${data.methods.length})`);
    const beside = [kinds.length ? t("Beside the weights these vary, one case of each at a time: {kinds}.", { kinds: kinds.join(", ") }) : null,
      data.draws ? t("Only weights that obey the study's preferences are tried, as long as no further criterion has a weight.") : null];
    inner("rv-sure").replaceChildren(choice("rv-tries", t("Weights tried"), state.tries, entries, (value) => { state.tries = value; changed({ weights: true }); }),
      element("p", { className: "rv-soft" }, t("Groups of criteria share the weight first, then the criteria of each group: one thing measured five times does not weigh five times.")),
      ...beside.filter((text) => text).map((text) => element("p", { className: "rv-soft" }, text)));
  };

  const draw = () => { drawSets(); drawMethod(); drawSliders(); drawBounds(); drawFilters(); drawSure(); };
  const language = at("rv-language");
  language.replaceChildren(...Object.entries(data.languages).map(([key, one]) => option(key, one.name, gc.language)));
  language.addEventListener("change", () => { gc.speak(language.value); gc.retell(); });
  at("rv-reset").addEventListener("click", () => {
    state.sets[state.active] = sets.clone(data.start);
    draw();
    changed({ weights: true });
  });
  at("rv-save").addEventListener("click", () => {
    const link = element("a", { href: URL.createObjectURL(new Blob([sets.written(state)], { type: "application/json" })), download: "weights.json" });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  });
  at("rv-load").addEventListener("change", (event) => {
    const [file] = event.target.files;
    event.target.value = "";
    if (file) file.text().then((text) => gc.load(text));
  });
  return { draw, shares };
}
