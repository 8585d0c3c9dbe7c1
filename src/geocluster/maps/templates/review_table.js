/* geocluster: what the review page says of the candidates: the ranking, the chosen one, what would turn it. */
function geoclusterReviewTable(gc, data, state, chosen) {
  "use strict";
  const { t, element } = gc, sites = data.sites;
  const holder = document.getElementById("rv-table");
  let rows = [], body = null;

  const heads = () => [[t("Rank"), 1], ...(state.sets.b ? [[t("Rank B"), 1], [t("Difference"), 1]] : []), [t("Candidate"), 0], [t("Kind of land"), 0], [t("Area, ha"), 1], [t("Score"), 1],
    [t("First"), 1], [t("Top three"), 1]];
  const build = () => {
    body = element("tbody");
    const head = element("tr", {}, ...heads().map(([text, number]) => element("th", { scope: "col", className: number ? "rv-n" : "" }, text)));
    if (state.sets.b) head.firstChild.textContent = t("Rank A");
    rows = sites.id.map((id, row) => {
      const cell = (number, ...children) => element("td", { className: number ? "rv-n" : "" }, ...children);
      const button = element("button", { type: "button", className: "rv-link" }, element("bdi", {}, gc.label(row)));
      const made = element("tr", { on: { click: () => chosen(row, true) } }, cell(1), ...(state.sets.b ? [cell(1), cell(1)] : []),
        element("th", { scope: "row" }, button, sites.reasons[row].length ? element("span", { className: "rv-doubt" }, t("cannot be judged")) : null),
        cell(0, t(sites.kind[row])), cell(1, gc.number(sites.area[row])), cell(1), cell(1), cell(1));
      made.dataset.row = row;
      return made;
    });
    holder.replaceChildren(element("table", {}, element("thead", {}, head), body));
    body.addEventListener("keydown", (event) => {
      const step = { ArrowDown: "nextElementSibling", ArrowUp: "previousElementSibling" }[event.key];
      const next = step && event.target.closest("tr")[step];
      if (!next) return;
      event.preventDefault();
      next.querySelector("button").focus();
      chosen(Number(next.dataset.row), true);
    });
  };

  /* what stays as it is costs the browser nothing */
  const put = (cell, text) => { if (cell.textContent !== String(text)) cell.textContent = text; };
  const difference = (a, b) => (a === b ? "0" : a < b ? `−${b - a}` : `+${a - b}`);
  /* the first hundred, until a reader asks for all: a slider then moves no more than these */
  const FIRST = 100, more = document.getElementById("rv-all");
  const shownRows = () => {
    const order = state.answers[state.active] ? state.answers[state.active].order : [];
    more.hidden = state.all || order.length <= FIRST;
    if (!more.hidden) more.textContent = t("Show all: {count}", { count: order.length });
    return state.all ? order : order.slice(0, FIRST);
  };
  const showAll = () => { state.all = true; show(); };
  more.addEventListener("click", showAll);
  const show = () => {
    const answer = state.answers[state.active], first = state.answers.a, two = state.sets.b ? state.answers.b : null, move = two ? 2 : 0;
    const listed = shownRows();
    for (const row of listed) {
      const cells = rows[row].children;
      put(cells[0], first ? first.ranks[row] : "–");
      if (state.sets.b) {
        put(cells[1], two ? two.ranks[row] : "–");
        put(cells[2], first && two ? difference(two.ranks[row], first.ranks[row]) : "–");
      }
      put(cells[move + 4], gc.number(answer.scores[row]));
    }
    /* rows that stay where they are keep the focus */
    const there = [...body.children];
    if (there.length !== listed.length || listed.some((row, i) => rows[row] !== there[i])) body.replaceChildren(...listed.map((row) => rows[row]));
    mark();
    sure();
  };
  const mark = () => rows.forEach((line, row) => {
    const now = String(row === state.selected);
    if (line.getAttribute("aria-current") !== now) line.setAttribute("aria-current", now);
  });
  const sure = () => {
    const move = state.sets.b ? 2 : 0, listed = shownRows();
    for (const row of listed) {
      const cells = rows[row].children;
      put(cells[move + 5], state.shares ? gc.percent(state.shares.first[row]) : "…");
      put(cells[move + 6], state.shares ? gc.percent(state.shares.top[row]) : "…");
      if (rows[row].classList.contains("rv-winner") !== (row === state.winner)) rows[row].classList.toggle("rv-winner");
    }
  };
  const reach = (row) => {
    const line = rows[row];
    if (!line || !state.answers[state.active].ranks[row]) return;
    if (!line.isConnected) showAll();
    const top = line.offsetTop - holder.querySelector("thead").offsetHeight;
    if (top < holder.scrollTop || line.offsetTop + line.offsetHeight > holder.scrollTop + holder.clientHeight) holder.scrollTop = top - holder.clientHeight / 3;
  };

  /* the chosen candidate, criterion by criterion, beside all that the filters leave */
  const shown = (one, row) => (sites.shown[one.column] || sites.values[one.column])[row];
  const value = (one, number) => (number === null ? "–" : one.percent ? gc.percent(number) : gc.number(number));
  const card = () => {
    const into = document.getElementById("rv-site-body"), row = state.selected, answer = state.answers[state.active];
    if (row === null) { into.replaceChildren(element("p", { className: "rv-soft" }, t("Choose a candidate in the ranking or on the map."))); return; }
    const rank = answer && answer.ranks[row];
    const told = [element("h3", {}, element("bdi", {}, gc.label(row))),
      element("p", {}, rank ? t("Rank {rank} of {count}", { rank, count: answer.order.length }) : t("Left out by the filters"), ` · ${t(sites.kind[row])} · ${gc.number(sites.area[row])} ${t("ha")}`)];
    if (sites.reasons[row].length) told.push(element("p", { className: "rv-warning" }, `${t("Cannot be judged from this map:")} `, element("bdi", {}, sites.reasons[row].map(gc.told).join("; "))));
    const lines = data.criteria.map((one, c) => {
      const own = sites.values[one.column][row], all = (answer ? answer.order : []).map((each) => sites.values[one.column][each]).filter((each) => each !== null);
      const better = own === null ? null : all.filter((each) => (one.less ? each < own : each > own)).length + 1;
      const [low, high] = geoclusterRanking.extent(all), good = own === null ? 0 : high > low ? (one.less ? high - own : own - low) / (high - low) : 1;
      const length = 100 * Math.min(Math.max(good, 0), 1);
      const drawn = element("span", { className: "rv-bar" }, element("span"));
      drawn.firstChild.style.width = `${length.toFixed(1)}%`;
      return element("tr", {}, element("th", { scope: "row" }, t(one.label), drawn),
        element("td", { className: "rv-n" }, value(one, shown(one, row)), element("small", {}, one.percent || own === null || !one.unit ? "" : ` ${t(one.unit)}`)),
        element("td", { className: "rv-n" }, better === null ? t("no value") : `${better} / ${all.length}`));
    });
    const facts = data.facts.map((one) => element("tr", {}, element("th", { scope: "row" }, t(one.label)),
      element("td", { className: "rv-n" }, value(one, shown(one, row)), element("small", {}, one.unit ? t(one.unit) : "")),
      element("td", { className: "rv-soft" }, t("shown, without a weight"))));
    lines.push(...facts);
    into.replaceChildren(...told, element("table", {}, element("thead", {}, element("tr", {}, element("th", { scope: "col" }, t("Criterion")),
      element("th", { scope: "col", className: "rv-n" }, t("Value")), element("th", { scope: "col", className: "rv-n" }, t("Place")))), element("tbody", {}, ...lines)));
  };

  /* the smallest change of each weight that makes the second the first */
  const flips = () => {
    const into = document.getElementById("rv-flip-body"), answer = state.answers[state.active];
    if (!answer || answer.order.length < 2) { into.replaceChildren(element("p", { className: "rv-soft" }, t("There is no second candidate."))); return; }
    const [first, second] = answer.order, name = gc.label(second);
    if (!state.flips) { into.replaceChildren(element("p", { className: "rv-soft" }, t("Looking for changes of weights…"))); return; }
    const found = state.flips.filter((one) => one.needed !== null).sort((a, b) => Math.abs(a.needed - a.share) - Math.abs(b.needed - b.share));
    const never = state.flips.length - found.length;
    const text = found.length
      ? t("{second} draws level with {first} where one share of the weights becomes this, the others keeping their proportions:", { second: name, first: gc.label(first) })
      : t("No change of a single share puts {second} before {first} and all others.", { second: name, first: gc.label(first) });
    const lines = found.map((one) => element("tr", { className: one.group ? "rv-group" : "" }, element("th", { scope: "row" }, t(one.label)),
      element("td", { className: "rv-n" }, exact(one.share)), element("td", { className: "rv-n" }, exact(one.needed)),
      element("td", { className: "rv-n" }, (one.needed < one.share ? "−" : "+") + exact(Math.abs(one.needed - one.share)))));
    const head = [[t("Share of"), 0], [t("now"), 1], [t("needed"), 1], [t("change"), 1]].map(([each, number]) => element("th", { scope: "col", className: number ? "rv-n" : "" }, each));
    into.replaceChildren(element("p", {}, text), ...(found.length ? [element("table", {}, element("thead", {}, element("tr", {}, ...head)), element("tbody", {}, ...lines))] : []),
      ...(never && found.length ? [element("p", { className: "rv-soft" }, t("Criteria and groups of which no share does: {count}", { count: never }))] : []));
  };
  const exact = (share) => gc.number(100 * share) + gc.sign();

  return { build, show, mark, sure, reach, card, flips };
}
