// Mistakes: what a wrong number has probably come from, and the terms that a right one consists of.

const operandsIn = (n, id) => (grain === "number" ? parts[n] : inputsOf(id)).filter(part => !isLeaf(part) || O.op[part] === "given");
// Whether a number, rounded to as many places as the answer has, is the answer.
function fits(value, typed) {
  const [, places = "", power = 0] = /^[^.e]*\.?(\d*)(?:e(.*))?$/i.exec(typed);
  return Number(value.toFixed(min(100, max(0, places.length - power)))) === Number(typed);
}
const DO = {"+": (a, b) => a + b, "-": (a, b) => a - b, "*": (a, b) => a * b, "/": (a, b) => a / b, neg: (_, b) => -b, "(": (_, b) => b};
// What a part of a formula is worth, if `other` was taken for one part of it.
function worth(node, part, other) {
  if (node === part) return other;
  if (!node.op) return number(texts[node.id]);
  const act = node.op !== "call" ? DO[node.op] : node.left || !/^(exp|log|log1p|tanh|sqrt)$/.test(node.word) ? null : (_, b) => Math[node.word](b);
  if (!act) return node.id == null || part && inside(node, part) ? NaN : number(texts[node.id]);
  return act(node.left && worth(node.left, part, other), worth(node.right, part, other));
}
const inside = (node, part) => node === part || Boolean(node?.op) && (inside(node.left, part) || inside(node.right, part));
// What is often done wrongly in a formula: the part, what it is worth then, and what was done.
function mistakesIn(node) {
  const {op, left, right} = node, a = left && worth(left), b = right && worth(right), found = [];
  const add = (value, ...said) => found.push([node, value, said]), first = left && !/^[+-]$/.test(left.op), wrong = " with the wrong sign", no = "forgotten the factor ";
  if (!op) return found;
  if (/^[+-]$/.test(op)) {
    add(DO[op](a, -b), "taken ", right, wrong);
    if (first) add(DO[op](-a, b), "taken ", left, wrong);
    add(a, "left out ", right);
    if (first) add(DO[op](0, b), "left out ", left);
  } else if (op === "*") {
    add(a + b, "added ", left, " and ", right, " instead of multiplying them");
    add(a, no, right);
    add(b, no, left);
  } else if (op === "/") {
    add(a * b, "multiplied by ", right, " instead of dividing");
    add(b / a, "divided ", right, " by ", left, " instead of the other way round");
    add(a, "forgotten to divide by ", right);
  } else if (!left && op !== "(") add(b, `forgotten the ${node.word || "minus"} of `, right);
  return [...found, ...left ? mistakesIn(left) : [], ...mistakesIn(right)];
}
// What the answer has most probably come from, or null.
function diagnose({tree, n, id, role}, typed) {
  const alone = operandsIn(n, id), all = mistakesIn(tree);
  if (alone.length === 1) all.unshift([tree, number(texts[alone[0]]), ["taken ", {id: alone[0]}, " as it is" + (role === "a" ? ": the activation was not applied" : "")]]);
  all.push([tree, -worth(tree), ["turned the sign of the result round"]]);
  const found = all.find(([part, value]) => { const result = worth(tree, part, value); return Number.isFinite(result) && fits(result, typed); });
  return found?.[2];
}
// A part of a formula in words: its name, if it has one, and its numbers.
function partNode(node, step) {
  if (node.op) return unbroken(expression(node, step, "numbers", null, true));
  const n = named[step].get(node.id);
  return [n != null && M[N.matrix[n]].role === "biases" && "the bias ", equation(node.id, step)];
}
// The terms of a sum, or the factors of a product, with their values; the largest is marked.
function termsOf(tree, step) {
  let node = tree;
  while (node.op && !node.left) node = node.right;
  const sum = /^[+-]$/.test(node.op), terms = [];
  if (!node.op) return null;
  for (; node.left && (sum ? /^[+-]$/ : /^[*/]$/).test(node.op); node = node.left) terms.unshift([node.op, node.right]);
  terms.unshift(["", node]);
  const sizes = terms.map(term => abs(worth(term[1]))), most = max(...sizes);
  const kept = new Set([...sizes.keys()].sort((a, b) => sizes[b] - sizes[a]).slice(0, 5));
  return [h("ul", terms.map(([sign, term], k) => kept.has(k) && h("li" + (sizes[k] === most ? ".most" : ""), sign && signNode(sign), partNode(term, step),
    term.op && [signNode("="), term.id != null ? valueNode(term.id, step) : h("span.value", String(worth(term)))], sizes[k] === most && h("b", " ◂ the largest")))),
    terms.length > 5 && h("p.note", `${terms.length - 5} smaller ones are left out.`)];
}
