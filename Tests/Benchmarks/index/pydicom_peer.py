"""The forty columns by pydicom: pydicom_peer.py LIST, paths ended by NUL; a line of JSON a file."""
import json
import pathlib
import sys
import warnings

import pydicom
from columns import COLUMNS

warnings.simplefilter("ignore")
TAGS = [group << 16 | element for _, group, element, _ in COLUMNS if group != 2]
for path in pathlib.Path(sys.argv[1]).read_bytes().split(b"\0")[:-1]:
    data = pydicom.dcmread(path.decode(), stop_before_pixels=True, specific_tags=TAGS)
    cells = {"Path": path.decode(), "TransferSyntaxUID": str(data.file_meta.TransferSyntaxUID)}
    for keyword, group, element, _ in COLUMNS:
        if group != 2:
            value = data.get(keyword)
            cells[keyword] = "" if value is None else "\\".join(map(str, value)) if hasattr(value, "append") else str(value)
    print(json.dumps(cells, ensure_ascii=False))
