/* geocluster: the layer control, the legend, the side and the small things around the map. */
function geoclusterControl(gc) {
  "use strict";
  const { map, data, words, element } = gc;
  const narrow = () => window.matchMedia("(max-width: 760px)").matches;
  const svg = (tag, options) => {
    const made = L.SVG.create(tag);
    for (const name in options) if (options[name] !== undefined && options[name] !== null) made.setAttribute(name, options[name]);
    return made;
  };
  const control = (position, made) => {
    const one = L.control({ position });
    one.onAdd = () => { L.DomEvent.disableClickPropagation(made); L.DomEvent.disableScrollPropagation(made); return made; };
    return one.addTo(map);
  };

  const swatch = (mark) => {
    const box = svg("svg", { width: 22, height: 16, "aria-hidden": "true", class: "gc-swatch" });
    const fill = mark.colour, edge = mark.edge || "none";
    if (mark.mark === "fill") box.appendChild(svg("rect", { x: 2, y: 2, width: 18, height: 12, fill, stroke: edge, "stroke-dasharray": mark.dash || null, "fill-opacity": mark.opacity || 0.9 }));
    if (mark.mark === "line") box.appendChild(svg("path", { d: "M1 8H21", stroke: fill, "stroke-width": mark.weight || 2, "stroke-dasharray": mark.dash }));
    if (mark.mark === "dot") box.appendChild(svg("circle", { cx: 11, cy: 8, r: 5.5, fill, stroke: edge, "stroke-dasharray": mark.dash ? "3 2" : null }));
    if (mark.mark === "pin") {
      box.appendChild(svg("circle", { cx: 11, cy: 8, r: 7.5, fill }));
      const text = svg("text", { x: 11, y: 11.5, "text-anchor": "middle", "font-size": 10, "font-weight": 700, fill: "#fff" });
      text.textContent = mark.text; box.appendChild(text);
    }
    if (mark.mark === "hatch") {
      box.appendChild(svg("rect", { x: 2, y: 2, width: 18, height: 12, fill: "none", stroke: fill }));
      box.appendChild(svg("path", { d: "M3 13L13 3M9 13L19 3M3 7L7 3M15 13L19 9", stroke: fill, "stroke-width": 1 }));
    }
    return box;
  };

  gc.swatch = swatch;
  geoclusterPrint(gc);

  /* layers */
  const panel = element("details", "gc-control");
  panel.open = !narrow();
  panel.appendChild(element("summary", "", words.layers));
  const body = panel.appendChild(element("div", "gc-control-body"));
  const row = (input, text, mark) => {
    const label = element("label");
    label.appendChild(input);
    if (mark) label.appendChild(swatch(mark));
    label.appendChild(element("span", "", text));
    return label;
  };
  const tick = (type, name, checked, change) => {
    const input = element("input");
    input.type = type; input.name = name; input.checked = checked;
    input.addEventListener("change", () => change(input.checked));
    return input;
  };
  /* which of the rules that exclude land is looked at; each by itself, or all by the first of them */
  const byRule = (def, then) => {
    const pick = element("select", "gc-rule");
    pick.setAttribute("aria-label", words.one_rule);
    const options = [["", words.every_rule], ...def.rules.map((one) => [one.bit, one.label])];
    for (const [value, text] of options) pick.appendChild(element("option", "", text)).value = value;
    pick.addEventListener("change", () => gc.only(def, pick.value === "" ? null : Number(pick.value)).then(then));
    return pick;
  };
  for (const [group, title] of data.groups) {
    const defs = data.layers.filter((def) => def.group === group);
    if (!defs.length) continue;
    const fold = body.appendChild(element("details"));
    fold.open = true;
    fold.appendChild(element("summary", "", title));
    const surfaces = defs.filter((def) => def.kind === "surface");
    for (const def of surfaces) {
      const input = tick("radio", "gc-surface", def.key === gc.surface, () => gc.choose(def.key));
      input.value = def.key;
      fold.appendChild(row(input, def.title));
    }
    if (surfaces.length) {
      const none = tick("radio", "gc-surface", false, () => gc.choose(null));
      none.value = "";
      fold.appendChild(row(none, words.none));
      const slider = element("input");
      Object.assign(slider, { type: "range", min: 20, max: 100, value: 100 * gc.opacity });
      slider.addEventListener("input", () => {
        gc.opacity = slider.value / 100;
        surfaces.forEach((def) => def.layer && def.layer.setOpacity(gc.opacity));
      });
      const label = fold.appendChild(element("label", "gc-opacity"));
      label.append(element("span", "", words.opacity), slider);
    }
    for (const def of defs.filter((one) => one.kind !== "surface")) {
      if (def.bits) Object.assign(def, { rules: def.swatches, swatches: def.swatches.filter((mark) => !mark.also) });
      const input = tick("checkbox", "gc-layer", def.shown, (on) => gc.toggle(def, on));
      input.value = def.key;
      const several = def.swatches.filter((mark) => mark.label);
      fold.appendChild(row(input, def.title, several.length ? null : def.swatches[0]));
      if (!several.length) continue;
      const list = fold.appendChild(element("div", several.length > 4 ? "gc-keys gc-many" : "gc-keys"));
      const keys = () => list.replaceChildren(...def.swatches.filter((mark) => mark.label).map((mark) => {
        const line = element("div");
        line.append(swatch(mark), element("span", "", mark.label));
        return line;
      }));
      keys();
      if (def.bits) fold.insertBefore(byRule(def, keys), list);
    }
  }
  body.appendChild(gc.printRow());
  control("topright", panel);

  /* legend of the surface and of the sources' sizes */
  const legend = element("div", "gc-legend");
  legend.setAttribute("aria-live", "polite");
  gc.legend = () => {
    legend.replaceChildren();
    panel.querySelectorAll("input").forEach((input) => {
      if (input.name === "gc-layer") input.checked = Boolean(gc.drawn[input.value]);
      if (input.name === "gc-surface") input.checked = input.value === (gc.surface || "");
    });
    const homes = data.layers.find((one) => one.key === "homes" && gc.drawn[one.key]);
    const shownAs = homes && Object.keys(homes.variants).find((key) => homes.variants[key] === homes.now);
    const def = data.layers.find((one) => one.key === gc.surface && one.kind === "surface") || (homes && homes.scales[shownAs]);
    if (def) {
      const head = legend.appendChild(element("p", "gc-legend-title"));
      head.append(element("strong", "", def.title), element("span", "gc-unit", " " + def.unit));
      const strip = legend.appendChild(element("div", "gc-strip"));
      def.colours.forEach((colour, i) => {
        const part = strip.appendChild(element("div"));
        const block = part.appendChild(element("i"));
        block.style.background = colour;
        part.appendChild(element("span", "", gc.figure(def.breaks[i] / def.divide)));
      });
      const last = strip.appendChild(element("div", "gc-highest"));
      last.append(element("i"), element("span", "", gc.figure(def.highest / def.divide)));
      last.title = words.highest;
    }
    const sources = data.layers.find((one) => one.key === "sources" && gc.drawn[one.key]);
    const shown = sources && Object.keys(sources.variants || {}).find((p) => sources.variants[p] === sources.now);
    if (shown && sources.now.largest) {
      const line = legend.appendChild(element("p", "gc-sizes"));
      line.appendChild(element("span", "", `${words.sized} ${data.pollutants[shown]}`));
      for (const share of [1, 0.25]) {
        const r = sources.now.px * Math.sqrt(share), circle = svg("svg", { width: 2 * r + 2, height: 2 * r + 2, "aria-hidden": "true" });
        circle.appendChild(svg("circle", { cx: r + 1, cy: r + 1, r, fill: "#22223b", "fill-opacity": 0.8 }));
        line.append(circle, element("span", "", `${gc.figure(sources.now.largest * share)} ${words.g_s}`));
      }
    }
    legend.style.display = legend.childNodes.length ? "" : "none";
  };

  /* around the map */
  const about = element("div", "gc-attribution", data.attribution);
  if (narrow()) about.tabIndex = 0; // cut to a line there; a tap or the keyboard opens it
  control("bottomright", about);
  const scale = L.control.scale({ imperial: false, maxWidth: 120, position: "bottomleft" });
  scale._updateMetric = function (most) {
    const metres = this._getRoundNum(most);
    this._updateScale(this._mScale, metres < 1000 ? `${metres} ${words.m}` : `${metres / 1000} ${words.km}`, metres / most);
  };
  scale.addTo(map);
  control("bottomleft", legend);
  if (!map.zoomControl) L.control.zoom({ position: "topleft", zoomInTitle: words.zoom_in, zoomOutTitle: words.zoom_out }).addTo(map);
  const north = svg("svg", { width: 26, height: 38, viewBox: "0 0 26 38", role: "img", "aria-label": words.north });
  north.appendChild(svg("path", { d: "M13 13L20 36L13 31Z", fill: "#22223b" }));
  north.appendChild(svg("path", { d: "M13 13L6 36L13 31Z", fill: "#fff", stroke: "#22223b", "stroke-width": 1 }));
  const letter = svg("text", { x: 13, y: 10, "text-anchor": "middle", "font-size": 12, "font-weight": 700, fill: "#22223b" });
  letter.textContent = words.north;
  north.appendChild(letter);
  const holder = element("div", "gc-north");
  holder.appendChild(north);
  control("topleft", holder);
  if (data.wind) {
    const rose = element("details", "gc-rose");
    rose.appendChild(element("summary", "", words.wind));
    const inside = rose.appendChild(element("div", "gc-wind"));
    inside.innerHTML = data.wind.svg;
    inside.appendChild(element("p", "", data.wind.note));
    control("topleft", rose);
    /* on a phone there is room for one of them */
    for (const [one, other] of [[rose, panel], [panel, rose]]) {
      one.addEventListener("toggle", () => { if (one.open && narrow()) { other.open = false; map.closePopup(); } });
      one.addEventListener("toggle", () => gc.declutter());
    }
    map.on("popupopen", () => { rose.open = false; if (narrow()) panel.open = false; });
  }
  map.on("popupopen popupclose", (event) => map.getContainer().classList.toggle("gc-popped", event.type === "popupopen"));

  if (data.demonstration) {
    const marks = L.gridLayer({ pane: "gc-watermark", tileSize: 512, updateWhenZooming: false });
    marks.createTile = () => {
      const tile = svg("svg", { width: 512, height: 512, "aria-hidden": "true" });
      const text = svg("text", { x: 256, y: 270, transform: "rotate(-28 256 256)", "text-anchor": "middle", "font-size": 44,
        "font-weight": 700, "letter-spacing": 7, fill: "#22223b", "fill-opacity": 0.1 });
      text.textContent = words.demonstration;
      tile.appendChild(text);
      return tile;
    };
    marks.addTo(map);
  }

  /* the keyboard: arrows move the map, Enter asks what is in its middle */
  const ground = map.getContainer();
  ground.setAttribute("role", "application");
  ground.setAttribute("aria-label", words.by_keyboard);
  ground.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.target === ground) gc.ask(map.getCenter(), ground);
  });

  /* the side */
  const toggle = document.getElementById("gc-toggle");
  const open = (on) => {
    document.body.classList.toggle("gc-closed", !on);
    toggle.setAttribute("aria-expanded", String(on));
    map.invalidateSize({ animate: false });
  };
  toggle.addEventListener("click", () => open(document.body.classList.contains("gc-closed")));
  document.querySelectorAll("tr[data-site]").forEach((line) => {
    const go = () => {
      const sites = data.layers.find((def) => def.key === "sites");
      const box = document.querySelector('input[value="sites"]');
      if (box && !box.checked) { box.checked = true; gc.toggle(sites, true); }
      if (narrow()) open(false);
      if (gc.sites[line.dataset.site]) gc.sites[line.dataset.site]();
    };
    line.addEventListener("click", go);
    line.addEventListener("keydown", (event) => { if (event.key === "Enter") go(); });
  });
  open(!narrow());
  gc.fit = () => {
    const beside = narrow() ? 14 : panel.offsetWidth + 20, under = legend.offsetHeight + 44;
    map.fitBounds(data.bounds, { paddingTopLeft: [14, 14], paddingBottomRight: [beside, under], animate: false });
  };
}
