// What a viewer behind a bad link sees of the stream that the laboratory (lab.js) watches.
const shown = [];

/** Notes when each picture is shown, in milliseconds since 1970. */
function record(video) {
  const note = () => {
    shown.push(Date.now());
    video.requestVideoFrameCallback(note);
  };
  video.requestVideoFrameCallback(note);
}

/** What getStats() says of the picture that is received. */
async function received() {
  const reports = [...(await lab.state.peer.getStats()).values()];
  const video = reports.find(report => report.type === "inbound-rtp" && report.kind === "video") ?? {};
  return {
    framesDecoded: video.framesDecoded ?? 0,
    keyFramesDecoded: video.keyFramesDecoded ?? 0,
    framesDropped: video.framesDropped ?? 0,
    freezes: video.freezeCount ?? 0,
    freezeSeconds: video.totalFreezesDuration ?? 0,
    packets: video.packetsReceived ?? 0,
    packetsLost: video.packetsLost ?? 0,
    retransmissions: video.retransmittedPacketsReceived ?? 0,
    nacks: video.nackCount ?? 0,
    pictureLosses: video.pliCount ?? 0,
    bufferSeconds: (video.jitterBufferDelay ?? 0) / Math.max(1, video.jitterBufferEmittedCount ?? 0),
  };
}

/** What getStats() says of the picture that is sent. */
async function sent() {
  const reports = [...(await lab.state.peer.getStats()).values()];
  const video = reports.find(report => report.type === "outbound-rtp" && report.kind === "video") ?? {};
  return {
    frames: video.framesSent ?? 0,
    packets: video.packetsSent ?? 0,
    retransmissions: video.retransmittedPacketsSent ?? 0,
    nacks: video.nackCount ?? 0,
    pictureLosses: video.pliCount ?? 0,
    bitRate: video.targetBitrate ?? 0,
  };
}

record(lab.state.video ?? document.createElement("video"));
window.playback = { shown, received, sent };
