"""aiortc in the shape of the brief's Python examples.

aiortc_peer.py publish URL   publishes four colours and two tones until SIGTERM
aiortc_peer.py view URL      watches for a while and prints what it saw and heard as JSON
aiortc_peer.py follow URL    watches numbered pictures (Films/Scene.cs) for ten seconds and prints as JSON how many are missing or broken
aiortc_peer.py tell URL TOKEN  watches until a picture has come and prints as JSON what nobody else may know
"""

import asyncio
import fractions
import json
import re
import signal
import sys

import aioice.ice
import numpy
from aiortc import MediaStreamTrack, RTCPeerConnection, RTCSessionDescription, VideoStreamTrack
from av import AudioFrame, VideoFrame

from http_signalling import delete_session, post_offer

# The tests stay on the loopback interface, which aioice leaves out.
aioice.ice.get_host_addresses = lambda use_ipv4, use_ipv6: ["127.0.0.1"]

WIDTH, HEIGHT, RATE = 640, 360, 48000
COLOURS = [(200, 40, 40), (40, 160, 60), (40, 60, 200), (210, 200, 60)]
TONES = (440, 880)
FRAMES_TO_SEE, SECONDS_TO_HEAR, FRAMES_TO_FOLLOW = 90, 2, 300
FILM_LENGTH, NUMBER_BITS = 120, 12


def rows_and_columns(quarter):
    top, left = quarter // 2 * HEIGHT // 2, quarter % 2 * WIDTH // 2
    return slice(top, top + HEIGHT // 2), slice(left, left + WIDTH // 2)


class Quadrants(VideoStreamTrack):
    def __init__(self):
        super().__init__()
        self.picture = numpy.zeros((HEIGHT, WIDTH, 3), numpy.uint8)
        for quarter, colour in enumerate(COLOURS):
            self.picture[rows_and_columns(quarter)] = colour
        self.tick = 0

    async def recv(self):
        pts, time_base = await self.next_timestamp()
        picture = self.picture.copy()
        self.tick += 1
        left = self.tick * 8 % WIDTH
        picture[HEIGHT // 2 - 12:HEIGHT // 2 + 12, left:left + 40] = 255
        frame = VideoFrame.from_ndarray(picture, format="rgb24")
        frame.pts, frame.time_base = pts, time_base
        return frame


class Tones(MediaStreamTrack):
    kind = "audio"

    def __init__(self):
        super().__init__()
        self.position, self.start = 0, None

    async def recv(self):
        loop = asyncio.get_running_loop()
        self.start = self.start or loop.time()
        await asyncio.sleep(max(0, self.start + self.position / RATE - loop.time()))
        samples = 960
        time = (self.position + numpy.arange(samples)) / RATE
        channels = [0.3 * numpy.sin(2 * numpy.pi * tone * time) for tone in TONES]
        frame = AudioFrame(format="s16", layout="stereo", samples=samples)
        frame.planes[0].update((numpy.stack(channels, axis=1) * 32767).astype(numpy.int16).tobytes())
        frame.pts, frame.sample_rate, frame.time_base = self.position, RATE, fractions.Fraction(1, RATE)
        self.position += samples
        return frame


async def connect(pc, url, token=None):
    await pc.setLocalDescription(await pc.createOffer())
    session, answer = await asyncio.to_thread(post_offer, url, pc.localDescription.sdp, token)
    await pc.setRemoteDescription(RTCSessionDescription(sdp=answer, type="answer"))
    return session


async def publish(url):
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    pc = RTCPeerConnection()
    pc.addTrack(Quadrants())
    pc.addTrack(Tones())
    session = await connect(pc, url)
    print("publishing", flush=True)
    await stop.wait()
    status = await asyncio.to_thread(delete_session, session)
    await pc.close()
    print(f"deleted {status}", flush=True)


async def see(track):
    for _ in range(FRAMES_TO_SEE):
        frame = await track.recv()
    picture = frame.to_ndarray(format="rgb24")
    middles = []
    for quarter in range(4):
        rows, columns = rows_and_columns(quarter)
        middles.append(picture[rows.start + 40:rows.stop - 40, columns.start + 60:columns.stop - 60].mean(axis=(0, 1)).tolist())
    return {"frames": FRAMES_TO_SEE, "width": frame.width, "height": frame.height, "colours": middles}


async def hear(track):
    heard = []
    while len(heard) * 960 < SECONDS_TO_HEAR * RATE:
        frame = await track.recv()
        heard.append(frame.to_ndarray().reshape(-1, len(frame.layout.channels)))
    sound = numpy.concatenate(heard)[-RATE:]
    spectrum = numpy.abs(numpy.fft.rfft(sound, axis=0))
    return {"rate": frame.sample_rate, "tones": (spectrum.argmax(axis=0) * RATE / len(sound)).tolist()}


def number_of(frame):
    """The number in the bars at the upper edge; None when they are none."""
    row = frame.to_ndarray(format="gray")[frame.height // 25]
    light = [int(row[int((bar + 0.5) * frame.width / (NUMBER_BITS + 4))]) > 128 for bar in range(NUMBER_BITS + 4)]
    bits = light[2:2 + NUMBER_BITS]
    if light[:2] != [False, True] or light[-1] or (sum(bits) + light[-2]) % 2:
        return None
    return sum(bit << (NUMBER_BITS - 1 - place) for place, bit in enumerate(bits))


async def follow(url):
    pc = RTCPeerConnection()
    pc.addTransceiver("video", direction="recvonly")
    pc.addTransceiver("audio", direction="recvonly")
    tracks = {}
    pc.on("track", lambda track: tracks.setdefault(track.kind, track))
    session = await connect(pc, url)

    async def drain():
        while True:
            await tracks["audio"].recv()

    draining = asyncio.ensure_future(drain())
    last = number_of(await tracks["video"].recv())
    print("following", flush=True)
    result = {"frames": 0, "missing": 0, "broken": 0}
    for _ in range(FRAMES_TO_FOLLOW):
        number = number_of(await asyncio.wait_for(tracks["video"].recv(), 30))
        result["frames"] += 1
        if number is None:
            result["broken"] += 1
        else:
            result["missing"] += (number - last - 1) % FILM_LENGTH
            last = number
    draining.cancel()
    await asyncio.to_thread(delete_session, session)
    await pc.close()
    print("result " + json.dumps(result), flush=True)


async def view(url):
    pc = RTCPeerConnection()
    pc.addTransceiver("video", direction="recvonly")
    pc.addTransceiver("audio", direction="recvonly")
    work = {}
    pc.on("track", lambda track: work.setdefault(track.kind, asyncio.ensure_future(see(track) if track.kind == "video" else hear(track))))
    session = await connect(pc, url)
    result = {kind: await asyncio.wait_for(task, 60) for kind, task in work.items()}
    result["deleted"] = [await asyncio.to_thread(delete_session, session) for _ in range(2)]
    await pc.close()
    print("result " + json.dumps(result), flush=True)


async def tell(url, token):
    pc = RTCPeerConnection()
    pc.addTransceiver("video", direction="recvonly")
    tracks = []
    pc.on("track", tracks.append)
    session = await connect(pc, url, token)
    await asyncio.wait_for(tracks[0].recv(), 60)
    both = pc.localDescription.sdp + pc.remoteDescription.sdp
    # RFC 5764 4.2 for AES128_CM_HMAC_SHA1_80, all that this version speaks.
    exported = pc.getTransceivers()[0].receiver.transport.ssl.export_keying_material(b"EXTRACTOR-dtls_srtp", 60)
    parts = [exported[:16], exported[16:32], exported[32:46], exported[46:]]
    await asyncio.to_thread(delete_session, session, token)
    await pc.close()
    print("result " + json.dumps({"passwords": re.findall(r"a=ice-pwd:(\S+)", both), "keys": [part.hex() for part in parts]}), flush=True)


asyncio.run({"publish": publish, "view": view, "follow": follow, "tell": tell}[sys.argv[1]](*sys.argv[2:]))
