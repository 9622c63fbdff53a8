#!/usr/bin/env bash
# xlsx 0.18.5 (npm): days written and read where the zone is Asia/Shanghai.
#
# A JavaScript Date of 1 November 2022, 0 o'clock in Shanghai, is written as 44866.000497685185, which is 43 seconds after
# midnight, and read back with cellDates as 23:59:59 of 31 October. In UTC it is 44866 and the right day. The library measures
# the zone's offset at the end of 1899, when Shanghai still had its local mean time (8:05:43). Whoever asks such a Date for its
# day gets the day before: a retirement of 1 November becomes one of October.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund xlsx@0.18.5 >/dev/null
cat >days.js <<'JAVASCRIPT'
const xlsx = require("xlsx");
const sheet = xlsx.utils.aoa_to_sheet([["退休日期"], [new Date(2022, 10, 1)]]);
const book = xlsx.utils.book_new();
xlsx.utils.book_append_sheet(book, sheet, "名单");
const bytes = xlsx.write(book, { type: "buffer", bookType: "xlsx" });
const stored = xlsx.read(bytes).Sheets["名单"].A2.v;
const read = xlsx.read(bytes, { cellDates: true }).Sheets["名单"].A2.v;
console.log([xlsx.version, process.env.TZ, stored, read.getMonth() + 1, read.getDate()].join(" "));
JAVASCRIPT
shanghai=$(TZ=Asia/Shanghai node days.js)
utc=$(TZ=UTC node days.js)
echo "version, zone, number in the file, month and day read back:"
echo "$shanghai"
echo "$utc"
[[ $shanghai = "0.18.5 Asia/Shanghai 44866.000497685185 10 31" ]]
[[ $utc = "0.18.5 UTC 44866 11 1" ]]
echo "as found: in Shanghai the file is 43 seconds late, and the day read back is the day before"
