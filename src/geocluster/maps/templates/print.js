/* geocluster: the map on paper. One sheet with its legend, then the folds of the side, all opened. */
function geoclusterPrint(gc) {
  "use strict";
  const { map, data, words, element } = gc;
  const root = document.documentElement, side = document.getElementById("gc-side");
  const size = document.head.appendChild(element("style"));
  const papers = ["A4", "A3"];
  let back = null;
  const paperIs = (paper) => {
    root.dataset.gcPaper = paper;
    size.textContent = `@page { size: ${paper} landscape; margin: 10mm; }`;
  };
  paperIs("A4");

  const text = (selector) => { const found = document.querySelector(selector); return found ? found.textContent : ""; };
  const key = () => {
    const made = element("aside", "gc-sheet-key");
    made.appendChild(element("h2", "", words.legend));
    const scale = document.querySelector(".gc-legend");
    if (scale && scale.childNodes.length) {
      const copy = made.appendChild(element("div", "gc-sheet-scale"));
      copy.append(...scale.cloneNode(true).childNodes);
    }
    for (const [group, title] of data.groups) {
      const defs = data.layers.filter((def) => def.group === group && gc.drawn[def.key] && def.swatches.length);
      if (!defs.length) continue;
      made.appendChild(element("h3", "", title));
      for (const def of defs) {
        const several = def.swatches.filter((mark) => mark.label);
        const line = made.appendChild(element("p"));
        if (!several.length) line.appendChild(gc.swatch(def.swatches[0]));
        line.appendChild(element("span", "", def.title));
        for (const mark of several) {
          const one = made.appendChild(element("p", "gc-sheet-one"));
          one.append(gc.swatch(mark), element("span", "", mark.label));
        }
      }
    }
    return made;
  };
  const foot = () => {
    const made = element("footer", "gc-sheet-foot");
    const line = (words_, className) => words_ && made.appendChild(element("p", className, words_));
    if (data.demonstration) line(text("#gc-side .gc-warning"), "gc-sheet-warning");
    if (data.layers.some((def) => def.pane === "hatch")) line(words.not_valid, "gc-sheet-warning");
    line(text("#gc-side .gc-verdict"));
    line([data.dated, data.attribution].filter(Boolean).join(" · "), "gc-small");
    line(words.scale_holds, "gc-small");
    return made;
  };
  const across = () => {
    const made = L.SVG.create("svg"), mark = L.SVG.create("text");
    const set = (one, options) => { for (const name in options) one.setAttribute(name, options[name]); };
    set(made, { class: "gc-sheet-mark", viewBox: "0 0 800 560", "aria-hidden": "true" });
    set(mark, { x: 400, y: 300, transform: "rotate(-28 400 280)", "text-anchor": "middle", "font-size": 64,
      "font-weight": 700, "letter-spacing": 10, fill: "#22223b", "fill-opacity": 0.08 });
    mark.textContent = words.demonstration;
    made.appendChild(mark);
    return made;
  };

  /* A canvas that is drawn in the moment of printing goes to paper as its strokes, and what it clears
     as white over all beneath: a copy that never was cleared goes there in its place. */
  const redraw = (canvas) => {
    canvas._redraw();
    const drawn = canvas._container, copy = drawn.cloneNode();
    copy.getContext("2d").drawImage(drawn, 0, 0);
    copy.classList.add("gc-print-copy");
    drawn.after(copy);
    drawn.style.display = "none";
    back.copies.push(() => { copy.remove(); drawn.style.display = ""; });
  };
  const settle = (bounds) => {
    map.invalidateSize({ animate: false, pan: false });
    map.fitBounds(bounds, { padding: [12, 12], animate: false });
    map.eachLayer((one) => { if (one instanceof L.Canvas) redraw(one); });
    gc.declutter();
  };

  /* onto the sheet: the map itself is moved there, so that what is drawn is what was chosen */
  const enter = (paper) => {
    if (paper) paperIs(paper);
    if (back) return;
    const container = map.getContainer(), view = map.getBounds(), whole = L.latLngBounds(data.bounds);
    const folds = [...side.querySelectorAll("details:not([open])")];
    back = { view: [map.getCenter(), map.getZoom()], container, folds, parent: container.parentNode, next: container.nextSibling, copies: [] };
    map.closePopup();
    folds.forEach((fold) => { fold.open = true; });
    const sheet = element("section");
    sheet.id = "gc-sheet";
    const head = sheet.appendChild(element("header"));
    head.appendChild(element("h1")).appendChild(element("bdi", "", data.title));
    head.appendChild(element("span", "gc-subtitle", text("#gc-side .gc-subtitle")));
    if (data.demonstration) head.appendChild(element("span", "gc-badge", words.demonstration.toLowerCase()));
    const holder = sheet.appendChild(element("div", "gc-sheet-map"));
    sheet.append(key(), foot());
    document.body.insertBefore(sheet, document.body.firstChild);
    holder.appendChild(container);
    if (data.demonstration) holder.appendChild(across());
    const rose = document.querySelector(".gc-rose > div");
    if (rose) holder.appendChild(element("div", "gc-sheet-wind")).appendChild(rose.cloneNode(true));
    root.classList.add("gc-print");
    const long = sheet.querySelector(".gc-sheet-key");
    long.classList.toggle("gc-tight", long.scrollHeight > long.clientHeight);
    settle(view.contains(whole) ? whole : view);
  };
  const leave = () => {
    if (!back) return;
    const { view, container, folds, parent, next, copies } = back;
    back = null;
    root.classList.remove("gc-print");
    copies.forEach((undo) => undo());
    parent.insertBefore(container, next);
    document.getElementById("gc-sheet").remove();
    folds.forEach((fold) => { fold.open = false; });
    map.invalidateSize({ animate: false, pan: false });
    map.setView(...view, { animate: false });
    gc.declutter();
  };
  gc.print = { enter, leave };

  gc.printRow = () => {
    const row = element("div", "gc-print-row");
    row.append(element("span", "", words.print));
    for (const paper of papers) {
      const button = row.appendChild(element("button", "", paper));
      button.type = "button";
      button.setAttribute("aria-label", `${words.print}: ${paper}`);
      button.addEventListener("click", () => {
        enter(paper);
        requestAnimationFrame(() => requestAnimationFrame(() => { window.print(); leave(); }));
      });
    }
    return row;
  };
  window.addEventListener("beforeprint", () => enter());
  window.addEventListener("afterprint", () => { if (!asked) leave(); });
  const asked = papers.find((paper) => window.location.hash === `#print=${paper}`);
  gc.printed = () => { if (asked) enter(asked); };
}
