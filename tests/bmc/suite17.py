"""A BMC that speaks IPMI 2.0 with cipher suite 17 alone: power and boot device, kept in memory.

usage: suite17.py PORT USER PASSWORD [LOG]   It is written from the specification, apart from Ymir's own code, and
ipmitool is the proof that it is right. LOG gets every packet of the handshake in hexadecimal digits.
"""

import hashlib
import hmac
import os
import socket
import struct
import sys

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

port, user, password = int(sys.argv[1]), sys.argv[2].encode(), sys.argv[3].encode()
log = open(sys.argv[4], "w", encoding="ascii") if len(sys.argv) > 4 else None
RMCP = b"\x06\x00\xff\x07"
state = {"power": 0, "flags": bytes(5)}
session = {}


def digest(key, *parts):
    return hmac.new(key, b"".join(parts), hashlib.sha256).digest()


def checksum(data):
    return -sum(data) & 0xFF


def crypt(key, vector, data, way):
    cipher = Cipher(algorithms.AES(key), modes.CBC(vector))
    worker = cipher.encryptor() if way == "hide" else cipher.decryptor()
    return worker.update(data) + worker.finalize()


def open_packet(kind, payload):
    return RMCP + bytes([6, kind]) + bytes(8) + struct.pack("<H", len(payload)) + payload


def protected(message):
    pad = 15 - len(message) % 16
    vector = os.urandom(16)
    text = message + bytes(range(1, pad + 1)) + bytes([pad])
    hidden = vector + crypt(session["k2"][:16], vector, text, "hide")
    session["sent"] = session.get("sent", 0) + 1
    head = bytes([6, 0xC0]) + session["console"] + struct.pack("<I", session["sent"])
    inner = head + struct.pack("<H", len(hidden)) + hidden
    pad = -(len(inner) + 2) % 4
    inner += b"\xff" * pad + bytes([pad, 7])
    return RMCP + inner + digest(session["k1"], inner)[:16]


def answer(request, code, data=b""):
    head = bytes([request[3], request[1] | 4])
    body = bytes([request[0], request[4], request[5], code]) + data
    return head + bytes([checksum(head)]) + body + bytes([checksum(body)])


def do(request):
    """The completion code and the data of a message's answer."""
    command, data = (request[1] >> 2, request[5]), request[6:-1]
    if command == (6, 0x38):
        return 0, bytes([1, 0x80, 0x04, 0x02, 0, 0, 0, 0])
    if command == (6, 0x54):
        return 0, b"\x01\xc0\x11\x03\x44\x81"
    if command == (6, 0x3B):
        return 0, data[:1]
    if command == (6, 0x3C):
        return 0, b""
    if command == (6, 0x01):
        return 0, bytes([0x20, 1, 2, 0x34, 2, 0, 0xA2, 2, 0, 1, 0])
    if command == (0, 0x01):
        return 0, bytes([state["power"], 0, 0])
    if command == (0, 0x02):
        state["power"] = {0: 0, 1: 1, 2: 1, 3: 1, 5: 0}[data[0]]
        return 0, b""
    if command == (0, 0x08) and data[0] == 5:
        state["flags"] = data[1:6]
        return 0, b""
    if command == (0, 0x09) and data[0] == 5:
        return 0, b"\x01\x05" + state["flags"]
    return 0xC1, b""


def handshake(kind, payload):
    tag = payload[:1]
    if kind == 0x10:
        session.clear()
        session.update(console=payload[4:8], own=os.urandom(4))
        if [payload[12], payload[20], payload[28]] != [3, 4, 1]:
            return 0x11, tag + b"\x11\x00\x00" + session["console"]
        return 0x11, tag + b"\x00\x04\x00" + session["console"] + session["own"] + payload[8:32]
    if kind == 0x12:
        name = payload[28 : 28 + payload[27]]
        session.update(rm=payload[8:24], role=payload[24:25], name=name, rc=os.urandom(16), guid=os.urandom(16))
        if name != user:
            return 0x13, tag + b"\x0d\x00\x00" + session["console"]
        who = session["role"] + bytes([len(name)]) + name
        session["who"] = who
        proof = digest(password, session["console"], session["own"], session["rm"], session["rc"], session["guid"], who)
        return 0x13, tag + b"\x00\x00\x00" + session["console"] + session["rc"] + session["guid"] + proof
    if kind == 0x14 and payload[1] == 0:
        wanted = digest(password, session["rc"], session["console"], session["who"])
        if payload[8:] != wanted:
            return 0x15, tag + b"\x0f\x00\x00" + session["console"]
        key = digest(password, session["rm"], session["rc"], session["who"])
        session.update(k1=digest(key, b"\x01" * 20), k2=digest(key, b"\x02" * 20))
        proof = digest(key, session["rm"], session["own"], session["guid"])[:16]
        return 0x15, tag + b"\x00\x00\x00" + session["console"] + proof
    return None


def reply(packet):
    if packet[4] == 0:
        message = answer(packet[14:], *do(packet[14:]))
        return RMCP + bytes(9) + bytes([len(message)]) + message
    kind, payload = packet[5], packet[16 : 16 + struct.unpack("<H", packet[14:16])[0]]
    if kind & 0xC0 == 0xC0:
        inner, proof = packet[4:-16], packet[-16:]
        if packet[6:10] != session.get("own") or digest(session["k1"], inner)[:16] != proof:
            return None
        text = crypt(session["k2"][:16], payload[:16], payload[16:], "show")
        message = text[: len(text) - text[-1] - 1]
        return protected(answer(message, *do(message)))
    if kind == 0:
        return open_packet(0, answer(payload, *do(payload)))
    made = handshake(kind, payload)
    if made is None:
        return None
    if log:
        print(f"{kind:02x} {payload.hex()}\n{made[0]:02x} {made[1].hex()}", file=log, flush=True)
    return open_packet(*made)


def main():
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind(("127.0.0.1", port))
    while True:
        packet, sender = server.recvfrom(2048)
        made = reply(packet) if packet[:4] == RMCP else None
        if made:
            server.sendto(made, sender)


main()
