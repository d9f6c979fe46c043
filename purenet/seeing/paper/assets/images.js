// Pictures in the diagram, where a layer takes or gives images: one for each channel, a grey square
// for each number.  What is read and written has a frame; a pool shows the window that it looks at.
// It stands in the script of the page, before the start.
const COLUMN_OF = {inputs: 0, targets: null};
const columnOf = m => m.role in COLUMN_OF ? COLUMN_OF[m.role] : m.layer == null ? null : m.layer + 1;
const isPixel = m => m.folded && m.folded_axes[1] === "channel" && m.folded_axes[0] === "sample";

// The frames around what is marked: by column and channel, the smallest box that holds it.
function boxes(ids, s, row) {
  const found = new Map();
  for (const id of ids) {
    const n = named[s].get(id), m = n == null ? null : M[N.matrix[n]];
    if (!m || !isPixel(m)) continue;
    const {sample: i, channel, row: y, column: x} = placeOf(n), column = columnOf(m), key = `${column} ${channel}`;
    if (i !== row) continue;
    const box = found.get(key) || {column, channel, top: y, left: x, bottom: y, right: x};
    Object.assign(box, {top: min(box.top, y), left: min(box.left, x), bottom: max(box.bottom, y), right: max(box.right, x)});
    found.set(key, box);
  }
  return [...found.values()];
}
// The window of a pool, for the number that is computed.
function windowOf(view) {
  const {matrix: m, number: n} = view, layer = m && m.layer != null && layers[m.layer];
  if (n == null || !layer || !/Pool/.test(layer.kind) || m.role !== "a") return [];
  const {channel, row, column: x} = placeOf(n), {size, stride} = layer.settings, top = row * stride[0], left = x * stride[1];
  return [{column: m.layer, channel, top, left, bottom: top + size[0] - 1, right: left + size[1] - 1}];
}
const ranges = new Map();
onChange.push(() => ranges.clear());
// The smallest and the largest number of a matrix, for the grey.
function rangeOf(m) {
  if (!ranges.has(m)) {
    const values = m.flat.map(id => number(texts[id])).filter(Number.isFinite);
    ranges.set(m, [min(...values), max(...values)]);
  }
  return ranges.get(m);
}
function layOut(first) {
  const {xs, height} = picture, top = 20, gap = 6;
  picture.columns = new Map();
  put(picture.images);
  xs.forEach((x, column) => {
    if (!isImage(column)) return;
    const [channels, high, wide] = shapes[column], most = max(1, min(channels, Math.floor((height - 40 + gap) / 30)));
    const start = min(first[column] - first[column] % most, channels - most) || 0;
    const reach = 0.72 * min(...xs.slice(1).map((other, k) => other - xs[k]));
    const side = max(1, min((height - 40 - gap * (most - 1)) / most / high, reach / wide, 14));
    const all = most * side * high + gap * (most - 1), maps = [];
    for (let k = 0; k < most; k++) {
      const left = max(4, x - side * wide / 2), y0 = top + (height - 40 - all) / 2 + k * (side * high + gap), pixels = [];
      const node = svg("g.map");
      for (let y = 0; y < high; y++) for (let z = 0; z < wide; z++) {
        const rect = svg("rect", {x: (left + z * side).toFixed(2), y: (y0 + y * side).toFixed(2), width: side.toFixed(2), height: side.toFixed(2)});
        pixels.push({rect, look: ""});
        node.append(rect);
      }
      node.append(svg("rect.edge", {x: left, y: y0, width: side * wide, height: side * high, "stroke-width": 1}));
      maps.push({channel: start + k, left, top: y0, pixels});
      picture.images.append(node);
    }
    if (channels > most) picture.images.append(svg("text.soft", {x, y: top + (height - 40 + all) / 2 + 10}, `${start}–${start + most - 1} of ${channels}`));
    picture.columns.set(column, {side, maps, wide, high});
  });
  picture.frames = svg("g");
  picture.images.append(picture.frames);
}
paint = (view, row) => {
  const s = view.step, reads = boxes(view.reads, s, row), writes = boxes(view.writes, s, row), windows = windowOf(view);
  const first = shapes.map((_, column) => ([...writes, ...windows, ...reads].find(box => box.column === column) || {channel: 0}).channel);
  const key = first.map((channel, column) => isImage(column) ? channel : "").join();
  if (picture.laid !== key) { layOut(first); picture.laid = key; }
  for (const [column, {maps, wide, high}] of picture.columns) {
    const m = ["a", "z"].map(role => column ? find(role, s, column - 1) : find("inputs", s)).find(found => found && found.flat.some(known));
    const [low, most] = m ? rangeOf(m) : [0, 1], size = wide * high;
    for (const {channel, pixels} of maps) pixels.forEach((pixel, k) => {
      const id = m && m.at(row, channel * size + k), there = known(id), value = there ? valueOf(id) : 0;
      const look = there ? `hsl(0 0% ${(96 * (most > low ? (value - low) / (most - low) : 0.5) || 0).toFixed(0)}%)` : "none";
      if (pixel.look === look + id) return;
      pixel.look = look + id;
      fill(pixel.rect, {fill: look}, link(there ? id : null, s));
    });
  }
  const frame = (kind, box) => {
    const found = picture.columns.get(box.column), map = found && found.maps.find(each => each.channel === box.channel);
    if (!map) return null;
    const {side} = found, x = map.left + box.left * side, y = map.top + box.top * side, width = (box.right - box.left + 1) * side, height = (box.bottom - box.top + 1) * side;
    return {x, y, width, height, node: svg("rect." + kind, {x, y, width, height})};
  };
  const frames = [["window", windows], ["reads", reads], ["writes", writes]].flatMap(([kind, list]) => list.map(box => frame(kind, box))).filter(Boolean);
  const target = writes.length === 1 && frame("writes", writes[0]), sources = windows.length ? windows : reads;
  const rays = !target || view.number == null ? [] : sources.filter(box => box.column === writes[0].column - 1).map(box => frame("reads", box)).filter(Boolean)
    .map(({x, y, width, height}) => svg("path.ray", {d: `M${x + width} ${y}L${target.x} ${target.y}M${x + width} ${y + height}L${target.x} ${target.y + target.height}`}));
  put(picture.frames, rays, frames.map(({node}) => node));
  return writes.some(box => frame("writes", box));
};
