#!/usr/bin/env bash
# xlsx2csv 0.8.6 (PyPI): rows that a filter hides.
#
# A list that somebody filtered before saving (by department, say) loses the rows that the filter hid: in the middle they become
# empty lines, at the end nothing at all. Nothing is said, and the exit code is 0. `--include-hidden-rows` brings them; the
# class has skip_hidden_rows, which is true unless told otherwise. openpyxl gives all rows of the same file.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip -q install --disable-pip-version-check xlsx2csv==0.8.6 xlsxwriter==3.2.9 openpyxl==3.1.5
venv/bin/python - <<'PYTHON'
import xlsxwriter

book = xlsxwriter.Workbook("list.xlsx")
sheet = book.add_worksheet("名单")
rows = [["姓名", "部门"], ["甲", "一"], ["乙", "二"], ["丙", "一"], ["丁", "二"]]
for place, row in enumerate(rows):
    sheet.write_row(place, 0, row)
sheet.autofilter(0, 0, len(rows) - 1, 1)
sheet.filter_column_list(1, ["一"])
for place, row in enumerate(rows):
    if row[1] == "二":
        sheet.set_row(place, None, None, {"hidden": True})
book.close()
PYTHON
venv/bin/python - <<'PYTHON'
import subprocess
from importlib.metadata import version

import openpyxl


def names(*options):
    """The first column of each line that the program prints."""
    done = subprocess.run(["venv/bin/xlsx2csv", *options, "list.xlsx"], capture_output=True, text=True, check=True)
    assert done.stderr == ""
    return [line.split(",")[0] for line in done.stdout.split("\n")[:-1]]


print("xlsx2csv", version("xlsx2csv"))
seen, told = names(), names("--include-hidden-rows")
all_rows = [row[0].value for row in openpyxl.load_workbook("list.xlsx").active.iter_rows()]
print("as it is:", seen, "with the option:", told, "openpyxl:", all_rows)
assert seen == ["姓名", "甲", "", "丙"], seen
assert told == all_rows == ["姓名", "甲", "乙", "丙", "丁"]
print("as found: filtered people are lost without a word")
PYTHON
