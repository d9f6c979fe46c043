// The recording, indexed.  What the page may rely on is its format, nothing else.
const R = JSON.parse($("recording").textContent);
const O = R.operations, N = R.numbers, M = R.matrices, STEPS = R.meta.steps;

// What O.value holds may be veiled while the page asks; the recorded texts themselves are here.
const texts = O.value;
const COUNT = O.op.length, DOWN = 16, ACROSS = 12;
// The texts as recorded; what has been changed on the page, from an id to its new text; and what the
// rooms do when the values have become others.
const RECORDED = [...O.value], changed = new Map(), onChange = [];
const inputsOf = id => [O.a[id], O.b[id]].filter(input => input != null);
const isLeaf = id => !inputsOf(id).length;
const number = s => s === "inf" ? Infinity : s === "-inf" ? -Infinity : Number(s);
const valueOf = id => number(O.value[id]);
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
    const c = m.across.indexOf(column ?? row);
    const line = m.plane ? m.ids[m.down.indexOf(row)] : m.ids;
    return line && c >= 0 ? line[c] : null;
  };
});
const computed = M.filter(m => m.given == null).sort((a, b) => a.end - b.end);
const find = (role, step, layer = null) => M.find(m => m.role === role && m.step === step && m.layer === layer);

// How many of them are < limit.
// The number at the same place in another matrix of its layer and step; undefined where there is none.
const twin = (n, role, {layer, step} = M[N.matrix[n]]) => { const m = find(role, step, layer); return m ? m.at(N.row[n], N.column[n]) ?? undefined : undefined; };
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
