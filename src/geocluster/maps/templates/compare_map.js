/* geocluster: two runs on one map: a divider between their surfaces, the difference, candidates. */
function geoclusterCompareMap(gc, data, holder, chosen) {
  "use strict";
  const { element } = gc;
  /* no zoom animation: the divider has to cut where it stands at every moment */
  const map = L.map(holder, { zoomControl: false, attributionControl: false, zoomAnimation: false, fadeAnimation: false, zoomSnap: 0.25, maxZoom: 16 });
  const points = (steps) => {
    const out = [];
    for (let i = 0, x = 0, y = 0; i < steps.length; i += 2) { x += steps[i]; y += steps[i + 1]; out.push([y / 1e5, x / 1e5]); }
    return out;
  };
  const shape = ([type, parts], options) => {
    if (type === 0) return L.circleMarker(points(parts)[0], Object.assign({ radius: 4 }, options));
    if (type === 1) return L.polyline(parts.map(points), options);
    return L.polygon(parts.map((rings) => rings.map(points)), options);
  };
  ["under", "a", "b", "difference", "lines", "sites", "names"].forEach((name, i) => {
    const pane = map.createPane("cp-" + name);
    pane.style.zIndex = 240 + 10 * i + (i > 3 ? 200 : 0);
    if (name !== "sites") pane.style.pointerEvents = "none";
  });

  /* what lies beneath and above */
  const quiet = { pane: "cp-lines", interactive: false };
  const canvases = Object.fromEntries(["under", "lines"].map((name) => [name, L.canvas({ pane: "cp-" + name, padding: 0.3 })]));
  const towns = [];
  for (const layer of data.base) {
    for (const [type, parts, style] of layer.features || []) {
      const name = type === 2 && layer.styles[style].fill !== false ? "under" : "lines";
      const more = { pane: "cp-" + name, renderer: canvases[name], interactive: false };
      shape([type, parts], Object.assign({}, layer.styles[style], type === 1 ? { fill: false } : {}, more)).addTo(map);
    }
    for (const [place, name, people] of layer.labels || []) {
      const main = people > 0 && (towns.length < 5 || people > 5e5);
      const icon = L.divIcon({ className: main ? "cp-town cp-main" : "cp-town", html: element("span", {}, element("bdi", {}, name)), iconSize: [0, 0] });
      towns.push({ main, marker: L.marker(points(place)[0], { icon, interactive: false, keyboard: false, pane: "cp-names" }).addTo(map) });
    }
  }
  for (const [one] of data.not_valid) shape(one, Object.assign({ color: "#7d1128", weight: 1.4, dashArray: "5 4", fill: false }, quiet)).addTo(map);

  /* the divider: dragged, or moved by the arrow keys; each side is cut along it */
  let share = 0.5, swiping = true, images = [], opacity = 0.85;
  const divider = element("div", { className: "cp-divider", role: "slider", tabIndex: 0, "aria-valuemin": "0", "aria-valuemax": "100", "aria-orientation": "horizontal" }, element("span", { "aria-hidden": "true" }, "⇔"));
  const corners = ["a", "b"].map((side, i) => element("div", { className: `cp-corner cp-${side}` }, element("span", { className: `cp-letter cp-${side}` }, side.toUpperCase()), element("bdi", {}, data.sides[i].name)));
  holder.parentNode.append(divider, ...corners);
  const cut = () => {
    const { x: width, y: height } = map.getSize(), x = Math.round(width * share);
    const corner = map.containerPointToLayerPoint([0, 0]);
    const window_ = (from, to) => `polygon(${[[from, 0], [to, 0], [to, height], [from, height]].map(([px, py]) => `${corner.x + px}px ${corner.y + py}px`).join(",")})`;
    map.getPane("cp-a").style.clipPath = swiping ? window_(0, x) : "";
    map.getPane("cp-b").style.clipPath = swiping ? window_(x, width) : "";
    divider.style.left = `${x}px`;
    divider.setAttribute("aria-valuenow", String(Math.round(100 * share)));
    divider.hidden = !swiping;
    for (const one of corners) one.hidden = !swiping;
  };
  const move = (to) => { share = Math.min(1, Math.max(0, to)); cut(); };
  divider.addEventListener("pointerdown", (event) => { divider.setPointerCapture(event.pointerId); event.preventDefault(); divider.focus(); });
  divider.addEventListener("pointermove", (event) => {
    if (!divider.hasPointerCapture(event.pointerId)) return;
    const box = holder.getBoundingClientRect();
    move((event.clientX - box.left) / box.width);
  });
  divider.addEventListener("keydown", (event) => {
    const step = event.shiftKey ? 0.1 : 0.02;
    const to = { ArrowLeft: share - step, ArrowDown: share - step, ArrowRight: share + step, ArrowUp: share + step, PageDown: share - 0.1, PageUp: share + 0.1, Home: 0, End: 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    move(to);
  });
  map.on("move zoom viewreset resize zoomend moveend", cut);

  const show = (surface, difference) => {
    for (const one of images) one.remove();
    swiping = !difference;
    const wanted = difference ? [["difference", surface.difference && surface.difference.uri]] : [["a", surface.a], ["b", surface.b]];
    images = wanted.filter(([, uri]) => uri).map(([name, uri]) => L.imageOverlay(uri, surface.bounds, { pane: "cp-" + name, opacity, alt: gc.title(surface) }).addTo(map));
    cut();
  };
  const fade = (to) => { opacity = to; for (const one of images) one.setOpacity(to); };

  /* what a picture's pixel means stands in the lowest bits of its colour */
  const pixels = new Map();
  const picture = (uri) => {
    if (pixels.has(uri)) return pixels.get(uri);
    const made = new Promise((done, fail) => {
      const image = new Image();
      image.onload = () => {
        const canvas = element("canvas", { width: image.width, height: image.height }), context = canvas.getContext("2d", { willReadFrequently: true });
        context.drawImage(image, 0, 0);
        done({ width: image.width, height: image.height, data: context.getImageData(0, 0, image.width, image.height).data });
      };
      image.onerror = () => fail(new Error("no picture"));
      image.src = uri;
    });
    pixels.set(uri, made);
    if (pixels.size > 6) pixels.delete(pixels.keys().next().value);
    return made;
  };
  const classAt = async (uri, bounds, latlng) => {
    const [[south, west], [north, east]] = bounds, project = (lat, lng) => L.CRS.EPSG3857.project(L.latLng(lat, lng));
    const p = project(latlng.lat, latlng.lng), low = project(south, west), high = project(north, east), of = await picture(uri);
    const x = Math.floor(((p.x - low.x) / (high.x - low.x)) * of.width), y = Math.floor(((high.y - p.y) / (high.y - low.y)) * of.height);
    if (x < 0 || y < 0 || x >= of.width || y >= of.height) return null;
    const i = 4 * (y * of.width + x), [r, g, b, alpha] = of.data.slice(i, i + 4);
    return alpha === 0 ? 0 : ((r & 7) << 5) | ((g & 7) << 2) | (b & 3);
  };

  /* candidates: an outline and a dot; the first of either ranking with both ranks */
  const COLOURS = { both: "#2f5d46", gone: "#b35806", new: "#542788" };
  const pins = [], group = L.layerGroup().addTo(map), canvas = L.canvas({ pane: "cp-sites", padding: 0.3, tolerance: 4 });
  const ranks = ({ rank }) => rank.map((one) => (one === null ? "–" : one)).join(" → ");
  const marks = data.sites.map((site, row) => {
    if (!data.shapes[row]) return null;
    const base = { renderer: canvas, pane: "cp-sites", color: COLOURS[site.state], weight: 1, fillOpacity: 0.25 };
    const area = shape(data.shapes[row], base), at = area.getBounds ? area.getBounds().getCenter() : area.getLatLng();
    const dot = L.circleMarker(at, Object.assign({}, base, { radius: 3.5, color: "#fff", fillColor: COLOURS[site.state], fillOpacity: 1 }));
    const best = Math.min(...site.rank.map((one) => (one === null ? Infinity : one)));
    const parts = [area, dot];
    if (best <= 3) {
      const icon = L.divIcon({ className: `cp-pin cp-${site.state}`, html: element("span", {}, ranks(site)), iconSize: [0, 0] });
      pins.push({ best, marker: L.marker(at, { icon, keyboard: false, zIndexOffset: 1000 - best, pane: "cp-names", interactive: false }) });
      parts.push(pins[pins.length - 1].marker);
    }
    for (const one of [area, dot]) {
      one.on("click", (event) => { L.DomEvent.stopPropagation(event); chosen(row); });
      one.bindTooltip(() => element("span", {}, element("bdi", {}, gc.label(row)), `: ${gc.t("rank")} ${ranks(site)}`), { sticky: true, className: "cp-tip" });
    }
    parts.forEach((one) => group.addLayer(one));
    return { at, area, dot };
  });
  /* ranks of candidates first, the best before others; then the main towns, then the others */
  pins.sort((a, b) => a.best - b.best);
  const names = geoclusterNames(map);
  const declutter = () => {
    const { put } = names.turn("#cp-frame .leaflet-control, .cp-corner"), { at, boxAt } = names;
    const taken = map.hasLayer(group) ? marks.filter(Boolean).map((mark) => [boxAt(at(mark.at), 3), 0.3]) : [];
    if (taken.length) for (const { marker } of pins) put(marker);
    for (const { main, marker } of towns) put(marker, taken, main ? Infinity : 0.7);
  };
  let last = null;
  const select = (row) => {
    if (last !== null && marks[last]) { marks[last].dot.setRadius(3.5); marks[last].area.setStyle({ weight: 1 }); }
    last = row;
    if (!marks[row]) return;
    marks[row].dot.setRadius(8);
    marks[row].area.setStyle({ weight: 3 });
    if (!map.getBounds().pad(-0.1).contains(marks[row].at)) map.panTo(marks[row].at, { animate: false });
  };
  const candidates = (shown) => { if (shown) group.addTo(map); else group.remove(); declutter(); };

  L.control.zoom({ position: "topright" }).addTo(map);
  L.control.scale({ imperial: false, position: "bottomleft" }).addTo(map);
  const label = () => divider.setAttribute("aria-label", gc.t("Divider: run A to the left, run B to the right"));
  map.fitBounds(data.focus, { animate: false });
  /* only now: before a map has a view, its markers are not there */
  map.on("zoomend moveend resize", declutter);
  declutter();
  new ResizeObserver(() => { map.invalidateSize({ animate: false }); cut(); }).observe(holder);
  return { map, show, fade, select, candidates, label, classAt };
}
