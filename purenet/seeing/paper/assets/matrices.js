// The matrices.  Of a large one a window is shown, which follows the step.

const decks = [];
// A question hides what it asks for.
let hides = () => false;
const known = id => id != null && (O.op[id] === "given" || id < now && !hides(id));

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
