/* geocluster: the review page: weights and filters in, a ranking out, at once; then how sure it is. */
function geoclusterReview(node) {
  "use strict";
  const data = JSON.parse(node.textContent), { criteria, sites } = data, ranking = geoclusterRanking;
  const gc = geoclusterWords(data.languages, data.language), { t } = gc;
  const sets = geoclusterSets(data);
  const count = sites.id.length, byName = sites.id.map((id, row) => row).sort((a, b) => (sites.id[a] < sites.id[b] ? -1 : sites.id[a] > sites.id[b] ? 1 : a - b));
  const state = { sets: { a: sets.clone(data.start), b: null }, active: "a", tries: "any", selected: null, winner: null, all: false, weights: null, shares: null, flips: null,
    filters: { without: [], area: null, home: null, conditions: [] }, answers: { a: null, b: null } };
  const at = (id) => document.getElementById(id);
  gc.label = (row) => (sites.name[row] ? `${sites.id[row]} ${sites.name[row]}` : sites.id[row]);
  gc.say = (text) => { at("rv-message").textContent = text; at("rv-message").hidden = !text; };

  /* which rows the filters leave */
  const passes = (row) => {
    const { without, area, home, conditions } = state.filters;
    if (without.includes(sites.kind[row])) return false;
    if (area !== null && !(sites.area[row] >= area)) return false;
    if (home !== null && !(sites.home[row] !== null && sites.home[row] >= home)) return false;
    return conditions.every(({ column, most, value }) => {
      const own = sites.values[column][row];
      return value === null || (own !== null && (most ? own <= value : own >= value));
    });
  };

  /* the criteria of some rows as a method takes them */
  const columnsOf = (rows, set, known) => criteria.map((one, c) => ({ values: known[c] ? rows.map((row) => sites.values[one.column][row]) : rows.map(() => 0),
    less: one.less, bounds: set.bounds[one.column], thresholds: data.thresholds[one.column] || null }));
  const prepared = (rows, set) => {
    const known = criteria.map((one) => rows.some((row) => sites.values[one.column][row] !== null));
    return { known, made: ranking.prepare(columnsOf(rows, set, known), set.method, set.normalisation) };
  };
  const answer = (rows, set) => {
    const nothing = { weighed: null, order: [], ranks: {}, scores: {}, rows };
    if (!rows.length) return nothing;
    const { known, made } = prepared(rows, set), weighed = sets.weigh(set, known);
    if (!weighed) return nothing;
    const kept = new Set(rows), place = new Map(rows.map((row, i) => [row, i]));
    const tied = byName.filter((row) => kept.has(row)).map((row) => place.get(row));
    const scored = ranking.scores(made, weighed.weights), order = ranking.order(scored, tied).map((i) => rows[i]);
    const spread = (values) => Object.fromEntries(rows.map((row, i) => [row, values[i]]));
    return { weighed, made, tied, rows, place, order, scores: spread(scored), ranks: Object.fromEntries(order.map((row, i) => [row, i + 1])) };
  };

  const rerank = () => {
    const rows = sites.id.map((id, row) => row).filter(passes);
    state.answers = { a: answer(rows, state.sets.a), b: state.sets.b ? answer(rows, state.sets.b) : null };
    const now = state.answers[state.active];
    Object.assign(state, { weights: now.weighed, winner: null, shares: null, flips: null });
    if (asTheRun()) state.shares = { first: sites.run.first, top: sites.run.top };
    judge();
    controls.shares();
    table.show();
    table.card();
    table.flips();
    drawMap();
    at("rv-count").textContent = [t("{shown} of {count} candidates.", { shown: now.order.length, count }), t("First and top three: in how many of the cases tried.")].join(" ");
  };
  /* the map follows one frame later, and once where several moves fall into one */
  let due = false;
  const drawMap = () => {
    if (due) return;
    due = true;
    requestAnimationFrame(() => setTimeout(() => { due = false; map.show(state.answers[state.active].ranks, state.winner); }, 0));
  };
  /* the run tried more cases than this page does: where nothing was changed, its shares stand */
  const asTheRun = () => data.sites.run !== null && state.tries === "any" && state.answers[state.active].rows.length === count
    && sets.same(state.sets[state.active], data.start);

  /* a winner is called only where the first is among the top three in enough of the cases, over any weights */
  const judge = () => {
    const now = state.answers[state.active], said = at("rv-verdict");
    state.winner = null;
    if (!now.rows.length) said.textContent = t("No candidate is left: loosen a filter.");
    else if (!now.weighed) said.textContent = t("Give at least one criterion a weight.");
    else if (now.rows.length === 1) said.textContent = t("One candidate only: there is nothing to compare it with.");
    else {
      const first = now.order[0], few = now.rows.length <= 3, site = gc.label(first);
      if (!state.shares) { said.textContent = t("{site} comes first with these weights. How sure that is, is being tried…", { site }); return; }
      const share = (few ? state.shares.first : state.shares.top)[first], values = { site, share: gc.percent(share), needed: gc.percent(data.needed) };
      if (state.tries !== "any") {
        said.textContent = few ? t("With weights near these, {site} is first in {share} of the cases. Whether a candidate is the best is judged over any weights.", values)
          : t("With weights near these, {site} is among the top three in {share} of the cases. Whether a candidate is the best is judged over any weights.", values);
      } else if (share < data.needed) {
        said.textContent = few ? t("The top is not separable: {site} comes first with these weights, but is first in only {share} of the cases, and {needed} are needed to call a winner.", values)
          : t("The top is not separable: {site} comes first with these weights, but is among the top three in only {share} of the cases, and {needed} are needed to call a winner.", values);
      } else if (sites.reasons[first].length) {
        said.textContent = t("No winner is called: {site} cannot be judged from this map ({reasons}).", { site, reasons: sites.reasons[first].map(gc.told).join("; ") });
      } else {
        state.winner = first;
        said.textContent = few ? t("{site} comes first with these weights, and is first in {share} of the cases.", values)
          : t("{site} comes first with these weights, and is among the top three in {share} of the cases.", values);
      }
    }
    said.classList.toggle("rv-called", state.winner !== null);
  };

  /* the slow questions, in parts between which the page hears its reader */
  function* slowly() {
    const set = state.sets[state.active], now = state.answers[state.active];
    if (!now.weighed || now.rows.length < 2) return;
    if (!state.shares) {
      const job = geoclusterSure(data, state, now, set).acceptability();
      const { first, top } = yield* job;
      const wide = (values) => { const out = new Float64Array(count); now.rows.forEach((row, i) => { out[row] = values[i]; }); return out; };
      state.shares = { first: wide(first), top: wide(top) };
      judge();
      table.sure();
      map.show(now.ranks, state.winner);
    }
    const second = now.place.get(now.order[1]), flips = [];
    const asked = [...data.groups.map(([name, label]) => ({ label, group: true, members: criteria.map((one, c) => c).filter((c) => criteria[c].group === name) })),
      ...criteria.map((one, c) => ({ label: one.label, group: false, members: [c] }))];
    for (const { label, group, members } of asked) {
      const share = members.reduce((sum, c) => sum + now.weighed.weights[c], 0);
      if (!(share > 0) || (group && members.length < 2)) continue;
      flips.push({ label, group, members, share, needed: ranking.neededShare(now.made, now.weighed.weights, members, second) });
      yield;
    }
    state.flips = flips;
    table.flips();
  }
  let running = 0;
  /* frames and the reader go first */
  const idle = (run) => (window.requestIdleCallback ? requestIdleCallback(run, { timeout: 200 }) : setTimeout(run, 0));
  const work = () => {
    const mine = ++running, job = slowly();
    document.documentElement.removeAttribute("data-gc-sure");
    const part = () => {
      if (mine !== running) return;
      const until = performance.now() + 12;
      let done = false;
      while (!done && performance.now() < until) done = job.next().done;
      if (done) document.documentElement.dataset.gcSure = "true"; else idle(part);
    };
    setTimeout(part, 200);
  };

  const address = () => { try { history.replaceState(null, "", geoclusterTurn.address(encodeURIComponent(sets.written(state).replace(/\n */g, "")))); } catch (error) { /* a page inside another has no address of its own */ } };
  let waiting = 0;
  const changed = (what) => {
    if (what.table) table.build();
    rerank();
    work();
    clearTimeout(waiting);
    if (what.weights) waiting = setTimeout(address, 400);
  };
  gc.load = (text) => {
    const found = sets.read(text);
    if (!found) { gc.say(t("This is no file of weights of this page.")); return; }
    Object.assign(state, { sets: found.sets, tries: found.tries, active: "a" });
    gc.say(found.unknown.length ? t("Not known here and left out: {names}", { names: found.unknown.slice(0, 20).join(", ").slice(0, 400) }) : "");
    controls.draw();
    changed({ weights: true, table: true });
  };
  const fromAddress = () => {
    let text = "";
    try { text = decodeURIComponent(geoclusterTurn.rest()); } catch (error) { return null; }
    return text.startsWith("{") ? text : null;
  };

  const chosen = (row, fromTable) => {
    state.selected = row;
    map.select(row);
    map.show(state.answers[state.active].ranks, state.winner);
    table.mark();
    if (fromTable) map.go(row); else table.reach(row);
    table.card();
  };
  const controls = geoclusterReviewControls(gc, data, sets, state, changed);
  const table = geoclusterReviewTable(gc, data, state, chosen);
  const map = geoclusterReviewMap(gc, data, at("rv-map"), (row) => chosen(row, false));
  gc.retell = () => {
    gc.translate();
    at("rv-region").textContent = t(data.title);
    document.title = `${t(data.title)} · ${t("Review of candidate sites")}`;
    if (data.demonstration) at("rv-demonstration").textContent = `${t("Demonstration:")} ${data.demonstration.map(gc.told).join("; ")}`;
    gc.say("");
    controls.draw();
    table.build();
    map.tell();
    rerank();
    work();
  };
  gc.retell();
  const kept = fromAddress();
  if (kept) gc.load(kept);
  addEventListener("hashchange", () => { if (gc.heard()) { at("rv-language").value = gc.language; gc.retell(); } const now = fromAddress(); if (now) gc.load(now); });
  window.geoclusterPage = { state, data, map, ranking, sets, gc, changed };
  document.documentElement.dataset.gcReady = "true";
}
