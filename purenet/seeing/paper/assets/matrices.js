// The matrices.  Of a large one a window is shown, which follows the step; one that the step neither
// reads nor writes is folded to its name and shape, until it is opened.

const decks = [];
const largestOf = m => m.flat.reduce((most, id) => { const size = abs(number(texts[id])); return size < Infinity ? max(most, size) : most; }, 0);
onChange.push(() => decks.forEach(({cards}) => cards.forEach(card => { card.most = largestOf(card.m); (card.cells || []).forEach(cell => { cell.look = null; }); })));
let allOpen = false;
const pinned = new Set();
// A question hides what it asks for.
let hides = () => false;
const known = id => id != null && (O.op[id] === "given" || id < now && !hides(id));

function deck(step) {
  if (decks[step]) return decks[step];
  const cards = [], nodes = [];
  let heading = null;
  for (const m of M) {
    if (m.step !== step) continue;
    const text = m.given ? "given" : m.phase, head = h("button.head", {"data-fold": m.index}), body = h("div"), node = h("div.card", text !== heading && h("h3", heading = text), head, body);
    cards.push({m, node, head, body});
    nodes.push(node);
    m.place = new Map();
    m.flat.forEach((id, k) => m.place.set(id, [Math.floor(k / m.wide), k % m.wide]));
  }
  return decks[step] = {cards, nodes};
}
function deal(card, top, left) {
  const {m} = card, {plane, wide, high, folded} = m;
  const lines = m.flat.length / wide, label = (numbers, k) => folded ? k % (numbers === m.down ? high : wide) : numbers[k];
  const range = (start, span, end) => Array.from({length: min(span, end - start)}, (_, k) => start + k);
  const down = range(top, high, lines), across = range(left, ACROSS, wide);
  const pager = (start, span, numbers, k, end) => {
    if (end <= span) return null;
    const plate = folded && !k, turn = by => h("button", {"aria-label": `${m.symbol}: ${by < 0 ? "previous" : "next"} ${plate ? "image" : axis(m, k) + "s"}`, "data-turn": `${m.index} ${plane ? k : 1} ${start + by}`,
      disabled: start + by < 0 || start + by >= end}, by < 0 ? "‹" : "›");
    return h("span.pages", turn(-span), plate ? `${start / span + 1} of ${end / span}`
      : `${label(numbers, start)}–${label(numbers, min(start + span, end) - 1)} of ${folded ? wide : m.shape[k]}`, turn(span));
  };
  const plate = folded ? N.name[named[m.step].get(m.flat[top * wide])].slice(m.name.length).replace(/(\[\d+\]){2}$/, "") : "";
  card.window = `${top} ${left}`;
  card.plate = plate;
  card.most = largestOf(m);
  card.cells = [];
  put(card.body, pager(top, high, m.down, 0, lines), pager(left, ACROSS, m.across, plane ? 1 : 0, wide), h("table", {role: "grid", "aria-label": `${m.symbol}${plate} ${shapeOf(m)}`},
    m.shape.length > 0 && h("thead", h("tr", plane && h("td.corner", {"aria-hidden": "true"}), across.map(c => {
      const name = folded ? null : tableName(m, m.plane ? 1 : 0, m.across[c]);
      return h("th", {scope: "col", title: name}, String(label(m.across, c)), name && h("small", " " + brief(name)));
    }))),
    h("tbody", down.map(r => h("tr", plane && h("th", {scope: "row"}, String(label(m.down, r))), across.map(c => {
      const td = h("td", {tabindex: card.cells.length ? -1 : 0});
      card.cells.push({td, id: m.flat[r * wide + c]});
      return td;
    }))))));
}
const shapeOf = ({shape, folded, ...m}) => shape.map((_, k) => folded ? m.folded_axes.at(k - 2) : axis(m, k)).join(" × ");
// The matrices whose numbers stand in the formulas of one.
function sourcesOf(m) {
  if (!m.sources) {
    m.sources = new Set();
    for (const id of m.sorted) for (const part of parts[maker[id]]) m.sources.add(N.matrix[named[m.step].get(part)]);
  }
  return m.sources;
}
// Whether a matrix is open now: all steps of one matrix leave the same ones open, so that nothing moves.
function isOpen(m, view, marks) {
  if (allOpen || pinned.has(m.name) || (chosen && m.place.has(chosen.id))) return true;
  return view.index < 0 ? m.given != null : m === view.matrix || sourcesOf(view.matrix).has(m.index) || marks.some(id => m.place.has(id));
}
function drawHead({m, head, plate}, open) {
  const some = ids => m.flat.some(id => known(id) && ids.has(id));
  const mark = open || !chosen ? "" : some(chosen.from) ? ".from" : some(chosen.into) ? ".into" : "", pin = pinned.has(m.name);
  const look = [plate, open, mark, pin].join();
  if (head.look === look) return;
  head.look = look;
  head.className = "head" + mark.replace(".", " ");
  put(head, {"aria-expanded": String(open), title: (pin ? "let it fold again" : open ? "keep it open" : "open it")
    + (mark ? `; with numbers that the chosen one ${mark === ".from" ? "comes from" : "goes into"}` : "")},
    h("span.twist", {"aria-hidden": "true"}, pin ? "■" : open ? "▾" : "▸"), h("span.name", notation(m.symbol + (open && plate || ""))), m.shape.length > 0 && " " + shapeOf(m));
}
function drawMatrices(view) {
  const {cards, nodes} = deck(view.step), holder = $("cards");
  if (holder.firstChild !== nodes[0]) put(holder, nodes);
  const sources = [], marks = [...view.writes, ...view.reads];
  let goal = null;
  for (const card of cards) {
    const {m, node, body} = card, open = isOpen(m, view, marks);
    body.hidden = !open;
    node.classList.toggle("folded", !open);
    if (!open) {
      node.classList.toggle("waiting", !known(m.sorted[0]));
      drawHead(card, open);
      continue;
    }
    let top = 0, left = 0;
    if (m.flat.length > m.high * m.wide || m.wide > ACROSS) {
      // The window shows what is written or read, otherwise what was computed last.
      const latest = m.given ? [] : m.sorted.slice(0, below(m.sorted, now)).slice(-1);
      for (const id of [...marks, ...latest]) if (m.place.has(id)) {
        [top, left] = m.place.get(id);
        break;
      }
      [top, left] = pages[m.index] || [top - top % m.high, left - left % ACROSS];
    }
    if (card.window !== `${top} ${left}`) deal(card, top, left);
    drawHead(card, open);
    let waiting = true, reading = false, writing = false;
    for (const cell of card.cells) {
      const {id, td} = cell, there = known(id), written = view.writes.has(id), read = view.reads.has(id);
      if (there) waiting = false;
      if (written) writing = true;
      else if (read) reading = true;
      const look = (there ? "" : "empty") + (written ? " written" : read ? " read" : "")
        + (!chosen || !there ? "" : id === chosen.id ? " picked" : chosen.from.has(id) ? " from" : chosen.into.has(id) ? " into" : "") + (changed.has(id) ? " changed" : "");
      if (cell.look === look) continue;
      cell.look = look;
      td.className = look;
      put(td, there ? short(O.value[id]) : "·");
      fill(td, {"aria-label": there ? "" : "not yet computed", title: there ? `${labelOf(id, m.step)} = ${O.value[id]}` + (O.value[id] === RECORDED[id] ? "" : `, recorded ${RECORDED[id]}`) : ""}, link(there ? id : null, m.step));
      if (there) td.removeAttribute("aria-label");
      const share = there && card.most ? min(1, abs(valueOf(id)) / card.most) || 0 : 0;
      td.style.setProperty("--heat", `color-mix(in srgb, var(--${O.value[id][0] === "-" ? "minus" : "plus"}) ${Math.round(45 * share)}%, transparent)`);
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
