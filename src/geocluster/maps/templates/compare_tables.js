/* geocluster: the tables of two runs: people above limits, means, candidates, settings. */
function geoclusterCompareTables(gc, data, chosen) {
  "use strict";
  const { element, t } = gc, at = (id) => document.getElementById(id), FIRST_ROWS = 30;
  const cell = (text, more) => element("td", { className: "cp-n" }, text, more ? element("small", {}, more) : null);
  const table = (heads, rows) => element("table", {},
    element("thead", {}, element("tr", {}, ...heads.map(([text, numbers]) => element("th", { scope: "col", className: numbers ? "cp-n" : "" }, text)))),
    element("tbody", {}, ...rows));
  const count = (value) => (value === null ? "–" : gc.number(value < 1000 ? Math.round(value) : value, value < 1000 ? 21 : 3));
  const span = (low, high, number) => (low === null || high === null || low === high ? null : `${number(low)} … ${number(high)}`);
  const signed = (value, number) => (value === null ? "–" : value === 0 ? "0" : (value > 0 ? "+" : "−") + number(Math.abs(value)));
  const spanOf = ([, low, high], number) => (low === null || high === null || low === high ? null : `${signed(low, number)} … ${signed(high, number)}`);

  const pairRow = (head, one, number) => {
    const open = one.change[0] !== null && one.change[0] !== 0 && one.change[1] !== null && !one.certain;
    return element("tr", {}, element("th", { scope: "row" }, head),
      cell(number(one.a[0]), span(one.a[1], one.a[2], number)), cell(number(one.b[0]), span(one.b[1], one.b[2], number)),
      element("td", { className: `cp-n${open ? " cp-open" : ""}` }, signed(one.change[0], number), spanOf(one.change, number) ? element("small", {}, spanOf(one.change, number)) : null, open ? element("small", {}, t("may be none")) : null));
  };
  const heads = (first) => [[first, false], ["A", true], ["B", true], [`B − A`, true]];
  const people = () => {
    at("cp-range").textContent = data.paired
      ? t("Small: from the low to the high case of emissions; the range of a difference holds the same case in both runs, since both rest on the same inputs.")
      : t("Small: from the low to the high case of emissions; the range of a difference holds any case of one run against any of the other, since their inputs differ.");
    const limits = data.exposure.map((one) => pairRow([one.set, one.pollutant, t(one.period), one.more].filter(Boolean).join(", "), one, count));
    const figure = (value) => gc.number(value);
    const means = data.means.map((one) => pairRow(`${one.pollutant}, ${t(one.statistic)}, ${t("µg/m³")}`, one, figure));
    const none = element("tr", {}, element("td", { colSpan: 4 }, t("Neither run answers this.")));
    at("cp-limits").replaceChildren(table(heads(t("Limit")), limits.length ? limits : [none]));
    at("cp-means").replaceChildren(table(heads(t("Pollutant")), means.length ? means : [none.cloneNode(true)]));
  };

  let all = false, current = null;
  const change = ({ state, rank: [a, b] }) => {
    if (state === "gone") return element("td", {}, t("only in A"));
    if (state === "new") return element("td", {}, t("only in B"));
    if (a === null || b === null || a === b) return element("td", {}, "=");
    return element("td", { className: b < a ? "cp-up" : "cp-down" }, `${b < a ? "▲" : "▼"} ${Math.abs(a - b)}`);
  };
  const sites = () => {
    const shown = all ? data.sites : data.sites.slice(0, FIRST_ROWS);
    const figure = (value) => cell(gc.number(value)), share = (value) => cell(value === null ? "–" : gc.percent(value));
    const rows = shown.map((one, row) => element("tr", { "aria-current": row === current ? "true" : null },
      element("th", { scope: "row" }, element("button", { type: "button", className: "cp-link", on: { click: () => chosen(row) } }, element("bdi", {}, gc.label(row))),
        one.doubt ? element("span", { className: "cp-doubt" }, t("cannot be judged")) : null,
        one.state === "both" && one.overlap < 0.999 ? element("small", {}, " " + t("{share} in common", { share: gc.percent(one.overlap) })) : null),
      figure(one.rank[0]), figure(one.rank[1]), change(one), figure(one.score[0]), figure(one.score[1]), share(one.top_three_share[0]), share(one.top_three_share[1])));
    const none = element("tr", {}, element("td", { colSpan: 8 }, t("Neither run has a candidate.")));
    at("cp-table").replaceChildren(table([[t("Candidate"), false], [t("Rank A"), true], [t("Rank B"), true], [t("Change"), false], [t("Score A"), true], [t("Score B"), true], [t("Top three A"), true], [t("Top three B"), true]], rows.length ? rows : [none]));
    at("cp-all").hidden = all || data.sites.length <= FIRST_ROWS;
    at("cp-all").textContent = t("Show all: {count}", { count: gc.count(data.sites.length) });
  };
  at("cp-all").addEventListener("click", () => { all = true; sites(); });
  const select = (row) => {
    current = row;
    if (row >= FIRST_ROWS) all = true;
    sites();
    const holder = at("cp-table"), line = holder.querySelector('tr[aria-current="true"]');
    if (line) holder.scrollTop = line.offsetTop - holder.clientHeight / 2;
  };

  const changes = () => {
    const shown = (value) => element("td", { className: "cp-code" }, value === null ? t("not set") : element("bdi", {}, value));
    const rows = data.changes.map(([part, key, a, b]) => element("tr", {}, element("th", { scope: "row" }, t(part)), element("td", { className: "cp-code" }, element("bdi", {}, key)), shown(a), shown(b)));
    const none = element("tr", {}, element("td", { colSpan: 4 }, t("Nothing differs.")));
    at("cp-changes").replaceChildren(table([[t("Part"), false], [t("Key"), false], ["A", false], ["B", false]], rows.length ? rows : [none]));
  };
  const notes = () => {
    const [a, b] = data.sides.map((side) => side.notes), both = a.filter((one) => b.includes(one));
    const list = (title, lines) => (lines.length ? element("details", {}, element("summary", {}, `${title}: ${lines.length}`), element("ul", {}, ...lines.map((line) => element("li", {}, t(line))))) : null);
    const parts = [list(t("Both runs"), both), list(t("Only A"), a.filter((one) => !both.includes(one))), list(t("Only B"), b.filter((one) => !both.includes(one)))].filter(Boolean);
    at("cp-notes-body").replaceChildren(...parts);
  };
  return { draw: () => { people(); sites(); changes(); notes(); }, select };
}
