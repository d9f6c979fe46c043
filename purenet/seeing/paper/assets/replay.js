// The tape, repeated: the same operations with other given numbers, and the bits that Python gets.
// + - * / and the square root have one result in IEEE 754, powers of two are exact, and a function
// such as exp is a program of those.  Nothing is computed in a way of the page's own.

// Python's repr of a float.
function repr(value) {
  const size = Math.abs(value), text = String(value);
  if (!(size < Infinity)) return size ? text.replace("Infinity", "inf") : "nan";
  if (!size) return Object.is(value, -0) ? "-0.0" : "0.0";
  if (size >= 1e-4 && size < 1e16) return text.includes(".") ? text : text + ".0";
  const [digits, power] = value.toExponential().split("e");
  return `${digits}e${power[0]}${power.slice(1).padStart(2, "0")}`;
}
// 2 ** (k - 1074), from the smallest number to the largest power of two.
const POWERS = new Float64Array(2098).fill(5e-324);
for (let k = 1; k < 2098; k++) POWERS[k] = 2 * POWERS[k - 1];
const powerOfTwo = k => k < -1074 ? 0 : k > 1023 ? Infinity : POWERS[k + 1074];
const eight = new DataView(new ArrayBuffer(8));
// A number as a mantissa from 1/2 to 1 and a power of two.
function frexp(x) {
  if (!x || !Number.isFinite(x)) return [x, 0];
  if (Math.abs(x) < POWERS[52]) { const [mantissa, k] = frexp(x * powerOfTwo(54)); return [mantissa, k - 54]; }
  eight.setFloat64(0, x);
  const high = eight.getUint32(0);
  eight.setUint32(0, (high & 0x800fffff) | 0x3fe00000);
  return [eight.getFloat64(0), ((high >>> 20) & 2047) - 1022];
}
// One multiplication rounds, so that a subnormal result is rounded once.
function ldexp(x, by) {
  const [mantissa, own] = frexp(x), k = own + by;
  return !x ? x : k > 1023 ? 2 * mantissa * powerOfTwo(k - 1) : mantissa * powerOfTwo(k);
}
const COMPUTE = ["+", "-", "*", "/", "neg", "copy", "float", "sqrt", "ldexp", "frexp_mantissa", "frexp_exponent", "int"];
function compute(code, a, b) {
  switch (code) {
    case 0: return a + b;
    case 1: return a - b;
    case 2: return a * b;
    case 3: return a / b;
    case 4: return -a;
    case 7: return Math.sqrt(a);
    case 8: return ldexp(a, b);
    case 9: return frexp(a)[0];
    case 10: return frexp(a)[1];
    case 11: return Math.trunc(a) + 0;
    default: return a;
  }
}
const HOLDS = {"<": (a, b) => a < b, "<=": (a, b) => a <= b, ">": (a, b) => a > b, ">=": (a, b) => a >= b, "==": (a, b) => a === b, "!=": (a, b) => a !== b};
// Columns as arrays of numbers: -1 is the code of what is given or written, and a function's code is
// beyond those of the operations.  An operand of a condition is an id, or the text of a number.
function prepare({op, a, b, value}, conditions, names) {
  const codes = [...COMPUTE, ...names], reader = part => typeof part === "number" ? values => values[part] : (known => () => known)(number(part));
  return {
    codes: Int16Array.from(op, name => codes.indexOf(name)), a: Int32Array.from(a, id => id ?? 0), b: Int32Array.from(b, id => id ?? 0),
    start: Float64Array.from(value, text => text == null ? 0 : number(text)), values: new Float64Array(op.length),
    tests: conditions.op.map((sign, k) => {
      const left = reader(conditions.a[k]), right = reader(conditions.b[k]), holds = HOLDS[sign], outcome = conditions.outcome[k];
      return values => holds(left(values), right(values)) === outcome;
    }),
  };
}
function prepareTape() {
  const {conditions, after} = R, column = name => [...O[name], ...after[name]], names = Object.keys(R.functions);
  const tape = prepare({op: column("op"), a: column("a"), b: column("b"), value: column("value")}, conditions, names);
  return Object.assign(tape, {before: conditions.before, programs: names.map(name => R.functions[name].map(program =>
    Object.assign(prepare(program, program.conditions, []), {result: program.result})))});
}
// A function is the first of its programs all of whose conditions hold.
function runProgram(programs, argument) {
  for (const {codes, a, b, start, values, tests, result} of programs) {
    values.set(start);
    values[0] = argument;
    for (let k = 1; k < codes.length; k++) if (codes[k] >= 0) values[k] = compute(codes[k], values[a[k]], values[b[k]]);
    if (tests.every(test => test(values))) return values[result];
  }
}
// Repeats a tape with these given numbers, from an id to a text.  Returns null if that takes the
// recorded path, with finite numbers; otherwise where it leaves it: at a condition, or at an id.
function repeat(tape, given) {
  const {codes, a, b, start, values, tests, before, programs} = tape, count = codes.length;
  let next = 0;
  values.set(start);
  for (const [id, text] of given) values[id] = Number(text);
  for (let id = 0; id <= count; id++) {
    for (; next < tests.length && before[next] <= id; next++) if (!tests[next](values)) return {condition: next};
    const code = id < count ? codes[id] : -1;
    if (code < 0) continue;
    const value = code < COMPUTE.length ? compute(code, values[a[id]], values[b[id]]) : runProgram(programs[code - COMPUTE.length], values[a[id]]);
    if (!Number.isFinite(value)) return {id, untrodden: value === undefined};
    values[id] = value;
  }
  return null;
}
