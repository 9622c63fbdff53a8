#!/usr/bin/env bash
# segno 1.6.6 and opencv-python-headless 5.0.0.93: a QR code of a short Chinese word.
#
# Without being told an encoding, segno looks for the shortest form of a text. The characters of 工会 ("union") are all in
# Shift JIS too, so the code gets a segment of Japanese kanji; 明湖市总工会 has a character that is not, and gets UTF-8 bytes.
# OpenCV's reader gives the second back, and raises UnicodeDecodeError on the first, as it hands out the bytes of Shift JIS.
# zxing-cpp reads both. With encoding="utf-8" all read all.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" -q install --disable-pip-version-check segno==1.6.6 opencv-python-headless==5.0.0.93 zxing-cpp==3.1.1 pillow==12.0.0 numpy
"$folder/venv/bin/python" - 2>/dev/null <<'PYTHON'
import io
from importlib.metadata import version

import cv2
import numpy
import segno
import zxingcpp
from PIL import Image

print("segno", version("segno"), "opencv-python-headless", version("opencv-python-headless"))


def read(text, **options):
    """The mode of the code, and what two readers make of it."""
    code, picture = segno.make(text, micro=False, **options), io.BytesIO()
    code.save(picture, kind="png", scale=6)
    image = Image.open(picture).convert("RGB")
    try:
        opencv = cv2.QRCodeDetector().detectAndDecode(numpy.array(image))[0]
    except UnicodeDecodeError:
        opencv = "UnicodeDecodeError"
    return code.mode, opencv, zxingcpp.read_barcodes(image)[0].text


seen = [read("工会"), read("明湖市总工会"), read("工会", encoding="utf-8")]
for mode, opencv, zxing in seen:
    print(f"{mode}: OpenCV {opencv}, zxing-cpp {zxing}")
assert seen == [
    ("kanji", "UnicodeDecodeError", "工会"),
    ("byte", "明湖市总工会", "明湖市总工会"),
    ("byte", "工会", "工会"),
]
print("as found: the short word is a kanji segment, and one reader fails on it")
PYTHON
