// What if: a given number is changed here, the tape is repeated with it, and the page shows what comes
// of it.  Where the code would take another path, the page stays as it is and says where.

let tape = null, hindrance = null, recordAfresh = null;
const presentValues = new Float64Array(COUNT + (R.after ? R.after.op.length : 0)), undoing = [];
const toldAtFirst = {...told}, rateAtFirst = R.meta.learning_rate;
const lossId = (find("loss", 0) || {}).ids;
// A call's argument that has no name is told by its value, which a change may make untrue.
const argumentsAtFirst = R.calls.arguments, namedArguments = argumentsAtFirst.map(bound => Object.fromEntries(Object.entries(bound || {}).filter(entry => !/^-?\d+(\.|e)/.test(entry[1]))));

// Why no number can be changed here; empty if they can.
const whyNot = () => hindrance ??= findHindrance();
function findHindrance() {
  const {layer, stopped} = R.meta;
  if (layer != null) return "Only a part of the network was recorded: what follows from another number is not known.";
  if (stopped) return `No number can be changed here, because the recording has ended early: ${stopped}.`;
  if (!R.conditions || !R.after) return "This recording does not hold what it takes to repeat it.";
  tape = prepareTape();
  const stop = repeat(tape, changed);
  if (stop?.id != null && !stop.untrodden) return "Not all of its numbers are finite: none can be changed.";
  if (stop || ![...texts, ...R.after.value].every((text, id) => Object.is(number(text), tape.values[id]))) return "Repeated here it has other bits: no number can be changed.";
  presentValues.set(tape.values);
  return "";
}
const numberOf = id => { const step = named.findIndex(ids => ids.has(id)); return step < 0 ? null : named[step].get(id); };
const matrixOf = id => M[N.matrix[numberOf(id)]];
const isChangeable = id => O.op[id] === "given" && numberOf(id) != null && (matrixOf(id).role === "learning_rate" || /^(data|parameter)$/.test(matrixOf(id).given));

// What keeps a text from being this number, in words; empty if nothing does.
function refusalOf(id, text) {
  const {role} = matrixOf(id), {loss} = R.meta.network, value = Number(text), share = role === "targets" && /cross_entropy/.test(loss);
  const expected = !/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? "a decimal number such as 0.5 or -1e-3" : !Number.isFinite(value) ? "a number that fits a float"
    : role === "learning_rate" && value < 0 ? "0 or more" : share && (value < 0 || value > 1) && `0 to 1, because the loss is ${loss}`;
  return expected ? `found “${text}”, expected ${expected}` : "";
}
// Targets that add up to 1 stay so: the others of the sample share what is left as they did before.
function editsOf(id, text) {
  const {role, ids} = matrixOf(id), tied = role === "targets" && R.meta.network.loss === "categorical_cross_entropy";
  const others = tied ? ids[N.row[numberOf(id)]].filter(other => other !== id) : [], left = 1 - Number(text);
  const before = others.reduce((sum, other) => sum + presentValues[other], 0);
  return [[id, text], ...others.map(other => [other, repr(left * (before ? presentValues[other] / before : 1 / others.length))])];
}
const asNow = edits => edits.map(([id]) => [id, texts[id]]);
// A number's name, or that of the number on whose way it is.
function describe(id) {
  const n = id < COUNT ? numberOf(id) ?? O.number[id] : null;
  return n == null ? "a number on the way to the loss after the step" : (N.id[n] === id ? "" : "a number on the way to ") + nameText(n) + (STEPS > 1 && N.formula[n] != null ? ` of step ${N.step[n]}` : "");
}
function whereItStops({condition, id, untrodden}) {
  const column = name => id < COUNT ? O[name][id] : R.after[name][id - COUNT], {a, b, place, indices} = R.conditions;
  const at = R.places[condition == null ? column("place") : place[condition]], source = R.sources[at[0]], where = `${source.function}, ${source.file} line ${at[1]}`;
  if (condition == null) return untrodden ? `${column("op")} (${where}) would take a path that was not recorded, on the way to ${describe(id)}.` : `${describe(id)} would be no finite number (${where}).`;
  const loops = (indices[condition] || []).map((value, k) => `, ${at[6][k]} = ${value}`).join("");
  const numbers = [a[condition], b[condition]].filter(Number.isFinite).map(part => `${describe(part)}, which would be ${repr(tape.values[part])} (recorded: ${part < COUNT ? RECORDED[part] : R.after.value[part - COUNT]})`);
  return `The code would take another path at ${numbers.join(" and ")}: “${source.lines[at[1] - source.first_line].trim()}” in ${where}${loops} would decide otherwise.`;
}
const nameOf = id => nameText(numberOf(id)), shownChange = ([id, text]) => `${nameOf(id)} ${RECORDED[id]} → ${text}`;

// Repeats the tape with these numbers in place of what they are now: pairs of an id and a text.
function applyChanges(edits) {
  const wanted = new Map(changed);
  for (const [id, text] of edits) text === RECORDED[id] ? wanted.delete(id) : wanted.set(id, text);
  const stop = repeat(tape, wanted);
  if (stop) return refuse(stop, wanted, edits);
  refused = null;
  changed.clear();
  for (const [id, text] of wanted) changed.set(id, text);
  for (let id = 0; id < COUNT; id++) if (!Object.is(tape.values[id], presentValues[id])) O.value[id] = /^-?\d+$/.test(RECORDED[id]) ? String(tape.values[id]) : repr(tape.values[id]);
  presentValues.set(tape.values);
  R.calls.arguments = changed.size ? namedArguments : argumentsAtFirst;
  const rate = find("learning_rate", 0);
  R.meta.learning_rate = rate && changed.has(rate.ids) ? texts[rate.ids] : rateAtFirst;
  Object.assign(told, changed.size ? tellChanged() : toldAtFirst);
  for (const act of onChange) act();
  drawFacts();
  drawBar();
  render();
  drawTrail();
  const [id] = edits[0];
  put($("live"), changed.size ? `${nameOf(id)} is ${O.value[id]}, recorded ${RECORDED[id]}. ${lossHidden() ? "" : told.end.sentences[0]}` : "All numbers are as recorded.");
  return true;
}
// A question hides the loss here, too.
const lossHidden = () => O.value[lossId] !== texts[lossId];
const lossAfter = () => repr(presentValues[R.after.loss]);
function change(id, text) {
  if (text === texts[id]) { refused = null; drawBar(); return true; }
  const edits = editsOf(id, text), before = asNow(edits), done = applyChanges(edits);
  if (done) undoing.push(before);
  drawBar();
  return done;
}
function undo() {
  if (undoing.length) applyChanges(undoing.pop());
}
function asRecorded(ids) {
  const before = ids.filter(id => changed.has(id)).map(id => [id, texts[id]]);
  if (before.length && applyChanges(before.map(([id]) => [id, RECORDED[id]]))) undoing.push(before);
  drawBar();
}
// The first and the last card, from the numbers as they are now: the recording's tell the original.
const approximately = text => (short(text) === text ? "" : "≈ ") + short(text);
function tellChanged() {
  const {samples, losses, losses_after} = R.meta, targets = find("targets", 0), outputs = find("a", 0, LAST - 1);
  const list = ids => ids.map(id => short(texts[id])).join(", "), some = outputs && targets && outputs.ids[0].length < 4 && samples.length < 11;
  const moves = M.filter(m => m.given === "parameter").flatMap(m => {
    const made = M.find(other => other.name === m.name + "'" && other.step === STEPS - 1);
    return made ? m.flat.map((id, k) => [id, made.flat[k], presentValues[made.flat[k]] - presentValues[id]]) : [];
  }).filter(move => move[2]).sort((a, b) => abs(b[2]) - abs(a[2])).slice(0, 5);
  const more = changed.size > 8 ? ` and ${changed.size - 8} more` : "";
  return {
    start: {title: "Start", sentences: [toldAtFirst.start.sentences[0], `Changed: ${[...changed].slice(0, 8).map(shownChange).join("; ")}${more}. All that stands here is computed with that.`],
      table: some ? [["sample", "target", "output ≈"], ...samples.map((sample, i) => [String(sample), list(targets.ids[i]), list(outputs.ids[i])])] : []},
    end: {title: "End", sentences: [`With what is changed, the loss was ${texts[lossId]} and is ${lossAfter()}.`, `As recorded it was ${losses[0]} and is ${losses_after.at(-1)}.`,
      some && samples.length < 5 && `The outputs are now ≈ ${R.after.outputs.map(row => row.map(id => short(repr(presentValues[id]))).join(", ")).join("; ")}.`, moves.length && "These parameters have moved furthest:"].filter(Boolean),
      table: moves.length ? [["", "before", "after", "moved by"], ...moves.map(([from, to, by]) => [nameOf(from), ...[texts[from], texts[to], repr(by)].map(approximately)])] : []},
  };
}
// The bar: what is changed and what has become of the loss; or why something could not be changed.
let refused = null;
function refuse(stop, wanted, edits) {
  const [[id, text]] = edits;
  refused = {text: `Not changed. With ${nameOf(id)} = ${text}: ${whereItStops(stop)}`, wanted};
  drawBar();
  return false;
}
const toRecord = ([id, value]) => {
  const n = numberOf(id), {role, layer, name, given} = matrixOf(id);
  return {role, layer, parameter: given !== "parameter" ? null : role === "parameter" ? name.replace(/\d+$/, "") : role, row: N.row[n], column: N.column[n], value};
};
function drawBar() {
  const {losses, losses_after} = R.meta;
  const several = [...changed].slice(-3), loss = (name, from, to) => ` · ${name} ${short(from)} → ${short(to)}`;
  const lost = $("changes").contains(document.activeElement);
  put($("changes-text"), changed.size > 0 && [several.length < changed.size && changed.size + " numbers changed, the last: ", several.map((entry, k) => [k > 0 && "; ",
    h("button.value", link(entry[0], 0), shownChange(entry))]), h("span", {id: "changes-loss", hidden: lossHidden()}, loss("loss", losses[0], texts[lossId]), loss(STEPS > 1 ? "after training" : "after the step", losses_after.at(-1), lossAfter()))]);
  put($("changes-refusal"), refused?.text, refused && !recordAfresh && " “purenet explain … --serve” shows a page that can record it afresh.");
  put($("changes-tools"), refused && recordAfresh && button(null, "Record it afresh", () => recordAfresh([...refused.wanted].map(toRecord))), refused && button(null, "Close", () => { refused = null; drawBar(); }),
    undoing.length > 0 && button(null, "Undo", undo), changed.size > 0 && button(null, "As recorded", () => asRecorded([...changed.keys()])));
  $("changes").hidden = !changed.size && !refused;
  $("app").toggleAttribute("data-changing", !$("changes").hidden);
  if (lost) ($("changes-tools").firstChild || $("trace")).focus();
}
// The field and the slider, above the trail of a given number.
let scale = null, sliding = null, frameAsked = 0;
function scaleFor(id) {
  const value = abs(presentValues[id]), rate = matrixOf(id).role === "learning_rate";
  const wanted = max(2 * value, rate ? 1e-6 : 1, 5e-324), ten = 10 ** Math.floor(Math.log10(wanted)), high = [1, 2, 5, 10].find(k => k * ten >= wanted) * ten;
  return {id, low: rate ? 0 : -high, high, step: high / 200};
}
offer = () => {
  const id = chosen?.id, given = chosen && O.op[id] === "given" && isChangeable(id), why = given ? whyNot() : "";
  $("change").hidden = !given;
  $("change-line").hidden = Boolean(why);
  if (!given || why) { put($("change-note"), why); return; }
  const value = presentValues[id], text = $("change-text"), slider = $("change-slider"), name = nameOf(id);
  if (!scale || scale.id !== id || abs(value) > scale.high) { scale = scaleFor(id); put($("change-note")); }
  fill(text, {"aria-label": `${name}, a decimal number`}).value = O.value[id];
  text.removeAttribute("aria-invalid");
  fill(slider, {min: scale.low, max: scale.high, step: scale.step, "aria-label": name, "aria-valuetext": O.value[id]});
  if (sliding == null) slider.value = value;
  put($("change-back"), changed.has(id) ? `${RECORDED[id]}, as recorded` : "as recorded").disabled = !changed.has(id);
};
function typed() {
  const node = $("change-text"), text = node.value.trim().replace("−", "-"), why = refusalOf(chosen.id, text);
  fill(node, {"aria-invalid": String(Boolean(why))});
  put($("change-note"), why && `${nameOf(chosen.id)}: ${why}. Nothing is changed.`);
  if (!why && !change(chosen.id, repr(Number(text)))) node.value = O.value[chosen.id];
}
function nudge(by) {
  $("change-text").value = repr(Number((presentValues[chosen.id] + by * scale.step).toPrecision(12)));
  typed();
}
// While the slider moves, all of it is one change, and is drawn once a frame.
function slide() {
  const {id} = chosen, text = repr(Number($("change-slider").value));
  if (!sliding) sliding = asNow(editsOf(id, text));
  cancelAnimationFrame(frameAsked);
  frameAsked = requestAnimationFrame(() => slideTo(id, text));
}
function slideTo(id, text) {
  const why = refusalOf(id, text);
  frameAsked = 0;
  put($("change-note"), why);
  if (!why && text !== O.value[id]) applyChanges(editsOf(id, text));
}
function release() {
  if (!sliding) return;
  const [[id, before]] = sliding, all = sliding;
  if (frameAsked) { cancelAnimationFrame(frameAsked); slideTo(id, repr(Number($("change-slider").value))); }
  sliding = null;
  if (texts[id] !== before) undoing.push(all);
  drawBar();
  offer();
}
// The number in focus, the chosen one, one that this step reads, or else the first one.
function changeHere() {
  const view = current(), {id: focused} = (document.activeElement.closest("[data-id]") || document.body).dataset;
  const id = [focused && +focused, chosen?.id, ...view.reads, ...named[0].keys()].find(id => id != null && id !== "" && isChangeable(id));
  if (id == null) return;
  if (!chosen || chosen.id !== id) choose(id, named[view.step].has(id) ? view.step : 0);
  if (whyNot()) return $("trace").focus();
  $("change-text").focus();
  $("change-text").select();
}
KEYS.push(["C", "change a number that is given", {c: changeHere}], ["U", "undo a change", {u: undo}]);
onRender.push(() => { if ($("changes-loss")) $("changes-loss").hidden = lossHidden(); });
onStart.push(() => {
  entry("change-open", "Change a number", changeHere);
  $("trace").before(h("div#change", {role: "group", "aria-label": "Change this number", hidden: true},
    h("div#change-line", h("label", {for: "change-text"}, "Change it"), h("input#change-text", {autocomplete: "off", spellcheck: "false", "aria-describedby": "change-note"}),
      h("input#change-slider", {type: "range"}), h("button#change-back")), h("p#change-note.note", {role: "alert"})));
  $("controls").after(h("section#changes", {"aria-label": "Changes", hidden: true}, h("p#changes-text"), h("p#changes-refusal", {role: "alert"}), h("span#changes-tools")));
  $("change-text").onchange = typed;
  $("change-slider").oninput = slide;
  $("change-slider").onchange = release;
  $("change-back").onclick = () => { asRecorded(editsOf(chosen.id, "0").map(([id]) => id)); $("change-text").focus(); };
  // Here letters and arrows belong to the field.
  $("change-line").addEventListener("keydown", event => {
    const {key, target} = event, up = target.id === "change-text" && (key === "ArrowUp") - (key === "ArrowDown");
    if (key === "Escape") { offer(); put($("change-note")); $("trace").focus(); }
    if (up) { event.preventDefault(); nudge(up); }
    if (target.tagName === "INPUT" || key === "Escape") event.stopPropagation();
  });
});
