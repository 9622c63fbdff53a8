#!/usr/bin/env bash
# json2xls 0.1.2 (npm): names with a character outside Unicode's basic plane.
#
# Such a character (𠮷 U+20BB7, 𪟝 U+2A7DD) is left out of the workbook, without an error or a replacement: 𠮷田明 becomes 田明,
# 赵𪟝华 becomes 赵华. What is left are plausible names of other people. A name of the basic plane, rare or not, arrives.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund json2xls@0.1.2 >/dev/null 2>&1
python3 -m venv venv
venv/bin/pip -q install --disable-pip-version-check openpyxl==3.1.5
cat >names.js <<'JAVASCRIPT'
const rows = ["𠮷田明", "赵𪟝华", "王䶮"].map((name) => ({ 姓名: name }));
require("fs").writeFileSync("names.xlsx", require("json2xls")(rows), "binary");
JAVASCRIPT
node names.js
venv/bin/python - <<'PYTHON'
import json

import openpyxl

print("json2xls", json.load(open("node_modules/json2xls/package.json"))["version"])
names = [row[0].value for row in openpyxl.load_workbook("names.xlsx").active.iter_rows(min_row=2)]
for wrote, stands in zip(["𠮷田明", "赵𪟝华", "王䶮"], names):
    print(wrote, "->", stands)
assert names == ["田明", "赵华", "王䶮"], names
print("as found: the character is gone, and nothing says so")
PYTHON
