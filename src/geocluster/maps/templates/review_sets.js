/* geocluster: sets of weights: what they weigh, how they are kept in a file or an address, and read back. */
function geoclusterSets(data) {
  "use strict";
  const ranking = geoclusterRanking, { criteria } = data;
  const clone = (set) => JSON.parse(JSON.stringify(set));
  const clipped = (value, otherwise) => (typeof value === "number" && Number.isFinite(value) ? Math.min(Math.max(value, 0), 100) : otherwise);
  const allowed = (value, list, otherwise) => (list.includes(value) ? value : otherwise);

  /* weights (criteria) that sum to 1, and the same by groups; null where nothing has a weight */
  const weigh = (set, known) => {
    const groups = [];
    for (const [name] of data.groups) {
      const members = criteria.map((one, c) => [c, one]).filter(([c, one]) => one.group === name && known[c] && set.criteria[one.column] > 0);
      const total = members.reduce((sum, [, one]) => sum + set.criteria[one.column], 0);
      if (set.groups[name] > 0 && total > 0) groups.push([set.groups[name], members.map(([c, one]) => [c, set.criteria[one.column] / total])]);
    }
    const whole = groups.reduce((sum, group) => sum + group[0], 0);
    if (!(whole > 0)) return null;
    const weights = new Float64Array(criteria.length);
    for (const group of groups) {
      group[0] /= whole;
      for (const [c, share] of group[1]) weights[c] = group[0] * share;
    }
    return { weights, groups };
  };

  const within = (pair, column) => {
    if (!Array.isArray(pair) || pair.length !== 2 || !pair.every((one) => typeof one === "number" && Number.isFinite(one)) || !(pair[0] < pair[1])) return false;
    const [low, high] = data.extents[column];
    return pair[0] <= low && pair[1] >= high;
  };
  /* a set as a reader may have written it: what is no number or not known here is as at the start */
  const checked = (given) => {
    const start = data.start;
    if (given === null || typeof given !== "object") return null;
    const method = allowed(given.method, Object.keys(ranking.METHODS), start.method);
    const lists = ranking.NORMALISATIONS[method];
    const set = { method, normalisation: allowed(given.normalisation, lists, lists[0]), groups: {}, criteria: {}, bounds: {} };
    const [groups, columns, bounds] = [given.groups || {}, given.criteria || {}, given.bounds || {}];
    for (const [name] of data.groups) set.groups[name] = clipped(groups[name], start.groups[name]);
    for (const { column } of criteria) {
      set.criteria[column] = clipped(columns[column], start.criteria[column]);
      set.bounds[column] = within(bounds[column], column) ? bounds[column] : start.bounds[column];
    }
    return set;
  };
  const strangers = (given) => {
    const known = new Set([...criteria.map((one) => one.column), ...data.groups.map(([name]) => name)]);
    return [...Object.keys((given && given.criteria) || {}), ...Object.keys((given && given.groups) || {})].filter((name) => !known.has(name));
  };

  const written = (state) => JSON.stringify({ what: "geocluster weights", version: 1, sets: { a: state.sets.a, b: state.sets.b }, tries: state.tries }, null, 1);
  /* { sets, tries, unknown } or null */
  const read = (text) => {
    let given;
    try { given = JSON.parse(text); } catch (error) { return null; }
    if (!given || given.what !== "geocluster weights" || given.version !== 1 || !given.sets) return null;
    const a = checked(given.sets.a);
    if (!a) return null;
    return { sets: { a, b: checked(given.sets.b || null) }, tries: allowed(given.tries, ["any", "50", "25"], "any"), unknown: strangers(given.sets.a) };
  };
  const same = (one, other) => JSON.stringify(one) === JSON.stringify(other);

  return { clone, weigh, within, written, read, same };
}
