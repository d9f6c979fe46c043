// Keys and clicks.
const KEYS = [
  ["→ ←", "one step forward, back", {ArrowRight: () => stepBy(1), ArrowLeft: () => stepBy(-1)}],
  ["Shift → ←", "one matrix forward, back", {"Shift+ArrowRight": () => stepBy(1, "matrix"), "Shift+ArrowLeft": () => stepBy(-1, "matrix")}],
  ["PgDn PgUp", "next phase, phase before", {PageDown: () => phaseBy(1), PageUp: () => phaseBy(-1)}],
  ["Home End", "to the start, to the end", {Home: () => go(0), End: () => arrive(COUNT)}],
  ["1 2 3", "one step is a matrix, a number, an operation", {1: () => regrain("matrix"), 2: () => regrain("number"), 3: () => regrain("operation")}],
  ["Space P", "play, pause", {p: () => play(timer == null), " ": () => play(timer == null)}],
  ["T", "trail of this step's result", {t: trace}],
  ["B", "back to the number before on the trail", {b: before}],
  ["Esc", "close the trail", {Escape: forget}],
  ["F M S", "go to the formula, the matrices, the source", {
    f: () => $("now").focus(), s: () => { show("source"); $("code").focus(); },
    m: () => { if (narrow()) show("matrices"); ($("cards").querySelector(".written") || $("cards").querySelector("td[tabindex]")).focus(); }}],
  ["arrows Enter", "in a matrix: move, follow the number"],
  ["D", "dark, light", {d: other}],
  ["?", "this list", {"?": () => $("help").showModal()}],
];
let actions = {};
function closeMenu() { $("more").open = false; $("more").firstElementChild.focus(); }
// An entry of the menu: a button, and what it does.  One that is on or off says so in aria-pressed.
function entry(id, label, act) {
  const made = button(id, label, () => {
    // The button is hidden then; what a dialog gives the focus back to stays.
    closeMenu();
    act(made);
  });
  $("menu").append(made);
  return made;
}

function moveCell(td, key) {
  const rows = [...td.closest("tbody").children], row = rows.indexOf(td.parentNode), column = [...td.parentNode.children].indexOf(td);
  const line = rows[row + (key === "ArrowDown") - (key === "ArrowUp")];
  const to = line?.children[column + (key === "ArrowRight") - (key === "ArrowLeft")];
  if (!to || to.tagName !== "TD") return;
  td.tabIndex = -1;
  to.tabIndex = 0;
  to.focus();
}
const isCombined = event => event.ctrlKey || event.metaKey || event.altKey;
const isElsewhere = event => isCombined(event) || document.querySelector("dialog[open]");
document.addEventListener("keydown", event => {
  const {target, key} = event, cell = target.closest("td");
  if (isElsewhere(event)) return;
  if (key === " " && target.closest("button, select, input")) return;
  if (key === "Escape" && $("more").open) return closeMenu();
  let action = actions[(event.shiftKey && key.length > 1 ? "Shift+" : "") + (key.length > 1 ? key : key.toLowerCase())];
  if (cell && /^Arrow/.test(key) && !event.shiftKey) action = () => moveCell(cell, key);
  else if (cell && key === "Enter") action = () => cell.click();
  else if (key.length > 1 ? target.matches("select, [name=grain]") : !$("single").checked) return;
  if (!action) return;
  event.preventDefault();
  action();
});
const clicks = {
  unfold: value => { unfolded = +value; render(); drawTrail(); $("now").focus(); },
  go: value => goTo(+value),
  frame: value => { frame = +value; drawSource(current()); $("calls").children[value].querySelector("button").focus(); },
  turn: value => {
    const [index, k, start] = value.split(" ").map(Number), card = decks[M[index].step].cards.find(other => other.m.index === index);
    const page = card.window.split(" ").map(Number);
    page[k] = start;
    pages[index] = page;
    drawMatrices(current());
    card.node.querySelector(".pages button:enabled").focus();
  },
  fold: value => {
    const {name} = M[value], {scrollTop} = $("cards");
    if (!pinned.delete(name)) pinned.add(name);
    drawMatrices(current());
    $("cards").scrollTop = scrollTop;
  },
  show: value => { show(value); drawNetwork(current()); drawMatrices(current()); },
  matrix: value => arrive(beginning(M[value])),
  id: (value, {step}) => { if (value) choose(+value, +step); },
};
document.addEventListener("click", event => {
  for (const [name, action] of Object.entries(clicks)) {
    const node = event.target.closest(`[data-${name}]`);
    if (node) return action(node.dataset[name], node.dataset);
  }
});
