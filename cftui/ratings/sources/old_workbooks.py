"""Opens workbooks for `sheet_reader`; the records of an old one (.xls) are checked before."""

import io
from pathlib import Path
from typing import Any

from cftui.ratings.sources.records import check_records, place_of_code_page

OLD = b"\xd0\xcf\x11\xe0"
"""How documents of old Office programs begin, and locked ones of new."""
STREAMS = ("Workbook", "Book")
"""Where BIFF8 stands, and what came before it; calamine takes them in this order."""
UNICODE = (1200).to_bytes(2, "little")


def open_workbook(path: str, *, check: bool) -> Any:
    """Return calamine's workbook, an old one checked if so asked, which takes 2 s a million cells.

    Raises BrokenRecords, and what calamine and olefile raise.
    """
    import python_calamine

    with Path(path).open("rb") as file:
        old = file.read(4) == OLD
    unicode = _as_unicode(path, check) if old else None
    if unicode is None:
        return python_calamine.CalamineWorkbook.from_path(path)
    return python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(unicode))


def _as_unicode(path: str, check: bool) -> bytes | None:
    """Return an old workbook changed if its texts, which are Unicode, claim not to be.

    Those of BIFF8 always are, but calamine reads the wide ones by the code page.
    """
    import olefile

    with olefile.OleFileIO(path) as document:
        name = next((one for one in STREAMS if document.exists(one)), "")
        stream: bytes = document.openstream(name).read() if name else b""
    if not name:
        return None  # a locked one of new programs, which calamine says
    if check:
        check_records(stream)
    at = place_of_code_page(stream)
    if at is None or stream[at : at + 2] == UNICODE:
        return None
    content = io.BytesIO(Path(path).read_bytes())
    with olefile.OleFileIO(content, write_mode=True) as document:
        document.write_stream(name, stream[:at] + UNICODE + stream[at + 2 :])
        return content.getvalue()
