function drawFacts() {
  const {meta} = R;
  put($("facts"), [layers.map(layer => layer.activation).join(", "), meta.network.loss.replaceAll("_", " "), `learning rate ${meta.learning_rate}`,
    `samples: ${meta.samples.length}`, `${meta.counts.operations} operations`, `Python ${meta.python}`, meta.stopped].filter(Boolean).join(" · "));
}
// The beginning: everything else is there by now.
function start() {
  put($("title"), document.title);
  drawFacts();
  const jump = (name, items, value, text, act) => {
    const options = s => items.filter(item => s == null || item.step === s).map(item => h("option", {value: value(item)}, text(item) + (STEPS > 1 ? ` (${item.step})` : "")));
    put($("to-" + name), h("option", {value: "", disabled: true, hidden: true}, name), STEPS === 1 ? options() : named.map((_, s) => h("optgroup", {label: `training step ${s}`}, options(s))));
    $("to-" + name).onchange = event => arrive(act(event.target.value));
  };
  const same = p => R.phases.find(other => other.step === p.step && other.phase === p.phase);
  jump("phase", R.phases.filter(p => p === same(p)), p => `${p.step} ${p.phase}`, p => p.phase,
    value => firstStep(R.phases.find(p => `${p.step} ${p.phase}` === value).first));
  jump("layer", R.phases.filter(p => p.layer != null), p => R.phases.indexOf(p), p => p.title, value => firstStep(R.phases[value].first));
  jump("matrix", computed, m => m.index, m => m.symbol, value => beginning(M[value]));
  $("slider").oninput = event => { const at = +event.target.value; go(at ? grains[grain].ends[at - 1] : 0); };
  for (const radio of document.getElementsByName("grain")) radio.onchange = () => regrain(radio.value);
  const press = {first: () => go(0), back: () => stepBy(-1), next: () => stepBy(1), last: () => arrive(COUNT), play: () => play(timer == null), theme: other,
    "help-open": () => $("help").showModal(), "trail-clear": forget, "trail-back": before, zoom: () => { whole = !whole; drawNetwork(current()); }, "sample-back": () => otherSample(-1), "sample-next": () => otherSample(1)};
  for (const id in press) $(id).onclick = press[id];
  for (const act of onStart) act();
  actions = Object.assign({}, ...KEYS.map(key => key[2]));
  $("more").hidden = !$("menu").firstChild;
  document.addEventListener("click", event => { if (!event.target.closest("#more")) $("more").open = false; });
  put($("keys"), KEYS.map(([keys, what]) => [h("dt", keys.split(" ").map(key => [h("kbd", key), " "])), h("dd", what)]));
  const dark = matchMedia("(prefers-color-scheme: dark)");
  dark.onchange = () => theme(dark.matches ? "dark" : "light");
  dark.onchange();
  $("app").hidden = false;
  show(narrow() ? "network" : "source");
  // Where there are images there are thousands of numbers.
  grain = $("app").dataset.openAt || (M.some(m => m.folded) ? "matrix" : grain);
  opening = grain;
  document.querySelector(`[value=${grain}]`).checked = true;
  buildBar();
  drawTrail();
  if (!follow()) go(0);
  window.onhashchange = follow;
  new ResizeObserver(() => drawNetwork(current())).observe($("diagram"));
}
start();
