// Line icons, 20 × 20, drawn in the colour of the text.

const PATHS = {
  play: "M6 4l10 6-10 6z",
  pause: "M6 4h3v12H6zM11 4h3v12h-3z",
  back: "M14 4l-8 6 8 6zM5 4v12",
  on: "M6 4l8 6-8 6zM15 4v12",
  closer: "M9 4a5 5 0 1 0 .01 0M13 13l4 4M9 7v4M7 9h4",
  farther: "M9 4a5 5 0 1 0 .01 0M13 13l4 4M7 9h4",
  fit: "M4 8V4h4M12 4h4v4M16 12v4h-4M8 16H4v-4",
  undo: "M8 5L4 9l4 4M4 9h8a4 4 0 0 1 0 8H9",
  history: "M10 5v5l3 2M4 10a6 6 0 1 0 2-4.500M4 4v3h3",
  skip: "M4 5l6 5-6 5zM11 5l6 5-6 5z",
  flag: "M5 17V4h9l-2 3 2 3H5",
  pause_work: "M5 8h9v4a4 4 0 0 1-4 4H9a4 4 0 0 1-4-4zM14 9h1a2 2 0 0 1 0 4h-1M8 3v2M11 3v2",
  surround: "M10 3a7 7 0 1 0 .01 0M10 3v14M10 6a4 4 0 0 1 0 8",
  help: "M7.500 7.500a2.500 2.500 0 1 1 3.500 2.300c-.7.300-1 .800-1 1.700M10 14.500v.500",
  out: "M8 4H4v12h4M8 10h9M14 7l3 3-3 3",
};
const FILLED = new Set(["play", "pause"]);
const SVG = "http://www.w3.org/2000/svg";

export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  for (const [key, value] of Object.entries({ viewBox: "0 0 20 20", width: 20, height: 20, "aria-hidden": "true", class: FILLED.has(name) ? "icon filled" : "icon" })) svg.setAttribute(key, value);
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", PATHS[name]);
  svg.append(path);
  return svg;
}
