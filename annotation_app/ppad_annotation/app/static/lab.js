// Colour differences in CIELAB (D65, 2°) of sRGB pixels.
// CIE76: Euclidean distance. CIEDE2000: Sharma, Wu and Dalal, Color Res. Appl. 30 (2005) 21–30, equations 2–22.

const LINEAR = Float64Array.from({ length: 256 }, (_, level) => {
  const value = level / 255;
  return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
});

const WHITE = [0.95047, 1, 1.08883];
const curve = (t) => (t > 216 / 24389 ? Math.cbrt(t) : (t * 24389 / 27 + 16) / 116);

/** CIELAB of one sRGB colour: levels 0–255 in, [L*, a*, b*] out. */
export function labOf(red, green, blue) {
  const [r, g, b] = [LINEAR[red], LINEAR[green], LINEAR[blue]];
  const x = curve((0.4124564 * r + 0.3575761 * g + 0.1804375 * b) / WHITE[0]);
  const y = curve((0.2126729 * r + 0.7151522 * g + 0.072175 * b) / WHITE[1]);
  const z = curve((0.0193339 * r + 0.119192 * g + 0.9503041 * b) / WHITE[2]);
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
}

export function deltaE76(first, second) {
  return Math.hypot(first[0] - second[0], first[1] - second[1], first[2] - second[2]);
}

const RADIANS = Math.PI / 180;
const SEVENTH_OF_25 = 25 ** 7;

function hue(a, b) {
  if (a === 0 && b === 0) return 0;
  const angle = Math.atan2(b, a) / RADIANS;
  return angle < 0 ? angle + 360 : angle;
}

export function deltaE2000([l1, a1, b1], [l2, a2, b2]) {
  const meanChroma7 = ((Math.hypot(a1, b1) + Math.hypot(a2, b2)) / 2) ** 7;
  const stretch = 1.5 - 0.5 * Math.sqrt(meanChroma7 / (meanChroma7 + SEVENTH_OF_25));
  const [c1, c2] = [Math.hypot(a1 * stretch, b1), Math.hypot(a2 * stretch, b2)];
  const [h1, h2] = [hue(a1 * stretch, b1), hue(a2 * stretch, b2)];
  const grey = c1 * c2 === 0;
  let turn = grey ? 0 : h2 - h1;
  if (turn > 180) turn -= 360;
  else if (turn < -180) turn += 360;
  let meanHue = h1 + h2;
  if (!grey) {
    if (Math.abs(h1 - h2) > 180) meanHue += meanHue < 360 ? 360 : -360;
    meanHue /= 2;
  }
  const [meanL, meanC] = [(l1 + l2) / 2, (c1 + c2) / 2];
  const weight = 1 - 0.17 * Math.cos((meanHue - 30) * RADIANS) + 0.24 * Math.cos(2 * meanHue * RADIANS)
    + 0.32 * Math.cos((3 * meanHue + 6) * RADIANS) - 0.2 * Math.cos((4 * meanHue - 63) * RADIANS);
  const fromMiddle = (meanL - 50) ** 2;
  const meanC7 = meanC ** 7;
  const rotation = -2 * Math.sqrt(meanC7 / (meanC7 + SEVENTH_OF_25)) * Math.sin(60 * RADIANS * Math.exp(-(((meanHue - 275) / 25) ** 2)));
  const lightness = (l2 - l1) / (1 + 0.015 * fromMiddle / Math.sqrt(20 + fromMiddle));
  const chroma = (c2 - c1) / (1 + 0.045 * meanC);
  const tint = 2 * Math.sqrt(c1 * c2) * Math.sin((turn / 2) * RADIANS) / (1 + 0.015 * meanC * weight);
  return Math.sqrt(lightness ** 2 + chroma ** 2 + tint ** 2 + rotation * chroma * tint);
}

/** Colours of the map, dark to light (after "inferno"): one for every step of ΔE from 0 to `TOP`. */
export const TOP = 50;
const STOPS = [[0, 0, 4], [40, 11, 84], [101, 21, 110], [159, 42, 99], [212, 72, 66], [245, 125, 21], [250, 193, 39], [252, 255, 164]];

export function colourOf(delta) {
  const place = Math.min(1, delta / TOP) * (STOPS.length - 1);
  const before = Math.min(STOPS.length - 2, Math.floor(place));
  const share = place - before;
  return STOPS[before].map((level, channel) => Math.round(level + (STOPS[before + 1][channel] - level) * share));
}

/**
 * The differences of two pictures of one size, as colours, with their mean and the share that an eye can tell apart.
 * @param {Uint8ClampedArray} first RGBA
 * @param {Uint8ClampedArray} second RGBA
 * @param {"76"|"2000"} formula
 */
export function differences(first, second, formula) {
  const measure = formula === "76" ? deltaE76 : deltaE2000;
  const map = new Uint8ClampedArray(first.length);
  const colours = Array.from({ length: 10 * TOP + 1 }, (_, tenth) => colourOf(tenth / 10));
  let sum = 0;
  let visible = 0;
  for (let at = 0; at < first.length; at += 4) {
    const same = first[at] === second[at] && first[at + 1] === second[at + 1] && first[at + 2] === second[at + 2];
    const delta = same ? 0 : measure(labOf(first[at], first[at + 1], first[at + 2]), labOf(second[at], second[at + 1], second[at + 2]));
    const colour = colours[Math.min(10 * TOP, Math.round(delta * 10))];
    map[at] = colour[0];
    map[at + 1] = colour[1];
    map[at + 2] = colour[2];
    map[at + 3] = 255;
    sum += delta;
    if (delta > 2.3) visible += 1; // one just noticeable difference: Mahy, Van Eycken and Oosterlinck, 1994
  }
  const pixels = first.length / 4;
  return { map, mean: sum / pixels, visible: visible / pixels };
}
