"""Pictures as nobody should make them: every format, odd sizes and depths, heads that lie, bombs, damage."""

import struct
import zlib
from pathlib import Path

import cv2
import numpy as np

FORMATS = (".png", ".jpg", ".webp", ".gif", ".bmp", ".tiff", ".ppm", ".pgm")
SIDES = (1, 2, 7, 8, 9, 28, 40, 64, 100, 150)
EXTREMES = (0, 1, 2, 7, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x10000, 0x7FFFFFFF, 0xFFFFFFFF)
ODD_SIZES = ((20_000, 20_000), (65_535, 9), (9, 65_535), (20_000, 10), (100_000, 100_000), (2**31 - 1, 2), (3000, 3000))


def damaged(data: bytes, rng: np.random.Generator, most: int = 4) -> bytes:
    """Some bytes changed, left out, doubled, or cut off; most often near the beginning, where heads are."""
    found = bytearray(data)
    for _ in range(rng.integers(1, most + 1)):
        if not found:
            break
        reach = len(found) if rng.random() < 0.4 else min(len(found), 200)
        at = int(rng.integers(reach))
        match rng.integers(7):
            case 0:
                found[at] = int(rng.integers(256))
            case 1:
                found[at] ^= 1 << int(rng.integers(8))
            case 2:
                del found[at : at + int(rng.integers(1, 40))]
            case 3:
                found[at:at] = rng.bytes(int(rng.integers(1, 40)))
            case 4:
                found[at:at] = found[at : at + int(rng.integers(1, 400))]
            case 5:
                code = str(rng.choice([">I", "<I", ">H", "<H"]))
                value = int(rng.choice(EXTREMES)) & (0xFFFFFFFF if code[1] == "I" else 0xFFFF)
                found[at : at + struct.calcsize(code)] = struct.pack(code, value)
            case 6:
                del found[at:]
    return bytes(found)


def picture(rng: np.random.Generator, path: Path) -> Path:
    """A file of a picture."""
    kind = str(rng.choice(FORMATS))
    data = _bomb(rng) if rng.random() < 0.1 else _encoded(rng, kind)
    if rng.random() < 0.3:
        data = _resized(data, rng)
    if rng.random() < 0.3:
        data = _with_note(data, rng)
    if rng.random() < 0.5:
        data = damaged(data, rng)
    path = path.with_suffix(kind)
    path.write_bytes(data)
    return path


def _encoded(rng: np.random.Generator, kind: str) -> bytes:
    height, width = (int(side) for side in rng.choice(SIDES, 2))
    channels = int(rng.choice([1, 3, 4]))
    dtype = rng.choice([np.uint8, np.uint8, np.uint16, np.float32]) if kind in (".png", ".tiff") else np.uint8
    made = np.full((height, width, channels), 220, np.uint8)
    for _ in range(6):
        a, b = (tuple(int(value) for value in rng.integers(0, 150, 2)) for _ in range(2))
        cv2.line(made, a, b, (int(rng.integers(256)),) * 4, int(rng.integers(1, 6)))
    if rng.random() < 0.2:
        made = rng.integers(0, 256, made.shape, dtype=np.uint8)
    if dtype == np.float32 and kind == ".tiff" and rng.random() < 0.5:
        made = np.where(made > 200, np.float32(rng.choice([np.nan, np.inf, -1e38, 1e38])), made).astype(np.float32)
    elif dtype == np.uint16:
        made = made.astype(np.uint16) * 257
    try:
        done, data = cv2.imencode(kind, made if channels > 1 else made[..., 0])
    except cv2.error:
        done = False
    return data.tobytes() if done else cv2.imencode(".png", np.zeros((9, 9), np.uint8))[1].tobytes()


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def _bomb(rng: np.random.Generator) -> bytes:
    """A PNG whose head promises a lot, with as much of it as fits into a moment."""
    width, height = (int(value) for value in rng.choice(ODD_SIZES))
    bits, colour = (
        int(value) for value in rng.choice([(1, 0), (8, 0), (8, 2), (8, 6), (16, 6), (8, 3), (4, 3), (16, 2)])
    )
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, int(rng.integers(2))))
    packer = zlib.compressobj(1)
    body = b"".join(packer.compress(bytes(2**16)) for _ in range(int(rng.integers(1, 200)))) + packer.flush()
    extra = chunk(b"tRNS", rng.bytes(int(rng.integers(0, 300)))) if rng.random() < 0.3 else b""
    extra += chunk(b"acTL", struct.pack(">II", int(rng.choice(EXTREMES)), 0)) if rng.random() < 0.3 else b""
    return b"\x89PNG\r\n\x1a\n" + head + extra + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def _resized(data: bytes, rng: np.random.Generator) -> bytes:
    """The same with another size in its head, and what checks heads put right."""
    width, height = (int(value) for value in rng.choice(ODD_SIZES))
    found = bytearray(data)
    if data[:4] == b"\x89PNG":
        found[16:24] = struct.pack(">II", width, height)
        found[29:33] = struct.pack(">I", zlib.crc32(bytes(found[12:29])))
    elif data[:2] == b"BM":
        found[18:26] = struct.pack("<ii", width, height if rng.random() < 0.5 else -height)
    elif data[:4] == b"GIF8":
        found[6:10] = struct.pack("<HH", width & 0xFFFF, height & 0xFFFF)
    elif data[:2] == b"\xff\xd8" and (at := data.find(b"\xff\xc0")) > 0:
        found[at + 5 : at + 9] = struct.pack(">HH", height & 0xFFFF, width & 0xFFFF)
    elif data[:2] in (b"P5", b"P6"):
        return data[:2] + f"\n{width} {height}\n255\n".encode() + data[15:]
    elif data[:4] == b"RIFF":
        found[26:30] = struct.pack("<HH", width & 0x3FFF, height & 0x3FFF)
    elif data[:4] == b"II*\0":
        at = struct.unpack("<I", data[4:8])[0] + 2 + 12 * int(rng.integers(12))
        found[at + 4 : at + 12] = struct.pack("<II", 1, width)
    return bytes(found)


def _with_note(data: bytes, rng: np.random.Generator) -> bytes:
    """With EXIF that turns it, or says nonsense."""
    entry = struct.pack("<HHII", 0x0112, int(rng.choice([3, 3, 3, 4, 9])), 1, int(rng.integers(0, 10)))
    note = b"II*\0" + struct.pack("<IH", 8, int(rng.choice([1, 1, 1, 9, 0xFFFF]))) + entry + bytes(4)
    if rng.random() < 0.3:
        note = damaged(note, rng)
    if data[:4] == b"\x89PNG":
        return data[:33] + chunk(b"eXIf", note) + data[33:]
    if data[:2] == b"\xff\xd8":
        body = b"Exif\0\0" + note
        return data[:2] + b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body + data[2:]
    if data[:4] == b"RIFF":
        body = data[8:] + b"EXIF" + struct.pack("<I", len(note)) + note
        return b"RIFF" + struct.pack("<I", len(body)) + body
    return data
