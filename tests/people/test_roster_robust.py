"""Whatever is uploaded: an answer or a clean refusal. And the file of errors, which goes back to people's spreadsheets."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import zipfile
from pathlib import Path

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backend.people.roster.command import run
from backend.people.roster.reasons import REASONS
from backend.people.roster.understand import to_json
from backend.spreadsheets.errors_file import ERRORS_HEADER, errors_file
from backend.spreadsheets.refusals import FileRefused
from schemas.roster import Understood
from tests.people.sheets import Sheet, csv_bytes, html_bytes, read, xls, xlsx

SMALL = [
    ["STT", "Họ tên", "Lớp", "Ngày sinh", "SĐT mẹ"],
    [1, "Lê A Tủa", "6A", "31/02/2015", "0912345678"],
    [2, "Lê B Sinh", "6A", "01/05/2015", "=1+1"],
]
XLSX, XLS = xlsx(Sheet("DS", SMALL)), xls(Sheet("DS", SMALL))


def answer(data: bytes, name: str = "a.xlsx") -> Understood | str:
    try:
        understood = read(data, name)
    except FileRefused as problem:
        assert problem.vi and problem.en
        return problem.code
    json.dumps(to_json(understood))
    return understood


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=3000))
def test_any_bytes_get_an_answer(data: bytes) -> None:
    answer(data)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.lists(st.text(max_size=20), max_size=8), max_size=12), st.sampled_from(["utf-8", "utf-16"]))
def test_any_text_table_gets_an_answer(rows: list[list[str]], encoding: str) -> None:
    answer(
        csv_bytes(
            [["STT", "Họ tên", "Lớp", "Ngày sinh", "SĐT mẹ", "CCCD", "Nữ", "Họ tên cha"], *rows], encoding
        ).replace(b"\x00\x00", b""),
        "a.csv",
    )


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_any_damage_to_a_workbook_gets_an_answer(data: st.DataObject) -> None:
    _damage(XLSX, data)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_any_damage_to_an_old_workbook_gets_an_answer(data: st.DataObject) -> None:
    """Few examples: each is read in a process apart."""
    _damage(XLS, data)


def test_a_damaged_count_does_not_take_the_process_down() -> None:
    """Found by the test above: calamine asked for 859 GB and aborted, or was killed with 21 GB in use."""
    damaged = bytearray(XLS)
    damaged[1681] = 106
    assert answer(bytes(damaged)) == "damaged"


def _damage(original: bytes, data: st.DataObject) -> None:
    damaged = bytearray(original)
    for _ in range(data.draw(st.integers(1, 8))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(damaged)))
    answer(bytes(damaged))
    answer(bytes(damaged[:cut]))


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=400))
def test_any_xml_inside_a_workbook_gets_an_answer(text: str) -> None:
    answer(_with_sheet_xml(f"<worksheet><sheetData>{text}</sheetData></worksheet>"))


def _with_sheet_xml(xml: str) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(XLSX)) as source, zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            target.writestr(name, xml if name.endswith("sheet1.xml") else source.read(name))
    return stream.getvalue()


def test_a_stray_cell_in_the_last_corner_costs_nothing() -> None:
    """A dense reader would ask for half a terabyte here and take the process down with it."""
    book = openpyxl.load_workbook(io.BytesIO(XLSX))
    book["DS"]["XFD1048576"] = "x"
    stream = io.BytesIO()
    book.save(stream)
    understood = read(stream.getvalue())
    assert [p.full_name for p in understood.pupils] == ["Lê A Tủa", "Lê B Sinh"]


def test_a_giant_xls_is_refused_before_it_is_built() -> None:
    giant = [[None]] * 65_535 + [[None] * 255 + ["x"]]
    assert answer(xls(Sheet("DS", [*SMALL, *giant[len(SMALL) :]])), "a.xls") == "too_big"


def test_a_zip_bomb_is_refused() -> None:
    assert answer(_with_sheet_xml("<a>" + " " * (40 * 2**20) + "</a>")) == "too_big"


def test_entities_are_never_expanded() -> None:
    bomb = '<!DOCTYPE w [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><worksheet><sheetData><row r="1"><c r="A1" t="str"><v>&b;</v></c></row></sheetData></worksheet>'
    outcome = answer(_with_sheet_xml(bomb))
    assert isinstance(outcome, str) or "aaaa" not in repr(outcome.bad_rows)


def test_every_reason_speaks_both_languages() -> None:
    for code, (severity, vi, en) in REASONS.items():
        assert severity in ("row", "cell", "note"), code
        assert vi.endswith(".") and en.endswith("."), code
        assert vi != en, code


def _errors(data: bytes, name: str) -> tuple[bytes, str, str]:
    understood = read(data, name)
    return errors_file(
        data, name, understood.bad_rows, {s.name: s.header_row for s in understood.sheets if s.header_row is not None}
    )


def test_the_error_file_is_the_same_workbook_with_a_column_more() -> None:
    data, name, media_type = _errors(XLSX, "lop 6.xlsx")
    sheet = openpyxl.load_workbook(io.BytesIO(data))["DS"]
    assert (name, "spreadsheet" in media_type) == ("lop 6-loi.xlsx", True)
    assert sheet["B2"].value == "Lê A Tủa"
    assert sheet["F1"].value == ERRORS_HEADER
    assert "D2" in sheet["F2"].value and "không có trong lịch" in sheet["F2"].value


def test_formulas_leave_the_error_file_as_text() -> None:
    stream = io.BytesIO()
    book = openpyxl.load_workbook(io.BytesIO(XLSX))
    book["DS"]["C3"] = "@SUM(A1)"
    book["DS"]["E2"] = "+cmd|' /C calc'!A0"
    book.save(stream)
    for data, name in (
        (stream.getvalue(), "a.xlsx"),
        (XLS, "a.xls"),
        (html_bytes(SMALL), "a.xls"),
        (csv_bytes(SMALL), "a.csv"),
    ):
        marked, out_name, _ = _errors(data, name)
        texts = (
            [cell for line in marked.decode("utf-8-sig").splitlines() for cell in line.split(";")]
            if out_name.endswith(".csv")
            else [
                str(c.value)
                for row in openpyxl.load_workbook(io.BytesIO(marked)).worksheets[0].iter_rows()
                for c in row
                if c.value is not None
            ]
        )
        assert not [text for text in texts if text.startswith(("=", "+", "@"))]


@pytest.mark.parametrize(
    ("data", "name"), [(XLSX, "a.xlsx"), (XLS, "a.xls"), (csv_bytes(SMALL), "a.csv"), (html_bytes(SMALL), "a.xls")]
)
def test_the_error_file_can_be_sent_back(data: bytes, name: str) -> None:
    marked, out_name, _ = _errors(data, name)
    assert to_json(read(marked, out_name))["pupils"] == to_json(read(data, name))["pupils"]


async def test_the_command_prints_the_promised_json(tmp_path: Path) -> None:
    (tmp_path / "a.xlsx").write_bytes(XLSX)
    out = io.StringIO()
    assert await run(str(tmp_path / "a.xlsx"), None, dry_run=True, as_json=True, school=None, out=out) == 0
    told = json.loads(out.getvalue())
    assert list(told) == ["pupils", "bad_rows"]
    assert told["pupils"][1] == {
        "full_name": "Lê B Sinh", "class": "6A", "born_on": "2015-05-01", "sex": None, "personal_id": None, "moedu_id": None, "guardians": [],
    }  # fmt: skip
    assert told["pupils"][0]["guardians"] == [{"name": None, "phone_e164": "+84912345678", "relation": "mother"}]
    assert [sorted(row) for row in told["bad_rows"]] == [["column", "reason", "row", "sheet", "value"]] * len(
        told["bad_rows"]
    )
    assert {key: told["bad_rows"][0][key] for key in ("sheet", "row", "column", "value")} == {
        "sheet": "DS", "row": 2, "column": "Ngày sinh", "value": "31/02/2015",
    }  # fmt: skip


async def test_the_command_answers_in_json_even_when_the_file_is_no_list(tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(b"%PDF-1.7")
    out = io.StringIO()
    assert await run(str(tmp_path / "a.pdf"), None, dry_run=True, as_json=True, school=None, out=out) == 1
    assert json.loads(out.getvalue())["pupils"] == []


def test_a_dry_run_loads_neither_database_nor_server() -> None:
    script = "import sys, backend.people.roster.command; print([m for m in ('asyncpg', 'litestar', 'openpyxl', 'cryptography', 'redis') if m in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2]
    )
    assert done.stdout.strip() == "[]"
