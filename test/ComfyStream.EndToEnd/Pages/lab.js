// What the tests do in a browser: publish a known scene by WHIP, watch by WHEP, and measure what arrives.
import { scenes, width, height } from "/scenes.js";

const state = { peer: null, session: null, tag: null, patched: [], video: null, audio: null, sent: null, refusal: null };

/** The brief's browser subscriber: raw SDP by fetch, 201, Location. */
async function exchange(url, offer) {
  const response = await fetch(url, { method: "POST", headers: { "Content-Type": "application/sdp" }, body: offer.sdp });
  if (response.status !== 201) {
    state.refusal = await response.json();
    throw new Error(`subscription failed: ${response.status} ${state.refusal.detail}`);
  }
  state.session = response.headers.get("Location");
  state.tag = response.headers.get("ETag");
  return { type: "answer", sdp: await response.text() };
}

async function connect(url, trickles) {
  const offer = await state.peer.createOffer();
  // Chromium sends and plays Opus in stereo only when both descriptions ask for it.
  offer.sdp = offer.sdp.replace(/useinbandfec=1/g, "useinbandfec=1;stereo=1");
  let begin;
  if (trickles) trickle(offer, new Promise(resolve => { begin = resolve; }));
  await state.peer.setLocalDescription(offer);
  const answer = await exchange(url, state.peer.localDescription);
  begin?.();
  await state.peer.setRemoteDescription(answer);
}

const lineOf = (description, start) => description.sdp.split("\r\n").find(text => text.startsWith(start));
const fragmentHead = offer => ["a=ice-options:", "a=ice-ufrag:", "a=ice-pwd:", "m=", "a=mid:"].map(start => lineOf(offer, start));

/** Tells the server of each candidate as it is found, and of their end (RFC 9725 4.3.1), one after the other from when there is a session. */
function trickle(offer, session) {
  let last = session;
  state.peer.onicecandidate = ({ candidate }) => {
    if (candidate?.candidate === "") return;
    const line = candidate ? "a=" + candidate.candidate : "a=end-of-candidates";
    last = last.then(async () => state.patched.push((await patch(state.tag, [...fragmentHead(offer), line])).status));
  };
}

function patch(tag, lines) {
  const headers = { "Content-Type": "application/trickle-ice-sdpfrag", "If-Match": tag };
  return fetch(state.session, { method: "PATCH", headers, body: lines.map(line => line + "\r\n").join("") });
}

/** Restarts ICE while media flows (RFC 9725 4.3): our half by PATCH, the server's from its answer, then our candidates as they are found. */
async function restartIce() {
  const offer = await state.peer.createOffer({ iceRestart: true });
  const head = fragmentHead(offer);
  const candidates = [];
  state.peer.onicecandidate = event => { if (event.candidate?.candidate) candidates.push("a=" + event.candidate.candidate); };
  await state.peer.setLocalDescription(offer);
  const response = await patch("*", head);
  if (response.status !== 200) throw new Error(`restart failed: ${response.status} ${await response.text()}`);
  state.tag = response.headers.get("ETag");
  const given = await response.text();
  const credential = start => given.split("\r\n").find(text => text.startsWith(start));
  let sdp = state.peer.currentRemoteDescription.sdp;
  for (const start of ["a=ice-ufrag:", "a=ice-pwd:"]) sdp = sdp.replaceAll(new RegExp(`^${start}.*$`, "gm"), credential(start));
  await state.peer.setRemoteDescription({ type: "answer", sdp });
  state.patched.push((await patch(state.tag, [...head, ...candidates, "a=end-of-candidates"])).status);
}

/** The ICE session that media flows in, by our user fragment; how often the pair changed; and the handshake, by its state. */
async function transport() {
  const reports = await state.peer.getStats();
  const one = [...reports.values()].find(report => report.type === "transport");
  const pair = reports.get(one.selectedCandidatePairId);
  return {
    userFragment: reports.get(pair?.localCandidateId)?.usernameFragment ?? "",
    protocol: reports.get(pair?.localCandidateId)?.protocol ?? "",
    pairChanges: one.selectedCandidatePairChanges,
    dtls: one.dtlsState,
    lost: [...reports.values()].filter(report => report.type === "inbound-rtp").reduce((sum, report) => sum + report.packetsLost, 0),
  };
}

/** Two tones: left and right tell whether stereo survives. */
function tones(leftHertz, rightHertz) {
  const context = new AudioContext({ sampleRate: 48000 });
  const destination = new MediaStreamAudioDestinationNode(context, { channelCount: 2 });
  const merger = new ChannelMergerNode(context, { numberOfInputs: 2 });
  [leftHertz, rightHertz].forEach((frequency, channel) => {
    const oscillator = new OscillatorNode(context, { frequency });
    oscillator.connect(new GainNode(context, { gain: 0.3 })).connect(merger, 0, channel);
    oscillator.start();
  });
  merger.connect(destination);
  return destination.stream.getAudioTracks()[0];
}

function preferH264(transceiver) {
  const codecs = RTCRtpSender.getCapabilities("video").codecs;
  const isH264 = codec => codec.mimeType.toLowerCase() === "video/h264";
  transceiver.setCodecPreferences([...codecs.filter(isH264), ...codecs.filter(codec => !isH264(codec))]);
}

function send(tracks) {
  const stream = new MediaStream(tracks);
  state.peer = new RTCPeerConnection();
  for (const track of tracks) {
    const transceiver = state.peer.addTransceiver(track, { direction: "sendonly", streams: [stream] });
    if (track.kind === "video") preferH264(transceiver);
  }
}

/** Publishes a scene, drawn 30 times a second, with two tones when asked. */
async function publish(url, sceneName, withSound) {
  const draw = await scenes[sceneName]();
  const canvas = document.body.appendChild(Object.assign(document.createElement("canvas"), { width, height }));
  const context = canvas.getContext("2d");
  let tick = 0;
  draw(context, tick);
  setInterval(() => draw(context, ++tick), 1000 / 30);
  const tracks = canvas.captureStream(30).getTracks();
  if (withSound) tracks.push(tones(440, 880));
  send(tracks);
  await connect(url);
}

async function publishCamera(url) {
  const media = await navigator.mediaDevices.getUserMedia({ video: { width, height, frameRate: 30 }, audio: true });
  send(media.getTracks());
  await connect(url);
}

/** Leaves out the codecs of which a text is part of the name or of the parameters. */
function refuse(transceiver, text) {
  const codecs = RTCRtpReceiver.getCapabilities("video").codecs;
  transceiver.setCodecPreferences(codecs.filter(codec => !`${codec.mimeType} ${codec.sdpFmtpLine}`.includes(text)));
}

async function watch(url, refused, trickles) {
  state.peer = new RTCPeerConnection();
  const picture = state.peer.addTransceiver("video", { direction: "recvonly" });
  if (refused) refuse(picture, refused);
  state.peer.addTransceiver("audio", { direction: "recvonly" });
  state.video = document.body.appendChild(Object.assign(document.createElement("video"), { autoplay: true, muted: true, playsInline: true }));
  // As in the brief's page: the picture is the stream that the track belongs to.
  state.peer.addEventListener("track", event => { state.video.srcObject = event.streams[0]; });
  await connect(url, trickles);
}

async function end() {
  const first = await fetch(state.session, { method: "DELETE" });
  const second = await fetch(state.session, { method: "DELETE" });
  return [first.status, second.status];
}

/** Sums up getStats(): what was sent or received of a kind of medium. */
async function figures(kind) {
  const result = { frames: 0, packets: 0, width: 0, height: 0, codec: "" };
  const reports = await state.peer.getStats();
  for (const report of reports.values()) {
    if (report.kind !== kind || !["inbound-rtp", "outbound-rtp"].includes(report.type)) continue;
    result.frames = report.framesDecoded ?? report.framesSent ?? 0;
    result.packets = report.packetsReceived ?? report.packetsSent ?? 0;
    result.width = report.frameWidth ?? 0;
    result.height = report.frameHeight ?? 0;
    result.codec = reports.get(report.codecId)?.mimeType ?? "";
  }
  return result;
}

/** "closed" as soon as either the connection or its DTLS transport is: Chromium tells of close_notify by the second. */
function connectionState() {
  const transports = [...state.peer.getReceivers(), ...state.peer.getSenders()].map(part => part.transport?.state);
  return transports.find(transport => transport === "closed" || transport === "failed") ?? state.peer.connectionState;
}

function grab(x, y, w, h) {
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.drawImage(state.video, 0, 0, width, height);
  return context.getImageData(x, y, w, h).data;
}

async function grabScene(sceneName, x, y, w, h) {
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  (await scenes[sceneName]())(context, 0);
  return context.getImageData(x, y, w, h).data;
}

function mean(data) {
  const sum = [0, 0, 0];
  for (let i = 0; i < data.length; i += 4) for (let c = 0; c < 3; c++) sum[c] += data[i + c];
  return sum.map(total => total * 4 / data.length);
}

/** Mean difference of horizontal neighbours: high where edges are sharp, low where they are blurred. */
function sharpness(data, w) {
  let sum = 0, count = 0;
  for (let i = 0; i < data.length - 4; i += 4) {
    if ((i / 4 + 1) % w === 0) continue;
    sum += Math.abs(data[i + 1] - data[i + 5]);
    count++;
  }
  return sum / count;
}

/** Mean colour of a patch of the watched picture. */
const colour = (x, y, w, h) => mean(grab(x, y, w, h));

/** A patch of the watched picture beside the same patch of a scene. */
async function compare(sceneName, x, y, w, h) {
  const seen = grab(x, y, w, h);
  const source = await grabScene(sceneName, x, y, w, h);
  let difference = 0;
  for (let i = 0; i < seen.length; i++) difference += Math.abs(seen[i] - source[i]);
  return { difference: difference * 4 / 3 / seen.length, sharpness: sharpness(seen, w), sourceSharpness: sharpness(source, w) };
}

/** Where the loudest tone of each channel lies, in Hz; 0 for silence. */
function hear() {
  if (!state.audio) {
    const context = new AudioContext({ sampleRate: 48000 });
    const source = new MediaStreamAudioSourceNode(context, { mediaStream: state.video.srcObject });
    const splitter = new ChannelSplitterNode(context, { numberOfOutputs: 2 });
    const analysers = [0, 1].map(() => new AnalyserNode(context, { fftSize: 8192, smoothingTimeConstant: 0 }));
    source.connect(splitter);
    analysers.forEach((analyser, channel) => splitter.connect(analyser, channel));
    state.audio = { context, analysers };
  }
  const { context, analysers } = state.audio;
  return analysers.map(analyser => {
    const levels = new Float32Array(analyser.frequencyBinCount);
    analyser.getFloatFrequencyData(levels);
    const loudest = levels.reduce((best, level, bin) => level > levels[best] ? bin : best, 0);
    return levels[loudest] < -60 ? 0 : loudest * context.sampleRate / analyser.fftSize;
  });
}

window.lab = { state, publish, publishCamera, watch, end, figures, restartIce, transport, connectionState, colour, compare, hear };
