// Formulas: read, matched with the operations behind them, and set.

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
  const node = kind !== "names" ? valueNode(id, step) : named[step].has(id) ? nameNode(id, step) : isLeaf(id) ? h("span.value", labelOf(id, step)) : valueNode(id, step);
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
  if (width) { room = min(64, width / (8.6 * enlarged)); measuredAt = innerWidth; }
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
function setFormula(target, n, step, kind, current, most = innerHeight < 800 ? 5 : 7) {
  const tree = formulaOf(n), terms = [];
  let node = tree;
  for (; node.op === "+" || node.op === "-"; node = node.left) terms.unshift({sign: node.op, node: node.right, id: node.id});
  terms.unshift({sign: "", node, id: node.sum ?? tree.head.get(node.id)});
  let active = -1;
  if (current != null)
    active = terms.findIndex(term => term.id === current || has(term.node, current));
  const folded = terms.map((_, k) => terms.length > most && unfolded !== n && k > min(2, most - 3) && k < terms.length - 1 && k !== active);
  const nodes = terms.map((term, k) => {
    if (folded[k]) return !folded[k - 1] && [h("button.fold", {"data-unfold": n}, `+ ${folded.indexOf(false, k) - k} more terms …`), " "];
    const node = unbroken(term.sign && signNode(term.sign), expression(term.node, step, kind, current, terms.length === 1));
    if (current != null && (term.id === current || k > active)) node.classList.add(term.id === current ? "now" : "todo");
    return [node, " "];
  });
  put(target, relation(nodes), nodes);
}
const has = (node, id) => node.op && (node.id === id || (node.left && has(node.left, id)) || has(node.right, id));
