// The current step.  Position is one number, `now`: the operations with an id below it have happened.
// Everything on the page is drawn from `now`, the grain and the chosen number, so going back is going
// there again.

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
  const folded = inputs?.folded && inputs.folded.length > 3 ? inputs.folded.slice(-2) : null;
  if (!folded && !(pixels.length && pixels.every(Boolean))) return null;
  const wide = folded ? folded[1] : 1 + max(...pixels.map(found => +found[2]));
  const ids = inputs.ids[row], values = ids.map(id => valueOf(id)), low = min(...values), most = max(...values), high = Math.ceil(ids.length / wide);
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
    const list = h("span.list", matrix.sorted.length > 100 ? `[${matrix.shape.join(" × ")}]: see the matrices` : nested(matrix.ids));
    put($("result"), relation(list), list);
    return;
  }
  const mark = grain === "operation" ? operation : null;
  setFormula($("names"), n, step, "names", mark);
  setFormula($("numbers"), n, step, "numbers", mark);
  if (mark != null) setOperation($("operation"), operation, step);
  const result = N.id[n] < now ? valueNode(N.id[n], step) : h("span.value.todo", "·");
  put($("result"), relation(result), result);
}
// One operation on a line: with names where there are any, with numbers, the result.
function setOperation(target, id, step) {
  const op = O.op[id], inputs = inputsOf(id), anyName = inputs.some(input => named[step].has(input));
  const line = kind => {
    const [a, b] = inputs.map(input => leafNode(input, step, kind, inputs.length === 1 && op !== "neg"));
    return op === "copy" ? a : op === "neg" ? ["-", a] : b && op.length === 1 ? [a, signNode(op), b] : [op, "(", a, b && [", ", b], ")"];
  };
  const names = anyName && unbroken(line("names")), numbers = unbroken(line("numbers")), result = valueNode(id, step);
  put(target, names && [names, " ", relation(names, numbers)], numbers, " ", unbroken(relation(numbers, result), result));
}
