// A tour through one step, for the first visit.  Every stop belongs to a part of the recording and
// is left out where that part is missing.  What it says of numbers it reads from the recording.
let stops = [], stopAt = -1, begun = null;
function declineTour() { remember("tour", "seen"); $("tour-offer").hidden = true; }

// "z1[0][2] ≈ 0.3127", and a number alone.
const rough = (text, equal = "") => (short(text) === text ? equal : "≈ ") + short(text);
const nameIn = id => h("span.name", notation(labelOf(id, 0)));
const numbered = id => [nameIn(id), " ", rough(O.value[id], "= ")];
const exactly = id => [nameIn(id), " = ", O.value[id]];
const either = (value, above, under, equal, none) => value > 0 ? above : value < 0 ? under : value === 0 ? equal : none;
// What would become of the loss, were a number a little larger.
const slopeWords = (slope, of) => { const way = either(valueOf(slope), "rise", "fall", "stay as it is"); return way && of != null && ["Were ", nameIn(of), ` a little larger, the loss would ${way}. `]; };

function findStops() {
  const found = [], all = (role, where = computed) => where.filter(m => m.role === role && m.step === 0);
  const add = (id, place, mark, title, ...text) => found.push({id, place, mark, title, text});
  const task = R.meta.task, inputs = find("inputs", 0), x = inputs.flat[0], weights = all("weights", M)[0];
  add(null, "network", "input", "Here the inputs stand", `Of sample ${R.meta.samples[0]} the first is `, numbered(x), ". ",
    task && ["It stands for ", task.inputs[0], ". "], "The numbers flow from left to right.");
  if (weights) add(null, "matrices", null, "The weights", "What comes in is multiplied by weights, ", numbered(weights.flat[0]), " for one. Training changes them so that the answers get better.");
  const z = all("z").find(m => find("weights", 0, m.layer)), sum = z?.sorted[0];
  if (z) {
    const [source, line] = R.places[O.place[sum]];
    add(sum, "now", null, "This unit adds up", "Each number that comes in, times its weight: together that makes ", numbered(sum), ". Every number here can be clicked: it leads to where it comes from.");
    add(sum, "source", null, "The code that did it", `The marked line has computed this: ${R.sources[source].file}, line ${line}. The program that trains runs the same code.`);
  }
  const bent = all("a").find(m => { const other = find("z", 0, m.layer); return other && other.shape.join() === m.shape.join(); });
  if (bent) {
    const id = bent.sorted[0], n = named[0].get(id), from = twin(n, "z"), kind = layers[bent.layer].activation;
    add(id, "now", null, "The activation bends it", `${kind} of layer ${bent.layer + 1} makes of `, numbered(from), " the activation ", numbered(id), kind === "linear" ? "; linear leaves the number as it is." : ".",
      kind === "softmax" && " It takes all sums of the sample and makes shares that add up to 1.");
  }
  const answers = all("a").find(m => m.layer === LAST - 1), targets = find("targets", 0);
  if (answers && targets) {
    const goals = targets.plane ? targets.ids[0] : [targets.ids[0]], column = goals.reduce((best, id, k) => valueOf(id) > valueOf(goals[best]) ? k : best, 0);
    const row = answers.plane ? answers.ids[0] : [answers.ids[0]], id = row[column], y = goals[column];
    const word = !task || !task.classes ? null : goals.length > 1 ? task.classes[column] : task.classes[1];
    add(id, "network", null, "The prediction", `For sample ${R.meta.samples[0]} the network answers `, numbered(id), ". ", word ? `It is the output for ${word}.` : task && `It is the output for ${task.target}.`);
    if (id != null && y != null) add(id, "network", "y", "The prediction against the target: the error", "It should be ", numbered(y), ", and it is ", numbered(id), either(valueOf(id) - valueOf(y), ": too high.", ": too low.", ": met exactly.", "."));
  }
  const loss = all("loss")[0];
  if (loss) add(loss.ids, "network", "total", "One number for all errors: the loss", "The loss is ", numbered(loss.ids), ". The smaller, the better the answers. Training looks for weights that make it smaller.");
  const error = all("delta").find(m => m.layer === LAST - 1);
  if (error) {
    const id = error.sorted[0];
    add(id, "network", null, "Here the error turns round", "From here the way leads back, from right to left. The error of layer ", String(error.layer + 1), " is ", numbered(id), ". ", slopeWords(id, twin(named[0].get(id), "z")));
  }
  const [share] = all("weight_gradient"), slope = share?.sorted[0], [old, fresh] = ["weights", "new_weights"].map(role => share && twin(named[0].get(slope), role));
  if (share) add(slope, "now", null, "Each weight's share", "How much has this weight to do with the loss? Its slope is ", numbered(slope), ". ", slopeWords(slope, old));
  const back = all("activation_gradient")[0];
  if (back) add(back.sorted[0], "network", null, "The error goes on backwards", `${find("weights", 0, back.layer + 1) ? "Through the weights it" : "It"} reaches layer ${back.layer + 1}: `, numbered(back.sorted[0]), ". So each layer learns its part in the error.");
  if (fresh != null && old != null) {
    const move = valueOf(fresh) - valueOf(old), way = valueOf(slope), against = move * way < 0;
    // Where four digits do not tell them apart, all of them stand there.
    const told = move !== 0 && short(O.value[old]) === short(O.value[fresh]) ? exactly : numbered;
    add(fresh, "now", null, against ? "The weight moves against its slope" : "The weight after the step", "It was ", told(old), " and is ", told(fresh), against
      ? `: the slope is ${way > 0 ? "above" : "below"} 0, so it gets ${way > 0 ? "smaller" : "larger"}. ` : move === 0 ? ": it has stayed. " : ". ",
    `The learning rate, ${R.meta.learning_rate}, and ${R.meta.optimizer} say how far.`);
  }
  const {losses, losses_after} = R.meta, one = changed.size > 0, before = one ? texts[lossId] : (losses || [])[0], after = !one ? (losses_after || [])[0] : STEPS === 1 ? lossAfter() : null;
  if (before != null && after != null) {
    add(COUNT, "time", null, "After the step", `The loss was ${rough(before)} and is now ${rough(after)}: `,
      either(number(after) - number(before), "it has risen. ", "it has fallen. ", "it is the same. ", "it is no number. "),
      STEPS > 1 ? `That was the first of ${STEPS} steps. ` : "", "Training repeats this step many times.");
  }
  return found;
}
function unmark(next) {
  for (const node of document.querySelectorAll(".toured")) node.classList.remove("toured");
  $("app").dataset.mark = next;
}
function visit(k) {
  stopAt = k;
  const {id, place, mark, title, text} = stops[k];
  if (grain !== "number") regrain("number");
  const last = N.id.reduce((most, each, n) => N.step[n] || N.formula[n] == null ? most : max(most, each), 0);
  if (id == null) go(0);
  else arrive((id === COUNT ? last : id) + 1);
  if (/source|matrices|network/.test(place) && (narrow() || $("app").dataset.pane === "trail")) show(place);
  unmark(mark || "");
  $(place).classList.add("toured");
  drawNetwork(current());
  put($("tour-title"), title);
  put($("tour-text"), text);
  const count = `top ${k + 1} of ${stops.length}`;
  put($("tour-count"), "s" + count);
  $("tour-back").disabled = k === 0;
  put($("tour-next"), k === stops.length - 1 ? "Finish" : "Next");
  put($("live"), `S${count}. ${title}. ${$("tour-text").textContent}`);
}
function startTour() {
  play(false);
  if (asking) ask();
  if (stopAt < 0) begun = {now, grain, pane, focus: document.activeElement};
  declineTour();
  stops = findStops();
  $("tour").hidden = false;
  $("app").classList.add("touring");
  visit(0);
  $("tour").focus();
}
function endTour(stay) {
  if (stopAt < 0) return;
  stopAt = -1;
  $("tour").hidden = true;
  $("app").classList.remove("touring");
  unmark("");
  if (!stay) {
    regrain(begun.grain);
    go(begun.now);
    show(begun.pane);
  } else render();
  const {focus} = begun;
  focus.focus();
  if (document.activeElement !== focus || focus === document.body) $("now").focus();
}
const tourBy = by => stopAt + by >= stops.length ? endTour(false) : stopAt + by >= 0 && visit(stopAt + by);

KEYS.push(["G", "a tour through one step", {g: startTour}]);
onStart.push(() => {
  $("controls").after(h("section#tour", {tabindex: -1, role: "region", "aria-labelledby": "tour-title", hidden: ""},
    h("div#tour-say", {tabindex: 0, role: "group", "aria-label": "What this stop shows"}, h("h2#tour-title"), h("p#tour-text")),
    h("div.group", h("span#tour-count"), button("tour-back", "Back", () => tourBy(-1)), button("tour-next", "Next", () => tourBy(1)),
      button("tour-stay", "Stay", () => endTour(true)), button("tour-skip", "Skip", () => endTour(false)))));
  entry("tour-open", "A tour through one step", startTour);
  $("sentence").after(h("p#tour-offer", "New here? ", button("tour-begin", `A tour of ${findStops().length} stops`, startTour), " ", button("tour-no", "Not now", () => { declineTour(); $("now").focus(); })));
});
// What is asked for must not be told; and what is told stays true.
onRender.push(() => { if (asking && stopAt >= 0) endTour(true); });
onChange.push(() => {
  if (stopAt < 0) return;
  stops = findStops();
  put($("tour-text"), stops[stopAt = min(stopAt, stops.length - 1)].text);
});
onRender.push(view => { $("tour-offer").hidden = view.index >= 0 || stopAt >= 0 || recall("tour") != null; });
document.addEventListener("keydown", event => {
  const {key, target} = event;
  if (stopAt < 0 || $("help").open || isCombined(event) || event.shiftKey) return;
  if (!/^(Escape|ArrowRight|ArrowLeft)$/.test(key) || (key !== "Escape" && target.closest("td, select, input"))) return;
  event.preventDefault();
  event.stopPropagation();
  if (key === "Escape") endTour(false);
  else tourBy(key === "ArrowRight" ? 1 : -1);
}, true);
