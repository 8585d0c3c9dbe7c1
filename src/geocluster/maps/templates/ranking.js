/* geocluster: ranking in the browser. The same formulas as geocluster.siting: columns of values in, ranks out. */
const geoclusterRanking = (() => {
  "use strict";
  const METHODS = { topsis: "vector", weighted_sum: "min-max", spotis: "bounds", promethee_ii: "net flow" };
  const NORMALISATIONS = { topsis: ["vector", "min-max", "max"], weighted_sum: ["min-max", "vector", "max"],
    spotis: ["bounds"], promethee_ii: ["net flow"] };
  const TOP = 3, SAME = 1e12, STEPS = 1000, HALVINGS = 60, COMBINATIONS = 1000;

  const extent = (values) => {
    let low = Infinity, high = -Infinity;
    for (const value of values) { if (value < low) low = value; if (value > high) high = value; }
    return [low, high];
  };
  const size = (values) => { const [low, high] = extent(values); return Math.max(Math.abs(low), Math.abs(high)); };
  const sum = (values) => values.reduce((total, value) => total + value, 0);

  /* a missing value becomes the worst found; null where there is no value at all */
  const filled = (values, less) => {
    const known = values.filter((value) => value !== null);
    if (!known.length) return null;
    const [low, high] = extent(known);
    return Float64Array.from(values, (value) => value === null ? (less ? high : low) : value);
  };

  const withinBounds = (values, less, [low, high]) => {
    const span = high - low;
    return values.map((value) => span > 0 ? (less ? high - value : value - low) / span : 1);
  };
  const turned = (ratio, less) => ratio.map((value) => less ? 1 - value : value);
  const vector = (values, less) => {
    const most = size(values) || 1, scaled = values.map((value) => value / most);
    const length = Math.sqrt(sum(scaled.map((value) => value * value))) || 1;
    return turned(scaled.map((value) => value / length), less);
  };
  const maximum = (values, less) => { const most = size(values) || 1; return turned(values.map((value) => value / most), less); };

  /* how many of the ascending values are below this one */
  const below = (ascending, value) => {
    let low = 0, high = ascending.length;
    while (low < high) { const middle = (low + high) >> 1; if (ascending[middle] < value) low = middle + 1; else high = middle; }
    return low;
  };
  const preferences = (values, ascending, q, p) => {
    if (p === q) return values.map((value) => below(ascending, value - p));
    const middle = ascending[ascending.length >> 1], before = new Float64Array(ascending.length + 1);
    ascending.forEach((value, i) => { before[i + 1] = before[i] + (value - middle); });
    return values.map((value) => {
      const clear = below(ascending, value - p), partly = Math.max(below(ascending, value - q), clear);
      return clear + ((partly - clear) * (value - middle - q) - (before[partly] - before[clear])) / (p - q);
    });
  };
  const netFlows = (values, less, [q, p]) => {
    if (values.length < 2) return values.map(() => 0);
    const better = values.map((value) => less ? -value : value), worse = better.map((value) => -value);
    const leaving = preferences(better, better.slice().sort(), q, p), entering = preferences(worse, worse.slice().sort(), q, p);
    return leaving.map((value, i) => (value - entering[i]) / (values.length - 1));
  };
  const deviation = (values) => {
    const most = size(values) || 1, scaled = values.map((value) => value / most), [low, high] = extent(scaled);
    if (high === low) return 0;
    const mean = sum(scaled) / scaled.length;
    return Math.sqrt(sum(scaled.map((value) => (value - mean) ** 2)) / scaled.length) * most;
  };

  /* one column (Float64Array) as the method wants it, more is better */
  const normalised = (values, less, normalisation, bounds, thresholds) => {
    if (normalisation === "bounds") return withinBounds(values, less, bounds || extent(values));
    if (normalisation === "min-max") return withinBounds(values, less, extent(values));
    if (normalisation === "vector") return vector(values, less);
    if (normalisation === "max") return maximum(values, less);
    return netFlows(values, less, thresholds || [0, deviation(values)]);
  };

  /* columns: [{ values, less, bounds, thresholds }], those without any value are left out beforehand;
     of a column that has a `part` it is known already how the method wants it */
  const prepare = (columns, method, normalisation) => {
    const parts = columns.map(({ values, less, bounds, thresholds, part }) =>
      part || normalised(filled(values, less), less, normalisation || METHODS[method], bounds, thresholds));
    const count = parts.length ? parts[0].length : 0, linear = method !== "topsis";
    const made = { parts, count, linear };
    if (!linear) {
      made.best = parts.map((part) => { const high = extent(part)[1]; return part.map((value) => (value - high) ** 2); });
      made.worst = parts.map((part) => { const low = extent(part)[0]; return part.map((value) => (value - low) ** 2); });
    }
    return made;
  };
  const add = (into, part, factor) => { if (factor) for (let i = 0; i < into.length; i++) into[i] += factor * part[i]; };
  const closeness = (toBest, toWorst) => toBest.map((value, i) => {
    const far = Math.sqrt(value), near = Math.sqrt(toWorst[i]);
    return far + near > 0 ? near / (far + near) : 0.5;
  });
  const scores = (made, weights) => {
    const first = new Float64Array(made.count);
    if (made.linear) { made.parts.forEach((part, c) => add(first, part, weights[c])); return first; }
    const second = new Float64Array(made.count);
    made.best.forEach((part, c) => { add(first, part, weights[c] ** 2); add(second, made.worst[c], weights[c] ** 2); });
    return closeness(first, second);
  };

  /* rows best first; of equal scores, those earlier in `tied` */
  const order = (scored, tied) => {
    const place = new Int32Array(tied.length), rounded = scored.map((value) => Math.round(value * SAME));
    tied.forEach((row, i) => { place[row] = i; });
    return Array.from(tied).sort((a, b) => rounded[b] - rounded[a] || place[a] - place[b]);
  };
  const ranks = (ordered) => { const out = new Int32Array(ordered.length); ordered.forEach((row, i) => { out[row] = i + 1; }); return out; };

  /* mulberry32: the same numbers for the same seed, on every machine */
  const generator = (seed) => {
    let state = seed >>> 0;
    return () => {
      state = (state + 0x6d2b79f5) >>> 0;
      let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
      mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
      return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
    };
  };
  /* uniform on the simplex, or each share off by up to `spread` of itself */
  const drawn = (shares, random, spread) => {
    const made = shares.map((share) => spread === null ? -Math.log(1 - random()) : share * (1 + spread * (2 * random() - 1)));
    const total = sum(made) || 1;
    return made.map((share) => share / total);
  };
  /* groups: [[share, [[column, share], ...]], ...], of weights above 0 only */
  const drawnWeights = (groups, count, random, spread) => {
    const weights = new Float64Array(count), whole = drawn(groups.map((group) => group[0]), random, spread);
    groups.forEach(([, members], g) => {
      const within = drawn(members.map((member) => member[1]), random, spread);
      members.forEach(([column], i) => { weights[column] = whole[g] * within[i]; });
    });
    return weights;
  };

  /* how the values of a column change where a case of each of several kinds holds at once:
     changes multiply, of values that are 0 or less they add up */
  const together = (now, cases) => (cases.length === 1 ? cases[0] : now.map((value, i) => (value > 0
    ? value * cases.reduce((factor, one) => factor * (one[i] / value), 1)
    : value + cases.reduce((total, one) => total + one[i] - value, 0))));
  /* which one of each kind every draw has: all as often as can be, in any order */
  const drawnNumbers = (sizes, count, random) => sizes.map((size) => {
    const numbers = Int32Array.from({ length: count }, (_, i) => i % size);
    for (let i = count - 1; i > 0; i--) {
      const j = Math.floor(random() * (i + 1));
      [numbers[i], numbers[j]] = [numbers[j], numbers[i]];
    }
    return numbers;
  });

  /* how often each row is first and among the top three, where every draw has its own weights, method
     and case of each kind: `draw(random, i)` gives weights, `make(numbers)` what is prepared of one
     combination; yields after every part of the work, so that the page stays awake */
  function* acceptability(make, sizes, draw, tied, { samples, seed }) {
    const random = generator(seed), count = Math.min(samples, COMBINATIONS), found = new Map();
    const numbers = drawnNumbers(sizes, count, random), weights = Array.from({ length: samples }, (_, i) => draw(random, i));
    for (let i = 0; i < count; i++) {
      const key = numbers.map((one) => one[i]).join();
      if (found.has(key)) found.get(key).push(i); else found.set(key, [i]);
    }
    const first = new Float64Array(tied.length), top = new Float64Array(tied.length);
    let done = 0;
    for (const places of found.values()) {
      const made = make(numbers.map((one) => one[places[0]]));
      yield done;
      for (const place of places) for (let sample = place; sample < samples; sample += count) {
        countBest(scores(made, weights[sample]), tied, first, top);
        done += 1;
        if (done % 20 === 0) yield done;
      }
    }
    return { first: first.map((value) => value / samples), top: top.map((value) => value / samples) };
  }
  const countBest = (scored, tied, first, top) => {
    const best = [];
    for (const row of tied) {
      const value = Math.round(scored[row] * SAME);
      if (best.length === TOP && value <= best[TOP - 1][0]) continue;
      let place = best.length;
      while (place > 0 && value > best[place - 1][0]) place -= 1;
      best.splice(place, 0, [value, row]);
      if (best.length > TOP) best.pop();
    }
    if (best.length) first[best[0][1]] += 1;
    for (const [, row] of best) top[row] += 1;
  };

  /* the nearest share of these members at which the second is level with the best of all others, or null;
     the members keep their proportions, and so do the rest */
  const neededShare = (made, weights, members, second) => {
    const inside = new Set(members), now = sum(members.map((c) => weights[c])), rest = 1 - now;
    if (!(now > 0) || members.length === weights.length || !(rest > 1e-15)) return null;
    const own = Float64Array.from(weights, (weight, c) => inside.has(c) ? weight / now : 0);
    const others = Float64Array.from(weights, (weight, c) => inside.has(c) ? 0 : weight / rest);
    return made.linear ? linearShare(made, own, others, now, second) : searchedShare(made, own, others, now, second);
  };
  const linearShare = (made, own, others, now, second) => {
    const none = scores(made, others), all = scores(made, own);
    let low = 0, high = 1;
    for (let row = 0; row < made.count; row++) {
      if (row === second) continue;
      const atNone = none[second] - none[row], slope = all[second] - all[row] - atNone;
      if (slope === 0) { if (atNone < 0) return null; continue; }
      if (slope > 0) low = Math.max(low, -atNone / slope); else high = Math.min(high, -atNone / slope);
    }
    return high <= low ? null : Math.min(Math.max(now, low), high);
  };
  const searchedShare = (made, own, others, now, second) => {
    const total = (parts, weights) => { const into = new Float64Array(made.count); parts.forEach((part, c) => add(into, part, weights[c] ** 2)); return into; };
    const [bestOwn, bestOthers, worstOwn, worstOthers] = [total(made.best, own), total(made.best, others), total(made.worst, own), total(made.worst, others)];
    const score = (share, row) => {
      const a = share * share, b = (1 - share) * (1 - share);
      const far = Math.sqrt(a * bestOwn[row] + b * bestOthers[row]), near = Math.sqrt(a * worstOwn[row] + b * worstOthers[row]);
      return far + near > 0 ? near / (far + near) : 0.5;
    };
    const ahead = (share) => {
      const mine = score(share, second);
      for (let row = 0; row < made.count; row++) if (row !== second && score(share, row) >= mine) return false;
      return true;
    };
    const halved = (end) => {
      let behind = Math.abs(end - now) <= 1 / STEPS ? now : end + Math.sign(now - end) / STEPS, front = end;
      for (let i = 0; i < HALVINGS; i++) { const middle = (behind + front) / 2; if (ahead(middle)) front = middle; else behind = middle; }
      return front;
    };
    const found = [];
    for (let i = Math.ceil(now * STEPS) - 1; i >= 0; i--) if (i / STEPS < now && ahead(i / STEPS)) { found.push(halved(i / STEPS)); break; }
    for (let i = Math.ceil(now * STEPS); i <= STEPS; i++) if (i / STEPS >= now && ahead(i / STEPS)) { found.push(halved(i / STEPS)); break; }
    return found.length ? found.reduce((a, b) => Math.abs(b - now) < Math.abs(a - now) ? b : a) : null;
  };

  return { METHODS, NORMALISATIONS, prepare, scores, order, ranks, generator, drawnWeights, filled, together, acceptability, neededShare, extent };
})();
