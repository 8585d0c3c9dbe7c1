/* What a page's text and controls look like to those who read it otherwise; run by the tests. */
window.poorContrast = () => {
  const parts = (text) => { const found = text.match(/[\d.]+/g).map(Number); return found.length > 3 ? found : [...found, 1]; };
  const over = (top, under) => [0, 1, 2].map((i) => top[i] * top[3] + under[i] * (1 - top[3]));
  const light = (rgb) => { const [r, g, b] = rgb.map((v) => v / 255).map((v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
  const beneath = (node) => {
    const layers = [];
    for (let one = node; one; one = one.parentElement) {
      const colour = parts(getComputedStyle(one).backgroundColor);
      if (colour[3] > 0) layers.push(colour);
      if (colour[3] === 1) break;
    }
    return layers.reverse().reduce((under, top) => over(top, under), [255, 255, 255]);
  };
  /* a text on a bar of a chart: the bar is what lies beneath */
  const bar = (node) => {
    const box = node.getBoundingClientRect(), x = (box.left + box.right) / 2, y = (box.top + box.bottom) / 2;
    const holds = (one) => { const b = one.getBoundingClientRect(); return b.left <= x && x <= b.right && b.top <= y && y <= b.bottom; };
    const before = [...node.ownerSVGElement.querySelectorAll("rect")].filter((one) => one.compareDocumentPosition(node) & 4);
    const found = before.filter((one) => getComputedStyle(one).fill !== "none" && holds(one)).pop();
    return found ? over(parts(getComputedStyle(found).fill), beneath(node)) : beneath(node);
  };
  const poor = [], walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode.parentElement;
    if (!walker.currentNode.textContent.trim() || node.closest("script, style, [aria-hidden=true], .gc-town, .rv-town, .cp-town, .gc-wind .ring")) continue;
    if (!node.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true })) continue;
    const style = getComputedStyle(node), under = node.ownerSVGElement ? bar(node) : beneath(node);
    const ink = over(parts(node.closest("svg") ? style.fill : style.color), under), a = light(ink), b = light(under);
    const px = parseFloat(style.fontSize), large = px >= 24 || (px >= 18.66 && Number(style.fontWeight) >= 700);
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (px > 0 && ratio < (large ? 3 : 4.5)) poor.push(`${ratio.toFixed(2)} ${node.className} ${node.textContent.slice(0, 30)}`);
  }
  return poor;
};

window.nameless = () => [...document.querySelectorAll("button, input, select, summary, a[href], img, svg[role=img], [role=img], [tabindex='0']")]
  .filter((one) => one.checkVisibility() && !one.closest("[aria-hidden=true]"))
  .filter((one) => !(one.getAttribute("aria-label") || one.getAttribute("aria-labelledby") || one.alt || one.title
    || one.textContent.trim() || (one.labels && [...one.labels].some((label) => label.textContent.trim()))))
  .map((one) => one.outerHTML.slice(0, 120));

window.focused = () => { const one = document.activeElement, style = getComputedStyle(one);
  const around = getComputedStyle(one.closest(".rv-button") || one);
  one.dataset.reached = "yes";
  return [one === document.body, one.outerHTML.slice(0, 90),
    [style, around].some((s) => s.outlineStyle !== "none" && parseFloat(s.outlineWidth) >= 1)]; };

window.missed = (walk) => [...document.querySelectorAll(walk)]
  .filter((one) => one.checkVisibility({ checkVisibilityCSS: true }) && !one.disabled && one.tabIndex >= 0)
  .filter((one) => one.dataset.reached !== "yes").map((one) => one.outerHTML.slice(0, 120));
