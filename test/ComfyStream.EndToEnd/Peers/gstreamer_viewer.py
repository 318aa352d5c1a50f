"""GStreamer's webrtcbin watches by WHEP, decodes, and prints what it saw as JSON: gstreamer_viewer.py URL"""

import json
import sys

import gi
import numpy

gi.require_version("Gst", "1.0")
gi.require_version("GstSdp", "1.0")
gi.require_version("GstWebRTC", "1.0")
from gi.repository import GLib, Gst, GstSdp, GstWebRTC

from http_signalling import delete_session, post_offer

FRAMES_TO_SEE, PACKETS_TO_HEAR, SECONDS = 60, 100, 40
SINKS = {
    "video": "rtph264depay ! h264parse ! avdec_h264 ! videoconvert ! video/x-raw,format=RGB ! appsink name=sink emit-signals=true sync=false",
    "audio": "rtpopusdepay ! opusdec ! audioconvert ! audio/x-raw,format=S16LE ! appsink name=sink emit-signals=true sync=false",
}


class Viewer:
    def __init__(self, url):
        self.url, self.session, self.failure = url, None, None
        self.result = {"video": {"frames": 0}, "audio": {"buffers": 0}}
        self.loop = GLib.MainLoop()
        self.pipeline = Gst.Pipeline.new()
        self.webrtc = Gst.ElementFactory.make("webrtcbin")
        self.webrtc.set_property("bundle-policy", GstWebRTC.WebRTCBundlePolicy.MAX_BUNDLE)
        self.pipeline.add(self.webrtc)
        # The tests stay on the loopback interface, which libnice leaves out.
        self.ice_agent = self.webrtc.get_property("ice-agent")
        self.ice_agent.emit("add-local-ip-address", "127.0.0.1")
        # As whepsrc offers: no format parameters, Opus without channels.
        for caps in ("media=video,encoding-name=H264,payload=103,clock-rate=90000,rtcp-fb-nack-pli=true", "media=audio,encoding-name=OPUS,payload=96,clock-rate=48000"):
            self.webrtc.emit("add-transceiver", GstWebRTC.WebRTCRTPTransceiverDirection.RECVONLY, Gst.Caps.from_string("application/x-rtp," + caps))
        self.webrtc.connect("pad-added", self.on_pad)
        self.webrtc.connect("notify::ice-gathering-state", self.on_gathering)
        bus = self.pipeline.get_bus()
        bus.add_signal_watch()
        bus.connect("message::error", lambda _, message: self.fail(message.parse_error()))

    def run(self):
        self.pipeline.set_state(Gst.State.PLAYING)
        self.webrtc.emit("create-offer", None, Gst.Promise.new_with_change_func(self.on_offer))
        GLib.timeout_add_seconds(SECONDS, self.fail, "timeout")
        self.loop.run()
        self.result["deleted"] = delete_session(self.session) if self.session else None
        self.pipeline.set_state(Gst.State.NULL)
        if self.failure:
            print(f"failed: {self.failure}; so far {self.result}", flush=True)
            return 1
        print("result " + json.dumps(self.result), flush=True)
        return 0

    def fail(self, why):
        self.failure = str(why)
        self.loop.quit()

    def on_offer(self, promise):
        # The reply owns the offer.
        reply = promise.get_reply()
        self.webrtc.emit("set-local-description", reply.get_value("offer"), Gst.Promise.new())

    def on_gathering(self, webrtc, _):
        if webrtc.get_property("ice-gathering-state") == GstWebRTC.WebRTCICEGatheringState.COMPLETE:
            GLib.idle_add(self.exchange)

    def exchange(self):
        if self.session is None:
            try:
                self.session, answer = post_offer(self.url, self.webrtc.get_property("local-description").sdp.as_text())
            except Exception as error:
                detail = error.read().decode() if hasattr(error, "read") else ""
                self.fail(f"{error} {detail}")
                return False
            _, message = GstSdp.SDPMessage.new_from_text(answer)
            description = GstWebRTC.WebRTCSessionDescription.new(GstWebRTC.WebRTCSDPType.ANSWER, message)
            self.webrtc.emit("set-remote-description", description, Gst.Promise.new())
        return False

    def on_pad(self, _, pad):
        if pad.get_direction() != Gst.PadDirection.SRC:
            return
        media = pad.get_current_caps().get_structure(0).get_string("media")
        sink = Gst.parse_bin_from_description(SINKS[media], True)
        sink.get_by_name("sink").connect("new-sample", self.on_picture if media == "video" else self.on_sound)
        self.pipeline.add(sink)
        sink.sync_state_with_parent()
        pad.link(sink.get_static_pad("sink"))

    def on_picture(self, appsink):
        sample = appsink.emit("pull-sample")
        shape = sample.get_caps().get_structure(0)
        video = self.result["video"]
        video["frames"] += 1
        video["width"], video["height"] = shape.get_value("width"), shape.get_value("height")
        if video["frames"] == FRAMES_TO_SEE:
            buffer = sample.get_buffer()
            data = numpy.frombuffer(buffer.extract_dup(0, buffer.get_size()), numpy.uint8)
            picture = data.reshape(video["height"], -1)[:, :video["width"] * 3].reshape(video["height"], video["width"], 3)
            half_y, half_x = video["height"] // 2, video["width"] // 2
            video["colours"] = [
                picture[y + 40:y + half_y - 40, x + 60:x + half_x - 60].mean(axis=(0, 1)).tolist() for y in (0, half_y) for x in (0, half_x)
            ]
        self.check()
        return Gst.FlowReturn.OK

    def on_sound(self, appsink):
        sample = appsink.emit("pull-sample")
        shape = sample.get_caps().get_structure(0)
        audio = self.result["audio"]
        audio["buffers"] += 1
        audio["rate"], audio["channels"] = shape.get_value("rate"), shape.get_value("channels")
        self.check()
        return Gst.FlowReturn.OK

    def check(self):
        if self.result["video"]["frames"] >= FRAMES_TO_SEE and self.result["audio"]["buffers"] >= PACKETS_TO_HEAR:
            GLib.idle_add(self.loop.quit)


Gst.init(None)
sys.exit(Viewer(sys.argv[1]).run())
