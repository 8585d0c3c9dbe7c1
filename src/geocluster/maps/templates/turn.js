/* geocluster: the reader's language: chosen once, kept, carried along by links; and a page turned into it. */
const geoclusterTurn = (() => {
  "use strict";
  const KEPT = "geocluster-language", UNTOLD = "pre, code, script, style", SAID = ["aria-label", "title", "alt"];
  /* a page inside another (a notebook) has no choice of its own: it speaks as it was made, unless it is asked */
  const alone = window.location.protocol !== "about:";
  const store = (run) => { try { return run(); } catch (error) { return null; } };
  const parts = () => window.location.hash.slice(1).split("&").filter(Boolean);
  const inAddress = () => parts().filter((part) => part.startsWith("lang=")).map((part) => part.slice(5))[0];
  const chosen = (known) => [inAddress(), alone ? store(() => window.localStorage.getItem(KEPT)) : null].find((one) => known.includes(one));

  /* the address says it first, and then whatever else it says */
  const rest = () => parts().filter((part) => !part.startsWith("lang=")).join("&");
  const address = (language, more) => `#${[language ? `lang=${language}` : "", more].filter(Boolean).join("&")}`;
  const keep = (language) => {
    store(() => window.localStorage.setItem(KEPT, language));
    const hash = address(language, rest().replace(/^print=.*/, ""));
    try { window.history.replaceState(null, "", hash); } catch (error) { window.location.hash = hash; }
  };
  const carry = (language, root) => root.querySelectorAll("a[href]").forEach((link) => {
    const [page] = link.getAttribute("href").split("#lang=");
    if (page && !/[:#]/.test(page)) link.setAttribute("href", page + address(language, ""));
  });

  /* what stands in the page -> what it is in another language; of a text that depends on its place, in their order */
  const turner = (dictionary, number) => {
    const rows = new Map(Object.entries(dictionary)), seen = new Map();
    return (text) => {
      const key = text.split(/\s+/).filter(Boolean).join(" ");
      let row = rows.get(key);
      if (row && row.all) {
        const place = seen.get(key) || 0;
        seen.set(key, place + 1);
        row = row.all[row.at[Math.min(place, row.at.length - 1)]];
      }
      return row === undefined || row === null ? text : typeof row === "string" ? row : row[number];
    };
  };
  const markup = (roots, told) => {
    for (const root of roots) {
      const walk = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
      while (walk.nextNode()) {
        const node = walk.currentNode, inside = node.parentElement;
        if (!inside || !inside.closest(UNTOLD)) node.nodeValue = node.nodeValue.replace(/\S(?:[^]*\S)?/, (text) => told(text));
      }
    }
    for (const root of roots) {
      for (const one of [root, ...root.querySelectorAll("*")]) {
        if (!one.attributes || one.closest(UNTOLD)) continue;
        for (const { name, value } of [...one.attributes]) if (SAID.includes(name)) one.setAttribute(name, told(value));
      }
    }
  };

  /* as language.py does it, in the same order; whatever is no text stays */
  const data = (made, told) => {
    const texts = (part) => {
      const turned = Object.assign({}, part);
      for (const name of ["title", "unit", "label"]) if (part[name]) turned[name] = told(part[name]);
      return turned;
    };
    const values = (row, turn) => Object.fromEntries(Object.entries(row).map(([key, value]) => [key, turn(value)]));
    const svg = (text) => {
      const holder = document.createElement("div");
      holder.innerHTML = text;
      markup([...holder.childNodes].filter((one) => one.nodeType === 1), told);
      return holder.innerHTML;
    };
    const layer = (def) => {
      const turned = texts(def);
      for (const part of ["swatches", "lines"]) if (def[part]) turned[part] = def[part].map(texts);
      if (def.scales) turned.scales = values(def.scales, texts);
      if (def.entries) turned.entries = def.entries.map(told);
      if (def.fields) turned.fields = def.fields.map(([label, unit, kind]) => [told(label), told(unit), kind]);
      if (def.features) turned.features = def.features.map((row) => row.map((item, i) => (i > 2 && typeof item === "string" ? told(item) : item)));
      return turned;
    };
    const air = (row) => {
      const [, pollutant, mark, statistic] = /^(?:([^]*)(, ))?([^]*)$/.exec(row.title);
      const turned = Object.assign({}, row, { title: told(pollutant || "") + (mark || "") + told(statistic) });
      for (const name of ["unit", "limit_name"]) if (row[name] !== undefined) turned[name] = told(row[name]);
      return turned;
    };
    const here = (given) => {
      const turned = Object.assign({}, given, { words: values(given.words, told), air: given.air.map(air) });
      if (given.homes) turned.homes = Object.assign({}, given.homes, { list: given.homes.list.map(([name, ...row]) => [told(name), ...row]) });
      if (given.rules) turned.rules = given.rules.map((rule) => Object.assign({}, rule, { text: told(rule.text) }));
      return turned;
    };
    return Object.assign({}, made, {
      title: told(made.title), dated: told(made.dated),
      wind: made.wind && { svg: svg(made.wind.svg), note: told(made.wind.note) },
      words: values(made.words, told),
      attribution: made.attribution.split(" · ").map((one) => told(one)).join(" · "),
      groups: made.groups.map(([key, title]) => [key, told(title)]),
      layers: made.layers.map(layer),
      here: made.here && here(made.here),
    });
  };

  const unpack = async (packed) => {
    const bytes = Uint8Array.from(atob(packed), (letter) => letter.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
    return JSON.parse(await new Response(stream).text());
  };
  const offer = (languages, language, change) => {
    const select = document.getElementById("gc-language");
    if (!select) return;
    for (const [code, { name }] of Object.entries(languages)) {
      const option = document.createElement("option");
      Object.assign(option, { value: code, textContent: name, lang: code, selected: code === language });
      select.appendChild(option);
    }
    select.parentNode.hidden = false;
    select.addEventListener("change", () => change(select.value));
  };

  /* a page whose markup is turned: `draw` goes on once that is done, with what turns its data */
  const page = (names, draw) => {
    const given = JSON.parse(document.getElementById("gc-told").textContent), root = document.documentElement;
    const { made, languages, others } = given, codes = Object.keys(languages), able = typeof DecompressionStream === "function";
    const asked = able ? chosen(codes) : null, language = asked || made, turn = { language, leave: () => {}, data: (one) => one };
    const roots = names.map((name) => document.getElementById(name) || document.querySelector(name)).filter(Boolean);
    const go = (to) => { turn.leave(); keep(to); window.location.reload(); };
    const begin = () => {
      if (able) offer(languages, turn.language, go);
      if (asked) roots.forEach((one) => carry(turn.language, one));
      root.style.visibility = "";
      if (draw) draw(turn);
    };
    window.addEventListener("hashchange", () => { if (able && (inAddress() || language) !== language) { turn.leave(); window.location.reload(); } });
    if (language === made) return begin();
    root.style.visibility = "hidden";
    unpack(given.packed).then((told) => {
      const number = others.indexOf(language);
      markup(roots, turner(told.side, number));
      root.lang = language;
      const { decimal, group, percent } = languages[language];
      turn.data = (one) => Object.assign(data(one, turner(told.data, number)), { decimal, group, percent });
    }).catch(() => { turn.language = made; }).then(begin);
  };
  return { page, chosen, keep, carry, rest, address: (more) => address(inAddress(), more) };
})();
