"""Prints what openpyxl reads of a workbook, as JSON."""
import datetime
import json
import sys
import xml.etree.ElementTree as xml
import zipfile

import openpyxl


def plain(value):
    return value.isoformat() if isinstance(value, (datetime.date, datetime.datetime)) else value


def stopping(number):
    """Ranges whose lists stop a wrong value. Releases of openpyxl differ in what they take a missing attribute for."""
    with zipfile.ZipFile(sys.argv[1]) as parts:
        rules = xml.fromstring(parts.read(f"xl/worksheets/sheet{number}.xml")).iterfind(".//{*}dataValidation")
        return {rule.get("sqref") for rule in rules if rule.get("showErrorMessage") in ("1", "true")}


book = openpyxl.load_workbook(sys.argv[1], data_only=sys.argv[2] == "values")
sheets = []
for number, sheet in enumerate(book.worksheets, start=1):
    stops = stopping(number)
    cells = {
        cell.coordinate: [plain(cell.value), cell.number_format]
        for row in sheet.iter_rows()
        for cell in row
        if cell.value is not None
    }
    lists = [
        {
            "type": rule.type,
            "formula": rule.formula1,
            "cells": str(rule.sqref),
            "hint": rule.prompt,
            "stops": str(rule.sqref) in stops,
        }
        for rule in sheet.data_validations.dataValidation
    ]
    sheets.append({
        "name": sheet.title,
        "hidden": sheet.sheet_state != "visible",
        "cells": cells,
        "lists": lists,
        "frozen": sheet.freeze_panes,
        "filter": sheet.auto_filter.ref,
        "repeated": sheet.print_title_rows,
        "landscape": sheet.page_setup.orientation == "landscape",
        "paper": sheet.page_setup.paperSize,
        "column_formats": {name: column.number_format for name, column in sheet.column_dimensions.items()},
        "charts": len(sheet._charts),
    })
print(json.dumps(sheets, ensure_ascii=False))
