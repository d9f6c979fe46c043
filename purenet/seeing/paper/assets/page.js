"use strict";
// The page that shows a recording.  What it may rely on is the format of the recording, nothing else.
// Position is one number, `now`: the operations with an id below it have happened.  Everything on
// the page is drawn from `now`, the grain and the chosen number, so going back is going there again.
(() => {
const R = JSON.parse(document.getElementById("recording").textContent);
const O = R.operations, N = R.numbers, M = R.matrices, STEPS = R.meta.steps;
const $ = id => document.getElementById(id);

// ---- Building elements: text only ever becomes text.

function build(node, names, parts) {
  if (names.length) node.setAttribute("class", names.join(" "));
  for (const part of parts.flat(9)) {
    if (part == null || part === false) continue;
    if (part.constructor !== Object) node.append(part);
    else for (const key in part) if (part[key] != null && part[key] !== false) node.setAttribute(key, part[key]);
  }
  return node;
}
// h("span.term", {title: "..."}, children...) is an HTML element, svg(...) one of SVG.
const h = (what, ...parts) => { const [tag, ...names] = what.split("."); return build(document.createElement(tag), names, parts); };
const svg = (what, ...parts) => { const [tag, ...names] = what.split("."); return build(document.createElementNS("http://www.w3.org/2000/svg", tag), names, parts); };
const fill = (node, ...parts) => build(node, [], parts);
const put = (node, ...parts) => { node.replaceChildren(); return fill(node, parts); };

// ---- The recording, indexed.

const COUNT = O.op.length, DOWN = 16, ACROSS = 12;
const inputsOf = id => [O.a[id], O.b[id]].filter(input => input != null);
const isLeaf = id => !inputsOf(id).length;
const number = s => s === "inf" ? Infinity : s === "-inf" ? -Infinity : Number(s);
const refs = formula => [...new Set(Array.from(formula.matchAll(/#(\d+)/g), found => +found[1]))];

// By step, from an id to its number; from an id to the number computed as it; from an id to the
// numbers that it goes into; from a number to its operations; from a number to its operands.
const named = Array.from({length: STEPS}, () => new Map());
const maker = new Int32Array(COUNT).fill(-1);
const uses = new Map();
const work = N.id.map(() => []);
const parts = N.formula.map(formula => formula == null ? [] : refs(formula));
N.id.forEach((id, n) => {
  named[N.step[n]].set(id, n);
  if (N.formula[n] == null) return;
  maker[id] = n;
  for (const part of parts[n]) uses.has(part) ? uses.get(part).push(n) : uses.set(part, [n]);
});
for (let id = 0; id < COUNT; id++) if (!isLeaf(id)) work[O.number[id]].push(id);

M.forEach((m, index) => {
  m.index = index;
  m.plane = m.shape.length === 2;
  m.flat = [m.ids].flat(2);
  m.sorted = Int32Array.from(m.flat).sort();
  m.end = m.sorted.at(-1) + 1;
  m.down = m.plane ? m.rows : [null];
  m.across = m.columns || m.rows || [null];
  // An image, or a filter, is a table of its own for each channel; those stand one below the other.
  const [high, wide] = (m.folded || []).slice(-2);
  m.wide = wide || m.across.length;
  m.high = high || DOWN;
  m.at = (row, column) => {
    if (!m.shape.length) return m.ids;
    const c = m.across.indexOf(column == null ? row : column);
    const line = m.plane ? m.ids[m.down.indexOf(row)] : m.ids;
    return line && c >= 0 ? line[c] : null;
  };
});
const computed = M.filter(m => m.given == null).sort((a, b) => a.end - b.end);
const find = (role, step, layer = null) => M.find(m => m.role === role && m.step === step && m.layer === layer);

// How many of them are < limit.
const below = (sorted, limit) => {
  let low = 0, high = sorted.length;
  while (low < high) { const middle = (low + high) >> 1; sorted[middle] < limit ? low = middle + 1 : high = middle; }
  return low;
};
const steps = (items, end) => ({items, ends: Int32Array.from(items, end)});
const grains = {
  operation: steps([...O.op.keys()].filter(id => !isLeaf(id)), id => id + 1),
  number: steps([...N.id.keys()].filter(n => N.formula[n] != null).sort((a, b) => N.id[a] - N.id[b]), n => N.id[n] + 1),
  matrix: steps(computed, m => m.end),
};

// ---- Numbers and names.

const axis = (m, k) => (m.axes || [])[k] || (k ? "column" : "row");
// Where a number stands, by axis.
function placeOf(n) {
  const m = M[N.matrix[n]], place = {row: N.row[n], column: N.column[n]};
  let k = m.folded && N.row[n] * m.shape[1] + N.column[n];
  for (let j = m.folded ? m.folded.length : 0; j--; k = Math.floor(k / m.folded[j])) place[m.folded_axes[j]] = k % m.folded[j];
  return place;
}
const nameText = n => {
  const m = M[N.matrix[n]];
  if (m.folded) return m.symbol + N.name[n].slice(m.name.length);
  return m.symbol + (N.row[n] == null ? "" : `[${N.row[n]}]`) + (N.column[n] == null ? "" : `[${N.column[n]}]`);
};
function labelOf(id, step) {
  const n = named[step].get(id);
  if (n != null) return nameText(n);
  if (O.op[id] === "constant") return (O.name || {})[id] || O.value[id];
  return O.value[id];
}
// Four digits where there is room for no more; short numbers stay exact.
function short(text) {
  if (text.length <= 7) return text;
  const value = number(text), size = Math.abs(value);
  const rounded = size >= 0.001 && size < 10000 ? value.toPrecision(4) : value.toExponential(1);
  return rounded.replace("e+", "e");
}
// z1[0][2] in the notation of the field, its text unchanged.
function notation(text) {
  return text.match(/(\[\d+\])+|\p{L}+_[\p{L}_]+|\p{L}+|\d+|./gu).map(word =>
    /^\p{L}$/u.test(word) ? h("i", word) : word[0] === "[" ? h("small", word) : /^\d/.test(word) ? h("sub", word) : word);
}
const link = (id, step) => ({"data-id": id == null ? "" : id, "data-step": step});
const nameNode = (id, step) => h("button.name", {tabindex: -1}, link(id, step), notation(labelOf(id, step)));
const valueNode = (id, step) => h("button.value", link(id, step), O.value[id]);
const nameOrValue = (id, step) => named[step].has(id) ? h("span.name", notation(labelOf(id, step))) : h("span.value", labelOf(id, step));
const signNode = sign => h("span.sign" + (sign === "*" ? ".times" : sign === "-" ? ".minus" : ""), sign);

// ---- Formulas: read, matched with the operations behind them, and set.

function parse(text) {
  const tokens = text.match(/#\d+|[a-z_]\w*|[()+\-*/,]|\[\d]/g);
  let at = 0;
  const chain = (signs, inner) => {
    let left = inner();
    while (signs.includes(tokens[at])) left = {op: tokens[at++], left, right: inner()};
    return left;
  };
  const sum = () => chain(["+", "-"], product);
  const product = () => chain(["*", "/"], unary);
  const unary = () => tokens[at] === "-" ? (at++, {op: "neg", right: unary()}) : atom();
  const atom = () => {
    const token = tokens[at++];
    if (token[0] === "#") return {id: +token.slice(1)};
    if (token === "(") { const inside = sum(); at++; return {op: "(", right: inside}; }
    // A function of one or two numbers, of whose result an item may be taken.
    const call = {op: "call", word: token};
    at++;
    call.right = sum();
    if (tokens[at] === ",") { at++; call.left = call.right; call.right = sum(); }
    at++;
    call.item = (tokens[at] || "")[0] === "[" ? tokens[at++] : "";
    return call;
  };
  return sum();
}
// Every part of the formula gets the id of the operation that computes it.  A sum begins with
// 0.0 + first term, which the formula leaves out: `head` leads from the term to that sum.
function match(tree, n) {
  const known = new Map(), head = new Map();
  for (const id of work[n]) {
    known.set([O.op[id], ...inputsOf(id)].join(" "), id);
    if (O.op[id] === "+" && isLeaf(O.a[id]) && O.value[O.a[id]] === "0.0") head.set(O.b[id], id);
  }
  const visit = node => {
    if (node.left) visit(node.left);
    if (node.right) visit(node.right);
    if (node.op === "(") node.id = node.right.id;
    else if (node.op) {
      const choices = child => child ? [child.id, head.get(child.id)] : [null];
      for (const a of choices(node.left)) for (const b of choices(node.right)) if (node.id == null)
        node.id = known.get([node.op === "call" ? node.word : node.op, a, b].filter(id => id !== null).join(" "));
    }
    if (node.op && head.has(node.id)) node.sum = head.get(node.id);
  };
  visit(tree);
  tree.head = head;
  return tree;
}
const formulas = new Map();
function formulaOf(n) {
  if (!formulas.has(n)) formulas.set(n, match(parse(N.formula[n]), n));
  return formulas.get(n);
}
function leafNode(id, step, kind, bare) {
  const node = kind !== "names" ? valueNode(id, step) : named[step].has(id) ? nameNode(id, step) : h("span.value", labelOf(id, step));
  return node.textContent[0] === "-" && !bare ? h("span.value", "(", node, ")") : node;
}
function expression(node, step, kind, current, bare) {
  const inside = (child, alone) => expression(child, step, kind, current, alone);
  const {op, left, right} = node, text = piece => h("span.value", piece);
  if (!op) return leafNode(node.id, step, kind, bare);
  return h(op !== "(" && current != null && node.id === current ? "span.now" : "span",
    op === "neg" ? [text("-"), inside(right)]
    : op === "(" ? [text("("), inside(right), text(")")]
    : op === "call" ? [text(node.word + "("), left && [inside(left), ", "], inside(right, !left), text(")" + node.item)]
    : [inside(left), signNode(op), inside(right)]);
}
// How many letters go on a line: measured once for a width of the window, since that takes a layout.
let room = 0, measuredAt = 0;
function lineRoom() {
  const width = measuredAt !== innerWidth && $("names").clientWidth;
  if (width) { room = Math.min(64, width / 8.6); measuredAt = innerWidth; }
  return room || 34;
}
// What stays on one line, unless that would be too long for it.
function unbroken(...parts) {
  const node = h("span", parts);
  if (node.textContent.length <= lineRoom()) node.className = "term";
  return node;
}
let unfolded = -1;
// A sum is set term by term: a term never breaks, and of a long sum only the ends and the term in
// work are there until it is unfolded.
function setFormula(target, n, step, kind, current) {
  const tree = formulaOf(n), terms = [];
  let node = tree;
  for (; node.op === "+" || node.op === "-"; node = node.left) terms.unshift({sign: node.op, node: node.right, id: node.id});
  terms.unshift({sign: "", node, id: node.sum != null ? node.sum : tree.head.get(node.id)});
  let active = -1;
  if (current != null)
    active = terms.findIndex(term => term.id === current || has(term.node, current));
  const folded = terms.map((_, k) => terms.length > (innerHeight < 800 ? 5 : 7) && unfolded !== n && k > 2 && k < terms.length - 1 && k !== active);
  put(target, signNode("="), terms.map((term, k) => {
    if (folded[k]) return !folded[k - 1] && [h("button.fold", {"data-unfold": n}, `+ ${folded.indexOf(false, k) - k} more terms …`), " "];
    const node = unbroken(term.sign && signNode(term.sign), expression(term.node, step, kind, current, terms.length === 1));
    if (current != null && (term.id === current || k > active)) node.classList.add(term.id === current ? "now" : "todo");
    return [node, " "];
  }));
}
const has = (node, id) => node.op && (node.id === id || (node.left && has(node.left, id)) || has(node.right, id));

// ---- The current step.

let grain = "number", now = 0;
let chosen = null, past = [], pane = "";
let sample = null, frame = null, pages = {}, shownSample = 0;

function current() {
  const index = below(grains[grain].ends, now + 1) - 1, reads = new Set(), writes = new Set();
  if (index < 0) return {index, step: 0, reads, writes};
  const item = grains[grain].items[index];
  if (grain === "matrix") {
    for (const id of item.sorted) { writes.add(id); parts[maker[id]].forEach(part => reads.add(part)); }
    writes.forEach(id => reads.delete(id));
    return {index, step: item.step, matrix: item, operation: now - 1, reads, writes};
  }
  const n = grain === "number" ? item : O.number[item];
  (grain === "number" ? parts[n] : inputsOf(item)).forEach(id => reads.add(id));
  writes.add(N.id[n]);
  return {index, step: N.step[n], matrix: M[N.matrix[n]], number: n, operation: now - 1, reads, writes};
}
const phaseOf = id => R.phases.find(p => id >= p.first && id < p.end);

function sentenceParts(view) {
  if (view.index < 0) return ["Nothing is computed yet: the inputs, the targets, the weights and the learning rate are given. Step forward to begin."];
  const {operation, number: n, matrix, step} = view;
  const text = grain === "matrix" ? matrix.sentence : R.sentences[(grain === "number" ? null : O.sentence[operation]) ?? N.sentence[n]];
  const place = n == null ? {} : placeOf(n);
  if (n != null) place.sample = R.meta.samples[place.sample ?? place.row];
  return text.replace(/\{(\w+)\}/g, (whole, name) => place[name] ?? whole).split(/(\{\w+\})/).map(piece => {
    const id = {"{name}": N.id[n], "{a}": O.a[operation], "{b}": O.b[operation]}[piece];
    if (id != null) return nameOrValue(id, step);
    return piece.split(/(\S+?(?:\[\d+\])+)/).map((bit, k) => k % 2 ? h("span.name", notation(bit)) : bit);
  });
}

// A matrix formula in symbols, and once more in shapes.
function matrixFormula(target, matrix, kind) {
  const here = M.filter(m => m.step === matrix.step).sort((a, b) => b.symbol.length - a.symbol.length);
  const symbols = new RegExp(`(?<!\\w)(${here.map(m => m.symbol.replace(/[[\].]/g, "\\$&")).join("|")})(?![\\w[])`);
  put(target, signNode("="), (matrix.formula || "").split(symbols).map(part => {
    const m = here.find(other => other.symbol === part);
    return !m ? part : kind === "names" ? h("span.name", notation(part)) : h("span.value", `[${m.shape.join(" × ") || 1}]`);
  }));
}

// The card before the first step, with the sample as a picture where it is one, and after the last.
const told = JSON.parse($("told").textContent);
function card({title, sentences, table}, pictured) {
  const [heads, ...rows] = table;
  return [pictured && pictureOf(0), title === "End" && h("h3", "What the step has changed".replace("step", STEPS > 1 ? "training" : "step")),
    sentences.map(sentence => h("p", sentence.replaceAll("`", ""))),
    heads && h("table", h("thead", h("tr", heads.map(head => head ? h("th", {scope: "col"}, head) : h("td")))),
      h("tbody", rows.map(row => h("tr", row.map((cell, k) => k ? h("td", cell) : h("th", {scope: "row"}, cell))))))];
}
// A sample's inputs in grey, where they are an image: of a layer of images, or columns of pixels.
function pictureOf(row) {
  const inputs = find("inputs", 0), names = R.meta.task && R.meta.task.inputs || [], pixels = names.map(name => /^pixel_(\d+)_(\d+)$/.exec(name));
  const folded = inputs && inputs.folded && inputs.folded.length > 3 ? inputs.folded.slice(-2) : null;
  if (!folded && !(pixels.length && pixels.every(Boolean))) return null;
  const wide = folded ? folded[1] : 1 + Math.max(...pixels.map(found => +found[2]));
  const ids = inputs.ids[row], values = ids.map(id => number(O.value[id])), low = Math.min(...values), most = Math.max(...values), high = Math.ceil(ids.length / wide);
  return svg("svg.picture", {viewBox: `0 0 ${wide} ${high}`, role: "img", "aria-label": `sample ${R.meta.samples[row]} as a picture`},
    values.map((value, k) => svg("rect", {x: k % wide, y: Math.floor(k / wide), width: 1.02, height: 1.02,
      fill: `hsl(0 0% ${(96 * (most > low ? (value - low) / (most - low) : 0.5) || 0).toFixed(0)}%)`})));
}
let drawCurve = () => {};
function drawStep(view) {
  drawCurve(view);
  const {operation, number: n, matrix, step} = view;
  const idle = view.index < 0;
  const phase = idle ? null : phaseOf(operation);
  put($("now-name"), idle ? "Start" : h("span.name", notation(grain === "matrix" ? matrix.symbol : nameText(n))));
  put($("now-kind"), idle ? "what is given" : [STEPS > 1 && `training step ${step} · `, phase && phase.title + " · ", matrix.title]);
  put($("sentence"), sentenceParts(view));
  const block = idle ? told.start : view.index === grains[grain].ends.length - 1 ? told.end : null;
  put($("card"), block && card(block, idle));
  $("card").hidden = !block;
  $("now").classList.toggle("ending", Boolean(block) && !idle);
  $("formula").hidden = idle;
  $("operation-line").hidden = grain !== "operation";
  put($("numbers-label"), grain === "matrix" ? "shapes" : "numbers");
  for (const id of ["names", "numbers", "operation", "result"]) put($(id));
  if (idle) return;
  if (grain === "matrix") {
    matrixFormula($("names"), matrix, "names");
    matrixFormula($("numbers"), matrix, "shapes");
    const nested = ids => Array.isArray(ids) ? ["[", ids.map((part, k) => [k ? ", " : "", nested(part)]), "]"] : valueNode(ids, step);
    put($("result"), signNode("="), h("span.list", matrix.sorted.length > 100 ? `[${matrix.shape.join(" × ")}]: see the matrices` : nested(matrix.ids)));
    return;
  }
  const mark = grain === "operation" ? operation : null;
  setFormula($("names"), n, step, "names", mark);
  setFormula($("numbers"), n, step, "numbers", mark);
  if (mark != null) setOperation($("operation"), operation, step);
  put($("result"), signNode("="), N.id[n] < now ? valueNode(N.id[n], step) : h("span.value.todo", "·"));
}
// One operation on a line: with names where there are any, with numbers, the result.
function setOperation(target, id, step) {
  const op = O.op[id], inputs = inputsOf(id), anyName = inputs.some(input => named[step].has(input));
  const line = kind => {
    const [a, b] = inputs.map(input => leafNode(input, step, kind, inputs.length === 1 && op !== "neg"));
    return op === "copy" ? a : op === "neg" ? ["-", a] : b && op.length === 1 ? [a, signNode(op), b] : [op, "(", a, b && [", ", b], ")"];
  };
  put(target, anyName && [unbroken(line("names")), " ", signNode("=")],
    unbroken(line("numbers")), " ", unbroken(signNode("="), valueNode(id, step)));
}

// ---- The source.

const LEXEMES = new RegExp(`("""[\\s\\S]*?"""|'''[\\s\\S]*?'''|"(?:\\\\.|[^"\\\\\\n])*"|'(?:\\\\.|[^'\\\\\\n])*')|(#[^\\n]*)|\\b(def|return|for|in|if|else|elif|while|not|and|or|is|None|raise|break|continue)\\b`, "g");
const listings = new Map();
function listing(index) {
  if (listings.has(index)) return listings.get(index);
  const source = R.sources[index], text = source.lines.join("\n"), lines = [[]];
  const add = (piece, kind) => piece.split("\n").forEach((line, k) => { if (k) lines.push([]); if (line) lines[lines.length - 1].push([line, kind]); });
  let at = 0;
  for (const found of text.matchAll(LEXEMES)) {
    add(text.slice(at, found.index), "");
    add(found[0], found[1] ? "str" : found[2] ? "com" : "kw");
    at = found.index + found[0].length;
  }
  add(text.slice(at), "");
  const made = {lines, marked: []};
  made.rows = lines.map((pieces, k) => setRow(h("span.row", {"data-line": source.first_line + k}), pieces));
  made.node = h("div.file", made.rows);
  listings.set(index, made);
  return made;
}
function setRow(row, pieces, from, to) {
  put(row);
  let at = 0, inside = row;
  if (from != null) inside = null;
  for (const [text, kind] of pieces) {
    let rest = text, begin = at;
    at += text.length;
    while (rest) {
      let end = begin + rest.length, target = row;
      if (from != null && end > from && begin < to) {
        if (begin < from) end = from;
        else { end = Math.min(end, to); if (!inside) row.append(inside = h("mark")); target = inside; }
      }
      const piece = rest.slice(0, end - begin);
      target.append(kind ? h("span." + kind, piece) : piece);
      rest = rest.slice(end - begin);
      begin = end;
    }
  }
  if (!row.firstChild) row.append("\u200b");
  return row;
}
// Python counts characters, JavaScript UTF-16 units.
const units = (line, column) => Array.from(line).slice(0, column).join("").length;

function drawSource(view) {
  // Before the first step stands the function that will be the first.
  const idle = view.index < 0, id = idle ? grains.operation.items[0] : view.operation, place = R.places[O.place[id]];
  const chain = [];
  for (let call = O.call[id]; call != null; call = R.calls.caller[call]) chain.unshift(call);
  const last = chain.length - 1;
  const at = frame == null ? last : frame;
  put($("calls"), chain.map((call, k) => {
    const source = R.sources[R.calls.source[call]];
    const bound = Object.entries(R.calls.arguments[call] || {}).map(([name, what]) => `${name} = ${what}`).join(", ");
    return h("li", h("button", {"data-frame": k, "aria-pressed": String(k === at), title: `${source.function}(${bound})`},
      source.function.replace(/^.*<locals>\./, ""), k === last && h("small", `(${bound})`)));
  }));
  const deepest = at === last;
  const index = deepest ? place[0] : R.calls.source[chain[at]];
  const source = R.sources[index];
  const line = idle ? null : deepest ? place[1] : R.calls.line[chain[at + 1]];
  const made = listing(index);
  for (const k of made.marked) { made.rows[k].classList.remove("current"); made.rows[k].removeAttribute("aria-current"); setRow(made.rows[k], made.lines[k]); }
  made.marked = [];
  if (line != null) {
    const [, , from, endLine, to] = deepest ? place : [];
    const end = from == null || endLine == null ? line : endLine;
    for (let row = line; row <= end; row++) {
      const k = row - source.first_line, text = source.lines[k];
      if (text == null) break;
      made.marked.push(k);
      made.rows[k].classList.add("current");
      made.rows[k].setAttribute("aria-current", "true");
      if (from != null && to != null)
        setRow(made.rows[k], made.lines[k], row === line ? units(text, from) : text.search(/\S|$/), row === end ? units(text, to) : text.length);
    }
  }
  const names = deepest && !idle ? place[6] : [], values = O.indices[id] || [];
  put($("place"), source.file, line != null && `, line ${line}`, names.map((name, k) => ` · ${name} = ${values[k]}`));
  const code = $("code");
  if (code.firstChild !== made.node) code.replaceChildren(made.node);
  if (idle) code.scrollTop = 0;
  else if (made.marked.length) {
    // Where the function fits it does not move; otherwise the line stands a little above the middle.
    const room = code.clientHeight, first = made.marked[0] - Math.floor(room * 0.4 / made.rows[0].offsetHeight);
    code.scrollTop = made.node.offsetHeight <= room || first < 0 ? 0 : made.rows[first].offsetTop;
    const mark = code.querySelector("mark");
    code.scrollLeft = mark ? Math.max(0, Math.min(mark.offsetLeft - 50, mark.offsetLeft + mark.offsetWidth + 16 - code.clientWidth)) : 0;
  }
  $("calls").scrollLeft = 9999;
}

// ---- The matrices.  Of a large one a window is shown, which follows the step.

const decks = [];
const known = id => id != null && (id < now || O.op[id] === "given");

function deck(step) {
  if (decks[step]) return decks[step];
  const cards = [], nodes = [];
  let heading = null;
  for (const m of M) {
    if (m.step !== step) continue;
    const text = m.given ? "given" : m.phase, body = h("div"), node = h("div.card", text !== heading && h("h3", heading = text), body);
    cards.push({m, node, body});
    nodes.push(node);
    m.place = new Map();
    m.flat.forEach((id, k) => m.place.set(id, [Math.floor(k / m.wide), k % m.wide]));
  }
  return decks[step] = {cards, nodes};
}
function deal(card, top, left) {
  const {m} = card, {plane, wide, high, folded} = m;
  const lines = m.flat.length / wide, label = (numbers, k) => folded ? k % (numbers === m.down ? high : wide) : numbers[k];
  const range = (start, span, end) => Array.from({length: Math.min(span, end - start)}, (_, k) => start + k);
  const down = range(top, high, lines), across = range(left, ACROSS, wide);
  const pager = (start, span, numbers, k, end) => {
    if (end <= span) return null;
    const plate = folded && !k, turn = by => h("button", {"aria-label": `${m.symbol}: ${by < 0 ? "previous" : "next"} ${plate ? "image" : axis(m, k) + "s"}`, "data-turn": `${m.index} ${plane ? k : 1} ${start + by}`,
      disabled: start + by < 0 || start + by >= end}, by < 0 ? "‹" : "›");
    return h("span.pages", turn(-span), plate ? `${start / span + 1} of ${end / span}`
      : `${label(numbers, start)}–${label(numbers, Math.min(start + span, end) - 1)} of ${folded ? wide : m.shape[k]}`, turn(span));
  };
  const plate = folded ? N.name[named[m.step].get(m.flat[top * wide])].slice(m.name.length).replace(/(\[\d+\]){2}$/, "") : "";
  card.window = `${top} ${left}`;
  card.cells = [];
  put(card.body, pager(top, high, m.down, 0, lines), pager(left, ACROSS, m.across, plane ? 1 : 0, wide), h("table", {role: "grid"},
    h("caption", h("span.name", notation(m.symbol + plate)), m.shape.length ? ` ${m.shape.map((_, k) => folded ? m.folded_axes.at(k - 2) : axis(m, k)).join(" × ")} ` : null),
    m.shape.length > 0 && h("thead", h("tr", plane && h("td.corner", {"aria-hidden": "true"}), across.map(c => h("th", {scope: "col"}, String(label(m.across, c)))))),
    h("tbody", down.map(r => h("tr", plane && h("th", {scope: "row"}, String(label(m.down, r))), across.map(c => {
      const td = h("td", {tabindex: card.cells.length ? -1 : 0});
      card.cells.push({td, id: m.flat[r * wide + c]});
      return td;
    }))))));
}
function drawMatrices(view) {
  const {cards, nodes} = deck(view.step), holder = $("cards");
  if (holder.firstChild !== nodes[0]) put(holder, nodes);
  const sources = [];
  let goal = null;
  for (const card of cards) {
    const {m, node} = card;
    let top = 0, left = 0;
    if (m.flat.length > m.high * m.wide || m.wide > ACROSS) {
      // The window shows what is written or read, otherwise what was computed last.
      const latest = m.given ? [] : m.sorted.slice(0, below(m.sorted, now)).slice(-1);
      for (const id of [...view.writes, ...view.reads, ...latest]) if (m.place.has(id)) {
        [top, left] = m.place.get(id);
        break;
      }
      [top, left] = pages[m.index] || [top - top % m.high, left - left % ACROSS];
    }
    if (card.window !== `${top} ${left}`) deal(card, top, left);
    let waiting = true, reading = false, writing = false;
    for (const cell of card.cells) {
      const {id, td} = cell, there = known(id), written = view.writes.has(id), read = view.reads.has(id);
      if (there) waiting = false;
      if (written) writing = true;
      else if (read) reading = true;
      const look = (there ? "" : "empty") + (written ? " written" : read ? " read" : "")
        + (!chosen || !there ? "" : id === chosen.id ? " picked" : chosen.from.has(id) ? " from" : chosen.into.has(id) ? " into" : "");
      if (cell.look === look) continue;
      cell.look = look;
      td.className = look;
      put(td, there ? short(O.value[id]) : "·");
      fill(td, {"aria-label": there ? "" : "not yet computed", title: there ? `${labelOf(id, m.step)} = ${O.value[id]}` : ""}, link(there ? id : null, m.step));
      if (there) td.removeAttribute("aria-label");
    }
    node.classList.toggle("waiting", waiting);
    if (writing) goal = node;
    else if (reading) sources.push(node);
  }
  // The result stands at the lower edge.  What is read and beyond the upper one is repeated on a
  // shelf above it, without the rest of its matrix.
  const room = holder.clientHeight, bottom = node => node.offsetTop + node.offsetHeight;
  holder.scrollTop = goal ? bottom(goal) + 12 - room : 0;
  const seen = node => node.offsetTop >= holder.scrollTop && bottom(node) <= holder.scrollTop + room;
  put($("shelf"), !sources.every(seen) && sources.map(node => {
    const copy = node.cloneNode(true), rows = [...copy.querySelectorAll("tr")];
    const read = row => row.querySelector(".read"), wanted = new Set(rows.flatMap(row => [...row.children].map((cell, k) => cell.matches(".read, [scope=row], .corner") ? k : -1)));
    for (const row of rows) {
      if (row.parentNode.tagName === "TBODY" && !read(row)) row.remove();
      [...row.children].forEach((cell, k) => wanted.has(k) || cell.remove());
    }
    return copy.querySelector("td.read") && copy;
  }));
}

// ---- The timeline.

let segments = [], barStep = 0;
const MANY = 3; // training steps; of more, the bar shows the one at work, under a strip of all
function buildBar() {
  const groups = [], many = STEPS > MANY;
  let before = 0;
  segments = [];
  for (const m of computed) {
    const after = below(grains.operation.ends, m.end + 1), span = {matrix: 1, number: m.sorted.length, operation: after - before}[grain];
    before = after;
    if (many && m.step !== barStep) continue;
    const inner = h("i"), node = h("span.cell", {"data-matrix": m.index, title: m.symbol}, inner, h(m.symbol.length > 4 ? "b.long" : "b", notation(m.symbol)));
    node.style.flexGrow = span;
    let group = groups[groups.length - 1];
    if (!group || group.step !== m.step || group.phase !== m.phase) groups.push(group = {step: m.step, phase: m.phase, span: 0, nodes: []});
    group.span += span;
    group.nodes.push(node);
    segments.push({m, node, inner});
  }
  const every = Math.ceil(STEPS * 34 / ($("bar").clientWidth || 1000));
  put($("bar"), groups.map(group => {
    const node = h("div.phase", h("span", many ? null : STEPS === 1 ? group.phase : `${group.step} · ${group.phase}`), h("div.cells", group.nodes));
    node.style.flexGrow = group.span;
    return node;
  }), many && h("div.steps", named.map((_, step) => h(`span.cell${step <= barStep ? ".past" : ""}${step === barStep ? ".here" : ""}`,
    {"data-matrix": computed.find(m => m.step === step).index, title: `training step ${step}`}, step % every ? null : h("b", String(step))))));
}
function drawTime(view) {
  if (STEPS > MANY && view.step !== barStep) { barStep = view.step; buildBar(); }
  for (const segment of segments) {
    const {m, node, inner} = segment, done = below(m.sorted, now) / m.sorted.length, look = `${done} ${m === view.matrix}`;
    if (segment.look === look) continue;
    segment.look = look;
    inner.style.transform = `scaleX(${done})`;
    node.classList.toggle("here", m === view.matrix);
  }
  const total = grains[grain].ends.length, at = view.index + 1, text = `${grain} ${at} of ${total}`;
  fill($("slider"), {max: total, "aria-valuetext": text}).value = at;
  put($("count"), text);
  $("first").disabled = $("back").disabled = at === 0;
  $("last").disabled = $("next").disabled = at === total;
  const phase = view.index < 0 ? null : phaseOf(view.operation);
  $("to-phase").value = phase ? `${phase.step} ${phase.phase}` : "";
  $("to-layer").value = phase && phase.layer != null ? R.phases.indexOf(phase) : "";
  $("to-matrix").value = view.matrix ? view.matrix.index : "";
}

// ---- The trail.

const madeIn = (id, step) => maker[id] >= 0 ? N.step[maker[id]] : step;
const operandsOf = id => maker[id] >= 0 ? parts[maker[id]] : inputsOf(id);
function origins(id) {
  const all = operandsOf(id), others = all.filter(part => O.op[part] !== "literal");
  return others.length ? others : all;
}
const usesOf = id => uses.get(id) || (maker[id] < 0 && !isLeaf(id) ? [O.number[id]] : []);
function reach(id, next) {
  const seen = new Set(), todo = [id];
  while (todo.length) for (const other of next(todo.pop())) if (!seen.has(other)) { seen.add(other); todo.push(other); }
  return seen;
}
function choose(id, step, keep) {
  if (!keep && chosen) past.push([chosen.id, chosen.step]);
  const inside = $("trail").contains(document.activeElement);
  chosen = {id, step, from: reach(id, operandsOf), into: reach(id, part => usesOf(part).map(n => N.id[n]))};
  show("trail");
  drawTrail();
  drawMatrices(current());
  $("trace").scrollTop = 0;
  if (inside) $("trace").focus();
}
function forget() {
  chosen = null;
  past = [];
  show(pane);
  drawTrail();
  drawMatrices(current());
}
const LEAF = {given: "given", literal: "written in the source", constant: "a constant of the source"};
const equation = (id, step) => h("span.term", named[step].has(id) || O.op[id] === "constant" ? [nameNode(id, step), signNode("=")] : null, valueNode(id, step));

// A list that begins short; the rest is a button away.
function list(what, items, make) {
  const more = from => {
    fill(what, items.slice(from, from + 16).map(make));
    if (from + 16 >= items.length) return;
    const button = h("button.fold", `${items.length - from - 16} more …`), item = h("li", button);
    button.onclick = () => { item.remove(); more(from + 16); };
    what.append(item);
  };
  more(0);
  return what;
}
function branch(id, step, depth) {
  const made = madeIn(id, step), children = origins(id);
  const twist = children.length ? h("button.twist", {"aria-expanded": "false", "aria-label": `where ${labelOf(id, step)} comes from`}, "▸") : h("span.twist", "·");
  const item = h("li", twist, equation(id, step), h("span.note", LEAF[O.op[id]], made !== step && `step ${made}`));
  twist.onclick = () => {
    const open = twist.getAttribute("aria-expanded") === "true";
    put(twist, {"aria-expanded": String(!open)}, open ? "▸" : "▾");
    if (open) item.lastChild.remove();
    else item.append(list(h("ul.tree"), children, part => branch(part, made, depth + 1)));
  };
  if (children.length && depth < 1) twist.onclick();
  return item;
}
// "12 of x, 4 of y, η": the numbers of a set, counted by matrix.
function census(text, ids, fits) {
  const found = new Map();
  for (const m of M) if (fits(m)) for (const id of m.sorted) if (ids.has(id)) {
    const key = m.symbol + (m.given ? "" : m.step);
    if (!found.has(key)) found.set(key, {m, set: new Set()});
    found.get(key).set.add(id);
  }
  return found.size > 0 && h("p.note", text, [...found.values()].map(({m, set}, k) => [k ? ", " : " ", m.sorted.length > 1 && `${set.size} of `,
    h("span.name", notation(m.symbol)), STEPS > 1 && !m.given && ` (step ${m.step})`]), ".");
}
function drawTrail() {
  const trace = $("trace");
  $("trail-back").disabled = !past.length;
  if (!chosen) { put(trace, h("p.note", "Click any number, or press T for the result of this step. Here stands where it comes from, back to what was given, and what it goes into.")); return; }
  const {id, step} = chosen, n = maker[id], made = madeIn(id, step), m = named[step].has(id) ? M[N.matrix[named[step].get(id)]] : null;
  put(trace, h("p.head", equation(id, step)), h("p", m ? m.title : null));
  if (isLeaf(id)) fill(trace, h("p.note", O.op[id] === "given" ? "Given: nothing in this recording computes it." : LEAF[O.op[id]] + "."));
  else {
    const line = h("p");
    if (n >= 0) setFormula(line, n, made, "names");
    else setOperation(line, id, step);
    fill(trace, n < 0 && h("p", "An intermediate result on the way to ", nameNode(N.id[O.number[id]], N.step[O.number[id]]), "."),
      line, h("p", h("button.fold", {"data-go": id}, "Go to this step")));
  }
  const from = origins(id), to = usesOf(id);
  if (from.length) fill(trace, h("h3", "Comes from"), list(h("ul.tree"), from, part => branch(part, made, 0)),
    census("In the end from", chosen.from, other => other.given && other.given !== "carried"));
  fill(trace, h("h3", "Goes into"), to.length ? list(h("ul"), to, use => h("li", equation(N.id[use], N.step[use]), STEPS > 1 && h("span.note", `step ${N.step[use]}`)))
    : h("p.note", "Nothing else in this recording."), census("In the end changes", chosen.into, other => /^loss$|^new_/.test(other.role)));
  if (STEPS > 1 && m && /weights|biases/.test(m.role)) fill(trace, life(m, named[step].get(id)));
}
// One weight through all training steps.
function life(m, n) {
  const rows = [], role = m.role.replace("new_", "");
  for (let s = 0; s < STEPS; s++) for (const kind of s ? ["new_"] : ["", "new_"]) {
    const other = find(kind + role, s, m.layer), id = other ? other.at(N.row[n], N.column[n]) : null;
    if (id != null) rows.push([kind ? `after step ${s}` : "at the start", id, s]);
  }
  const values = rows.map(row => number(O.value[row[1]])), low = Math.min(...values), high = Math.max(...values);
  const points = values.map((value, k) => `${6 + 228 * k / (values.length - 1)} ${(44 - 36 * (value - low) / (high - low || 1)).toFixed(1)}`);
  return [h("h3", "Across the training steps"),
    high - low < Infinity && rows.length > 1 && svg("svg.course", {viewBox: "0 0 240 52", "aria-hidden": "true"}, svg("path", {d: "M" + points.join("L")})),
    h("table", rows.map(([when, id, s]) => h("tr", h("th", {scope: "row"}, when), h("td", valueNode(id, s)))))];
}

// ---- Moving.

let timer = null;
const narrow = () => matchMedia("(max-width: 999px)").matches;

// The address leads to the step, also when the page is loaded again.
let noting = null;
function note() {
  const at = grains[grain].ends.length && below(grains[grain].ends, now + 1);
  try { history.replaceState(null, "", at ? `#${grain}-${at}` : location.pathname + location.search); } catch { /* in a frame without an address */ }
}
function follow() {
  const [, size, at] = /^#(matrix|number|operation)-(\d+)$/.exec(location.hash) || [];
  if (!size) return false;
  regrain(size);
  arrive(+at ? grains[size].ends[Math.min(+at, grains[size].ends.length) - 1] : 0);
  return true;
}
// The result in the words of the live region: a matrix as a whole, unless it is large.
function spoken({matrix, operation}) {
  if (grain !== "matrix") return O.value[operation];
  const values = matrix.flat.map(id => O.value[id]), size = matrix.shape.join(" by ") || "one number";
  if (values.length <= 8) return `${size}: ${values.join(", ")}`;
  const sorted = [...values].sort((a, b) => number(a) - number(b));
  return `${size} numbers, from ${sorted[0]} to ${sorted.at(-1)}`;
}
function render() {
  const view = current();
  drawStep(view);
  drawSource(view);
  drawNetwork(view);
  drawMatrices(view);
  drawTime(view);
  clearTimeout(noting);
  noting = setTimeout(note, 300);
  if (timer != null) return;
  const reads = [...view.reads].filter(id => named[view.step].has(id)).slice(0, 6).map(id => labelOf(id, view.step));
  put($("live"), `${$("count").textContent}: ${$("now-name").textContent}. ${$("sentence").textContent}`,
    view.index < 0 ? " " + told.start.sentences.join(" ") : ` Result ${spoken(view)}.`,
    view.index === grains[grain].ends.length - 1 && " " + told.end.sentences[0], reads.length && grain !== "matrix" ? ` Reads ${reads.join(", ")}.` : "");
}
function go(t) {
  now = t;
  sample = frame = null;
  pages = {};
  render();
}
// The end of the step, of the present grain, that ends at t or next after it.
function arrive(t) {
  const {ends} = grains[grain];
  go(t <= 0 ? 0 : ends[Math.min(ends.length - 1, below(ends, t))]);
}
function stepBy(by, size = grain) {
  const {ends} = grains[size], done = below(ends, now + 1);
  // From within a coarser step, back leads to its beginning.
  const inside = by < 0 && (done ? ends[done - 1] : 0) < now;
  const to = Math.min(ends.length, Math.max(0, done + by + inside));
  arrive(to ? ends[to - 1] : 0);
}
const firstStep = id => { while (id < COUNT - 1 && isLeaf(id)) id++; return id + 1; };
const beginning = m => grain === "matrix" ? m.end : grain === "operation" && work[maker[m.sorted[0]]].length ? work[maker[m.sorted[0]]][0] + 1 : m.sorted[0] + 1;
function regrain(to) {
  const t = now, n = t ? O.number[t - 1] : null;
  grain = to;
  document.querySelector(`[value=${to}]`).checked = true;
  buildBar();
  arrive(grain === "operation" || n == null || N.formula[n] == null ? t : grain === "number" ? N.id[n] + 1 : M[N.matrix[n]].end);
}
function goTo(id) {
  if (maker[id] < 0) regrain("operation");
  arrive(grain === "matrix" ? M[N.matrix[maker[id]]].end : id + 1);
}
function play(on) {
  if (on === (timer != null)) return;
  put($("play"), {"aria-label": on ? "Pause" : "Play"}, on ? "‖" : "▶\ufe0e");
  clearInterval(timer);
  timer = null;
  if (!on) return render();
  timer = setInterval(() => $("next").disabled ? play(false) : stepBy(1), 900);
}
function phaseBy(by) {
  const at = now ? R.phases.findIndex(p => now <= p.end) : -1, to = at + by;
  if (to < 0) go(0);
  else if (to < R.phases.length) arrive(firstStep(R.phases[to].first));
}
function show(name) {
  if (name !== "trail") pane = name;
  $("app").dataset.pane = name;
  for (const button of $("panes").children) fill(button, {"aria-pressed": String(button.dataset.show === name)});
}
function theme(name) {
  document.documentElement.dataset.theme = name;
  put($("theme"), name === "dark" ? "Light" : "Dark");
}
function other() { theme(document.documentElement.dataset.theme === "dark" ? "light" : "dark"); }
function trace() {
  const view = current();
  if (view.index < 0) return;
  choose(view.operation, view.step);
  $("trace").focus();
}
function before() { const last = past.pop(); if (last) choose(...last, true); }
function otherSample(by) { sample = shownSample + by; drawNetwork(current()); }

const KEYS = [
  ["→ ←", "one step forward, back", {ArrowRight: () => stepBy(1), ArrowLeft: () => stepBy(-1)}],
  ["Shift → ←", "one matrix forward, back", {"Shift+ArrowRight": () => stepBy(1, "matrix"), "Shift+ArrowLeft": () => stepBy(-1, "matrix")}],
  ["PgDn PgUp", "next phase, phase before", {PageDown: () => phaseBy(1), PageUp: () => phaseBy(-1)}],
  ["Home End", "to the start, to the end", {Home: () => go(0), End: () => arrive(COUNT)}],
  ["1 2 3", "one step is a matrix, a number, an operation", {1: () => regrain("matrix"), 2: () => regrain("number"), 3: () => regrain("operation")}],
  ["Space P", "play, pause", {p: () => play(timer == null), " ": () => play(timer == null)}],
  ["T", "trail of this step's result", {t: trace}],
  ["B", "back to the number before on the trail", {b: before}],
  ["Esc", "close the trail", {Escape: forget}],
  ["F M S", "go to the formula, the matrices, the source", {
    f: () => $("now").focus(), s: () => { show("source"); $("code").focus(); },
    m: () => { if (narrow()) show("matrices"); ($("cards").querySelector(".written") || $("cards").querySelector("td[tabindex]")).focus(); }}],
  ["arrows Enter", "in a matrix: move, follow the number"],
  ["D", "dark, light", {d: other}],
  ["?", "this list", {"?": () => $("help").showModal()}],
];
const actions = Object.assign({}, ...KEYS.map(key => key[2]));

function moveCell(td, key) {
  const rows = [...td.closest("tbody").children], row = rows.indexOf(td.parentNode), column = [...td.parentNode.children].indexOf(td);
  const line = rows[row + (key === "ArrowDown") - (key === "ArrowUp")];
  const to = line && line.children[column + (key === "ArrowRight") - (key === "ArrowLeft")];
  if (!to || to.tagName !== "TD") return;
  td.tabIndex = -1;
  to.tabIndex = 0;
  to.focus();
}
document.addEventListener("keydown", event => {
  const {target, key} = event, cell = target.closest("td");
  if (event.ctrlKey || event.metaKey || event.altKey || $("help").open) return;
  if (key === " " && target.closest("button, select, input")) return;
  let action = actions[(event.shiftKey && key.length > 1 ? "Shift+" : "") + (key.length > 1 ? key : key.toLowerCase())];
  if (cell && /^Arrow/.test(key) && !event.shiftKey) action = () => moveCell(cell, key);
  else if (cell && key === "Enter") action = () => cell.click();
  else if (key.length > 1 ? target.matches("select, [name=grain]") : !$("single").checked) return;
  if (!action) return;
  event.preventDefault();
  action();
});
const clicks = {
  unfold: value => { unfolded = +value; render(); drawTrail(); $("now").focus(); },
  go: value => goTo(+value),
  frame: value => { frame = +value; drawSource(current()); $("calls").children[value].firstChild.focus(); },
  turn: value => {
    const [index, k, start] = value.split(" ").map(Number), card = decks[M[index].step].cards.find(other => other.m.index === index);
    const page = card.window.split(" ").map(Number);
    page[k] = start;
    pages[index] = page;
    drawMatrices(current());
    card.node.querySelector("button:enabled").focus();
  },
  show: value => { show(value); drawNetwork(current()); drawMatrices(current()); },
  matrix: value => arrive(beginning(M[value])),
  id: (value, {step}) => { if (value) choose(+value, +step); },
};
document.addEventListener("click", event => {
  for (const [name, action] of Object.entries(clicks)) {
    const node = event.target.closest(`[data-${name}]`);
    if (node) return action(node.dataset[name], node.dataset);
  }
});

function start() {
  const {meta} = R;
  put($("title"), document.title);
  put($("facts"), [layers.map(layer => layer.activation).join(", "), meta.network.loss.replaceAll("_", " "), `learning rate ${meta.learning_rate}`,
    `samples: ${meta.samples.length}`, `${meta.counts.operations} operations`, `Python ${meta.python}`, meta.stopped].filter(Boolean).join(" · "));
  const jump = (name, items, value, text, act) => {
    const options = s => items.filter(item => s == null || item.step === s).map(item => h("option", {value: value(item)}, text(item) + (STEPS > 1 ? ` (${item.step})` : "")));
    put($("to-" + name), h("option", {value: "", disabled: true, hidden: true}, name), STEPS === 1 ? options() : named.map((_, s) => h("optgroup", {label: `training step ${s}`}, options(s))));
    $("to-" + name).onchange = event => arrive(act(event.target.value));
  };
  const same = p => R.phases.find(other => other.step === p.step && other.phase === p.phase);
  jump("phase", R.phases.filter(p => p === same(p)), p => `${p.step} ${p.phase}`, p => p.phase,
    value => firstStep(R.phases.find(p => `${p.step} ${p.phase}` === value).first));
  jump("layer", R.phases.filter(p => p.layer != null), p => R.phases.indexOf(p), p => p.title, value => firstStep(R.phases[value].first));
  jump("matrix", computed, m => m.index, m => m.symbol, value => beginning(M[value]));
  $("slider").oninput = event => { const at = +event.target.value; go(at ? grains[grain].ends[at - 1] : 0); };
  for (const radio of document.getElementsByName("grain")) radio.onchange = () => regrain(radio.value);
  const press = {first: () => go(0), back: () => stepBy(-1), next: () => stepBy(1), last: () => arrive(COUNT), play: () => play(timer == null), theme: other,
    "help-open": () => $("help").showModal(), "trail-clear": forget, "trail-back": before, zoom: () => { whole = !whole; drawNetwork(current()); }, "sample-back": () => otherSample(-1), "sample-next": () => otherSample(1)};
  for (const id in press) $(id).onclick = press[id];
  put($("keys"), KEYS.map(([keys, what]) => [h("dt", keys.split(" ").map(key => [h("kbd", key), " "])), h("dd", what)]));
  const dark = matchMedia("(prefers-color-scheme: dark)");
  dark.onchange = () => theme(dark.matches ? "dark" : "light");
  dark.onchange();
  $("app").hidden = false;
  show(narrow() ? "network" : "source");
  // Where there are images there are thousands of numbers.
  grain = $("app").dataset.openAt || (M.some(m => m.folded) ? "matrix" : grain);
  document.querySelector(`[value=${grain}]`).checked = true;
  buildBar();
  drawTrail();
  if (!follow()) go(0);
  window.onhashchange = follow;
  new ResizeObserver(() => drawNetwork(current())).observe($("diagram"));
}
start();
})();
