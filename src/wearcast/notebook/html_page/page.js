"use strict";

// The alphabet of Python's base64.b85encode, with "," in the place of "<".
const ALPHABET =
  "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&()*+-;,=>?@^_`{|}~";
const CONFIG = { displaylogo: false, responsive: true };

function base85Decoded(text) {
  const digits = new Uint8Array(128);
  for (let i = 0; i < ALPHABET.length; i++) digits[ALPHABET.charCodeAt(i)] = i;
  const groups = Math.ceil(text.length / 5);
  const padded = text.padEnd(5 * groups, "~");
  const bytes = new DataView(new ArrayBuffer(4 * groups));
  for (let group = 0; group < groups; group++) {
    let value = 0;
    for (let i = 5 * group; i < 5 * group + 5; i++) {
      value = 85 * value + digits[padded.charCodeAt(i)];
    }
    bytes.setUint32(4 * group, value);
  }
  return new Uint8Array(bytes.buffer, 0, Math.floor((4 * text.length) / 5));
}

async function inflated(bytes) {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Response(stream).text();
}

// Called by the compressed script, once the library in it has run.
function drawFigures(figures) {
  for (const [id, figure] of Object.entries(figures)) {
    Plotly.newPlot(id, figure.data, figure.layout, CONFIG);
  }
}

async function runCompressed(element) {
  const script = document.createElement("script");
  script.textContent = await inflated(base85Decoded(element.textContent.trim()));
  document.head.append(script);
}

const figures = document.getElementById("compressed-figures");
if (figures) {
  runCompressed(figures).catch((error) => {
    const places = document.querySelectorAll(".figure");
    for (const place of places) place.textContent = `This figure can't be drawn: ${error.message}`;
  });
}

const button = document.getElementById("all-code");
button.addEventListener("click", () => {
  const open = button.getAttribute("aria-pressed") !== "true";
  button.setAttribute("aria-pressed", String(open));
  for (const code of document.querySelectorAll("details.code")) code.open = open;
});
