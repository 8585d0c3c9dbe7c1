/* geocluster: what a reader sees is there again after the page was turned into another language. */
function geoclusterKeep(gc) {
  "use strict";
  const { map, data } = gc, KEY = `geocluster-view ${window.location.pathname}`;
  const side = document.getElementById("gc-side"), folds = () => [...document.querySelectorAll("#gc-side details, .gc-control details, details.gc-control, details.gc-rose")];
  const slider = () => document.querySelector(".gc-opacity input");
  const leave = () => {
    const { lat, lng } = map.getCenter(), view = { at: [lat, lng, map.getZoom()], layers: Object.keys(gc.drawn), surface: gc.surface,
      opacity: gc.opacity, folds: folds().map((fold) => fold.open), closed: document.body.classList.contains("gc-closed"), down: side.scrollTop };
    try { window.sessionStorage.setItem(KEY, JSON.stringify(view)); } catch (error) { /* it begins anew */ }
  };
  const found = () => {
    try {
      const text = window.sessionStorage.getItem(KEY);
      window.sessionStorage.removeItem(KEY);
      return JSON.parse(text);
    } catch (error) { return null; }
  };
  const back = () => {
    const view = found();
    if (!view) return;
    gc.choose(view.surface);
    for (const def of data.layers.filter((one) => one.kind !== "surface")) gc.toggle(def, view.layers.includes(def.key));
    if (slider()) { slider().value = 100 * view.opacity; slider().dispatchEvent(new Event("input")); }
    folds().forEach((fold, i) => { fold.open = Boolean(view.folds[i]); });
    if (document.body.classList.contains("gc-closed") !== view.closed) document.getElementById("gc-toggle").click();
    map.setView(view.at.slice(0, 2), view.at[2], { animate: false });
    side.scrollTop = view.down;
    document.getElementById("gc-language").focus({ preventScroll: true });
  };
  return { leave, back };
}
