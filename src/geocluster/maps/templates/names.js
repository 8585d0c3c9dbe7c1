/* geocluster: where names stand: each at the best place around its point that nothing else holds. */
function geoclusterNames(map) {
  "use strict";
  /* on the point, above, below, right, left, then the corners; in halves of the name's own size */
  const AROUND = [[0, 0], [0, -1], [0, 1], [1, 0], [-1, 0], [1, -1], [-1, -1], [1, 1], [-1, 1]];
  const GAP = 9;
  const meet = (a, b) => a[0] < b[2] && a[2] > b[0] && a[1] < b[3] && a[3] > b[1];
  const boxAt = (p, half, high = half) => [p.x - half, p.y - high, p.x + half, p.y + high];
  const at = (latlng) => map.latLngToContainerPoint(latlng);

  /* a new turn; what lies over the map (legend, controls) is taken from its start */
  const turn = (covers = "") => {
    const size = map.getSize(), frame = map.getContainer().getBoundingClientRect(), taken = [];
    for (const one of covers ? document.querySelectorAll(covers) : []) {
      const { left, top, right, bottom } = one.getBoundingClientRect();
      if (right > left) taken.push([left - frame.left - 3, top - frame.top - 3, right - frame.left + 3, bottom - frame.top + 3]);
    }
    const free = (box) => !taken.some((other) => meet(box, other));
    const within = (box) => box[0] >= 1 && box[1] >= 1 && box[2] <= size.x - 1 && box[3] <= size.y - 1;
    const take = (box) => { taken.push(box); };
    /* a name where it costs least; `marks` are boxes with what it costs to cover them */
    const put = (marker, marks = [], most = Infinity) => {
      const text = marker.getElement() && marker.getElement().firstChild;
      if (!text) return false;
      const half = marker.gcHalf || [text.offsetWidth / 2 + 4, text.offsetHeight / 2 + 1], p = at(marker.getLatLng());
      if (half[0] > 4) marker.gcHalf = half;
      let best = null, least = most;
      const near = marks.filter(([box]) => meet(box, boxAt(p, 2 * half[0] + GAP, 2 * half[1] + GAP)));
      if (p.x > -half[0] && p.y > -half[1] && p.x < size.x + half[0] && p.y < size.y + half[1]) {
        AROUND.forEach(([across, down], i) => {
          const x = across * (half[0] + (down ? 2 : GAP)), y = down * (half[1] + (across ? 2 : GAP - 2));
          const box = boxAt({ x: p.x + x, y: p.y + y }, ...half);
          const cost = near.reduce((sum, [mark, price]) => sum + (meet(mark, box) ? price : 0), 0.01 * i);
          if (cost < least && within(box) && free(box)) { least = cost; best = { x, y, box }; }
        });
      }
      marker.getElement().style.visibility = best ? "" : "hidden";
      if (!best) return false;
      text.style.transform = `translate(calc(-50% + ${best.x}px), calc(-50% + ${best.y}px))`;
      take(best.box);
      return true;
    };
    return { free, within, take, put };
  };
  return { at, boxAt, turn };
}
