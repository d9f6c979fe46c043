// Asking: the result of a step is hidden until it was predicted, and the prediction is judged.
// Which steps are asked about and how follows from the recording and from what was asked before.

let asking = false, everyStep = false, wanted = "mixed";
// By operation what was asked about it; its outcome is null until it is answered.
const asked = new Map();
// Where asking was switched on: its result was seen already.
let seenAt = -1, newly = false;

// While it asks, the page reads "?" for each number that is not known yet, whoever draws it.
const veil = new Proxy(texts, {get: (all, key) => typeof key === "string" && key >= 0 && !known(+key) && !isLeaf(+key) ? "?" : all[key]});

// The tree of the formula, or of the one operation.
function asTree(n, id) {
  if (grain === "number") return formulaOf(n);
  const op = O.op[id], [left, right] = inputsOf(id).map(input => ({id: input}));
  return right ? {op: op.length > 1 ? "call" : op, word: op, item: "", left, right, id} : {op: op === "neg" || op === "copy" ? op : "call", word: op, item: "", right: left, id};
}
// What a result is compared with: what it was before, the only number it is made of, its neighbour
// computed just before, otherwise the first number of its formula.
function rivalOf({number: n, matrix: m, operation: id, step}) {
  const numbers = operandsIn(n, id).filter(part => Number.isFinite(number(texts[part])));
  const before = /^new_/.test(m.role) ? twin(n, m.role.slice(4), {layer: m.layer, step}) : null;
  if (grain === "operation" || numbers.length < 2) return numbers[0];
  return numbers.includes(before) ? before : [m.sorted[below(m.sorted, id) - 1], ...numbers].find(other => Number.isFinite(number(texts[other])));
}
// New values are asked whether they grew; of the others each second matrix the sign, each second the
// number, if not too much has to be computed for it.
function howToAsk({number: n, matrix: m, operation: id}) {
  if (wanted !== "mixed") return wanted;
  if (grain === "operation") return ["number", "sign", "compare"][id % 3];
  return /^new_/.test(m.role) || operandsIn(n, id).length === 1 ? "compare" : computed.indexOf(m) % 2 || parts[n].length > 6 ? "sign" : "number";
}
// The numbers that an answer was judged by: where they have become others, it is asked anew.
const seenBy = ({id, rival}) => `${texts[id]} ${texts[rival]}`;
onChange.push(() => { stamp = []; });
function questionAt() {
  if (!asking || grain === "matrix" || now === seenAt) return null;
  const view = current(), {index, number: n, matrix: m, operation: id, step} = view;
  if (index < 0) return null;
  const kind = grain === "number" ? m.symbol : `${m.symbol} ${O.op[id]}`, before = asked.get(id);
  if (before ? before.outcome && before.seen === seenBy(before) : !everyStep && [...asked.values()].some(other => other.kind === kind)) return null;
  const tree = asTree(n, id);
  if (!tree.op || tree.op === "copy" || !Number.isFinite(number(texts[id]))) return null;
  const rival = rivalOf(view), how = howToAsk(view);
  return {id, n, kind, step, tree, role: m.role, phase: phaseOf(id).phase, how: how === "compare" && rival == null ? "sign" : how, rival, outcome: null};
}
let question = null, stamp = [];
// The question that is open here.
function openQuestion() {
  if (stamp[0] !== now || stamp[1] !== grain) { stamp = [now, grain]; question = null; question = questionAt(); }
  return question;
}
hides = id => { const q = asking && openQuestion(); return q && (grain === "number" ? O.number[id] === q.n : id === q.id); };

const nameHere = ({id, step}) => named[step].has(id) ? h("span.name", notation(labelOf(id, step))) : "the result";
function questionNodes(q) {
  if (q.how === "number") return ["What is ", nameHere(q), "?"];
  if (q.how === "sign") return ["Is ", nameHere(q), " negative, zero or positive?"];
  return ["Is ", nameHere(q), " smaller than ", equation(q.rival, q.step), ", the same or larger?", /^new_/.test(q.role) && " Will it shrink or grow?"];
}
const CHOICES = {sign: ["negative", "zero", "positive"], compare: ["smaller", "the same", "larger"]};
const RULE = "Two digits or more; right if the result rounds to it.";
function form(q) {
  const more = h("button", {type: "button", "data-reply": "shown"}, "Show me");
  if (q.how === "number") return [h("input#typed", {autocomplete: "off", "aria-label": "The result, as a number", "aria-describedby": "ask-rule"}),
    h("button", "Check"), more, h("span#ask-rule.note", RULE)];
  return [CHOICES[q.how].map((word, k) => h("button", {type: "button", "data-reply": k - 1}, h("kbd", "−0+"[k]), " " + word)), more];
}
function verdictNodes(q) {
  const value = valueNode(q.id, q.step), result = [nameHere(q), relation(value), value];
  const versus = q.how === "compare" && [" ", signNode(["<", "=", ">"][1 + wayOf(q)]), " ", valueNode(q.rival, q.step)];
  const guess = q.outcome === "wrong" && q.how === "number" && diagnose(q, q.given);
  return [h("p", h("b", {right: "✓ Right. ", wrong: "✗ Wrong. ", shown: "Shown. "}[q.outcome]), result, versus, "."),
    guess ? h("p", "You have probably ", guess.map(piece => typeof piece === "string" ? piece : partNode(piece, q.step)), ".") : q.outcome !== "right" && termsOf(q.tree, q.step)];
}
// -1, 0 or 1: the answer to which sign, or to smaller or larger.
const wayOf = q => Math.sign(number(texts[q.id]) - (q.how === "compare" ? number(texts[q.rival]) : 0));
function reply(given) {
  const q = openQuestion();
  if (!q) return;
  let right = +given === wayOf(q);
  if (q.how === "number" && given !== "shown") {
    given = given.trim().replace(",", ".").replace("−", "-");
    const value = number(texts[q.id]), digits = given.replace(/e.*$/i, "").replace(/\D/g, "").replace(/^0+/, "").length;
    const refuse = !/^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(given) ? "This is no number." : digits < 2 && Number(given) !== value && "Give two digits or more.";
    if (refuse) return ["ask-rule", "live"].forEach(id => put($(id), refuse));
    right = fits(value, given);
  }
  asked.set(q.id, {...q, given, seen: seenBy(q), outcome: given === "shown" ? given : right ? "right" : "wrong"});
  stamp = [];
  newly = true;
  render();
  $("onward").focus();
}
// On to the next step that is asked about, or to the end.
function onward() {
  const {ends} = grains[grain];
  for (let k = below(ends, now + 1); k < ends.length; k++) { now = ends[k]; if (openQuestion()) break; }
  go(now);
}
function again() { stamp = []; render(); drawTrail(); }
function ask() {
  asking = !asking;
  O.value = asking ? veil : texts;
  pressed($("ask-mode"), asking);
  seenAt = -1;
  if (asking && grain === "matrix") regrain("number");
  seenAt = now;
  again();
}

// The tally, by kind of step, of what was asked and is no longer open.
function drawTally(q) {
  const done = [...asked.values()].filter(entry => !q || entry.id !== q.id), of = entries => `${entries.filter(entry => entry.outcome === "right").length} of ${entries.length}`;
  const skipped = done.filter(entry => !entry.outcome).length, shown = done.filter(entry => entry.outcome === "shown").length;
  put($("tally-sum"), `Right: ${of(done)}`, shown > 0 && ` · shown ${shown}`, skipped > 0 && ` · skipped ${skipped}`);
  put($("tally-kinds"), [...new Set(R.phases.map(p => p.phase))].map(phase => [h("dt", phase), h("dd", of(done.filter(entry => entry.phase === phase)))]));
}
onRender.push(view => {
  const panel = $("ask");
  panel.hidden = !asking;
  const q = asking && openQuestion(), idle = view.index < 0, answered = asking && !q && !idle && grain !== "matrix" && asked.get(view.operation), told = answered && answered.seen === seenBy(answered) && answered.outcome;
  $("now").classList.toggle("asks", Boolean(q || told));
  if (!asking) return;
  if (now !== seenAt) seenAt = -1;
  if (q && timer != null) return play(false);
  if (q && !asked.has(q.id)) asked.set(q.id, q);
  // What would tell it beside the numbers: the curve with its tangent, and both cards.
  if (q) put($("curve"));
  if (q || idle) { for (const node of $("card").querySelectorAll("table, p ~ p")) node.remove(); }
  if (q) { $("card").hidden = true; $("now").classList.remove("ending"); }
  if (chosen) drawTrail();
  put($("question"), q ? questionNodes(q) : told ? questionNodes(answered) : idle ? "Each result is hidden until you have said what it will be."
    : grain === "matrix" ? "It asks about a number (2) or an operation (3), not about a matrix." : null);
  const look = q ? `${q.id} ${q.how}` : "", reply = $("reply"), fresh = reply.dataset.look !== look;
  if (fresh) { reply.dataset.look = look; put(reply, q && form(q)); }
  put($("verdict"), told && verdictNodes(answered));
  $("onward").hidden = Boolean(q) || grain === "matrix" || $("next").disabled;
  drawTally(q);
  if (q && fresh && (document.activeElement === document.body || panel.contains(document.activeElement))) (matchMedia("(pointer: coarse)").matches ? panel : $("typed") || panel).focus();
});
// What the live region says instead of the step.
instead = view => {
  const q = asking && openQuestion(), told = newly && $("verdict").textContent;
  newly = false;
  if (q) return `${$("count").textContent}: ${$("now-name").textContent}. ${$("question").textContent} ${q.how === "number" ? RULE : "Keys: minus, 0, plus."}`;
  return told || (asking && view.index < 0 && `${$("question").textContent} ${$("sentence").textContent}`);
};
onStart.push(() => {
  const choice = (label, options, act) => {
    const select = h("select", Object.keys(options).map(value => h("option", {value}, options[value])));
    select.onchange = () => { act(select.value); again(); };
    return h("label", label + " ", select);
  };
  const answers = h("form#reply");
  answers.onsubmit = event => { event.preventDefault(); if ($("typed")) reply($("typed").value); };
  $("formula").after(h("div#ask", {tabindex: -1, role: "group", "aria-label": "Question", hidden: true},
    h("details#tally", h("summary#tally-sum"), h("dl#tally-kinds"),
      choice("Ask", {mixed: "mixed", sign: "which sign", compare: "larger or smaller", number: "the number"}, value => { wanted = value; }),
      choice("at", {new: "each new kind of step", all: "every step"}, value => { everyStep = value === "all"; }),
      button("tally-reset", "Reset", () => { asked.clear(); again(); })),
    h("p#question"), answers, h("div#verdict"), button("onward", "Next question", onward)));
  pressed(entry("ask-mode", "Ask me first", ask), false);
});
clicks.reply = reply;
KEYS.push(["A", "ask before a result is shown: on, off", {a: ask}], ["− 0 +", "answer: negative or smaller, zero or the same, positive or larger"]);
// A question takes its keys before the page does.
document.addEventListener("keydown", event => {
  const {target, key} = event, q = openQuestion();
  if (!q || isElsewhere(event)) return;
  const typing = target.matches("input:not([type=radio], [type=range], [type=checkbox]), select");
  if (typing || !$("single").checked && !$("ask").contains(target)) {
    if (target.id === "typed" && (key.length === 1 || target.value && /^(Arrow(Left|Right)|Home|End)$/.test(key))) event.stopPropagation();
    return;
  }
  if (q.how === "number") {
    if (!/^[-−+.,\d]$/.test(key)) return;
    $("typed").focus();
    return event.stopPropagation();
  }
  const given = "-−<".includes(key) ? -1 : "0=".includes(key) ? 0 : "+>".includes(key) ? 1 : null;
  if (given == null || key.length > 1) return;
  event.stopPropagation();
  event.preventDefault();
  reply(given);
}, true);
