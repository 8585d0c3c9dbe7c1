/* geocluster: draws the layers of the page from its data. Text from data enters as text only. */
function geoclusterMap(map, node, turn) {
  "use strict";
  const data = turn.data(JSON.parse(node.textContent));
  const gc = { map, data, words: data.words, drawn: {}, surface: null, opacity: 0.78, sites: {}, pins: [] };
  const panes = { under: 205, raster: 210, category: 215, mask: 220, base: 230, homes: 240, area: 410,
    hatch: 420, contours: 430, boundary: 435, points: 440, sites: 450, pins: 460, watermark: 500, labels: 620 };
  const still = ["under", "raster", "category", "mask", "base", "hatch", "contours", "boundary", "watermark", "labels"];
  const renderers = {};
  for (const name in panes) {
    const pane = map.createPane("gc-" + name);
    pane.style.zIndex = panes[name];
    if (still.includes(name)) pane.style.pointerEvents = "none";
  }
  const onCanvas = ["under", "base", "homes"];
  const renderer = (pane) => renderers[pane] || (renderers[pane] = onCanvas.includes(pane)
    ? L.canvas({ pane: "gc-" + pane, padding: 0.3, tolerance: 2 }) : L.svg({ pane: "gc-" + pane, padding: 0.5 }));

  gc.element = (tag, className, text) => {
    const made = document.createElement(tag);
    if (className) made.className = className;
    if (text !== undefined && text !== null) made.textContent = text;
    return made;
  };
  const numbers = geoclusterNumbers(() => data);
  gc.figure = (value, kind) => {
    if (typeof value !== "number") return value;
    if (kind === "share") return numbers.number(100 * value);
    return kind === "count" ? numbers.count(value) : numbers.number(value);
  };

  const points = (steps) => {
    const out = [];
    for (let i = 0, x = 0, y = 0; i < steps.length; i += 2) {
      x += steps[i]; y += steps[i + 1];
      out.push([y / 1e5, x / 1e5]);
    }
    return out;
  };
  gc.points = points;

  /* the card of a thing: heading and figures, all as text */
  gc.card = (heading, rows, latlng) => {
    const card = gc.element("div", "gc-card");
    const head = gc.element("h2");
    head.appendChild(gc.element("bdi", "", heading || gc.words.unnamed));
    card.appendChild(head);
    const list = gc.element("dl");
    for (const [label, value, unit, kind] of rows) {
      if (value === null || value === undefined || value === "") continue;
      list.appendChild(gc.element("dt", "", label));
      const cell = gc.element("dd");
      cell.appendChild(gc.element("bdi", "", gc.figure(value, kind)));
      if (unit) cell.appendChild(gc.element("span", "gc-unit", unit === "%" ? numbers.sign() : "\u00a0" + unit));
      if (kind === "bar" || kind === "marked") {
        const bar = cell.appendChild(gc.element("span", "gc-bar"));
        bar.appendChild(gc.element("i")).style.width = `${Math.max(0, Math.min(100, value))}%`;
        if (kind === "marked") bar.appendChild(gc.element("b"));
      }
      if (kind === "emission" && value > 0) {
        cell.appendChild(gc.element("small", "", ` (${gc.figure(value * 31.5576)} ${gc.words.t_yr})`));
      }
      if ([gc.words.assumed, gc.words.factor, gc.words.allocated].includes(value)) cell.className = "gc-origin";
      list.appendChild(cell);
    }
    card.appendChild(list);
    for (const reason of latlng ? gc.notValid(latlng) : []) card.appendChild(gc.element("p", "gc-warning", reason));
    return card;
  };

  const inRing = (ring, lat, lng) => {
    let inside = false;
    for (let i = 0, j = ring.length - 1; i < ring.length; j = i++) {
      const [ya, xa] = ring[i], [yb, xb] = ring[j];
      if ((ya > lat) !== (yb > lat) && lng < (xb - xa) * (lat - ya) / (yb - ya) + xa) inside = !inside;
    }
    return inside;
  };
  const hatched = [];
  gc.notValid = (latlng) => hatched
    .filter((area) => area.rings.filter((ring) => inRing(ring, latlng.lat, latlng.lng)).length % 2)
    .map((area) => area.text);

  /* what a keyboard cannot point at: the drawn things at a place, marks nearest first */
  gc.thingsAt = (latlng) => {
    const at = map.latLngToLayerPoint(latlng);
    const away = (path) => (path.getRadius ? Math.max(0, path._point.distanceTo(at) - path.getRadius()) : path._containsPoint(at) ? 13 : 99);
    return data.layers.filter((def) => def.paths && !def.quiet && gc.drawn[def.key]).flatMap((def) => def.paths.map((path) => ({ title: def.title, path, away: path._map ? away(path) : 99 })))
      .filter((thing) => thing.away <= 13).sort((a, b) => a.away - b.away).slice(0, 8);
  };

  const hatch = (svg) => {
    if (!svg || svg.querySelector("defs")) return;
    const defs = L.SVG.create("defs"), pattern = L.SVG.create("pattern"), line = L.SVG.create("path");
    const set = (made, options) => { for (const name in options) made.setAttribute(name, options[name]); };
    set(pattern, { id: "gc-hatch", width: 9, height: 9, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" });
    set(line, { d: "M0 0V9", stroke: "#7d1128", "stroke-width": 1.6, "stroke-opacity": 0.42 });
    pattern.appendChild(line); defs.appendChild(pattern); svg.insertBefore(defs, svg.firstChild);
  };

  /* clear of the controls: on a phone beside the zoom, beneath the folds and above the legend */
  const popup = () => {
    const { x, y } = map.getSize(), wide = x > 760;
    return { minWidth: 230, maxWidth: wide ? 310 : Math.max(230, Math.min(310, x - 92)), maxHeight: Math.max(160, Math.min(360, y - 190)), className: "gc-popup",
      autoPanPaddingTopLeft: [50, wide ? 20 : 58], autoPanPaddingBottomRight: wide ? [275, 20] : [4, 116] };
  };
  gc.popup = popup;
  const build = {};
  build.surface = build.raster = (def) => L.imageOverlay(def.picture || def.uri, def.bounds, {
    pane: def.kind === "surface" ? "gc-raster" : "gc-category",
    opacity: def.kind === "surface" ? gc.opacity : def.opacity, className: "gc-pixels", alt: def.title });

  build.tiles = (def) => L.tileLayer(def.tiles, { maxZoom: 18, pane: "gc-under", zIndex: -1 });

  build.shapes = (def) => {
    const group = L.layerGroup();
    def.paths = [];
    def.features.forEach((feature, number) => {
      const [type, parts, style, heading, ...values] = feature;
      const pane = def.pane === "base" && type === 2 ? "under" : def.pane;
      const options = Object.assign({}, def.styles[style], { pane: "gc-" + pane, renderer: renderer(pane), interactive: !def.quiet });
      if (options.hatch) options.fillColor = "url(#gc-hatch)";
      let path;
      if (type === 0) path = L.circleMarker(points(parts)[0], Object.assign({ radius: 6 }, options));
      else if (type === 1) path = L.polyline(parts.map(points), Object.assign(options, { fill: false }));
      else path = L.polygon(parts.map((rings) => rings.map(points)), options);
      const rows = def.fields.map((field, i) => [field[0], values[i], field[1], field[2]]);
      if (options.hatch) parts.forEach((rings) => hatched.push({ rings: rings.map(points), text: `${heading}: ${values.join(" ")}` }));
      if (!def.quiet) {
        const card = () => gc.card(heading, rows, path.getLatLng ? path.getLatLng() : path.getBounds().getCenter());
        path.bindPopup(card, popup());
        if (heading) path.bindTooltip(() => gc.element("bdi", "", heading), { sticky: true, className: "gc-tip" });
        if (def.ids) site(def, number, path, card);
      }
      path.heading = heading;
      def.paths.push(path);
      path.addTo(group);
      if (def.pins && def.pins[number]) pin(def.pins[number], path, group);
    });
    if (def.mask) group.addLayer(mask(def));
    group.on("add", () => { if (def.pane === "hatch") hatch(renderers.hatch._container); });
    if (def.variants) bySize(def, group);
    return group;
  };

  /* large marks first, so that a small one can be clicked above them */
  const bySize = (def, group) => group.on("add", () => def.paths.filter((p) => p.getRadius && p._path)
    .sort((a, b) => b.getRadius() - a.getRadius()).forEach((p) => p.bringToFront()));

  const site = (def, number, path) => {
    gc.sites[def.ids[number]] = () => {
      map.flyToBounds(path.getBounds().pad(6), { maxZoom: 13, duration: 0.6 });
      path.openPopup(path.getBounds().getCenter());
    };
  };

  const pin = (rank, path, group) => {
    const icon = L.divIcon({ className: "gc-pin" + (rank <= 3 ? " gc-top" : ""), html: gc.element("span", "", rank), iconSize: [24, 24] });
    const marker = L.marker(path.getBounds().getCenter(), { icon, pane: "gc-pins", zIndexOffset: 1000 - 10 * rank, keyboard: true, alt: `${gc.words.rank} ${rank}` });
    marker.on("click", () => path.openPopup(marker.getLatLng()));
    marker.addTo(group);
    gc.pins.push({ marker, rank });
  };

  const mask = (def) => {
    const world = [[-85, -360], [-85, 360], [85, 360], [85, -360]];
    const rings = [].concat(...def.features.map((feature) => [].concat(...feature[1].map((part) => part.map(points)))));
    return L.polygon([world, ...rings], { pane: "gc-mask", renderer: renderer("mask"), interactive: false, stroke: false,
      fillColor: "#e8e4db", fillOpacity: 0.66, fillRule: "evenodd" });
  };

  build.contours = (def) => {
    const group = L.layerGroup();
    def.redraw = () => {
      group.clearLayers();
      def.labelled = [];
      for (const line of def.lines.filter((one) => !one.surface || one.surface === gc.surface)) {
        const parts = line.parts.map(points);
        const common = { pane: "gc-contours", renderer: renderer("contours"), interactive: false };
        group.addLayer(L.polyline(parts, Object.assign({ color: "#ffffff", weight: 4.5, opacity: 0.75 }, common)));
        group.addLayer(L.polyline(parts, Object.assign({ color: "#14213d", weight: 1.8, dashArray: "7 3" }, common)));
        const text = `${line.label}: ${gc.figure(line.level)} ${line.unit || gc.words.ug_m3}`;
        const icon = L.divIcon({ className: "gc-contour", html: gc.element("span", "", text), iconSize: [0, 0] });
        const marker = L.marker(parts[0][0], { icon, pane: "gc-labels", interactive: false, keyboard: false });
        group.addLayer(marker);
        def.labelled.push({ marker, text, line: [].concat(...parts.slice(0, 3)) });
      }
    };
    def.redraw();
    return group;
  };

  build.labels = (def) => {
    const group = L.layerGroup();
    def.towns = def.labels.map(([at, name, people], i) => {
      const size = people > 5e5 ? "gc-large" : people > 8e4 ? "gc-middle" : "gc-small";
      const html = gc.element("span", size);
      html.appendChild(gc.element("bdi", "", name));
      const icon = L.divIcon({ className: "gc-town", html, iconSize: [0, 0] });
      const marker = L.marker(points(at)[0], { icon, pane: "gc-labels", interactive: false, keyboard: false });
      group.addLayer(marker);
      return { marker, main: people > 0 && (i < 5 || size === "gc-large") };
    });
    return group;
  };

  /* the main towns first, then limits' labels, pins by rank, smaller towns; nothing under a control */
  const names = geoclusterNames(map);
  const COVERS = ".folium-map .leaflet-control, .gc-sheet-wind, body.gc-closed #gc-head";
  const drawnOf = (part) => data.layers.filter((def) => def[part] && gc.drawn[def.key]).flatMap((def) => def[part]);
  gc.declutter = () => {
    const { free, within, take, put } = names.turn(COVERS), { at, boxAt } = names;
    const pins = gc.pins.filter(({ marker }) => marker.getElement()).sort((a, b) => a.rank - b.rank)
      .map((pin) => Object.assign(pin, { box: boxAt(at(pin.marker.getLatLng()), 11) }));
    const circles = drawnOf("paths").filter((path) => path.getRadius && path.getRadius() > 5)
      .map((path) => [boxAt(at(path.getLatLng()), 0.8 * path.getRadius()), 0.3]);
    const marks = [...pins.map(({ box, rank }) => [box, rank <= 3 ? 5 : 1]), ...circles], towns = drawnOf("towns");
    towns.filter(({ main }) => main).forEach(({ marker }) => put(marker, marks));
    const place = ({ marker, box }) => {
      const room = free(box);
      marker.getElement().classList.toggle("gc-crowded", !room);
      if (room) take(box);
    };
    pins.filter((pin) => pin.rank <= 3).forEach(place);
    for (const label of drawnOf("labelled")) {
      const half = 3.1 * label.text.length + 6, step = Math.max(1, Math.floor(label.line.length / 90));
      let placed = false;
      for (let i = 0; i < label.line.length && !placed; i += step) {
        const box = boxAt(at(label.line[i]), half, 9);
        if (!within(box) || !free(box)) continue;
        label.marker.setLatLng(label.line[i]);
        take(box);
        placed = true;
      }
      const element = label.marker.getElement();
      if (element) element.style.visibility = placed ? "" : "hidden";
    }
    pins.filter((pin) => pin.rank > 3).forEach(place);
    towns.filter(({ main }) => !main).forEach(({ marker }) => put(marker, circles));
  };

  /* colours and sizes that go with the chosen surface */
  gc.restyle = () => {
    const pollutant = Object.keys(data.pollutants).filter((p) => (gc.surface || "").startsWith(p + "_")).pop();
    for (const def of data.layers.filter((one) => one.variants && one.paths)) {
      const first = Object.values(def.variants)[0], none = gc.surface === null && def.scales;
      const variant = def.variants[gc.surface] || def.variants[pollutant] || (none || !def.now ? first : null);
      if (!variant || def.now === variant) continue;
      def.now = variant;
      def.paths.forEach((path, i) => {
        if (variant.style) path.setStyle(def.styles[variant.style[i]]);
        if (variant.radius) path.setRadius(variant.radius[i]);
      });
    }
    data.layers.filter((def) => def.redraw && gc.drawn[def.key]).forEach((def) => def.redraw());
  };

  /* what the pictures say at a place: each colour carries its number in its lowest bits */
  const pixels = {};
  const read = (def) => pixels[def.key] || (pixels[def.key] = new Promise((done) => {
    const image = new Image();
    image.onload = () => {
      const canvas = document.createElement("canvas");
      canvas.width = image.width; canvas.height = image.height;
      const context = canvas.getContext("2d", { willReadFrequently: true });
      context.drawImage(image, 0, 0);
      done({ width: image.width, height: image.height, rgba: context.getImageData(0, 0, image.width, image.height).data });
    };
    image.src = def.uri;
  }));
  const codeAt = (rgba, at) => (rgba[at + 3] === 0 ? 0 : (rgba[at] & 7) << 5 | (rgba[at + 1] & 7) << 2 | rgba[at + 2] & 3);
  const sample = (def, latlng) => read(def).then(({ width, height, rgba }) => {
    const project = (lat, lng) => map.options.crs.project(L.latLng(lat, lng));
    const [[s, w], [n, e]] = def.bounds, low = project(s, w), high = project(n, e), p = project(latlng.lat, latlng.lng);
    const column = Math.floor((p.x - low.x) / (high.x - low.x) * width), row = Math.floor((high.y - p.y) / (high.y - low.y) * height);
    if (column < 0 || row < 0 || column >= width || row >= height) return null;
    return codeAt(rgba, 4 * (row * width + column));
  });
  /* all that one rule excludes, also where another one is named first; everything where bit is null */
  gc.only = (def, bit) => read(def).then(({ width, height, rgba }) => {
    def.only = bit;
    const rule = def.rules.find((one) => one.bit === bit);
    def.picture = def.uri;
    if (rule) {
      const canvas = document.createElement("canvas");
      canvas.width = width; canvas.height = height;
      const context = canvas.getContext("2d"), image = context.createImageData(width, height), wanted = def.bits.map((bits) => bits.includes(bit));
      const colour = [1, 3, 5].map((i) => parseInt(rule.colour.slice(i, i + 2), 16));
      for (let at = 0; at < rgba.length; at += 4) {
        const code = codeAt(rgba, at);
        if (code && wanted[code - 1]) image.data.set([...colour, 255], at);
      }
      context.putImageData(image, 0, 0);
      def.picture = canvas.toDataURL();
    }
    if (def.layer) def.layer.setUrl(def.picture);
    def.swatches = rule ? [rule] : def.rules.filter((one) => !one.also);
    if (!gc.drawn[def.key]) gc.toggle(def, true);
  });
  const inWords = (def, number) => {
    if (number === null || (number === 0 && def.kind === "raster")) return null;
    if (def.kind === "raster") return def.entries[number - 1];
    if (number === 0) return `${gc.words.below} ${gc.figure(def.breaks[0] / def.divide)}`;
    const top = def.breaks[number] === undefined ? def.highest : def.breaks[number];
    return `${gc.figure(def.breaks[number - 1] / def.divide)} ${gc.words.to} ${gc.figure(top / def.divide)}`;
  };
  gc.at = (latlng, asked = () => true) => Promise.all(data.layers.filter((def) => def.uri && asked(def))
    .map((def) => sample(def, latlng).then((number) => [def.title, inWords(def, number), def.unit])));
  gc.ask = (latlng, focus, note) => gc.at(latlng).then((rows) => {
    const { lat, lng } = latlng.wrap();
    const known = rows.filter((row) => row[1]);
    if (!known.length) known.push(["", gc.words.nothing_here]);
    const card = gc.card(`${gc.words.here} (${lat.toFixed(4)}, ${lng.toFixed(4)})`, known, latlng);
    if (note) card.appendChild(gc.element("p", "gc-small", note));
    return L.popup(popup()).setLatLng(latlng).setContent(card).openOn(map);
  });
  map.on("click", (event) => gc.ask(event.latlng));

  gc.toggle = (def, on) => {
    if (on && !gc.drawn[def.key]) {
      gc.drawn[def.key] = def.layer || (def.layer = build[def.kind](def));
      gc.restyle();
      map.addLayer(def.layer);
    } else if (!on && gc.drawn[def.key]) {
      map.removeLayer(def.layer);
      delete gc.drawn[def.key];
    }
    gc.changed();
  };
  gc.choose = (key) => {
    gc.surface = key;
    data.layers.filter((def) => def.kind === "surface").forEach((def) => gc.toggle(def, def.key === key));
    gc.restyle();
    gc.changed();
  };
  gc.changed = () => {};

  map.fitBounds(data.bounds, { padding: [14, 14], animate: false });
  map.setMinZoom(Math.max(0, Math.floor(map.getZoom()) - 3));
  const surfaces = data.layers.filter((def) => def.kind === "surface");
  const first = surfaces.find((def) => def.shown) || surfaces[0];
  gc.surface = first ? first.key : null;
  geoclusterControl(gc);
  geoclusterHere(gc);
  data.layers.filter((def) => def.shown || def === first).forEach((def) => gc.toggle(def, true));
  gc.legend();
  gc.fit();
  gc.changed = () => { gc.legend(); gc.declutter(); };
  gc.changed();
  document.title = data.title;
  const { leave, back } = geoclusterKeep(gc);
  turn.leave = leave;
  back();
  gc.printed();
  map.on("zoomend moveend resize", gc.declutter);
  window.geocluster = gc;
  document.documentElement.dataset.gcReady = "true";
}
