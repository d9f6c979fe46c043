// For a class: the speed of playing, and large text for a projector.

const PACES = [0.25, 0.5, 1, 2, 4, 8];
const paceText = value => `${{0.25: "¼", 0.5: "½"}[value] || value}×`;
function paceTo(to) {
  pace = to;
  remember("pace", to);
  for (const choice of document.querySelectorAll(".pace")) choice.value = to;
  if (timer != null) { clearTimeout(timer); beat(); }
}
function paceBy(by) {
  paceTo(PACES[min(PACES.length - 1, max(0, PACES.indexOf(pace) + by))]);
  put($("live"), `speed ${paceText(pace)}`);
}
function paceChoice() {
  const choice = h("select.pace", {"aria-label": "Speed", title: "speed"}, PACES.map(value => h("option", {value}, paceText(value))));
  choice.value = pace;
  choice.onchange = () => paceTo(+choice.value);
  return choice;
}
function enlarge(on) {
  enlarged = on ? 1.3 : 1;
  remember("large", on ? 1 : "");
  document.documentElement.classList.toggle("large", on);
  pressed($("large"), on);
  measuredAt = 0;
  picture = null;
}
function resize() {
  enlarge(enlarged === 1);
  buildBar();
  render();
}
KEYS.push(["+ -", "play faster, slower", {"+": () => paceBy(1), "-": () => paceBy(-1)}], ["L", "large text, usual text", {l: resize}]);
onStart.push(() => {
  const kept = +recall("pace");
  if (PACES.includes(kept)) pace = kept;
  entry("large", "Large text", resize);
  enlarge(Boolean(recall("large")));
  $("play").after(paceChoice());
});
