/* geocluster: what is known of a place, from figures of every cell that the page carries. */
function geoclusterHere(gc) {
  "use strict";
  const { map, data, element } = gc, here = data.here;
  if (!here) return;
  const UNKNOWN = 65535;
  const say = (key, values) => here.words[key].replace(/\{(\w+)\}/g, (whole, name) => (values && name in values ? values[name] : whole));

  /* unpacked once, at the first question: differences along rows, low bytes before high bytes */
  let unpacked = null;
  const unpack = async () => {
    const bytes = Uint8Array.from(atob(here.packed), (letter) => letter.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
    const flat = new Uint8Array(await new Response(stream).arrayBuffer()), size = here.rows * here.columns, planes = [];
    for (let p = 0; p < here.planes; p++) {
      const plane = new Uint16Array(size), low = 2 * p * size;
      for (let i = 0; i < size; i++) {
        const step = flat[low + i] | flat[low + size + i] << 8;
        plane[i] = i % here.columns ? plane[i - 1] + step : step;
      }
      planes.push(plane);
    }
    return planes;
  };
  const planesOf = () => unpacked || (unpacked = unpack().catch(() => null));

  const cellAt = ({ lat, lng }) => {
    const { middle, half, degree, column, row } = here.fit;
    const u = (lng - middle[0]) / half[0], v = (lat - middle[1]) / half[1];
    if (Math.abs(u) > 1.02 || Math.abs(v) > 1.02) return null;
    let x = 0, y = 0, k = 0;
    for (let i = 0; i <= degree; i++) for (let j = 0; j <= degree - i; j++, k++) {
      const term = u ** i * v ** j;
      x += column[k] * term; y += row[k] * term;
    }
    const c = Math.round(x), r = Math.round(y);
    return c < 0 || r < 0 || c >= here.columns || r >= here.rows ? null : r * here.columns + c;
  };
  const figureOf = (planes, cell, { plane, floor }) => {
    const code = planes[plane][cell];
    return code === UNKNOWN ? null : code === 0 ? 0 : floor * here.step ** (code - 1);
  };
  const metresOf = (planes, cell, { plane, near }) => {
    const code = planes[plane][cell];
    return code === UNKNOWN ? null : code <= near ? code : near * here.step ** (code - near - 1);
  };

  /* the facts of a place as plain numbers; null where it lies outside the grid */
  gc.facts = async (latlng) => {
    const planes = await planesOf(), cell = cellAt(latlng);
    if (!planes || cell === null) return { readable: Boolean(planes), cell };
    const figure = (one) => (one ? figureOf(planes, cell, one) : null);
    const air = here.air.map((one) => {
      const value = figure(one);
      return Object.assign({}, one, { value, share: value !== null && one.limit ? value / one.limit : null });
    });
    const told = { readable: true, cell, air, burden: figure(here.burden), rules: null };
    told.intake = told.burden !== null && here.burden.ppm ? told.burden * here.burden.ppm : null;
    if (here.homes) {
      const [name, people, assumed] = here.homes.list[planes[here.homes.index][cell]];
      told.home = { name, people, assumed, distance: metresOf(planes, cell, here.homes) };
    }
    if (!here.sets) return told;
    const [out, partly] = here.sets.bits[planes[here.sets.plane][cell]];
    Object.assign(told, { minutes: figure(here.minutes), slope: figure(here.slope) });
    told.core = here.core ? metresOf(planes, cell, here.core) : null;
    told.rules = here.rules.map((rule) => {
      const distance = rule.plane === undefined ? null : metresOf(planes, cell, rule);
      const excluded = out.includes(rule.bit);
      const by = distance === null ? null : rule.most !== null ? distance - rule.most : rule.keep !== null ? rule.keep - distance : null;
      return Object.assign({}, rule, { distance, excluded, partly: !excluded && partly.includes(rule.bit), by });
    });
    return told;
  };

  const metres = (value, about) => {
    const text = value < 1000 ? `${gc.figure(about && value > 0 ? Math.max(50, 50 * Math.round(value / 50)) : Math.round(value))}\u00a0${say("m")}`
      : `${gc.figure(value / 1000)}\u00a0${say("km")}`;
    return about && value > 0 ? `≈\u2009${text}` : text;
  };
  const inWords = (rule, facts) => {
    if (rule.kind === "fringe") {
      const parts = [];
      if (facts.core !== null) parts.push(facts.core > 0 ? say("core", { distance: metres(facts.core) }) : say("in_core"));
      if (here.minutes) parts.push(facts.minutes === null ? say("no_road") : say("minutes", { minutes: gc.figure(facts.minutes) }));
      return parts.join(", ");
    }
    if (rule.steepest !== null) {
      return facts.slope === null ? "" : say("steep", { slope: gc.figure(facts.slope), wanted: gc.figure(rule.steepest) });
    }
    if (rule.distance === null) return "";
    const distance = metres(rule.distance, rule.about), limit = rule.most !== null ? rule.most : rule.keep;
    const given = { distance, wanted: limit === null ? "" : metres(limit), short: metres(Math.max(rule.by, 1), rule.about) };
    if (rule.excluded && rule.most !== null) return say("far", given);
    if (rule.excluded && rule.distance === 0) return limit ? say("inside_wanted", given) : say("inside");
    if (rule.excluded) return say("short", given);
    return limit ? say("kept", given) : say("away", given);
  };
  const nameOf = (rule) => (rule.kind === "region" ? say("region") : rule.kind === "fringe" ? say(rule.excluded ? "fringe" : "on_fringe") : rule.text);
  const listOf = (rules, facts, className) => {
    const list = element("ul", className || "gc-rules");
    for (const rule of rules) {
      const line = list.appendChild(element("li", "", nameOf(rule))), told = inWords(rule, facts);
      if (told) line.appendChild(element("span", "", told));
    }
    return list;
  };

  const verdict = (card, facts) => {
    const out = facts.rules.filter((rule) => rule.excluded);
    const rank = (rule) => (rule.kind === "region" ? 3 : rule.by !== null ? 2 : rule.kind === "fringe" ? 0 : 1);
    out.sort((a, b) => rank(b) - rank(a) || b.by - a.by);
    if (!out.length) {
      const box = card.appendChild(element("p", "gc-verdict", say("suitable")));
      if (facts.rules.some((rule) => rule.partly)) box.append(" ", say("partly"));
      return [];
    }
    const box = card.appendChild(element("div", "gc-out"));
    box.append(element("strong", "", say("excluded")), listOf(out.slice(0, 3), facts));
    return out.slice(3);
  };
  const row = (list, label, value, unit, after, warn) => {
    list.appendChild(element("dt", "", label));
    const cell = list.appendChild(element("dd"));
    cell.appendChild(element("bdi", "", value));
    if (unit) cell.appendChild(element("span", "gc-unit", `\u00a0${unit}`));
    if (after) cell.appendChild(element("small", warn ? "gc-origin" : "", after));
  };
  /* layers of later work, of which the page has pictures alone: their classes */
  const mine = new Set([...here.air.map((one) => one.key), "burden", "fringe", "suitable", "exclusions"]);
  const others = (latlng) => gc.at(latlng, (def) => !mine.has(def.key));
  const figures = (card, facts) => {
    const list = card.appendChild(element("dl"));
    if (facts.home) {
      const { name, people, assumed, distance } = facts.home;
      const parts = [distance > 0 ? metres(distance) : say("among_homes"), say("people", { people: gc.figure(people, "count") })];
      row(list, say("homes"), name || say("unnamed"), "", parts.join(", ") + (assumed ? ` (${say("assumed")})` : ""), assumed);
    }
    for (const one of facts.air.filter((part) => part.value !== null)) {
      const limit = one.share === null ? "" : say("of_limit", { n: gc.figure(100 * one.share), limit: one.limit_name }) + (one.as_if ? `, ${say("no2")}` : "");
      row(list, one.title, gc.figure(one.value), one.unit, limit);
    }
    if (facts.burden !== null) row(list, say("burden"), gc.figure(facts.burden), "", say("persons"));
    if (facts.intake !== null) row(list, say("intake"), gc.figure(facts.intake), say("ppm"));
    for (const [title, value, unit] of facts.others) if (value !== null) row(list, title, value, unit);
  };
  const details = (card, facts, rest) => {
    const fold = card.appendChild(element("details", "gc-here-more"));
    fold.appendChild(element("summary", "", say("more")));
    const part = (title, rules) => { if (rules.length) fold.append(element("h3", "", title), listOf(rules, facts)); };
    const rules = facts.rules || [];
    const kept = rules.filter((rule) => !rule.excluded && rule.checked && (rule.by !== null || (rule.kind === "fringe" && facts.core !== null)))
      .sort((a, b) => (b.by === null ? -Infinity : b.by) - (a.by === null ? -Infinity : a.by));
    part(say("others"), rest);
    part(say("kept_rules"), kept);
    part(say("unchecked"), rules.filter((rule) => !rule.checked && rule.kind !== "fringe"));
    fold.appendChild(element("p", "gc-small", say("precision", { near: metres(1000), error: gc.figure(here.error) })));
    if (rules.some((rule) => rule.about && rule.distance !== null)) fold.appendChild(element("p", "gc-small", say("by_hand")));
    fold.addEventListener("toggle", () => { if (gc.hereOpen) gc.hereOpen.update(); });
  };

  /* a card that the keyboard has opened: Escape goes back to where it was asked */
  const toKeyboard = (card, back) => {
    card.tabIndex = -1;
    card.focus({ preventScroll: true });
    card.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      map.closePopup();
      back.focus();
    });
  };
  const things = (card, latlng, back) => {
    const found = gc.thingsAt(latlng);
    if (!found.length) return;
    const fold = card.appendChild(element("details", "gc-here-more"));
    fold.open = Boolean(back);
    fold.appendChild(element("summary", "", say("things", { count: found.length })));
    for (const { title, path } of found) {
      const button = fold.appendChild(element("button", "gc-thing"));
      button.type = "button";
      button.append(element("bdi", "", path.heading || title), path.heading ? ` · ${title}` : "");
      button.addEventListener("click", (event) => {
        L.DomEvent.stop(event);
        path.openPopup(path.getLatLng ? path.getLatLng() : latlng);
        if (event.detail === 0) toKeyboard(path.getPopup().getElement().querySelector(".gc-card"), back || map.getContainer());
      });
    }
  };

  const cardOf = (facts, latlng, back) => {
    const { lat, lng } = latlng.wrap(), card = element("div", "gc-card gc-here");
    card.tabIndex = -1;
    card.appendChild(element("h2", "", say("here")));
    card.appendChild(element("p", "gc-small", `${lat.toFixed(4)}, ${lng.toFixed(4)} · ${say("cell", { cell: gc.figure(here.cell_m) })}`));
    for (const reason of gc.notValid(latlng)) card.appendChild(element("p", "gc-warning", reason));
    if (facts.cell === null) {
      card.appendChild(element("p", "", say("outside")));
      if (facts.others.some(([, value]) => value !== null)) figures(card, Object.assign({ air: [], burden: null, intake: null }, facts));
    }
    else {
      const rest = facts.rules ? verdict(card, facts) : [];
      figures(card, facts);
      details(card, facts, rest);
    }
    things(card, latlng, back);
    if (data.demonstration) card.appendChild(element("p", "gc-small gc-origin", say("demonstration")));
    return card;
  };

  /* one popup a question; `focus` for those who asked by keyboard */
  const classes = gc.ask;
  gc.ask = async (latlng, focus) => {
    const facts = await gc.facts(latlng.wrap());
    if (!facts.readable) return classes(latlng, null, say("classes"));
    facts.others = await others(latlng);
    const back = focus && (focus.focus ? focus : map.getContainer());
    const card = cardOf(facts, latlng, back);
    const size = map.getSize(), room = { maxHeight: Math.max(180, Math.min(470, size.y - 130)) };
    gc.hereOpen = L.popup(Object.assign(gc.popup(), room)).setLatLng(latlng).setContent(card).openOn(map);
    if (back) toKeyboard(card, back);
    return gc.hereOpen;
  };

  /* a card of a thing leads on to the place that it was clicked at */
  map.on("popupopen", ({ popup }) => {
    const box = popup.getElement().querySelector(".gc-card:not(.gc-here)");
    if (!popup._source || !box || box.querySelector(".gc-ask")) return;
    const ask = box.appendChild(element("button", "gc-ask", say("ask")));
    ask.type = "button";
    ask.addEventListener("click", (event) => {
      L.DomEvent.stop(event);
      gc.ask(popup.getLatLng(), event.detail === 0 ? map.getContainer() : null);
    });
    popup._updateLayout();
    popup._updatePosition();
  });

  /* by keyboard: a button here, Enter on the map in control.js */
  const bar = map.getContainer().querySelector(".leaflet-control-zoom");
  const middle = element("button", "gc-here-ask", "?");
  middle.type = "button";
  middle.title = say("ask_middle");
  middle.setAttribute("aria-label", say("ask_middle"));
  middle.addEventListener("click", (event) => { L.DomEvent.stop(event); gc.ask(map.getCenter(), middle); });
  if (bar) { bar.appendChild(middle); L.DomEvent.disableClickPropagation(bar); }
}
