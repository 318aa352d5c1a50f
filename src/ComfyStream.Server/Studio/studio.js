// The page at "/": watches a channel by WHEP, its input beside it, and publishes the camera by WHIP.

const element = id => document.getElementById(id);

/** Key of the token in the storage of this tab, which ends with it. */
const tokenKey = "comfystream-token";

/** The token of `#token=...` is taken out of the address at once: addresses are shared, and tokens are not. */
function takeToken() {
  const given = new URLSearchParams(location.hash.slice(1)).get("token");
  if (given === null) return;
  sessionStorage.setItem(tokenKey, given);
  history.replaceState(null, "", location.pathname + location.search);
}

/** fetch() with the token, when there is one. */
function send(url, options = {}) {
  const token = sessionStorage.getItem(tokenKey);
  return fetch(url, token ? { ...options, headers: { ...options.headers, Authorization: `Bearer ${token}` } } : options);
}

/** Back-off between attempts, in ms. */
const firstPause = 1000;
const longestPause = 8000;
/** A connection that reports "disconnected" may come back by itself within this time, in ms. */
const grace = 4000;
/** How long connecting may take, in ms: the server gives up after 15 s without a sign, and a browser may go on trying for minutes. */
const patience = 20000;

/** One peer connection kept alive: an offer by POST, an answer, and again with a longer pause when it is lost. */
class Session {
  #prepare;
  #onState;
  #peer = null;
  #location = null;
  #timer = 0;
  #pause = firstPause;
  #running = false;
  #attempt = 0;
  #wasLive = false;
  /** What a TURN server had against us in this attempt. */
  #turnProblem = "";

  /**
   * @param {string} url Where the offer goes.
   * @param {(peer: RTCPeerConnection) => void} prepare Adds what is sent or received.
   * @param {(state: "connecting"|"live"|"lost", text: string) => void} onState Told of every change.
   */
  constructor(url, prepare, onState) {
    this.url = url;
    this.#prepare = prepare;
    this.#onState = onState;
  }

  get peer() { return this.#peer; }

  start() {
    this.#running = true;
    this.#connect();
  }

  stop() {
    this.#running = false;
    this.#release();
  }

  async #connect() {
    const attempt = ++this.#attempt;
    const isCurrent = () => this.#running && attempt === this.#attempt;
    this.#onState("connecting", "Connecting …");
    const peer = new RTCPeerConnection();
    this.#peer = peer;
    this.#wasLive = false;
    this.#turnProblem = "";
    try {
      this.#prepare(peer);
      peer.addEventListener("connectionstatechange", () => isCurrent() && this.#follow(peer));
      peer.addEventListener("icecandidateerror", event => { this.#turnProblem = turnProblem(event); });
      const offer = await peer.createOffer();
      // Browsers send and play Opus in stereo only when both sides ask for it.
      const sdp = offer.sdp.replace(/useinbandfec=1/g, "useinbandfec=1;stereo=1");
      // The server learns our addresses from our checks, so nothing waits for candidates.
      const response = await send(this.url, {
        method: "POST",
        headers: { "Content-Type": "application/sdp" },
        body: sdp,
      });
      if (response.status === 401) askForToken();
      if (response.status !== 201) throw new Error(await explain(response));
      const location = new URL(response.headers.get("Location"), response.url).pathname;
      const answer = await response.text();
      if (!isCurrent()) {
        end(location);
        return;
      }
      this.#location = location;
      // The ICE servers come with the answer, and candidates are looked for from here on: no request before the offer is needed.
      peer.setConfiguration({ iceServers: turnServers(response.headers.get("Link")) });
      this.#timer = setTimeout(() => isCurrent() && this.#retry(this.#noWay()), patience);
      await peer.setLocalDescription({ type: "offer", sdp });
      await peer.setRemoteDescription({ type: "answer", sdp: answer }).catch(error => {
        throw new Error(`The server's answer cannot be used: ${error.message}`);
      });
      for (const receiver of [...peer.getReceivers(), ...peer.getSenders()]) {
        receiver.transport?.addEventListener("statechange", () => isCurrent() && this.#follow(peer));
      }
    } catch (error) {
      if (isCurrent()) this.#retry(error instanceof TypeError ? "The server does not answer." : error.message);
      else peer.close();
    }
  }

  #follow(peer) {
    const transports = [...peer.getReceivers(), ...peer.getSenders()].map(part => part.transport?.state);
    const state = transports.includes("closed") || transports.includes("failed") ? "failed" : peer.connectionState;
    if (state === "new" || state === "connecting") return;
    clearTimeout(this.#timer);
    if (state === "connected") {
      this.#pause = firstPause;
      this.#wasLive = true;
      this.#onState("live", "Live");
    } else if (state === "disconnected") {
      this.#onState("connecting", "The connection is interrupted …");
      this.#timer = setTimeout(() => this.#retry("The connection was lost."), grace);
    } else if (state === "failed" || state === "closed") {
      this.#retry(this.#wasLive ? "The connection was lost." : this.#noWay());
    }
  }

  #noWay() {
    return `No way to the server's media port was found. ${this.#turnProblem}`.trim();
  }

  #retry(reason) {
    this.#release();
    const pause = this.#pause;
    this.#pause = Math.min(pause * 2, longestPause);
    this.#onState("lost", `${reason} Trying again in ${Math.round(pause / 1000)} s …`);
    this.#timer = setTimeout(() => this.#running && this.#connect(), pause);
  }

  #release() {
    clearTimeout(this.#timer);
    this.#attempt++;
    if (this.#location) end(this.#location);
    this.#location = null;
    this.#peer?.close();
    this.#peer = null;
  }
}

/**
 * The TURN servers of Link headers, as `<turn:host:port>; rel="ice-server"; username="u"; credential="c"` (RFC 9725 4.6). A STUN
 * server would tell us of addresses that the server sees by itself.
 */
function turnServers(links) {
  const text = /([\w-]+)="((?:[^"\\]|\\.)*)"/g;
  return [...(links ?? "").matchAll(/<(turns?:[^>]*)>((?:\s*;\s*[\w-]+="(?:[^"\\]|\\.)*")*)/g)].map(([, urls, attributes]) => {
    const given = Object.fromEntries([...attributes.matchAll(text)].map(([, name, value]) => [name, value.replace(/\\(.)/g, "$1")]));
    return { urls, username: given.username, credential: given.credential };
  });
}

/** What a person can make of a TURN server that gives no address (RFC 8656 codes; the browser's own begin at 700). */
function turnProblem({ url, errorCode, errorText }) {
  if (!url?.startsWith("turn")) return "";
  if (errorCode >= 700) return `The TURN server ${url} does not answer.`;
  const meaning = errorCode === 401 ? "it does not know the user and password that this server told, or they have expired" : errorText;
  return `The TURN server ${url} refused: ${errorCode}, ${meaning}.`;
}

/** Ends a session at the server; works while the page is being left, too. */
function end(location) {
  send(location, { method: "DELETE", keepalive: true }).catch(() => {});
}

/** Shows the field for a token; the next attempt sends it. */
function askForToken() {
  element("token-card").hidden = false;
}

/** Changes the workflow of the channel and its values while it runs; asks the server for them only once it is open. */
class Panel {
  #base = "";
  #running;
  #waiting = {};
  #timer = 0;

  constructor() {
    element("adjust").addEventListener("toggle", () => this.#load());
    element("live-workflow").addEventListener("change", () => this.#exchange());
  }

  /** Says which workflows may be chosen. */
  offer(workflows) {
    element("live-workflow").replaceChildren(...workflows.map(workflow => new Option(workflow.name, workflow.name)));
  }

  show(channel) {
    this.#base = `/streams/${encodeURIComponent(channel)}/pipelines/main`;
    this.#load();
  }

  /** Shows the values of another workflow when somebody has put it in its place. */
  follow(workflow) {
    if (workflow === this.#running) return;
    this.#running = workflow;
    this.#load();
  }

  async #load() {
    if (!element("adjust").open) return;
    const answer = await this.#ask("/parameters");
    if (!answer) {
      element("parameters").replaceChildren();
      return;
    }
    const select = element("live-workflow");
    if (![...select.options].some(option => option.value === answer.workflow)) select.add(new Option(answer.workflow, answer.workflow), 0);
    select.value = answer.workflow;
    element("parameters").replaceChildren(...Object.entries(answer.nodes).map(([id, node]) => this.#draw(id, node)));
  }

  #draw(id, node) {
    const group = document.createElement("fieldset");
    const title = document.createElement("legend");
    title.textContent = node.display_name;
    title.title = node.description;
    group.append(title, ...Object.entries(node.inputs).map(([name, input]) => this.#drawInput(id, name, input)));
    return group;
  }

  #drawInput(id, name, input) {
    const label = document.createElement("label");
    label.title = input.tooltip ?? "";
    const field = document.createElement(input.type === "COMBO" ? "select" : "input");
    const shown = document.createElement("output");
    const isNumber = input.type === "INT" || input.type === "FLOAT";
    if (input.type === "COMBO") field.append(...input.choices.map(choice => new Option(choice, choice)));
    else field.type = isNumber ? "range" : input.type === "BOOLEAN" ? "checkbox" : "text";
    if (isNumber) [field.min, field.max, field.step] = [input.min, input.max, input.step];
    if (input.type === "BOOLEAN") field.checked = input.value;
    else field.value = input.value;
    if (isNumber) shown.value = input.value;
    const read = () => isNumber ? field.valueAsNumber : input.type === "BOOLEAN" ? field.checked : field.value;
    field.addEventListener(field.type === "text" ? "change" : "input", () => {
      if (isNumber) shown.value = field.value;
      this.#change(id, name, read());
    });
    const caption = document.createElement("span");
    caption.textContent = name;
    label.append(caption, input.type === "BOOLEAN" ? field : shown);
    const row = document.createElement("div");
    row.append(label);
    if (input.type !== "BOOLEAN") {
      field.setAttribute("aria-label", `${name} of node ${id}`);
      row.append(field);
    }
    return row;
  }

  /** A slider that moves says so a few times a second, not with every pixel. */
  #change(id, name, value) {
    (this.#waiting[id] ??= {})[name] = value;
    this.#timer ||= setTimeout(() => {
      const changes = this.#waiting;
      [this.#waiting, this.#timer] = [{}, 0];
      this.#ask("/parameters", { method: "PATCH", body: JSON.stringify(changes) });
    }, 150);
  }

  async #exchange() {
    element("adjust-state").textContent = "Changing …";
    const status = await this.#ask("/workflow", { method: "PUT", body: JSON.stringify(element("live-workflow").value) });
    if (status) this.#running = status.workflow;
    const problem = element("adjust-state").textContent;
    await this.#load();
    if (!status) element("adjust-state").textContent = problem;
  }

  /** The answer; null when it is none, and why is shown. */
  async #ask(path, options) {
    try {
      const response = await send(this.#base + path, options);
      element("adjust-state").textContent = response.ok ? "" : await explain(response);
      return response.ok ? await response.json() : null;
    } catch {
      element("adjust-state").textContent = "The server does not answer.";
      return null;
    }
  }
}

/** What a person can make of an error answer. */
async function explain(response) {
  try {
    const problem = await response.json();
    if (problem.detail) return problem.detail;
  } catch {
    // Not ours: a proxy's page, perhaps.
  }
  return `The server answered ${response.status}.`;
}

/** Shows a stream in a video element, says why there is no picture, and measures the one there is. */
class Screen {
  #session = null;
  #figuresBefore = null;

  constructor(video, notice, figures) {
    this.video = video;
    this.notice = notice;
    this.figures = figures;
    this.state = "connecting";
    this.reason = "";
    /** Whether pictures are arriving. */
    this.hasPicture = false;
    // Sooner than the next measurement.
    video.addEventListener("playing", () => { notice.hidden = true; });
  }

  watch(streamId, onState) {
    this.leave();
    const stream = new MediaStream();
    this.#session = new Session(
      `/whep?streamId=${encodeURIComponent(streamId)}`,
      peer => {
        stream.getTracks().forEach(track => stream.removeTrack(track));
        peer.addTransceiver("video", { direction: "recvonly" });
        peer.addTransceiver("audio", { direction: "recvonly" });
        peer.addEventListener("track", event => stream.addTrack(event.track));
      },
      (state, text) => {
        this.state = state;
        this.reason = text;
        onState?.(state);
      });
    this.video.srcObject = stream;
    this.#session.start();
  }

  leave() {
    this.#session?.stop();
    this.#session = null;
    this.#figuresBefore = null;
    this.hasPicture = false;
    this.video.srcObject = null;
    this.figures.textContent = "";
  }

  /** Called once a second. */
  async measure(waitingText) {
    const frames = await this.#decodedFrames();
    const now = performance.now();
    const before = this.#figuresBefore;
    this.hasPicture = frames > (before?.frames ?? 0);
    this.#figuresBefore = { frames, now };
    const framesPerSecond = before ? Math.round((frames - before.frames) * 1000 / (now - before.now)) : 0;
    const { videoWidth: width, videoHeight: height } = this.video;
    this.figures.textContent = this.hasPicture && framesPerSecond > 0 ? `${width} × ${height} · ${framesPerSecond} fps` : "";
    this.notice.hidden = this.hasPicture;
    this.notice.textContent = this.state === "live" ? waitingText : this.reason;
  }

  async #decodedFrames() {
    const peer = this.#session?.peer;
    if (!peer || peer.connectionState === "closed") return 0;
    for (const report of (await peer.getStats()).values()) {
      if (report.type === "inbound-rtp" && report.kind === "video") return report.framesDecoded ?? 0;
    }
    return 0;
  }
}

/** The camera, published to a channel through a workflow. */
class Camera {
  #session = null;
  #media = null;

  get isOn() { return this.#media !== null; }
  get media() { return this.#media; }

  async open() {
    if (!navigator.mediaDevices?.getUserMedia) throw new Error(cameraNeedsHttps());
    const video = { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 30 } };
    try {
      this.#media = await navigator.mediaDevices.getUserMedia({ video, audio: true });
    } catch (error) {
      // A machine without a microphone still has a camera.
      if (error.name !== "NotFoundError") throw new Error(cameraProblem(error));
      try {
        this.#media = await navigator.mediaDevices.getUserMedia({ video });
      } catch (second) {
        throw new Error(cameraProblem(second));
      }
    }
  }

  publish(channel, workflow, onState) {
    this.#session?.stop();
    const query = new URLSearchParams({ channelId: channel, prompts: workflow });
    this.#session = new Session(`/whip?${query}`, peer => this.#send(peer), onState);
    this.#session.start();
  }

  close() {
    this.#session?.stop();
    this.#session = null;
    this.#media?.getTracks().forEach(track => track.stop());
    this.#media = null;
  }

  #send(peer) {
    for (const track of this.#media.getTracks()) {
      const transceiver = peer.addTransceiver(track, { direction: "sendonly", streams: [this.#media] });
      if (track.kind === "video") preferH264(transceiver);
    }
  }
}

function preferH264(transceiver) {
  const codecs = RTCRtpSender.getCapabilities("video")?.codecs ?? [];
  const rank = codec => codec.mimeType.toLowerCase() !== "video/h264" ? 2 : codec.sdpFmtpLine?.includes("packetization-mode=1") ? 0 : 1;
  // sort() is stable: the browser's own order holds among equals.
  transceiver.setCodecPreferences?.([...codecs].sort((a, b) => rank(a) - rank(b)));
}

function cameraNeedsHttps() {
  return "The browser gives the camera only to pages from https:// or from this very machine. "
    + "Start the server with --tls-self-signed and open its https:// address, or open the page as http://localhost on the machine that runs it.";
}

function cameraProblem(error) {
  switch (error.name) {
    case "NotAllowedError": return "The camera was not allowed. Allow it in the browser's address bar, then start again.";
    case "NotFoundError": return "No camera was found on this device.";
    case "NotReadableError": return "The camera is in use by another program. Close it there, then start again.";
    default: return `The camera cannot be opened: ${error.message}`;
  }
}

/** Everything on the page. */
class Studio {
  #processed = new Screen(element("processed"), element("notice"), element("figures"));
  #raw = new Screen(element("raw"), element("raw-notice"), element("raw-figures"));
  #panel = new Panel();
  #camera = new Camera();
  #health = { allow_raw: false, demo_channel: null };
  #workflows = [];
  #stream = null;

  async run() {
    this.#wire();
    await this.#learn();
    this.#show(this.#homeChannel());
    setInterval(() => this.#tick(), 1000);
  }

  /** Asks the server what it can do, until it answers. */
  async #learn() {
    for (let pause = firstPause; ; pause = Math.min(pause * 2, longestPause)) {
      try {
        this.#health = await (await fetch("/health")).json();
        // Those who may only watch need no list.
        const workflows = await send("/workflows");
        this.#workflows = workflows.ok ? (await workflows.json()).workflows : [];
        break;
      } catch {
        this.#setState("lost", "No answer");
        element("notice").textContent = "The server does not answer. Trying again …";
        await new Promise(resolve => setTimeout(resolve, pause));
      }
    }
    const first = "background-blur";
    this.#workflows.sort((a, b) => (b.name === first) - (a.name === first));
    this.#panel.offer(this.#workflows);
    element("workflow").replaceChildren(...this.#workflows.map(workflow => new Option(workflow.name, workflow.name)));
    this.#describeWorkflow();
    element("publish").disabled = this.#workflows.length === 0;
    if (!navigator.mediaDevices?.getUserMedia) this.#fail(cameraNeedsHttps());
  }

  #wire() {
    element("token-use").addEventListener("click", () => {
      sessionStorage.setItem(tokenKey, element("token").value.trim());
      location.reload();
    });
    element("publish").addEventListener("click", () => this.#startCamera());
    element("stop").addEventListener("click", () => this.#stopCamera());
    element("workflow").addEventListener("change", () => {
      this.#describeWorkflow();
      if (this.#camera.isOn) this.#publish();
    });
    const video = element("processed");
    element("unmute").addEventListener("click", () => { video.muted = !video.muted; });
    video.addEventListener("volumechange", () => {
      element("unmute").textContent = video.muted ? "Unmute" : "Mute";
      element("unmute").setAttribute("aria-pressed", String(!video.muted));
    });
    element("fullscreen").addEventListener("click", () => video.requestFullscreen?.().catch(() => {}));
    addEventListener("pagehide", () => {
      this.#camera.close();
      this.#processed.leave();
      this.#raw.leave();
    });
    addEventListener("pageshow", event => event.persisted && location.reload());
  }

  #homeChannel() {
    return new URLSearchParams(location.search).get("channel") || this.#health.demo_channel || "default";
  }

  /** Where the camera goes: not over the demo, which would take its channel back. */
  #cameraChannel() {
    const home = this.#homeChannel();
    return home === this.#health.demo_channel ? "camera" : home;
  }

  #show(channel) {
    this.channel = channel;
    element("channel").textContent = channel;
    element("whep-url").textContent = `${location.origin}/whep?streamId=${encodeURIComponent(channel)}`;
    this.#describePublishing();
    this.#panel.show(channel);
    // The reason stands on the screen itself; here a word is enough.
    this.#processed.watch(channel, state => this.#setState(state, { connecting: "Connecting", live: "Live", lost: "Reconnecting" }[state]));
    this.#showInput();
  }

  #showInput() {
    if (this.#camera.isOn) {
      this.#raw.leave();
      element("raw").srcObject = this.#camera.media;
      element("raw-notice").hidden = true;
      element("input-caption").textContent = "My camera";
    } else if (this.#health.allow_raw) {
      element("input-caption").textContent = "As it came";
      this.#raw.watch(`${this.channel}/raw`);
    } else {
      this.#raw.leave();
      element("input-caption").textContent = "";
      element("raw-notice").hidden = false;
      element("raw-notice").textContent = "The server keeps the input private. It is shown when it runs with --allow-raw.";
    }
  }

  async #startCamera() {
    this.#fail("");
    element("publish").disabled = true;
    element("publish-state").textContent = "Waiting for the camera …";
    try {
      await this.#camera.open();
    } catch (error) {
      element("publish").disabled = false;
      element("publish-state").textContent = "";
      this.#fail(error.message);
      return;
    }
    element("publish").hidden = true;
    element("stop").hidden = false;
    this.#publish();
    this.#show(this.#cameraChannel());
  }

  #publish() {
    const channel = this.#cameraChannel();
    const workflow = element("workflow").value;
    this.#camera.publish(channel, workflow, (state, text) => {
      element("publish-state").textContent = state === "live" ? `Publishing to ${channel} through ${workflow}.` : text;
    });
  }

  #stopCamera() {
    this.#camera.close();
    this.#fail("");
    element("publish").disabled = false;
    element("publish").hidden = false;
    element("stop").hidden = true;
    element("publish-state").textContent = "";
    this.#show(this.#homeChannel());
  }

  async #tick() {
    this.#stream = await this.#readStream();
    this.#panel.follow(this.#stream?.workflow);
    await this.#processed.measure(this.#whyNoPicture());
    if (!this.#camera.isOn && this.#health.allow_raw) await this.#raw.measure("No input yet.");
    element("workflow-running").textContent = this.#stream?.has_publisher ? `Workflow ${this.#stream.workflow}` : "Processed stream";
    if (this.#processed.state === "live") this.#setState(this.#processed.hasPicture ? "live" : "connecting", this.#processed.hasPicture ? "Live" : "Waiting for pictures");
  }

  async #readStream() {
    try {
      const status = await (await send("/processing/status")).json();
      return status.streams.find(stream => stream.channel === this.channel) ?? null;
    } catch {
      return null;
    }
  }

  #whyNoPicture() {
    const stream = this.#stream;
    if (!stream?.has_publisher) return `Nobody publishes to “${this.channel}” now. Start your camera, or publish by WHIP.`;
    if (stream.error) return `The workflow cannot run: ${stream.error}`;
    if (!stream.publisher_connected) return "The publisher is connecting …";
    return "Waiting for the first picture …";
  }

  #describeWorkflow() {
    const workflow = this.#workflows.find(candidate => candidate.name === element("workflow").value);
    element("workflow-description").textContent = workflow?.description ?? "";
    this.#describePublishing();
  }

  /** The addresses for another program that publishes in the camera's place. */
  #describePublishing() {
    const channel = this.#cameraChannel();
    element("whip-url").textContent = `${location.origin}/whip?${new URLSearchParams({ channelId: channel, prompts: element("workflow").value })}`;
    element("page-url").href = element("page-url").textContent = `${location.origin}/?${new URLSearchParams({ channel })}`;
  }

  #setState(state, text) {
    element("state").dataset.state = state;
    element("state").textContent = text;
  }

  #fail(text) {
    element("problem").textContent = text;
    element("problem").hidden = text === "";
  }
}

takeToken();
new Studio().run();
