// The page of a server: train on, choose samples, change the learning rate, and see what follows.
const kept = sessionStorage, busyWith = {stop: null};
let served = JSON.parse($("served").textContent), opened = false;

// A picture that the server has drawn.  It comes as text and is taken in as elements.
function pictured(text) {
  if (!text) return null;
  const found = new DOMParser().parseFromString(text, "image/svg+xml").documentElement;
  return document.importNode(found, true);
}
async function send(request) {
  const answer = await fetch("act", {method: "POST", headers: {"Content-Type": "application/json"}, body: JSON.stringify(request)});
  const found = (answer.headers.get("Content-Type") || "").startsWith("application/json") ? await answer.json() : {};
  if (!answer.ok) throw new Error(found.error || `the server refused this (${answer.status})`);
  return found;
}
function sayServed(text) { put($("served-said"), text); }
function drawServed() {
  put($("served-epochs"), `${served.epochs} epochs trained here, loss ${short(served.loss)}`);
  put($("served-how"), served.training);
  put($("served-digest"), served.digest);
  put($("served-command"), served.command && ["The same bits: ", h("code", served.command)]);
  put($("served-curve"), pictured(served.curve) || h("p.note", "Train on, and the curve of the loss grows here."));
  put($("served-plane"), pictured(served.plane));
  $("served-film").hidden = !served.film;
}
// A fresh recording: the page comes again, at the same step and in the same theme.
function afresh(text, focus = document.activeElement.id) {
  clearTimeout(noting);
  note();
  kept.setItem("served", JSON.stringify({said: text, asking, theme: document.documentElement.dataset.theme, focus, top: $("serving").scrollTop}));
  location.reload();
}
async function act(request, said) {
  if (busyWith.stop) return;
  try {
    served = await send(request);
    afresh(said(served));
  } catch (error) { sayServed(error.message); }
}
// The server works in portions, so that the curve grows meanwhile and training can be stopped.
async function trainOn(epochs) {
  if (busyWith.stop) return;
  let ended = false, failed = "";
  const first = served.epochs, from = document.activeElement.id, buttons = $("serving").querySelectorAll("button, select, input");
  busyWith.stop = () => { ended = true; };
  buttons.forEach(button => { button.disabled = button.id !== "served-stop"; });
  $("served-stop").focus();
  sayServed("training …");
  try {
    while (!ended && served.epochs - first < epochs) {
      served = await send({action: "train", epochs: min(epochs - (served.epochs - first), 100000), seconds: 0.4});
      drawServed();
    }
  } catch (error) { failed = error.message; }
  busyWith.stop = null;
  const done = served.epochs - first;
  if (done) return afresh(`${done} epochs more: loss ${short(served.loss)}. ${failed}`, from);
  buttons.forEach(button => { button.disabled = button.id === "served-stop"; });
  $(from || "serving").focus();
  sayServed(failed);
}
function chosenSamples() {
  const text = $("served-numbers").value.trim();
  act({action: "samples", samples: text === "" ? null : text.split(/[\s,]+/).filter(Boolean).map(word => /^-?\d+$/.test(word) ? +word : word)}, () => text === "" ? "The step is taken with all samples." : `The step is taken with sample ${text}.`);
}
async function playFilm() {
  try { openFilm((await send({action: "film"})).frames); } catch (error) { sayServed(error.message); }
}
recordAfresh = changes => act({action: "change", changes}, () => "Recorded afresh, with what was changed.");

onStart.push(() => {
  const chosen = served.chosen, listed = h("select#served-list", {"aria-label": "Choose a sample from the list"},
    h("option", {value: ""}, "all samples"), served.texts.map((text, k) => h("option", {value: k}, `${k}: ${text}`)));
  listed.value = chosen && chosen.length === 1 ? chosen[0] : "";
  listed.onchange = () => { $("served-numbers").value = listed.value; chosenSamples(); };
  const numbers = h("input#served-numbers", {size: 7, "aria-label": `Numbers of samples, 0 to ${served.count - 1}; empty for all`});
  numbers.value = chosen ? chosen.join(" ") : "";
  const rate = h("input#served-rate", {size: 7, inputmode: "decimal", "aria-label": "Learning rate"});
  rate.value = served.rate;
  const form = (label, node, ...more) => { const made = h("form", h("label", label, " ", node), more, h("button", "Set")); return made; };
  const samples = form("Samples", numbers, listed), rates = form("Learning rate", rate);
  samples.onsubmit = event => { event.preventDefault(); chosenSamples(); };
  rates.onsubmit = event => { event.preventDefault(); act({action: "rate", rate: rate.value}, () => `The learning rate is ${rate.value}.`); };
  const pane = h("section#serving.pane", {"aria-labelledby": "serving-title", tabindex: 0},
    h("h2#serving-title", "Train"),
    h("p.row", "Train on ", [1, 10, 100].map(n => button("served-" + n, `${n} epoch${n > 1 ? "s" : ""}`, () => trainOn(n))),
      button("served-on", "until stopped", () => trainOn(Infinity)), button("served-stop", "Stop", () => busyWith.stop && busyWith.stop()),
      button("served-film", "Film", playFilm), button("served-back", "Back to the start", () => act({action: "back"}, () => "Back at the start."))),
    h("p#served-epochs"), h("p#served-said", {role: "status"}),
    h("div.row", samples, rates),
    h("div.pictures", h("div#served-curve"), h("div#served-plane")),
    h("p.note", "Trained with ", h("span#served-how"), "."),
    h("p.note", "Digest ", h("code#served-digest")), h("p#served-command.note"));
  // Here letters and arrows belong to the fields.
  pane.addEventListener("keydown", event => { if (event.target.matches("input, select")) event.stopPropagation(); });
  document.querySelector("#app main").append(pane);
  $("served-stop").disabled = true;
  $("panes").append(h("button", {"data-show": "serving"}, "Train"));
  const open = () => { show($("app").dataset.pane === "serving" && !narrow() ? "source" : "serving"); if ($("app").dataset.pane === "serving") pane.focus(); };
  const tool = button("served-open", [h("kbd", "E"), " Train"], open);
  $("theme").before(tool);
  KEYS.push(["E", "train: on by epochs, other samples, another learning rate", {e: open}]);
  drawServed();
});
// After the first drawing the pane is as it was before the page came again.
onRender.push(() => {
  if (opened) return;
  opened = true;
  const before = JSON.parse(kept.getItem("served") || "null");
  kept.removeItem("served");
  show("serving");
  if (!before) return;
  theme(before.theme);
  // What was asked is asked again.
  if (before.asking) { ask(); seenAt = -1; again(); }
  const node = $(before.focus);
  if (node) node.focus();
  $("serving").scrollTop = before.top;
  setTimeout(() => sayServed(before.said), 100);
});
