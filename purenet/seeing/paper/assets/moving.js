// Moving.

let timer = null, pace = 1;
// What the rooms behind this one have to do whenever the page is drawn, and once at the beginning.
const onRender = [], onStart = [];
const narrow = () => matchMedia("(max-width: 999px)").matches;

// What stays for the next time, where the browser keeps something for a file or a frame.
function remember(name, value) { try { localStorage.setItem("purenet " + name, value); } catch { /* then not */ } }
function recall(name) { try { return localStorage.getItem("purenet " + name); } catch { return null; } }

// The address leads to the step, also when the page is loaded again.
let noting = null, opening = "";
function note() {
  const at = grains[grain].ends.length && below(grains[grain].ends, now + 1);
  try { history.replaceState(null, "", at || grain !== opening ? `#${grain}-${at}` : location.pathname + location.search); } catch { /* in a frame without an address */ }
}
function follow() {
  const [, size, at] = /^#(matrix|number|operation)-(\d+)$/.exec(location.hash) || [];
  if (!size) return false;
  regrain(size);
  arrive(+at ? grains[size].ends[min(+at, grains[size].ends.length) - 1] : 0);
  return true;
}
// The result in the words of the live region: a matrix as a whole, unless it is large.
function spoken({matrix, operation}) {
  if (grain !== "matrix") return about(O.value[operation]);
  const values = matrix.flat.map(id => O.value[id]), size = matrix.shape.join(" by ") || "one number";
  if (values.length <= 8) return `${size}: ${values.map(text => about(text)).join(", ")}`;
  const sorted = [...values].sort((a, b) => number(a) - number(b));
  return `${size} numbers, from ${about(sorted[0])} to ${about(sorted.at(-1))}`;
}
// What is said in place of the step, if anything.
let instead = () => null;
function render() {
  const view = current();
  drawStep(view);
  drawSource(view);
  drawNetwork(view);
  drawMatrices(view);
  drawTime(view);
  for (const act of onRender) act(view);
  clearTimeout(noting);
  noting = setTimeout(note, 300);
  if (timer != null) return;
  const said = instead(view);
  if (said) return put($("live"), said);
  const reads = [...view.reads].filter(id => named[view.step].has(id)).slice(0, 6).map(id => labelOf(id, view.step));
  put($("live"), `${$("count").textContent}: ${$("now-name").textContent}. ${$("sentence").textContent}`,
    view.index < 0 ? " " + told.start.sentences.join(" ") : ` Result ${spoken(view)}.`,
    view.index === grains[grain].ends.length - 1 && " " + told.end.sentences[0], reads.length && grain !== "matrix" ? ` Reads ${reads.join(", ")}.` : "");
}
function go(t) {
  now = t;
  sample = frame = null;
  pages = {};
  render();
}
// The end of the step, of the present grain, that ends at t or next after it.
function arrive(t) {
  const {ends} = grains[grain];
  go(t <= 0 ? 0 : ends[min(ends.length - 1, below(ends, t))]);
}
function stepBy(by, size = grain) {
  const {ends} = grains[size], done = below(ends, now + 1);
  // From within a coarser step, back leads to its beginning.
  const inside = by < 0 && (done ? ends[done - 1] : 0) < now;
  const to = min(ends.length, max(0, done + by + inside));
  arrive(to ? ends[to - 1] : 0);
}
const firstStep = id => { while (id < COUNT - 1 && isLeaf(id)) id++; return id + 1; };
const beginning = m => grain === "matrix" ? m.end : grain === "operation" && work[maker[m.sorted[0]]].length ? work[maker[m.sorted[0]]][0] + 1 : m.sorted[0] + 1;
function regrain(to) {
  const t = now, n = t ? O.number[t - 1] : null;
  grain = to;
  document.querySelector(`[value=${to}]`).checked = true;
  buildBar();
  arrive(grain === "operation" || n == null || N.formula[n] == null ? t : grain === "number" ? N.id[n] + 1 : M[N.matrix[n]].end);
}
function goTo(id) {
  if (maker[id] < 0) regrain("operation");
  arrive(grain === "matrix" ? M[N.matrix[maker[id]]].end : id + 1);
}
function play(on) {
  if (on === (timer != null)) return;
  put($("play"), {"aria-label": on ? "Pause" : "Play"}, on ? "‖" : "▶\ufe0e");
  clearTimeout(timer);
  timer = null;
  if (!on) return render();
  beat();
}
function beat() {
  timer = setTimeout(() => {
    if ($("next").disabled) return play(false);
    beat();
    stepBy(1);
  }, 900 / pace);
}
function phaseBy(by) {
  const at = now ? R.phases.findIndex(p => now <= p.end) : -1, to = at + by;
  if (to < 0) go(0);
  else if (to < R.phases.length) arrive(firstStep(R.phases[to].first));
}
function show(name) {
  if (name !== "trail") pane = name;
  $("app").dataset.pane = name;
  for (const button of $("panes").children) pressed(button, button.dataset.show === name);
}
function theme(name) {
  document.documentElement.dataset.theme = name;
  put($("theme"), name === "dark" ? "Light" : "Dark");
}
function other() { theme(document.documentElement.dataset.theme === "dark" ? "light" : "dark"); }
function trace() {
  const view = current();
  if (view.index < 0) return;
  choose(view.operation, view.step);
  $("trace").focus();
}
function before() { const last = past.pop(); if (last) choose(...last, true); }
function otherSample(by) { sample = shownSample + by; drawNetwork(current()); }
