/* geocluster: the map of the review page: the base map, the candidates, and which of them is chosen. */
function geoclusterReviewMap(gc, data, holder, chosen) {
  "use strict";
  /* by place, from the first to the last; even in lightness, so that they read in grey too */
  const COLOURS = [[3, "#0b4f33"], [10, "#23774d"], [30, "#5ea37a"], [100, "#a3cbb0"], [Infinity, "#dfeee2"]], OUT = "#b9b4aa";
  const colourOf = (rank) => (rank ? COLOURS.find(([last]) => rank <= last)[1] : OUT);
  const { element } = gc;
  const map = L.map(holder, { zoomControl: false, attributionControl: false, zoomSnap: 0.25, maxZoom: 17, preferCanvas: true });
  const points = (steps) => {
    const out = [];
    for (let i = 0, x = 0, y = 0; i < steps.length; i += 2) { x += steps[i]; y += steps[i + 1]; out.push([y / 1e5, x / 1e5]); }
    return out;
  };
  const shape = ([type, parts], options) => {
    if (type === 0) return L.circleMarker(points(parts)[0], Object.assign({ radius: 4 }, options));
    if (type === 1) return L.polyline(parts.map(points), Object.assign({}, options, { fill: false }));
    return L.polygon(parts.map((rings) => rings.map(points)), options);
  };
  const panes = ["under", "marks"];
  panes.forEach((name, i) => { map.createPane("rv-" + name).style.zIndex = 250 + 50 * i; });
  map.createPane("rv-names").style.zIndex = 450;
  for (const name of ["under", "names"]) map.getPane("rv-" + name).style.pointerEvents = "none";
  const canvas = Object.fromEntries(panes.map((name) => [name, L.canvas({ pane: "rv-" + name, padding: 0.3, tolerance: name === "marks" ? 4 : 0 })]));

  const towns = [];
  for (const layer of data.base) {
    for (const label of layer.labels || []) {
      const main = label[2] > 0 && (towns.length < 5 || label[2] > 5e5);
      const icon = L.divIcon({ className: main ? "rv-town rv-main" : "rv-town", html: gc.element("span", {}, gc.element("bdi", {}, label[1])), iconSize: [0, 0] });
      towns.push({ main, marker: L.marker(points(label[0])[0], { icon, interactive: false, keyboard: false, pane: "rv-names" }).addTo(map) });
    }
    for (const feature of layer.features || []) {
      shape(feature, Object.assign({}, layer.styles[feature[2]], { renderer: canvas.under, pane: "rv-under", interactive: false })).addTo(map);
    }
  }
  /* areas first, so that the dots of all lie above them: one canvas, since only the uppermost hears clicks */
  const on = { renderer: canvas.marks, pane: "rv-marks" };
  const areas = data.sites.shape.map((packed) => packed && shape(packed, Object.assign({ weight: 1, color: "#14213d", fillOpacity: 0.6 }, on)).addTo(map));
  const marks = areas.map((area, row) => {
    if (!area) return null;
    const at = area.getBounds ? area.getBounds().getCenter() : area.getLatLng();
    const dot = L.circleMarker(at, Object.assign({ radius: 5, weight: 0.7, color: "#33513f", fillOpacity: 1 }, on)).addTo(map);
    for (const one of [area, dot]) {
      one.on("click", () => chosen(row));
      one.bindTooltip(() => gc.element("bdi", {}, gc.label(row)), { sticky: true, className: "rv-tip" });
    }
    return { area, dot, at, bounds: area.getBounds ? area.getBounds() : L.latLngBounds([at, at]) };
  });
  const pins = L.layerGroup().addTo(map);
  let selected = null;
  /* the main towns first, none on a pin or under a control; smaller ones only where few candidates lie */
  const names = geoclusterNames(map);
  const declutter = () => {
    const { put } = names.turn("#rv-map .leaflet-control"), { at, boxAt } = names;
    const taken = pins.getLayers().map((pin) => [boxAt(at(pin.getLatLng()), 11), 2]);
    for (const mark of marks) if (mark) taken.push([boxAt(at(mark.at), 4), 0.3]);
    for (const { main, marker } of towns) put(marker, taken, main ? Infinity : 0.7);
  };

  const show = (ranks, winner) => {
    pins.clearLayers();
    const shown = [];
    marks.forEach((mark, row) => {
      if (!mark) return;
      const rank = ranks[row], colour = colourOf(rank);
      const look = `${colour} ${row === selected}`;
      if (mark.look !== look) {
        mark.look = look;
        mark.dot.setStyle({ fillColor: colour, color: row === selected ? "#14213d" : "#33513f", weight: row === selected ? 3 : 0.7 });
        mark.dot.setRadius(!rank ? 2.5 : row === selected ? 9 : 5);
        mark.area.setStyle({ fillColor: colour, weight: row === selected ? 3 : 1 });
      }
      if (rank && rank <= 10) shown.push([rank, row]);
    });
    for (const [rank, row] of shown.sort((a, b) => b[0] - a[0])) {
      const name = "rv-pin" + (rank <= 3 ? " rv-top" : "") + (row === winner ? " rv-winner" : "") + (row === selected ? " rv-chosen" : "");
      const icon = L.divIcon({ className: name, html: gc.element("span", {}, String(rank)), iconSize: [22, 22] });
      const pin = L.marker(marks[row].at, { icon, keyboard: false, zIndexOffset: 1000 - rank, alt: `${rank}` });
      pin.on("click", () => chosen(row));
      pins.addLayer(pin);
    }
    declutter();
  };
  const select = (row) => { selected = row; };
  const go = (row) => {
    const mark = marks[row];
    if (!mark) return;
    const still = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
    if (!map.getBounds().pad(-0.1).contains(mark.at) || map.getZoom() < 9) map.flyTo(mark.at, Math.max(map.getZoom(), 10), { animate: !still, duration: 0.5 });
  };

  L.control.zoom({ position: "topright" }).addTo(map);
  L.control.scale({ imperial: false, position: "bottomleft" }).addTo(map);
  const credits = L.control({ position: "bottomright" });
  const narrow = window.matchMedia("(max-width: 719.9px)").matches;
  credits.onAdd = () => gc.element("div", { className: "rv-credits", tabIndex: narrow ? 0 : -1 }, data.attribution.split(" · ").map((one) => gc.t(one)).join(" · "));
  if (data.attribution) credits.addTo(map);
  const fit = () => {
    const all = marks.filter(Boolean).map((mark) => mark.bounds);
    const whole = all.length ? all.reduce((sum, one) => sum.extend(one), L.latLngBounds(all[0].getSouthWest(), all[0].getNorthEast())).pad(0.08) : data.bounds;
    map.fitBounds(whole, { animate: false });
  };
  const legend = element("div", { className: "rv-legend" });
  const key = L.control({ position: "topleft" });
  key.onAdd = () => legend;
  key.addTo(map);
  const tell = () => {
    const swatch = (colour) => { const made = element("i"); made.style.background = colour; return made; };
    const lines = COLOURS.map(([last, colour], i) => [colour, i === 0 ? "1–3" : last === Infinity ? `> ${COLOURS[i - 1][0]}` : `${COLOURS[i - 1][0] + 1}–${last}`])
      .filter((line, i) => i === 0 || COLOURS[i - 1][0] < data.sites.id.length);
    legend.replaceChildren(element("strong", {}, gc.t("Rank")), ...lines.map(([colour, text]) => element("span", {}, swatch(colour), text)));
  };
  fit();
  map.on("zoomend moveend resize", declutter);
  new ResizeObserver(() => map.invalidateSize({ animate: false })).observe(holder);
  return { map, show, select, go, marks, tell };
}
