// The film of a training: the network small, its weights as they were at each moment, and below it
// the loss.  Its frames come from the recording, where that has several steps, or from elsewhere.

const REEL = {wide: 480, tall: 230, units: 24, low: 90, left: 8};
let reel = null, rolling = null;

// frames: [{label, loss, weights: [layer][k][j], biases: [layer][j]}], numbers as texts or numbers;
// null where there is none.
function openFilm(frames) {
  roll(false);
  reel = {frames, at: 0, ...filmNetwork(frames), ...filmCurve(frames)};
  put($("film-picture"), reel.network, reel.course);
  fill($("film-slider"), {max: frames.length - 1});
  turnTo(0);
  $("film").showModal();
  $("film-slider").focus();
}
const sizeOf = value => abs(number(value));
// A line for each weight between dots for units, and a stroke above a dot for its bias.  Of a layer
// with many units the first are drawn.
function filmNetwork(frames) {
  const {wide, tall, units} = REEL, [{weights, biases}] = frames, counts = [], lines = [], strokes = svg("g"), dots = svg("g"), notes = [];
  const planes = weights.map((plane, l) => ({plane, l})).filter(({plane}) => plane && Array.isArray(plane[0]));
  const blocks = planes.map(({plane, l}) => {
    if (counts.at(-1) !== plane.length) counts.push(plane.length);
    counts.push(plane[0].length);
    return {plane, l, column: counts.length - 1};
  });
  const x = column => 20 + (wide - 40) * column / max(1, counts.length - 1);
  const y = (column, j) => 26 + (tall - 40) * (j + 0.5) / min(units, counts[column]);
  const line = (d, l, read, name) => {
    const title = svg("title"), path = svg("path.edge", {d}, title);
    strokes.append(path);
    lines.push({path, title, read, name, l});
  };
  for (const {plane, l, column} of blocks) {
    plane.slice(0, units).forEach((row, k) => row.slice(0, units).forEach((_, j) =>
      line(`M${x(column - 1)} ${y(column - 1, k)}L${x(column)} ${y(column, j)}`, l, frame => frame.weights[l][k][j], `W${l + 1}[${k}][${j}]`)));
    if (biases[l]) biases[l].slice(0, units).forEach((_, j) =>
      line(`M${x(column)} ${y(column, j) - 12}v10`, l, frame => frame.biases[l][j], `b${l + 1}[${j}]`));
  }
  counts.forEach((count, column) => {
    for (let j = 0; j < min(units, count); j++) dots.append(svg("circle", {cx: x(column), cy: y(column, j), r: 4}));
    if (count > units) notes.push(svg("text", {x: x(column), y: 10}, `${units} of ${count}`));
  });
  const most = weights.map((_, l) => max(1e-300, ...lines.filter(each => each.l === l)
    .flatMap(each => frames.map(frame => sizeOf(each.read(frame)))).filter(Number.isFinite)));
  return {lines, most, network: svg("svg", {viewBox: `0 0 ${wide} ${tall}`, role: "img", "aria-label": "The network with its weights at this moment"}, strokes, dots, notes)};
}
// The loss of all frames, with its largest and smallest, and a point that stands at the frame.
function filmCurve(frames) {
  const {wide, low, left} = REEL, losses = frames.map(({loss}) => loss == null ? NaN : number(loss)), finite = losses.filter(Number.isFinite);
  const top = max(...finite), bottom = min(...finite), spread = top - bottom || 1;
  const place = k => [left + (wide - 2 * left) * k / max(1, frames.length - 1), 16 + (low - 34) * (top - losses[k]) / spread];
  const there = losses.map((loss, k) => k).filter(k => Number.isFinite(losses[k]));
  const point = svg("circle", {r: 5}), at = value => String(frames[losses.indexOf(value)].loss);
  const label = (value, y) => svg("text.value", {x: left, y}, short(at(value)));
  return {place, point, course: svg("svg.curve", {viewBox: `0 0 ${wide} ${low}`, role: "img", "aria-label": finite.length ? `The loss, from ${at(losses[there[0]])} to ${at(losses[there.at(-1)])}` : "No loss"},
    finite.length && svg("path", {d: "M" + there.map(k => place(k).map(value => value.toFixed(2)).join(" ")).join("L")}),
    finite.length && [label(top, 8), top > bottom && label(bottom, low - 6)], point)};
}
function turnTo(at) {
  const {frames, lines, most, place, point} = reel, frame = frames[at];
  reel.at = at;
  for (const {path, title, read, name, l} of lines) {
    const text = String(read(frame)), share = sizeOf(text) / most[l];
    fill(path, {class: text[0] === "-" ? "edge minus" : "edge", "stroke-width": (0.4 + 4 * (share < 1 ? share : 1)).toFixed(3)});
    put(title, `${name} = ${text}`);
  }
  const [x, y] = place(at);
  fill(point, {cx: x.toFixed(2), cy: y.toFixed(2), visibility: Number.isFinite(y) ? "visible" : "hidden"});
  const text = frame.label + (frame.loss == null ? "" : ` · loss ${frame.loss}`);
  put($("film-now"), text);
  fill($("film-slider"), {"aria-valuetext": text}).value = at;
}
function roll(on) {
  clearTimeout(rolling);
  rolling = null;
  put($("film-play"), on ? "‖ Pause" : "▶\ufe0e Play");
  if (!on) return;
  if (reel.at === reel.frames.length - 1) turnTo(0);
  const next = () => {
    if (reel.at === reel.frames.length - 1) return roll(false);
    rolling = setTimeout(next, 500 / pace);
    turnTo(reel.at + 1);
  };
  rolling = setTimeout(next, 500 / pace);
}
// The weights at the start and after each step.  In a network with dropout the first loss is one of
// training, those after a step are not; it stays out.
function recordedFrames() {
  const dropout = layers.some(layer => layer.kind === "Dropout"), values = ids => Array.isArray(ids) ? ids.map(values) : texts[ids];
  return Array.from({length: STEPS + 1}, (_, s) => {
    const all = role => layers.map((_, l) => { const m = s ? find("new_" + role, s - 1, l) : find(role, 0, l); return m ? values(m.ids) : null; });
    const loss = s < STEPS && !dropout ? find("loss", s) : null;
    return {label: s ? `after training step ${s - 1}` : "at the start", loss: loss ? texts[loss.ids] : !s ? null : !changed.size ? R.meta.losses_after[s - 1] : s === STEPS ? lossAfter() : null, weights: all("weights"), biases: all("biases")};
  });
}
onStart.push(() => {
  const slider = h("input#film-slider", {type: "range", min: 0, step: 1, "aria-label": "Moment of the training"}), close = h("button#film-close", "Close"), play = h("button#film-play");
  const dialog = h("dialog#film", {"aria-labelledby": "film-title"}, h("h2#film-title", "Film of the training"), h("div#film-picture"),
    h("p#film-now"), slider, h("div.group", play, paceChoice(), h("span", "Space: play, pause"), close));
  close.onclick = () => dialog.close();
  play.onclick = () => roll(rolling == null);
  slider.oninput = () => { roll(false); turnTo(+slider.value); };
  dialog.onclose = () => roll(false);
  dialog.onkeydown = event => {
    if (isCombined(event)) return;
    const act = event.target !== slider && event.target.matches("button, select") ? null : {" ": () => roll(rolling == null)}[event.key];
    const speed = {"+": 1, "-": -1}[event.key];
    if (!act && !speed) return;
    event.preventDefault();
    act ? act() : paceBy(speed);
  };
  $("app").append(dialog);
  if (STEPS === 1 || R.meta.layer != null) return;
  const open = () => openFilm(recordedFrames());
  fill(entry("film-open", "Film of the training", open), {"aria-haspopup": "dialog"});
  KEYS.push(["R", "film of the training steps", {r: open}]);
});
