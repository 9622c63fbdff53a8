#!/usr/bin/env bash
# python-stdnum 2.2: stdnum.cn.uscc on credit codes (统一社会信用代码) whose first character is a letter.
#
# GB 32100-2015 gives the first character to the registering department: 1 to 9, and the letters A, N and Y. N (agriculture) is
# given to collective economic organizations (N1, N2, N3). The library asks for digits in the first eight places, so it calls all
# of them malformed, with the right check character.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" -q install --disable-pip-version-check python-stdnum==2.2
"$folder/venv/bin/python" - <<'PYTHON'
from importlib.metadata import version

from stdnum.cn import uscc

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"


def code(body):
    """A code of nobody with its check character by GB 32100."""
    total = sum(ALPHABET.index(char) * pow(3, place, 31) for place, char in enumerate(body))
    return body + ALPHABET[-total % 31]


print("python-stdnum", version("python-stdnum"))
seen = {}
for body in ("91310199MA0000001", "81310199MC0000001", "N2310199MF0000001", "A1310199MB0000001", "Y1310199MB0000001"):
    seen[body[0]] = uscc.is_valid(code(body))
    print(f"{code(body)}: is_valid -> {seen[body[0]]}")
assert seen == {"9": True, "8": True, "N": False, "A": False, "Y": False}
print("as found: codes that begin with a letter are refused")
PYTHON
