// Switches of the menu, remembered where the browser lets the page remember.
function toggle(id, key, label, act) {
  let on = false;
  const turn = to => {
    pressed(button, on = to);
    act(on);
  };
  const press = () => {
    turn(!on);
    remember(id, on ? "on" : "");
    render();
    drawTrail();
  };
  const button = entry(id, label, press);
  KEYS.splice(-1, 0, [key, label[0].toLowerCase() + label.slice(1), {[key.toLowerCase()]: press}]);
  onStart.push(() => turn(recall(id) === "on"));
}
toggle("digits", "X", "All digits", on => { allDigits = on; });
toggle("open", "O", "All matrices open", on => { allOpen = on; });
toggle("heat", "H", "Shade the matrices by size and sign", on => $("matrices").classList.toggle("heat", on));
