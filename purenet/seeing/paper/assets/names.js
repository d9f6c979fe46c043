// Numbers and names.

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
function round(text, after) {
  const value = number(text), size = abs(value);
  return (size >= 0.001 && size < 10000 ? value.toPrecision(4) : value.toExponential(after)).replace("e+", "e");
}
// Four digits where there is room for no more; short numbers stay exact.
const short = text => text.length <= 7 ? text : round(text, 1);
// Formulas, results and the trail show four digits, or all.  What has been rounded says so.
let allDigits = false;
const shown = text => allDigits || text.replace(/e.*|[-.]/g, "").replace(/^0+|0+$/g, "").length <= 4 ? text : round(text, 3);
const about = (text, seen = shown(text)) => seen === text ? text : "≈ " + seen;
// z1[0][2] in the notation of the field, its text unchanged.
function notation(text) {
  return text.match(/(\[\d+\])+|\p{L}+_[\p{L}_]+|\p{L}+|\d+|./gu).map(word =>
    /^\p{L}$/u.test(word) ? h("i", word) : word[0] === "[" ? h("small", word) : /^\d/.test(word) ? h("sub", word) : word);
}
const link = (id, step) => ({"data-id": id == null ? "" : id, "data-step": step});
const nameNode = (id, step) => h("button.name", {tabindex: -1}, link(id, step), notation(labelOf(id, step)));
function valueNode(id, step, exact) {
  const text = O.value[id], seen = exact ? text : shown(text);
  return h("button.value" + (seen === text ? "" : ".rounded"), link(id, step), {title: seen === text ? null : text}, seen);
}
const nameOrValue = (id, step) => named[step].has(id) ? h("span.name", notation(labelOf(id, step))) : h("span.value", about(labelOf(id, step)));
const signNode = sign => h("span.sign" + (sign === "*" ? ".times" : sign === "-" ? ".minus" : ""), sign);
// What stands between a name, or a formula, and these: "≈" where one of their numbers is rounded.
const relation = (...parts) => signNode(parts.flat(9).some(part => part && part.matches && (part.matches(".rounded") || part.querySelector(".rounded"))) ? "≈" : "=");
// What the table calls inputs and outputs, with the unit.  Pixels have only their places.
const TABLE = R.meta.task || {inputs: []};
const withUnit = (name, unit) => unit && !name.includes(unit) ? `${name} (${unit})` : name;
const inputNames = TABLE.inputs.every(name => /^pixel_/.test(name)) ? []
  : TABLE.inputs.map((name, k) => withUnit(name, (TABLE.columns.find(column => column.inputs.includes(k)) || {}).unit));
const outputNames = TABLE.classes ? TABLE.classes.slice(TABLE.classes.length === 2) : TABLE.target ? [withUnit(TABLE.target, TABLE.unit)] : [];
// The table's name for a place on an axis of a matrix, if there is one.
const tableName = (m, k, place) => (m.role === "inputs" && axis(m, k) === "input" ? inputNames : m.role === "targets" && axis(m, k) === "output" ? outputNames : [])[place];
function brief(name) {
  const bare = name.replace(/\s*\([^()]*\)$/, "") || name;
  return bare.length > 12 ? bare.slice(0, 11) + "…" : bare;
}
