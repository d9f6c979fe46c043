// The trail.

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
// A name and its number; behind a number without a name, that it is rounded.
function equation(id, step, exact) {
  const value = valueNode(id, step, exact), sign = relation(value);
  return h("span.term", named[step].has(id) || O.op[id] === "constant" ? [nameNode(id, step), sign] : sign.textContent === "≈" && sign, value);
}
// The same with the formula between them, in names, a long sum folded.
function origin(id, step) {
  const n = maker[id], line = h("span.formula"), made = equation(id, step);
  if (n < 0 || N.step[n] !== step) return made;
  setFormula(line, n, step, "names", null, 3);
  return h("span.origin", nameNode(id, step), line, relation(valueNode(id, step)), valueNode(id, step));
}

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
  const item = h("li", twist, origin(id, step), h("span.note", LEAF[O.op[id]], made !== step && `step ${made}`));
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
// Above the trail of a given number stands where it can be changed.
let offer = () => {};
function drawTrail() {
  offer();
  const trace = $("trace");
  $("trail-back").disabled = !past.length;
  if (!chosen) { put(trace, h("p.note", "Click any number, or press T for the result of this step. Here stands where it comes from, back to what was given, and what it goes into.")); return; }
  const {id, step} = chosen, n = maker[id], made = madeIn(id, step), m = named[step].has(id) ? M[N.matrix[named[step].get(id)]] : null;
  put(trace, h("p.head", equation(id, step, true)), h("p", m ? m.title : null));
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
  const values = rows.map(row => valueOf(row[1])), low = min(...values), high = max(...values);
  const points = values.map((value, k) => `${6 + 228 * k / (values.length - 1)} ${(44 - 36 * (value - low) / (high - low || 1)).toFixed(1)}`);
  return [h("h3", "Across the training steps"),
    high - low < Infinity && rows.length > 1 && svg("svg.course", {viewBox: "0 0 240 52", "aria-hidden": "true"}, svg("path", {d: "M" + points.join("L")})),
    h("table", rows.map(([when, id, s]) => h("tr", h("th", {scope: "row"}, when), h("td", shown(O.value[id]) !== O.value[id] && "≈ ", valueNode(id, s)))))];
}
