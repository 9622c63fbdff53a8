"""Types rows of text into the first sheet of a template, below its header, and saves it."""
import json
import sys

import openpyxl

template, filled, rows = sys.argv[1:]
book = openpyxl.load_workbook(template)
sheet = book.worksheets[0]
for number, row in enumerate(json.loads(rows), start=2):
    for place, text in enumerate(row, start=1):
        if text:
            sheet.cell(number, place, text).number_format = "@"
book.save(filled)
