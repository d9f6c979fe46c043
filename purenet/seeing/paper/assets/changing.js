// What if: a given number is changed here, the tape is repeated with it, and the page shows what comes
// of it.  Where the code would take another path, the page stays as it is and says where.

let tape = null, hindrance = null, recordAfresh = null;
const presentValues = new Float64Array(COUNT + (R.after ? R.after.op.length : 0)), undoing = [];
const toldAtFirst = {...told}, rateAtFirst = R.meta.learning_rate;
const lossId = (find("loss", 0) || {}).ids;
// A call's argument that has no name is told by its value, which a change may make untrue.
const argumentsAtFirst = R.calls.arguments, namedArguments = argumentsAtFirst.map(bound => Object.fromEntries(Object.entries(bound || {}).filter(entry => !/^-?\d+(\.|e)/.test(entry[1]))));

// Why no number can be changed here; empty if they can.
function whyNot() {
  if (hindrance != null) return hindrance;
  if (R.meta.layer != null) return hindrance = "Only a part of the network was recorded: what follows from another number is not known here.";
  if (R.meta.stopped) return hindrance = `No number can be changed here, because the recording has ended early: ${R.meta.stopped}.`;
  if (!R.conditions || !R.after) return hindrance = "This recording does not hold what it takes to repeat it with other numbers.";
  tape = prepareTape();
  const stop = repeat(tape, changed), all = [...texts, ...R.after.value];
  if (stop && stop.id != null && !stop.untrodden) return hindrance = "Not all of its numbers are finite, so that none can be changed here.";
  if (stop || !all.every((text, id) => Object.is(number(text), tape.values[id]))) return hindrance = "Here the repetition gives other bits than the recording, so that no number can be changed.";
  presentValues.set(tape.values);
  return hindrance = "";
}
const numberOf = id => { const step = named.findIndex(ids => ids.has(id)); return step < 0 ? null : named[step].get(id); };
const isChangeable = id => O.op[id] === "given" && numberOf(id) != null && /^(data|parameter)$|^learning_rate$/.test((({given, role}) => role === "learning_rate" ? role : given)(M[N.matrix[numberOf(id)]]));

// What keeps a text from being this number, in words; empty if nothing does.
function refusalOf(id, text) {
  const n = numberOf(id), m = M[N.matrix[n]], {loss} = R.meta.network, value = Number(text);
  if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text)) return `found “${text}”, expected a decimal number such as 0.5 or -1e-3`;
  if (!Number.isFinite(value)) return `found ${text}, expected a number that fits a float`;
  if (m.role === "learning_rate" && value < 0) return `found ${text}, expected 0 or more`;
  if (m.role !== "targets" || !/cross_entropy/.test(loss)) return "";
  if (value < 0 || value > 1) return `found ${text}, expected 0 to 1, because the loss is ${loss}`;
  const total = loss[0] === "c" ? m.ids[N.row[n]].reduce((sum, other) => sum + (other === id ? value : presentValues[other]), 0) : 1;
  return Math.abs(total - 1) > 1e-6 ? `the targets of the sample would add up to ${repr(total)}, expected 1` : "";
}
const placeText = ([source, line], call) => `${R.sources[source].function}, ${R.sources[source].file} line ${line}`;
// A number's name, or that of the number on whose way it is.
function describe(id) {
  const n = id < COUNT ? numberOf(id) ?? O.number[id] : null, step = n != null && STEPS > 1 && N.formula[n] != null ? ` of step ${N.step[n]}` : "";
  return n == null ? "a number on the way to the loss after the step" : (N.id[n] === id ? "" : "a number on the way to ") + nameText(n) + step;
}
function whereItStops({condition, id, untrodden}) {
  const op = column => id < COUNT ? O[column][id] : R.after[column][id - COUNT];
  if (condition == null) {
    const where = placeText(R.places[op("place")]);
    return untrodden ? `${op("op")} (${where}) would take a path of its code that was not recorded, on the way to ${describe(id)}.` : `${describe(id)} would be no finite number (${where}).`;
  }
  const {a, b, place, indices} = R.conditions, at = R.places[place[condition]], source = R.sources[at[0]], line = source.lines[at[1] - source.first_line].trim();
  const before = part => part < COUNT ? RECORDED[part] : R.after.value[part - COUNT], loops = (indices[condition] || []).map((value, k) => `, ${at[6][k]} = ${value}`).join("");
  const numbers = [a[condition], b[condition]].filter(part => typeof part === "number").map(part => `${describe(part)}, which would be ${repr(tape.values[part])} (recorded: ${before(part)})`);
  return `The code would take another path at ${numbers.join(" and ")}: “${line}” in ${placeText(at)}${loops} would decide otherwise.`;
}
const shownChange = ([id, text]) => `${nameText(numberOf(id))} ${RECORDED[id]} → ${text}`;

// Repeats the tape with these numbers in place of what they are now: pairs of an id and a text.
function applyChanges(edits) {
  const wanted = new Map(changed);
  for (const [id, text] of edits) text === RECORDED[id] ? wanted.delete(id) : wanted.set(id, text);
  const stop = repeat(tape, wanted);
  if (stop) return refuse(stop, wanted, edits);
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
  put($("live"), changed.size ? `${nameText(numberOf(id))} is ${O.value[id]}, recorded ${RECORDED[id]}. ${lossHidden() ? "" : told.end.sentences[0]}` : "All numbers are as recorded.");
  return true;
}
// A question hides the loss here, too.
const lossHidden = () => O.value[lossId] !== texts[lossId];
const lossAfter = () => repr(presentValues[R.after.loss]);
function change(id, text) {
  const before = texts[id];
  if (text === before) return true;
  const done = applyChanges([[id, text]]);
  if (done) undoing.push([[id, before]]);
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
  const {samples, losses, losses_after} = R.meta, targets = find("targets", 0), outputs = find("a", 0, layers.length - 1);
  const list = ids => ids.map(id => short(texts[id])).join(", "), some = outputs && targets && outputs.ids[0].length < 4 && samples.length < 11;
  const moves = M.filter(m => m.given === "parameter").flatMap(m => {
    const made = M.find(other => other.name === m.name + "'" && other.step === STEPS - 1);
    return made ? m.flat.map((id, k) => [numberOf(id), id, made.flat[k], presentValues[made.flat[k]] - presentValues[id]]) : [];
  }).filter(move => move[3]).sort((a, b) => Math.abs(b[3]) - Math.abs(a[3])).slice(0, 5);
  const these = samples.length > 1 ? "these samples" : "this sample", listed = [...changed].slice(0, 8).map(shownChange).join("; "), more = changed.size > 8 ? ` and ${changed.size - 8} more` : "";
  const after = R.after.outputs.map(row => row.map(id => short(repr(presentValues[id]))).join(", ")).join("; ");
  return {
    start: {title: "Start", sentences: [toldAtFirst.start.sentences[0], `Changed: ${listed}${more}. All that stands here is computed with that; what the recording told of the original is back with “As recorded”.`],
      table: some ? [["sample", "target", "output ≈"], ...samples.map((sample, i) => [String(sample), list(targets.ids[i]), list(outputs.ids[i])])] : []},
    end: {title: "End", sentences: [`With what is changed, the loss of ${these} was ${texts[lossId]} and is ${lossAfter()}.`, `As recorded it was ${losses[0]} and is ${losses_after.at(-1)}.`,
      some && samples.length < 5 && `The outputs are now ≈ ${after}.`, moves.length && "These parameters have moved furthest:"].filter(Boolean),
      table: moves.length ? [["", "before", "after", "moved by"], ...moves.map(([n, from, to, by]) => [nameText(n), approximately(texts[from]), approximately(texts[to]), approximately(repr(by))])] : []},
  };
}
// The bar: what is changed and what has become of the loss; or why something could not be changed.
let refused = null;
function refuse(stop, wanted, edits) {
  const [id, text] = edits[0];
  refused = {text: `Not changed. With ${nameText(numberOf(id))} = ${text}: ${whereItStops(stop)}`, wanted};
  drawBar();
  return false;
}
const toRecord = ([id, value]) => {
  const n = numberOf(id), {role, layer, name, given} = M[N.matrix[n]];
  return {role, layer, parameter: given !== "parameter" ? null : role === "parameter" ? name.replace(/\d+$/, "") : role, row: N.row[n], column: N.column[n], value};
};
function drawBar() {
  const {losses, losses_after} = R.meta, button = (label, act) => { const node = h("button", label); node.onclick = act; return node; };
  const several = [...changed].slice(-3), loss = (name, from, to) => ` · ${name} ${short(from)} → ${short(to)}`;
  const lost = $("changes").contains(document.activeElement);
  put($("changes-text"), changed.size > 0 && [several.length < changed.size && changed.size + " numbers changed, the last: ", several.map((entry, k) => [k > 0 && "; ",
    h("button.value", link(entry[0], 0), shownChange(entry))]), h("span", {id: "changes-loss", hidden: lossHidden()}, loss("loss", losses[0], texts[lossId]), loss(STEPS > 1 ? "after training" : "after the step", losses_after.at(-1), lossAfter()))]);
  put($("changes-refusal"), refused && refused.text, refused && !recordAfresh && " “purenet explain … --serve” shows a page that can record it afresh.");
  put($("changes-tools"), refused && recordAfresh && button("Record it afresh", () => recordAfresh([...refused.wanted].map(toRecord))), refused && button("Close", () => { refused = null; drawBar(); }),
    undoing.length > 0 && button("Undo", undo), changed.size > 0 && button("As recorded", () => asRecorded([...changed.keys()])));
  $("changes").hidden = !changed.size && !refused;
  $("app").toggleAttribute("data-changing", !$("changes").hidden);
  if (lost) ($("changes-tools").firstChild || $("trace")).focus();
}
// The field and the slider, above the trail of a given number.
let scale = null, sliding = null, frameAsked = 0;
function scaleFor(id) {
  const value = Math.abs(presentValues[id]), rate = M[N.matrix[numberOf(id)]].role === "learning_rate";
  const wanted = Math.max(2 * value, rate ? 1e-6 : 1, 5e-324), ten = 10 ** Math.floor(Math.log10(wanted)), high = [1, 2, 5, 10].find(k => k * ten >= wanted) * ten;
  return {id, low: rate ? 0 : -high, high, step: high / 200};
}
offer = () => {
  const id = chosen && chosen.id, given = chosen && O.op[id] === "given" && isChangeable(id), why = given ? whyNot() : "";
  $("change").hidden = !given;
  $("change-line").hidden = Boolean(why);
  if (!given || why) { put($("change-note"), why); return; }
  const value = presentValues[id], text = $("change-text"), slider = $("change-slider"), name = nameText(numberOf(id));
  if (!scale || scale.id !== id || Math.abs(value) > scale.high) { scale = scaleFor(id); put($("change-note")); }
  fill(text, {"aria-label": `${name}, a decimal number`}).value = O.value[id];
  text.removeAttribute("aria-invalid");
  fill(slider, {min: scale.low, max: scale.high, step: scale.step, "aria-label": name, "aria-valuetext": O.value[id]});
  if (sliding == null) slider.value = value;
  put($("change-back"), changed.has(id) ? `${RECORDED[id]}, as recorded` : "as recorded").disabled = !changed.has(id);
};
function typed() {
  const node = $("change-text"), text = node.value.trim().replace("−", "-"), why = refusalOf(chosen.id, text);
  fill(node, {"aria-invalid": String(Boolean(why))});
  put($("change-note"), why && `${nameText(numberOf(chosen.id))}: ${why}. Nothing is changed.`);
  if (!why && !change(chosen.id, repr(Number(text)))) node.value = O.value[chosen.id];
}
function nudge(by) {
  $("change-text").value = repr(Number((presentValues[chosen.id] + by * scale.step).toPrecision(12)));
  typed();
}
// While the slider moves, all of it is one change, and is drawn once a frame.
function slide() {
  const {id} = chosen, text = repr(Number($("change-slider").value));
  if (!sliding) sliding = [id, O.value[id]];
  cancelAnimationFrame(frameAsked);
  frameAsked = requestAnimationFrame(() => slideTo(id, text));
}
function slideTo(id, text) {
  const why = refusalOf(id, text);
  frameAsked = 0;
  put($("change-note"), why);
  if (!why && text !== O.value[id]) { refused = null; applyChanges([[id, text]]); }
}
function release() {
  if (!sliding) return;
  const [id, before] = sliding;
  if (frameAsked) { cancelAnimationFrame(frameAsked); slideTo(id, repr(Number($("change-slider").value))); }
  sliding = null;
  if (O.value[id] !== before) undoing.push([[id, before]]);
  drawBar();
  offer();
}
// The number in focus, the chosen one, one that this step reads, or else the first one.
function changeHere() {
  const view = current(), {id: focused} = (document.activeElement.closest("[data-id]") || document.body).dataset;
  const id = [focused && +focused, chosen && chosen.id, ...view.reads, ...named[0].keys()].find(id => id != null && id !== "" && isChangeable(id));
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
  $("trace").before(h("div", {id: "change", role: "group", "aria-label": "Change this number", hidden: true},
    h("div", {id: "change-line"}, h("label", {for: "change-text"}, "Change it"), h("input", {id: "change-text", autocomplete: "off", spellcheck: "false", "aria-describedby": "change-note"}),
      h("input", {id: "change-slider", type: "range"}), h("button", {id: "change-back"})), h("p.note", {id: "change-note", role: "alert"})));
  $("controls").after(h("section", {id: "changes", "aria-label": "Changes", hidden: true}, h("p", {id: "changes-text"}), h("p", {id: "changes-refusal", role: "alert"}), h("span", {id: "changes-tools"})));
  $("change-text").onchange = typed;
  $("change-slider").oninput = slide;
  $("change-slider").onchange = release;
  $("change-back").onclick = () => { asRecorded([chosen.id]); $("change-text").focus(); };
  // Here letters and arrows belong to the field.
  $("change-line").addEventListener("keydown", event => {
    const {key, target} = event, up = target.id === "change-text" && (key === "ArrowUp") - (key === "ArrowDown");
    if (key === "Escape") { offer(); put($("change-note")); $("trace").focus(); }
    if (up) { event.preventDefault(); nudge(up); }
    if (target.tagName === "INPUT" || key === "Escape") event.stopPropagation();
  });
});
