"""Flash and beep: what is seen and heard at once at the publisher must belong together at the viewer.

lip_sync.py publish URL PICTURE SOUND   flashes and beeps each second; packets are that many milliseconds under way
lip_sync.py view URL                    says for each flash how much later than its beep it is by capture time
Both end by SIGTERM.
"""

import asyncio
import collections
import contextvars
import fractions
import signal
import sys
import time

import aioice.ice
import numpy
from aiortc import MediaStreamTrack, RTCPeerConnection, RTCRtpReceiver, RTCRtpSender, RTCSessionDescription, clock, rtcrtpreceiver
from aiortc.rtp import RtcpSrPacket
from av import AudioFrame, VideoFrame

from http_signalling import delete_session, post_offer

# The tests stay on the loopback interface, which aioice leaves out.
aioice.ice.get_host_addresses = lambda use_ipv4, use_ipv6: ["127.0.0.1"]

WIDTH, HEIGHT, FRAME_RATE, SAMPLE_RATE, SAMPLES = 320, 180, 30, 48000, 960
RATES = {"video": 90000, "audio": SAMPLE_RATE}

# A flash fades, so that each of its pictures tells when it began: a workflow may drop the first one.
FLASH = [255 - 25 * i for i in range(8)]
LUMA_OF_WHITE, LEAST_LUMA = 219, 45
BEEP_SAMPLES, LOUD, QUIET_SAMPLES = 4800, 4000, 24000


class Clock:
    """One clock for sound and picture, which begins with the first frame."""

    def __init__(self):
        self.start = None

    async def wait_until(self, seconds):
        self.start = self.start or time.time()
        await asyncio.sleep(max(0, self.start + seconds - time.time()))
        captured.set(self.start + seconds)


# aiortc stamps a report when a packet has left; a sender with capture times says those. Each track is a task with its own context.
captured = contextvars.ContextVar("captured", default=None)
NTP_OF_UNIX_EPOCH = 2208988800
clock.current_ntp_time = lambda: int(((captured.get() or time.time()) + NTP_OF_UNIX_EPOCH) * 2**32)


class Flashes(MediaStreamTrack):
    kind = "video"

    def __init__(self, clock):
        super().__init__()
        self.clock, self.number = clock, 0

    async def recv(self):
        await self.clock.wait_until(self.number / FRAME_RATE)
        position = self.number % FRAME_RATE
        brightness = FLASH[position] if position < len(FLASH) else 0
        frame = VideoFrame.from_ndarray(numpy.full((HEIGHT, WIDTH, 3), brightness, numpy.uint8), format="rgb24")
        frame.pts, frame.time_base = self.number * 90000 // FRAME_RATE, fractions.Fraction(1, 90000)
        self.number += 1
        return frame


class Beeps(MediaStreamTrack):
    kind = "audio"

    def __init__(self, clock):
        super().__init__()
        self.clock, self.position = clock, 0

    async def recv(self):
        await self.clock.wait_until(self.position / SAMPLE_RATE)
        position = self.position + numpy.arange(SAMPLES)
        tone = 16000 * numpy.cos(2 * numpy.pi * 1000 * position / SAMPLE_RATE) * (position % SAMPLE_RATE < BEEP_SAMPLES)
        frame = AudioFrame(format="s16", layout="mono", samples=SAMPLES)
        frame.planes[0].update(tone.astype(numpy.int16).tobytes())
        frame.pts, frame.sample_rate, frame.time_base = self.position, SAMPLE_RATE, fractions.Fraction(1, SAMPLE_RATE)
        self.position += SAMPLES
        return frame


def put_under_way(transport, delays, reported):
    """Holds back the packets of a sender, its reports too, after they were stamped."""
    send = transport._send_rtp
    loop = asyncio.get_running_loop()

    async def send_quietly(data, ssrc, is_report):
        try:
            await send(data)
        except ConnectionError:
            return
        if is_report and ssrc in delays:
            reported.add(ssrc)
            if len(reported) == len(delays):
                print("reported", flush=True)
                reported.clear()

    async def send_later(data):
        is_rtcp = 192 <= data[1] <= 223
        ssrc = int.from_bytes(data[4:8] if is_rtcp else data[8:12], "big")
        loop.call_later(delays.get(ssrc, 0), lambda: asyncio.ensure_future(send_quietly(data, ssrc, is_rtcp and data[1] == 200)))

    transport._send_rtp = send_later


def offer_h264(pc):
    for transceiver in pc.getTransceivers():
        if transceiver.kind == "video":
            codecs = RTCRtpSender.getCapabilities("video").codecs
            transceiver.setCodecPreferences([codec for codec in codecs if codec.mimeType == "video/H264"])


async def connect(pc, url):
    await pc.setLocalDescription(await pc.createOffer())
    session, answer = await asyncio.to_thread(post_offer, url, pc.localDescription.sdp)
    await pc.setRemoteDescription(RTCSessionDescription(sdp=answer, type="answer"))
    return session


async def run(pc, url):
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    session = await connect(pc, url)
    await stop.wait()
    status = await asyncio.to_thread(delete_session, session)
    await pc.close()
    print(f"deleted {status}", flush=True)


async def publish(url, picture_delay, sound_delay):
    pc = RTCPeerConnection()
    one_clock = Clock()
    picture, sound = pc.addTrack(Flashes(one_clock)), pc.addTrack(Beeps(one_clock))
    offer_h264(pc)
    delays = {picture._ssrc: int(picture_delay) / 1000, sound._ssrc: int(sound_delay) / 1000}
    put_under_way(picture.transport, delays, set())
    if sound.transport is not picture.transport:
        put_under_way(sound.transport, delays, set())
    await run(pc, url)


class Viewer:
    """Places flashes and beeps by the RTP timestamps that they came with and the sender reports (RFC 3550 6.4.1)."""

    def __init__(self):
        self.reports, self.begun = {}, {"video": [], "audio": []}

    def report(self, kind, info):
        self.reports[kind] = info.ntp_timestamp / 2**32, info.rtp_timestamp

    def capture_time(self, kind, timestamp):
        ntp, reference = self.reports[kind]
        return ntp + ((timestamp - reference + 2**31) % 2**32 - 2**31) / RATES[kind]

    def begin(self, kind, timestamp):
        if len(self.reports) < 2:
            return
        self.begun[kind].append((self.capture_time(kind, timestamp), time.time()))
        while all(self.begun.values()):
            (seen, seen_at), (heard, heard_at) = self.begun["video"][0], self.begun["audio"][0]
            offset = seen - heard
            if abs(offset) < 0.5:
                print(f"offset {1000 * offset:.1f} ms, decoded {1000 * (seen_at - heard_at):.0f} ms apart", flush=True)
            if offset > -0.5:
                self.begun["audio"].pop(0)
            if offset < 0.5:
                self.begun["video"].pop(0)

    async def see(self, track):
        lumas, was_dark = collections.deque(maxlen=2 * FRAME_RATE), False
        while True:
            frame = await track.recv()
            luma = numpy.frombuffer(frame.planes[0], numpy.uint8).reshape(-1, frame.planes[0].line_size)[:, :frame.width].mean()
            lumas.append(luma)
            # Most pictures are black, or white where the workflow inverts.
            change = abs(luma - numpy.median(lumas))
            if change > LEAST_LUMA and was_dark and len(lumas) >= FRAME_RATE:
                age = (255 - change * 255 / LUMA_OF_WHITE) / 25
                self.begin("video", frame.pts - round(age) * 90000 // FRAME_RATE)
            was_dark = change < LEAST_LUMA

    async def hear(self, track):
        quiet = 0
        while True:
            frame = await track.recv()
            loud = numpy.abs(frame.to_ndarray().reshape(-1, len(frame.layout.channels))[:, 0]) > LOUD
            if loud.any() and quiet >= QUIET_SAMPLES:
                self.begin("audio", frame.pts + int(loud.argmax()))
            quiet = 0 if loud.any() else quiet + frame.samples


async def view(url):
    viewer = Viewer()
    handle = RTCRtpReceiver._handle_rtcp_packet

    async def handle_rtcp(receiver, packet):
        if isinstance(packet, RtcpSrPacket):
            viewer.report(receiver.track.kind, packet.sender_info)
        await handle(receiver, packet)

    # Frames keep the timestamps of their packets.
    RTCRtpReceiver._handle_rtcp_packet = handle_rtcp
    rtcrtpreceiver.TimestampMapper.map = lambda _, timestamp: timestamp
    pc = RTCPeerConnection()
    pc.addTransceiver("video", direction="recvonly")
    pc.addTransceiver("audio", direction="recvonly")
    tasks = []
    pc.on("track", lambda track: tasks.append(asyncio.ensure_future(viewer.see(track) if track.kind == "video" else viewer.hear(track))))
    await run(pc, url)
    for task in tasks:
        task.cancel()


asyncio.run({"publish": publish, "view": view}[sys.argv[1]](*sys.argv[2:]))
