#!/usr/bin/env bash
# python-stdnum 2.2: stdnum.cn.ric on residence permits (港澳台居民居住证).
#
# Since 2018 residents from Hong Kong, Macao and Taiwan get an 18-digit number by GB 11643, whatever their age; its first six
# digits are 810000, 820000 or 830000. The library looks the first six digits up in a table of places by the year of BIRTH, in
# which 810000 begins in 1997 and 820000 in 1999; 830000 is refused for people born in 2005, too. So the number of everybody who
# was born before is "invalid", with the right length, date and check digit. A list checked by it loses those people.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" -q install --disable-pip-version-check python-stdnum==2.2
"$folder/venv/bin/python" - <<'PYTHON'
from importlib.metadata import version

from stdnum.cn import ric


def number(region, day):
    """A number of nobody: serial 000 is not given out."""
    digits = region + day + "000"
    return digits + ric.calc_check_digit(digits + "0")


print("python-stdnum", version("python-stdnum"))
seen = {}
for region in ("810000", "820000", "830000"):
    for day in ("19650307", "20050307"):
        seen[region, day[:4]] = ric.is_valid(number(region, day))
        print(f"region {region}, born {day[:4]}: is_valid -> {seen[region, day[:4]]}")
assert not any(seen[region, "1965"] for region in ("810000", "820000", "830000"))
assert seen["810000", "2005"] and seen["820000", "2005"]
print("as found: those born before their region's code began are refused")
PYTHON
