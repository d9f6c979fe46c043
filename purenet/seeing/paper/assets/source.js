// The source.

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
        else { end = min(end, to); if (!inside) row.append(inside = h("mark")); target = inside; }
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

function chainOf(call) {
  const chain = [];
  for (; call != null; call = R.calls.caller[call]) chain.unshift(call);
  return chain;
}
// The lines of a call that take part in the step, other than its last operation's: of a number all
// that compute it, such as the sum and, in another function, the bias that is added.
function linesOf(call, ids) {
  const lines = new Set();
  for (const id of ids) {
    const chain = chainOf(O.call[id]), at = chain.indexOf(call);
    if (at >= 0) lines.add(at === chain.length - 1 ? R.places[O.place[id]][1] : R.calls.line[chain[at + 1]]);
  }
  return lines;
}
function drawSource(view) {
  // Before the first step stands the function that will be the first.
  const idle = view.index < 0, id = idle ? grains.operation.items[0] : view.operation, place = R.places[O.place[id]];
  const chain = chainOf(O.call[id]), last = chain.length - 1, at = frame ?? last;
  const part = idle || grain === "operation" ? [] : work[O.number[id]];
  // Behind the chain stand the other functions that have computed a part of the number.
  const others = [...new Set(part.map(other => O.call[other]))].filter(call => !chain.includes(call));
  const frames = [...chain, ...others];
  put($("calls"), frames.map((call, k) => {
    const source = R.sources[R.calls.source[call]];
    const bound = Object.entries(R.calls.arguments[call] || {}).map(([name, what]) => `${name} = ${what}`).join(", ");
    return h(k > last ? "li.also" : "li", k > last && h("span", k === last + 1 ? "before it: " : ", "), h("button", {"data-frame": k, "aria-pressed": String(k === at), title: `${source.function}(${bound})`},
      source.function.replace(/^.*<locals>\./, ""), k === last && h("small", `(${bound})`)));
  }));
  const deepest = at === last, beside = at > last;
  const index = deepest ? place[0] : R.calls.source[frames[at]];
  const source = R.sources[index], lines = linesOf(frames[at], part);
  const line = idle ? null : deepest ? place[1] : beside ? max(...lines) : R.calls.line[chain[at + 1]];
  const made = listing(index);
  for (const k of made.marked) { made.rows[k].classList.remove("current", "took"); made.rows[k].removeAttribute("aria-current"); setRow(made.rows[k], made.lines[k]); }
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
  for (const row of lines) {
    const k = row - source.first_line;
    if (made.marked.includes(k) || !made.rows[k]) continue;
    made.marked.push(k);
    made.rows[k].classList.add("took");
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
    code.scrollLeft = mark ? max(0, min(mark.offsetLeft - 50, mark.offsetLeft + mark.offsetWidth + 16 - code.clientWidth)) : 0;
  }
  const calls = $("calls"), pressed = calls.children[at];
  calls.scrollLeft = at < last ? pressed.offsetLeft + pressed.offsetWidth - calls.clientWidth : 9999;
}
