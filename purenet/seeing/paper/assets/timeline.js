// The timeline.

let segments = [], barStep = 0, shownCell = null;
const MANY = 3; // training steps; of more, the bar shows the one at work, under a strip of all
function buildBar() {
  const groups = [], many = STEPS > MANY;
  let before = 0;
  segments = [];
  for (const m of computed) {
    const after = below(grains.operation.ends, m.end + 1), span = {matrix: 1, number: m.sorted.length, operation: after - before}[grain];
    before = after;
    if (many && m.step !== barStep) continue;
    const inner = h("i"), node = h("span.cell", {"data-matrix": m.index, title: m.symbol}, inner, h(m.symbol.length > 3 ? "b.long" : "b", notation(m.symbol)));
    node.style.flexGrow = span;
    let group = groups[groups.length - 1];
    if (!group || group.step !== m.step || group.phase !== m.phase) groups.push(group = {step: m.step, phase: m.phase, span: 0, nodes: []});
    group.span += span;
    group.nodes.push(node);
    segments.push({m, node, inner});
  }
  put($("bar"), many && h("div.steps", named.map((_, step) => h(`span.cell${step <= barStep ? ".past" : ""}${step === barStep ? ".here" : ""}`,
    {"data-matrix": computed.find(m => m.step === step).index, title: `training step ${step}`}, h("b", String(step))))),
  h(many ? "div.phases.many" : "div.phases", groups.map(group => {
    const node = h("div.phase", h("span", many ? null : STEPS === 1 ? group.phase : `${group.step} · ${group.phase}`), h("div.cells", group.nodes));
    node.style.flexGrow = group.span;
    return node;
  })));
  follows($("bar").querySelector(".steps .here"));
}
// Where the bar is wider than its place it scrolls, and what is at work stays in the middle.
function follows(node) {
  const holder = node?.closest(".steps, .phases");
  if (holder) holder.scrollLeft += node.getBoundingClientRect().left - holder.getBoundingClientRect().left - (holder.clientWidth - node.offsetWidth) / 2;
}
function drawTime(view) {
  if (STEPS > MANY && view.step !== barStep) { barStep = view.step; buildBar(); }
  for (const segment of segments) {
    const {m, node, inner} = segment, done = below(m.sorted, now) / m.sorted.length, look = `${done} ${m === view.matrix}`;
    if (segment.look === look) continue;
    segment.look = look;
    inner.style.transform = `scaleX(${done})`;
    node.classList.toggle("here", m === view.matrix);
    if (m === view.matrix && shownCell !== node) follows(shownCell = node);
  }
  const total = grains[grain].ends.length, at = view.index + 1, text = `${grain} ${at} of ${total}`;
  fill($("slider"), {max: total, "aria-valuetext": text}).value = at;
  put($("count"), text);
  $("first").disabled = $("back").disabled = at === 0;
  $("last").disabled = $("next").disabled = at === total;
  const phase = view.index < 0 ? null : phaseOf(view.operation);
  $("to-phase").value = phase ? `${phase.step} ${phase.phase}` : "";
  $("to-layer").value = phase && phase.layer != null ? R.phases.indexOf(phase) : "";
  $("to-matrix").value = view.matrix ? view.matrix.index : "";
}
