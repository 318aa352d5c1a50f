"""Floods the media port of a relay on this machine: as one who knows nothing but the port, and as one who was answered a few offers.

flood.py ENDPOINT OFFER DATAGRAMS PER_SECOND

At the lowest priority: it is the relay's protection that is looked at, not how the kernel shares the processors.
"""
import hashlib, hmac, http_signalling, json, os, random, re, select, socket, struct, subprocess, sys, time, zlib

COOKIE = 0x2112A442
STRANGERS = 32
GUESTS = 8


def stun(attributes, password=None, user=None):
    """A Binding request (RFC 8489), signed where there is a password."""
    body = b""
    if user:
        body += struct.pack("!HH", 6, len(user)) + user + b"\0" * (-len(user) % 4)
    body += attributes
    header = lambda size: struct.pack("!HHI", 1, size, COOKIE)
    transaction = os.urandom(12)
    if password:
        key = hmac.new(password, header(len(body) + 24) + transaction + body, hashlib.sha1).digest()
        body += struct.pack("!HH", 8, 20) + key
    crc = zlib.crc32(header(len(body) + 8) + transaction + body) ^ 0x5354554E
    return header(len(body) + 8) + transaction + body + struct.pack("!HHI", 0x8028, 4, crc)


def client_hello():
    """One of openssl."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as trap:
        trap.bind(("127.0.0.1", 0))
        trap.settimeout(10)
        port = trap.getsockname()[1]
        client = subprocess.Popen(
            ["openssl", "s_client", "-dtls1_2", "-connect", f"127.0.0.1:{port}", "-use_srtp", "SRTP_AES128_CM_SHA1_80"],
            stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            return trap.recv(2048)
        finally:
            client.kill()
            client.wait()


def renewed(hello, number):
    """The same with another record number and another random: nothing that was seen before."""
    return hello[:5] + number.to_bytes(6, "big") + hello[11:27] + os.urandom(32) + hello[59:]


def credential(sdp, name):
    return re.search(rf"a=ice-{name}:(\S+)", sdp)[1]


def guest(endpoint, offer):
    """One whose offer was answered, and whose checks are: from here DTLS is listened to."""
    _, answer = http_signalling.post_offer(endpoint, offer)
    port = int(re.search(r" 127\.0\.0\.1 (\d+) typ host", answer)[1])
    user = f"{credential(answer, 'ufrag')}:{credential(offer, 'ufrag')}".encode()
    peer = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    peer.connect(("127.0.0.1", port))
    priority_and_role = struct.pack("!HHI", 0x24, 4, 1) + struct.pack("!HHQ", 0x802A, 8, 7) + struct.pack("!HH", 0x25, 0)
    for _ in range(20):
        peer.send(stun(priority_and_role, credential(answer, "pwd").encode(), user))
        if select.select([peer], [], [], 0.2)[0]:
            return peer, port
    raise RuntimeError("the check was not answered")


def main():
    endpoint, offer, total, rate = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    hello = client_hello()
    guests, ports = zip(*[guest(endpoint, offer) for _ in range(GUESTS)])
    os.nice(19)
    strangers = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(STRANGERS)]
    for one in strangers:
        one.connect(("127.0.0.1", ports[0]))
    print("flooding", flush=True)
    chance = random.Random(1)
    kinds = [
        lambda i: renewed(hello, i),
        lambda i: stun(b"", b"x" * 24, b"nobody" + os.urandom(4).hex().encode() + b":abcd"),
        lambda i: stun(b""),
        lambda i: bytes([21, 0xFE, 0xFD, 0, 0, 0, 0, 0, 0, 0, i & 255, 0, 2, 2, 40]),
        lambda i: bytes([128, 96]) + os.urandom(100),
        lambda i: bytes([20 + chance.randrange(44)]) + os.urandom(200),
    ]
    begin, sent = time.monotonic(), 0
    while sent < total:
        for _ in range(50):
            if sent % 20 == 0:
                guests[chance.randrange(GUESTS)].send(renewed(hello, sent))
            else:
                strangers[sent % STRANGERS].send(kinds[chance.randrange(len(kinds))](sent))
            sent += 1
        ahead = begin + sent / rate - time.monotonic()
        if ahead > 0:
            time.sleep(ahead)
    answered = sum(1 for one in strangers if select.select([one], [], [], 0)[0])
    print("result " + json.dumps({"sent": sent, "answered": answered, "seconds": time.monotonic() - begin}), flush=True)


main()
