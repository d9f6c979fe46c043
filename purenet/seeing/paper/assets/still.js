// A picture of this moment: the diagram with the step's words and formula, as a file that needs
// nothing else.  What the style sheet says of the diagram goes into its attributes.

const STYLED = ["fill", "stroke", "stroke-width", "stroke-dasharray", "opacity", "font-family", "font-size", "font-weight", "text-anchor"];
const MARGIN = 16;
function inlined(node) {
  if (node.nodeType !== 1) return node.cloneNode();
  const style = getComputedStyle(node), shape = /^(path|rect|circle)$/.test(node.tagName), unseen = paint => paint === "none" || paint === "rgba(0, 0, 0, 0)";
  if (style.display === "none" || shape && unseen(style.fill) && unseen(style.stroke)) return "";
  const copy = node.cloneNode();
  for (const {name} of [...copy.attributes]) if (/^(class|style|tabindex|role|data-.*|aria-.*)$/.test(name)) copy.removeAttribute(name);
  const text = /^(text|tspan)$/.test(node.tagName);
  if (shape || text) for (const name of STYLED) if (text || !/^(font|text)/.test(name)) copy.setAttribute(name, style.getPropertyValue(name));
  // Not every viewer knows a baseline in the middle.
  if (node.tagName === "text") copy.setAttribute("dy", "0.35em");
  copy.append(...[...node.childNodes].map(inlined));
  return copy;
}
// The text of a formula, with room around its signs.
const spaced = node => node.nodeType === 3 ? node.data : node.matches(".sign") ? ` ${{"*": "×", "-": "−"}[node.textContent] || node.textContent} ` : [...node.childNodes].map(spaced).join("");
function wrapped(text, most) {
  const lines = [""];
  for (const word of text.trim().split(/\s+/)) {
    if (lines.at(-1) && lines.at(-1).length + word.length >= most) lines.push("");
    lines.push((lines.pop() + " " + word).trim());
  }
  return lines;
}
function still() {
  const {wide, high, drawing} = picture, ink = getComputedStyle($("now")), words = getComputedStyle($("app")).fontFamily, code = getComputedStyle($("code")).fontFamily;
  const width = wide + 2 * MARGIN, texts = [];
  let y = 0;
  const write = (text, size, family, wide) => {
    for (const line of wrapped(text, (width - 2 * MARGIN) / (size * wide))) {
      y += size * 1.45;
      texts.push(svg("text", {x: MARGIN, y: y.toFixed(1), "font-size": size, "font-family": family, fill: ink.color}, line));
    }
  };
  y = MARGIN / 2;
  write($("title").textContent, 16, words, 0.58);
  write(`${$("count").textContent} · ${$("now-name").textContent} ${$("now-kind").textContent}`, 12, words, 0.56);
  const top = y + MARGIN;
  y = top + high + MARGIN / 2;
  write($("sentence").textContent, 13, words, 0.56);
  if (!$("formula").hidden) for (const id of ["names", "numbers", "operation", "result"]) if ($(id).textContent) write(spaced($(id)), 12, code, 0.61);
  const height = Math.ceil(y + MARGIN), diagram = svg("g", {transform: `translate(${MARGIN} ${top})`}, [...drawing.childNodes].map(inlined));
  return svg("svg", {width, height, viewBox: `0 0 ${width} ${height}`}, svg("title", document.title), svg("rect", {width, height, fill: ink.backgroundColor}), diagram, texts);
}
function save(blob, ending) {
  const at = grains[grain].ends.length && below(grains[grain].ends, now + 1);
  // A page that came from a file has a name; the address of any other is nobody's business.
  const name = location.protocol === "file:" ? decodeURIComponent(location.pathname.split("/").at(-1)).replace(/\.\w+$/, "") : "network";
  const file = `${name}-${grain}-${at}.${ending}`, href = URL.createObjectURL(blob);
  h("a", {href, download: file}).click();
  setTimeout(() => URL.revokeObjectURL(href), 60000);
  put($("live"), `saved as ${file}`);
}
function saveSvg() { save(new Blob([new XMLSerializer().serializeToString(still())], {type: "image/svg+xml"}), "svg"); }
function savePng() {
  const drawn = still(), image = new Image(), [width, height] = ["width", "height"].map(name => 2 * drawn.getAttribute(name));
  image.onload = () => {
    const canvas = h("canvas", {width, height});
    canvas.getContext("2d").drawImage(image, 0, 0, width, height);
    canvas.toBlob(blob => save(blob, "png"));
  };
  image.src = "data:image/svg+xml;charset=utf-8," + encodeURIComponent(new XMLSerializer().serializeToString(drawn));
}
KEYS.push(["I", "picture of this moment, as SVG", {i: saveSvg}]);
onStart.push(() => {
  entry("still-svg", "Picture of this moment (SVG)", saveSvg);
  entry("still-png", "Picture of this moment (PNG)", savePng);
});
