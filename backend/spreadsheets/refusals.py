"""Why a whole file is not read, each reason with its two sentences. The one list; codes are stable."""

from __future__ import annotations

# code: (Vietnamese, English).
REFUSALS: dict[str, tuple[str, str]] = {
    "damaged": ("Tệp bị hỏng hoặc không phải là bảng tính.", "The file is damaged or is no spreadsheet."),
    "locked": ("Tệp có mật khẩu. Hãy bỏ mật khẩu rồi gửi lại.", "The file has a password. Remove it and try again."),
    "empty": ("Tệp không có dữ liệu.", "The file holds no data."),
    "too_big": ("Tệp quá lớn (giới hạn {limit}).", "The file is too big (the limit is {limit})."),
    "encoding": (
        "Không nhận ra bảng mã chữ của tệp. Hãy lưu lại dạng Excel (.xlsx) hoặc CSV UTF-8.",
        "The encoding of the file is not known. Please save it as Excel (.xlsx) or CSV UTF-8.",
    ),
    "not_a_table": (
        "Không nhận ra loại tệp. Hãy gửi tệp Excel (.xlsx, .xls) hoặc CSV.",
        "The kind of file is not known. Please send Excel (.xlsx, .xls) or CSV.",
    ),
    "unreadable": ("Không mở được tệp ({limit}).", "The file cannot be opened ({limit})."),
}


class FileRefused(Exception):
    """The file as a whole cannot be read. Carries a stable code of REFUSALS and both sentences."""

    def __init__(self, code: str, limit: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.limit = limit
        self.vi, self.en = (sentence.format(limit=limit) for sentence in REFUSALS[code])

    @classmethod
    def damaged(cls) -> FileRefused:
        return cls("damaged")

    @classmethod
    def locked(cls) -> FileRefused:
        return cls("locked")

    @classmethod
    def empty(cls) -> FileRefused:
        return cls("empty")

    @classmethod
    def too_big(cls, limit: str) -> FileRefused:
        return cls("too_big", limit)

    @classmethod
    def not_a_table(cls) -> FileRefused:
        return cls("not_a_table")
