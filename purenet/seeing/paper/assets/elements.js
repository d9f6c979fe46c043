// Building elements: text only ever becomes text.
// How much larger than usual the text is.
let enlarged = 1;
const {abs, max, min} = Math;
const $ = id => document.getElementById(id);

function build(node, names, parts) {
  if (names.length) node.setAttribute("class", names.join(" "));
  for (const part of parts.flat(9)) {
    if (part == null || part === false) continue;
    if (part.constructor !== Object) node.append(part);
    else for (const key in part) if (part[key] != null && part[key] !== false) node.setAttribute(key, part[key]);
  }
  return node;
}
// h("span#id.term", {title: "..."}, children...) is an HTML element, svg(...) one of SVG.
const h = (what, ...parts) => { const [first, ...names] = what.split("."), [tag, id] = first.split("#"); return build(document.createElement(tag), names, [{id}, parts]); };
const svg = (what, ...parts) => { const [tag, ...names] = what.split("."); return build(document.createElementNS("http://www.w3.org/2000/svg", tag), names, parts); };
const fill = (node, ...parts) => build(node, [], parts);
// A button, and what a click on it does.
const button = (id, label, act) => { const node = h("button", {id, type: "button"}, label); node.onclick = act; return node; };
const pressed = (node, on) => fill(node, {"aria-pressed": String(on)});
const put = (node, ...parts) => { node.replaceChildren(); return fill(node, parts); };
