/* geocluster: how sure an order is: weights, methods and cases of what is uncertain, drawn as the run draws them. */
function geoclusterSure(data, state, answer, set) {
  "use strict";
  const { criteria, sites } = data, ranking = geoclusterRanking, { rows, tied } = answer;
  const weighed = answer.weighed.weights;
  const spread = state.tries === "any" ? null : Number(state.tries) / 100;

  /* as long as the run's own method leads, its other methods are cases too */
  const asRun = set.method === data.start.method && set.normalisation === data.start.normalisation;
  const others = set.method === data.start.method ? data.methods.slice(1) : [];
  const methods = [[set.method, set.normalisation], ...others.map(([method, own]) => [method,
    !asRun && ranking.NORMALISATIONS[method].includes(set.normalisation) ? set.normalisation : own])];

  /* the criteria as they are, and with a case of each kind at once */
  const known = criteria.map((one) => rows.some((row) => sites.values[one.column][row] !== null));
  const plain = criteria.map((one, c) => ({ column: one.column, less: one.less, bounds: set.bounds[one.column], thresholds: data.thresholds[one.column] || null,
    values: known[c] ? Array.from(ranking.filled(rows.map((row) => sites.values[one.column][row]), one.less)) : rows.map(() => 0) }));
  const questions = methods.map(([method, normalisation]) => ranking.prepare(plain, method, normalisation));
  const own = (column) => { const [low, high] = data.extents[column]; return set.bounds[column][0] === low && set.bounds[column][1] === high; };
  const bounded = (column, values, spotis) => {
    const [low, high] = set.bounds[column];
    if (!spotis) return { values, bounds: null };
    if (!own(column)) return { values: values.map((value) => Math.min(Math.max(value, low), high)), bounds: [low, high] };
    const [least, most] = ranking.extent(values), all = rows.length === sites.id.length;
    return { values, bounds: all ? [least, most] : [Math.min(low, least), Math.max(high, most)] };
  };
  const changedBy = (numbers) => {
    const changes = new Map();
    data.cases.forEach(({ cases }, k) => {
      for (const [column, values] of Object.entries(numbers[k + 1] ? cases[numbers[k + 1] - 1] : {})) {
        const c = criteria.findIndex((one) => one.column === column);
        if (!known[c] || !weighed[c]) continue;
        const filled = ranking.filled(rows.map((row) => values[row]), criteria[c].less);
        if (filled) changes.set(c, [...(changes.get(c) || []), Array.from(filled)]);
      }
    });
    return changes;
  };
  const make = (numbers) => {
    const [method, normalisation] = methods[numbers[0]], question = questions[numbers[0]], changes = changedBy(numbers);
    if (!changes.size) return question;
    const columns = plain.map((one, c) => (changes.has(c)
      ? Object.assign({}, one, bounded(one.column, ranking.together(one.values, changes.get(c)), method === "spotis"))
      : Object.assign({ part: question.parts[c] }, one)));
    return ranking.prepare(columns, method, normalisation);
  };

  /* weights as the study prefers them, as long as no other criterion counts; else any, by groups */
  const preferred = spread === null && data.draws && criteria.every((one, c) => !weighed[c] || data.draws.some((row) => row[c] > 0));
  const draw = (random, sample) => {
    if (!preferred) return ranking.drawnWeights(answer.weighed.groups, criteria.length, random, spread);
    const given = Float64Array.from(data.draws[sample % data.draws.length], (share, c) => (weighed[c] ? share : 0));
    const total = given.reduce((sum, share) => sum + share, 0) || 1;
    return given.map((share) => share / total);
  };
  const sizes = [methods.length, ...data.cases.map(({ cases }) => cases.length + 1)];
  const acceptability = () => ranking.acceptability(make, sizes, draw, tied, { samples: data.samples, seed: data.seed });
  return { acceptability, make, draw, sizes };
}
