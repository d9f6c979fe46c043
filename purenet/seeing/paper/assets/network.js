// The network as a diagram.  Every number has a place of its own: above a unit its bias, below it
// what comes back to it (delta, or the slopes that it is made of), beyond the outputs the targets
// and the loss.  What fits no place stands on a label at the lower edge.  A diagram larger than its
// pane scrolls, and follows the step.  It stands in the script of the page, before the start.
const layers = R.meta.network.layers;
const shapes = [layers[0].input_shape, ...layers.map(layer => layer.output_shape)];
// The columns of the diagram: how many units each has, none where images stand instead.
const isImage = column => (shapes[column] || []).length === 3;
const sizes = [layers[0].inputs, ...layers.map(layer => layer.outputs)].map((size, column) => isImage(column) ? 0 : size);
const LAST = layers.length, MOST = 40, BLOCK = 8;
const hasRole = role => M.some(m => m.role === role);
let paint = () => false;
const measure = () => layers.map((_, l) => max(1e-300, ...M.filter(m => m.layer === l && /weights$/.test(m.role)).map(m =>
  m.sorted.reduce((most, id) => { const size = abs(valueOf(id)); return size > most && size < Infinity ? size : most; }, 0))));
let picture = null, whole = false, largest = measure();
onChange.push(() => {
  largest = measure();
  if (picture) for (const edge of picture.edges) edge.look = null;
});

// The column of the diagram and the unit in it that a cell belongs to, for each of its axes.
function unitsOf(n) {
  const m = M[N.matrix[n]], place = m.plane ? [N.row[n], N.column[n]] : [N.column[n] ?? N.row[n]];
  return (/weight/.test(m.role) && m.folded ? [] : m.shape).map((_, k) => {
    const name = axis(m, k), layer = m.role === "inputs" ? -1 : m.layer == null ? LAST - 1 : m.layer;
    return name === "sample" || m.role === "learning_rate" ? null : [m.role === "inputs" ? 0 : name === "input" ? layer : layer + 1, place[k]];
  });
}
// What a place may show: the sign before the number and the role of its matrix, the newest first.
const SHOWS = {
  input: [["", "inputs"]],
  a: [["", "a"], ["z ", "z"]],
  b: [["b′ ", "new_biases"], ["b ", "biases"], ["∂L/∂b ", "bias_gradient"]],
  d: [["δ ", "delta"], ["∂a/∂z ", "slope"], ["∂L/∂a ", "activation_gradient"], ["∂L/∂a ", "output_gradient"]],
  y: [["y ", "targets"]],
  e: [["error ", "squared_error"], ["error ", "cross_entropy"]],
  loss: [["loss ", "sample_loss"]],
  total: [["L = ", "loss"]],
};
function drawNetwork(view) {
  const box = $("diagram"), width = box.offsetWidth / enlarged - 8, height = box.offsetHeight / enlarged - 8, s = view.step;
  if (width < 50 || height < 50) return;
  const marks = [...view.writes, ...view.reads].map(id => named[s].get(id)).filter(n => n != null);
  const tops = sizes.map((size, column) => {
    if (size > MOST) for (const n of marks) for (const unit of unitsOf(n)) if (unit?.[0] === column) return unit[1] - unit[1] % MOST;
    return 0;
  });
  const key = [width, height, ...tops].join(" ");
  if (!picture || picture.key !== key) picture = plan(width, height, tops, key);
  let row = sample;
  if (row == null) {
    const n = grain === "matrix" ? null : marks.find(n => axis(M[N.matrix[n]], 0) === "sample");
    row = n == null ? 0 : N.row[n] ?? N.column[n];
  }
  put($("sample"), `sample ${R.meta.samples[row]}`);
  $("sample-back").disabled = row < 1;
  $("sample-next").disabled = row > R.meta.samples.length - 2;
  shownSample = row;

  let goal = null, written = false;
  const mark = (ids, at) => {
    const kind = ids.some(id => view.writes.has(id)) ? " writes" : ids.some(id => view.reads.has(id)) ? " reads" : "";
    if (kind === " writes" ? !written : kind && !goal) goal = at;
    written = written || kind === " writes";
    return kind;
  };
  const cell = (role, layer, row, column) => { const m = find(role, s, layer); return m ? m.at(row, column) : null; };
  for (const {node, text, shows, layer, j, x, y, room} of picture.spots) {
    const pairs = SHOWS[shows].map(([sign, role]) => {
      const m = layer == null ? M.find(each => each.role === role && each.step === s) : find(role, s, layer);
      return [sign, !m ? null : m.plane ? m.at(row, j) : m.at(shows === "b" ? j : row)];
    }).filter(pair => pair[1] != null);
    const marked = mark(pairs.map(pair => pair[1]), [x, y]);
    const pair = pairs.find(each => view.writes.has(each[1])) || pairs.find(each => view.reads.has(each[1]) && known(each[1])) || pairs.find(each => known(each[1]));
    const id = pair && known(pair[1]) ? pair[1] : null, value = id == null ? shows === "a" || marked ? "·" : "" : short(O.value[id]);
    fill(node, {class: "at " + shows + marked}, link(id, s));
    const sign = (changed.has(id) ? "✎ " : "") + (pair ? pair[0] : shows === "a" ? "" : SHOWS[shows][0][0].replace("′", "")), long = 5.3 * sign.length + 6.6 * value.length > room;
    put(text, sign && svg("tspan", sign), value);
    long ? fill(text, {textLength: room, lengthAdjust: "spacingAndGlyphs"}) : ["textLength", "lengthAdjust"].forEach(name => text.removeAttribute(name));
  }
  const tags = [], crowded = picture.edges.length > 120;
  for (const edge of picture.edges) {
    const {layer, k, j} = edge, [fresh, old, slope] = ["new_weights", "weights", "weight_gradient"].map(role => cell(role, layer, k, j));
    const id = known(fresh) ? fresh : old, marked = mark([fresh, old, slope], edge.at(0.5)), look = `${s} ${id}${marked}`;
    if (marked) {
      const shown = [fresh, old, slope].find(each => view.writes.has(each)) ?? [fresh, old, slope].find(each => view.reads.has(each));
      tags.push({edge, marked, id: shown, sign: shown === slope ? "∂L/∂W " : shown === fresh ? "W′ " : ""});
    }
    if (edge.look === look) continue;
    edge.look = look;
    const value = id == null ? 0 : valueOf(id), size = abs(value) / largest[layer];
    fill(edge.path, {class: "edge" + (O.value[id] && O.value[id][0] === "-" ? " minus" : ""), opacity: id == null ? 0.25 : marked ? 1 : crowded ? 0.3 : 0.6,
      "stroke-width": id == null ? 0.5 : (0.6 + (crowded ? 1.8 : 3.6) * (size < 1 ? size : 1)).toFixed(2)});
    fill(edge.halo, {class: "halo" + marked}, link(id, s));
  }
  written = paint(view, row) || written;
  const {wide, high} = picture, large = wide > width || high > height;
  const inside = (at, room, all) => max(0, min(at - room / 2, all - room));
  const [across, down] = [box.clientWidth / enlarged, box.clientHeight / enlarged];
  const [left, top] = !large || whole ? [0, 0] : [inside(goal ? goal[0] : 0, across, wide), inside(goal ? goal[1] : high / 2, down, high)];
  // What is seen of the diagram; labels find their room in it.
  const seen = !large || whole ? [0, 0, wide, high] : [left, top, min(wide, left + across), min(high, top + down)];
  const {untold, taken} = drawTags(tags, s, seen);
  // What has no place of its own.
  const {number: n, matrix: m, operation} = view, lost = view.index >= 0 && (!written || (untold && grain !== "matrix"));
  picture.other.setAttribute("class", "other" + (lost ? " writes" : ""));
  fill(picture.other, link(lost && n != null && known(N.id[n]) ? N.id[n] : null, s));
  put(picture.otherText, lost && (n == null ? m.symbol + (m.sorted.length > 1 ? "" : " = " + short(O.value[m.sorted[0]])) : `${nameText(n)} = ${known(N.id[n]) ? short(O.value[N.id[n]]) : "·"}`));
  const half = picture.otherText.textContent.length * 3.35 + 8;
  const corner = [seen[0] + half + 2, seen[3] - 11];
  fill(picture.other, {transform: lost ? `translate(${findRoom(half, 9, corner, seen, taken) || corner})` : "translate(0)"});
  fill(picture.otherBox, {x: -half, width: 2 * half});
  const phase = view.index < 0 ? "" : phaseOf(operation).phase;
  put($("flow"), {forward: "numbers flow →", loss: "numbers flow →", backward: "← errors flow back", update: "weights change"}[phase] || phase);
  $("zoom").hidden = !large;
  pressed($("zoom"), whole);
  fill(picture.drawing, {width: enlarged * (whole ? width : wide), height: enlarged * (whole ? height : high)});
  if (!large || whole) return;
  box.scrollLeft = enlarged * left;
  box.scrollTop = enlarged * top;
}
const clear = (a, b) => a[2] <= b[0] || b[2] <= a[0] || a[3] <= b[1] || b[3] <= a[1];
const within = (box, seen) => box[0] >= seen[0] && box[1] >= seen[1] && box[2] <= seen[2] && box[3] <= seen[3];
// The place for a label that is nearest to a point, in what is seen and clear of what is there.
function findRoom(half, tall, [x0, y0], seen, taken) {
  const near = taken.filter(other => !clear(other, seen));
  let found = null, least = Infinity;
  for (let y = seen[1] + tall + 1; y <= seen[3] - tall - 1; y += 6) for (let x = seen[0] + half + 1; x <= seen[2] - half - 1; x += 8) {
    const far = (x - x0) ** 2 + (y - y0) ** 2, box = [x - half, y - tall, x + half, y + tall];
    if (far < least && y - tall > 16 && near.every(other => clear(box, other))) { least = far; found = [x, y]; }
  }
  return found;
}
// Tags keep clear of each other and of the units; one that finds no room is left out.  Returns
// whether that has happened to what is written, and what is taken now.
function drawTags(tags, s, seen) {
  let untold = false;
  const taken = [...picture.spots, ...picture.namings].map(({x, y, wide, tall}) => [x - wide / 2, y - tall / 2, x + wide / 2, y + tall / 2]);
  const order = tags.length > 40 ? [] : [...tags].sort((a, b) => (b.marked === " writes") - (a.marked === " writes"));
  const out = tags.length > 1 && tags.every(other => other.edge.k === tags[0].edge.k);
  put(picture.tags, order.map(({edge, id, marked, sign}) => {
    const text = known(id) ? short(O.value[id]) : "·", half = 2.65 * sign.length + 3.35 * text.length + 4;
    const places = (out ? [0.7, 0.6, 0.8, 0.5, 0.4] : [0.3, 0.4, 0.2, 0.5, 0.6, 0.7]).map(t => edge.at(t).map(Number));
    // Where something is written there is a tag, if need be beside its line.
    const writes = marked === " writes" && tags.length < 9, middle = edge.at(0.5).map(Number);
    for (const place of [...places, writes]) {
      // The last resort is searched for only where nothing else has helped.
      const [x, y] = place === true ? findRoom(half, 8, middle, seen, taken) || [0, 0] : place || [0, 0];
      const box = [x - half, y - 8, x + half, y + 8];
      // No label is cut by the edge of the pane.
      if (y < 24 || !taken.every(other => clear(box, other)) || !(within(box, seen) || (marked !== " writes" && clear(box, seen) && x > half && x < picture.wide - half))) continue;
      taken.push(box);
      return svg("g", link(id, s), {class: "tag" + marked, transform: `translate(${x} ${y})`},
        svg("rect", {x: -half, y: -8, width: 2 * half, height: 16, rx: 4}), svg("text", sign && svg("tspan", sign), text));
    }
    untold = untold || marked === " writes";
    return null;
  }));
  return {untold, taken};
}
// Lays the diagram out once for a size of the pane; the steps then change only its looks.
function plan(width, height, tops, key) {
  const shown = sizes.map((size, column) => min(size - tops[column], MOST));
  const small = width < 480, pill = small ? 70 : 80, ends = hasRole("loss"), columns = sizes.length + ends;
  const wide = max(width, (columns - 1) * (pill + (small ? 26 : 40)) + pill + 8);
  const xs = Array.from({length: columns}, (_, column) => 4 + pill / 2 + (wide - 8 - pill) * column / (columns - 1));
  const biased = column => column > 0 && layers[column - 1].bias !== false && M.some(m => m.role === "biases" && m.layer === column - 1);
  const block = column => column ? (biased(column) ? 56 : ends && column === LAST && outputNames.length ? 47 : 39) : inputNames.length ? 34 : 22;
  const needs = shown.map((count, column) => count * (block(column) + BLOCK) + (ends && column === LAST ? 88 : 0));
  const high = max(height, 38 + max(...needs));
  const yOf = (column, j) => {
    const gap = min(block(column) + 40, (high - 38 - (needs[column] - shown[column] * (block(column) + BLOCK))) / shown[column]);
    return 20 + (high - 38) / 2 + (j - tops[column] - (shown[column] - 1) / 2) * gap;
  };
  const middleOf = (column, y) => column ? y - (biased(column) ? 0 : 8.5) : y + (inputNames.length ? 6 : 0);
  const each = (column, act) => { for (let j = tops[column]; j < tops[column] + shown[column]; j++) act(j, yOf(column, j)); };
  const edges = [], spots = [], namings = [], halos = svg("g"), lines = svg("g"), places = svg("g"), tags = svg("g");
  layers.forEach((layer, l) => each(l, (k, from) => each(l + 1, (j, to) => {
    if (/Dropout|Flatten/.test(layer.kind) && k !== j) return;
    const y1 = middleOf(l, from), y2 = middleOf(l + 1, to), x1 = xs[l] + pill / 2, x2 = xs[l + 1] - pill / 2, bend = (x2 - x1) * 0.42;
    const d = `M${x1} ${y1}C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}`, path = svg("path", {d}), halo = svg("path", {d});
    halos.append(halo);
    lines.append(path);
    edges.push({layer: l, k, j, path, halo, at: t => {
      const u = 1 - t, mix = (a, b, c, e) => (u * u * u * a + 3 * u * u * t * b + 3 * u * t * t * c + t * t * t * e).toFixed(1);
      return [mix(x1, x1 + bend, x2 - bend, x2), mix(y1, y1, y2, y2)];
    }});
  })));
  const spot = (shows, layer, j, x, y, tall, wide = pill) => {
    const text = svg("text", {x, y: y + 0.5}), node = svg("g", svg("rect.unit", {x: x - wide / 2, y: y - tall / 2, width: wide, height: tall, rx: shows === "a" || shows === "input" ? tall / 2 : 3}), text);
    places.append(node);
    spots.push({node, text, shows, layer, j, x, y, wide, tall, room: wide - 8});
  };
  // What the table calls an input or an output, above its number.
  const naming = (name, x, y) => {
    if (!name) return;
    places.append(svg("g", svg("title", name), svg("text.soft.naming", {x, y}, brief(name))));
    namings.push({x, y, wide: pill, tall: 12});
  };
  const caption = (x, text) => {
    const most = Math.floor((columns > 1 ? xs[1] - xs[0] : wide) / 6.2);
    return svg("text.soft" + (x === xs[0] ? ".start" : x === xs[columns - 1] ? ".end" : ""), {x: x === xs[0] ? 4 : x === xs[columns - 1] ? wide - 4 : x, y: 9},
      text.find(choice => choice.length <= most) || text.at(-1).slice(0, most));
  };
  sizes.forEach((size, column) => {
    const part = size > shown[column] ? ` ${tops[column]}–${tops[column] + shown[column] - 1} of ${size}` : "", x = xs[column];
    const kind = column && (layers[column - 1].kind || layers[column - 1].activation);
    places.append(caption(x, column ? [`layer ${column} · ${kind}${part}`, `${column} · ${kind}${part}`, column + " · " + (part || kind)] : ["inputs" + part, part]));
    each(column, (j, y) => {
      const middle = middleOf(column, y);
      if (!column) {
        naming(inputNames[j], x, middle - 16);
        return spot("input", null, j, x, middle, 20);
      }
      if (biased(column)) spot("b", column - 1, j, x, middle - 19, 15, pill - 12);
      spot("a", column - 1, j, x, middle, 20);
      if (M.some(m => m.layer === column - 1 && m.role === "delta")) spot("d", column - 1, j, x, middle + 19.5, 15);
    });
  });
  if (ends) {
    const x = xs[columns - 1], y = isImage(LAST) ? high / 2 : yOf(LAST, tops[LAST] + shown[LAST] - 1) + 40, error = hasRole("squared_error") || hasRole("cross_entropy");
    places.append(caption(x, ["target, loss", "loss"]));
    each(LAST, (j, y1) => {
      lines.append(svg("path.flow", {d: `M${xs[LAST] + pill / 2} ${middleOf(LAST, y1)}H${x - pill / 2 - 8}V${y + 22}H${x - pill / 2}`}));
      naming(outputNames[j], x, middleOf(LAST, y1) - 15);
      spot("y", null, j, x, middleOf(LAST, y1), 18);
      if (error) spot("e", null, j, x, middleOf(LAST, y1) + 18, 15);
    });
    if (hasRole("sample_loss")) spot("loss", null, 0, x, y, 16);
    spot("total", null, 0, x, y + 22, 22);
  }
  const images = svg("g"), otherText = svg("text"), otherBox = svg("rect.unit", {y: -9, height: 18, rx: 3}), other = svg("g", otherBox, otherText);
  const drawing = svg("svg", {viewBox: `0 0 ${wide} ${high}`, role: "img", "aria-label": document.title + "; its numbers are in the matrices."}, halos, lines, places, images, other, tags);
  put($("diagram"), drawing);
  return {key, edges, spots, namings, tags, images, xs: xs.slice(0, sizes.length), height: high, wide, high, drawing, other, otherText, otherBox};
}

// An activation step, and the slope of one, as a picture: the curve, the recorded point on it, and
// the tangent there.  The curve is drawn from samples of the function; no number is taken from it.
const CURVES = {sigmoid: z => 1 / (1 + Math.exp(-z)), tanh: Math.tanh, relu: z => max(0, z), leaky_relu: z => z > 0 ? z : 0.01 * z};
drawCurve = ({number: n, matrix: m, step: s}) => {
  const wanted = n != null && m.layer != null && /^(a|slope)$/.test(m.role), f = wanted && CURVES[layers[m.layer].activation];
  const [z, a] = f ? ["z", "a"].map(role => twin(n, role, {layer: m.layer, step: s})) : [];
  const x = z == null || a == null || !known(a) ? NaN : valueOf(z), y = valueOf(a);
  put($("curve"));
  if (!Number.isFinite(x) || !Number.isFinite(y)) return;
  const reach = max(4, 1.25 * abs(x)), ends = [f(-reach), f(reach)], low = min(0, ...ends), high = max(...ends, 0.1), W = 220, H = 84;
  const X = z => (W * (z + reach) / (2 * reach)).toFixed(2), Y = a => (8 + (H - 16) * (high - a) / (high - low)).toFixed(2);
  const points = Array.from({length: 81}, (_, k) => reach * (k - 40) / 40), step = 1e-4 * (1 + abs(x));
  // Left of a corner, as the code takes it, the slope is that below.
  const slope = (f(x) - f(x - step)) / step, side = reach / 3;
  put($("curve"), svg("svg", {viewBox: `0 0 ${W} ${H}`, role: "img", "aria-label": `${layers[m.layer].activation} at ${short(O.value[z])} is ${short(O.value[a])}, with the tangent there`},
    svg("path.axes", {d: `M0 ${Y(0)}H${W}M${X(0)} 0V${H}`}), svg("path.graph", {d: "M" + points.map(z => `${X(z)} ${Y(f(z))}`).join("L")}),
    svg("path.tangent", {d: `M${X(x - side)} ${Y(y - slope * side)}L${X(x + side)} ${Y(y + slope * side)}`}), svg("circle", {cx: X(x), cy: Y(y), r: 4})),
  h("span.note", "z ", about(O.value[z], short(O.value[z])), h("br"), "a ", about(O.value[a], short(O.value[a]))));
};
