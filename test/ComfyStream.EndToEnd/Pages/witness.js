// Watches with the laboratory (lab.js) and keeps a record of every picture that is shown, by its pixels.
const width = 160, height = 90;

// The scenes of Films/Scene.cs. scenes.js and aiortc_peer.py publish the first three in quarters, and yellow: an inverted blue.
const colours = { red: [200, 40, 40], green: [40, 160, 60], blue: [40, 60, 200], white: [255, 255, 255] };
const quadrants = "red green blue inverted blue";
const tolerance = 28;
const darkest = 60, lightest = 130;

// Below the bars, above the marker of the quarters and below it.
const patches = [[8, 12], [88, 12], [8, 56], [88, 56]].map(([x, y]) => ({ x, y, w: 60, h: 22 }));
const bars = 16, numberBits = 12;

const record = { story: [], shown: [], states: [], peer: null };
const canvas = new OffscreenCanvas(width, height);
const context = canvas.getContext("2d", { willReadFrequently: true });

function mean(pixels, { x, y, w, h }) {
  const sum = [0, 0, 0];
  for (let row = y; row < y + h; row++)
    for (let column = x; column < x + w; column++)
      for (let c = 0; c < 3; c++) sum[c] += pixels[(row * width + column) * 4 + c];
  return sum.map(total => total / (w * h));
}

const isNear = (one, other) => one.every((value, c) => Math.abs(value - other[c]) < tolerance);

function nameOf(colour) {
  if (Math.max(...colour) < darkest) return "dark";
  for (const [name, expected] of Object.entries(colours)) {
    if (isNear(colour, expected)) return name;
    if (isNear(colour, expected.map(value => 255 - value))) return `inverted ${name}`;
  }
  return `rgb(${colour.map(Math.round)})`;
}

function hasLight(pixels) {
  for (let i = 0; i < pixels.length; i += 4) if (Math.min(pixels[i], pixels[i + 1], pixels[i + 2]) > lightest) return true;
  return false;
}

/** What a picture is; one that is torn or smeared is none of those that are published, and told by its quarters. */
function describe(pixels) {
  const quarters = patches.map(patch => nameOf(mean(pixels, patch)));
  if (quarters.every(name => name === "dark")) return hasLight(pixels) ? "slate" : "dark";
  if (quarters.every(name => name === quarters[0])) return quarters[0];
  const all = quarters.join(" ");
  return all === quadrants ? "quadrants" : all;
}

/** The number in the bars; null when there are none. */
function numberOf(pixels) {
  const levels = Array.from({ length: bars }, (_, bar) => pixels[(4 * width + Math.floor((bar + 0.5) * width / bars)) * 4 + 1]);
  if (Math.abs(levels[1] - levels[0]) < 100) return null;
  const bits = levels.map(level => Math.abs(level - levels[1]) < Math.abs(level - levels[0]) ? 1 : 0);
  const light = bits.slice(2, 3 + numberBits).reduce((sum, bit) => sum + bit, 0);
  return light % 2 || bits[bars - 1] ? null : bits.slice(2, 2 + numberBits).reduce((number, bit) => number * 2 + bit, 0);
}

function look(video) {
  context.drawImage(video, 0, 0, width, height);
  return context.getImageData(0, 0, width, height).data;
}

function note(video, metadata) {
  // Chromium may tell of the first picture before the element has it.
  if (video.readyState < HTMLMediaElement.HAVE_CURRENT_DATA) return;
  const pixels = look(video);
  const what = describe(pixels), number = numberOf(pixels);
  const size = `${metadata.width}x${metadata.height}`;
  let scene = record.story.at(-1);
  if (scene?.what !== what || scene.size !== size) record.story.push(scene = { what, size, pictures: 0 });
  scene.pictures++;
  if (number !== null) record.shown.push({ at: performance.timeOrigin + performance.now(), number });
}

/** Watches without the codecs of which `refused` is part of the name or of the parameters. */
async function watch(url, refused) {
  const watching = lab.watch(url, refused);
  const { video, peer } = lab.state;
  const next = (_, metadata) => { note(video, metadata); video.requestVideoFrameCallback(next); };
  video.requestVideoFrameCallback(next);
  record.peer = peer;
  peer.addEventListener("connectionstatechange", () => record.states.push(peer.connectionState));
  await watching;
}

/** What the page shows now, also when no picture comes. */
const showing = () => describe(look(lab.state.video));

/** States of the connection so far; one that was replaced is told as well. */
const states = () => lab.state.peer === record.peer ? record.states : [...record.states, "replaced"];

async function playback() {
  const reports = [...(await record.peer.getStats()).values()];
  const video = reports.find(report => report.type === "inbound-rtp" && report.kind === "video") ?? {};
  const audio = reports.find(report => report.type === "inbound-rtp" && report.kind === "audio") ?? {};
  return {
    codec: reports.find(report => report.id === video.codecId)?.mimeType ?? "",
    framesReceived: video.framesReceived ?? 0,
    framesDecoded: video.framesDecoded ?? 0,
    framesDropped: video.framesDropped ?? 0,
    freezes: video.freezeCount ?? 0,
    freezeSeconds: video.totalFreezesDuration ?? 0,
    pictureLosses: video.pliCount ?? 0,
    bufferDelay: video.jitterBufferDelay ?? 0,
    bufferEmitted: video.jitterBufferEmittedCount ?? 0,
    soundSamples: audio.totalSamplesReceived ?? 0,
    soundConcealed: (audio.concealedSamples ?? 0) - (audio.silentConcealedSamples ?? 0),
  };
}

window.witness = { record, watch, showing, states, playback };
