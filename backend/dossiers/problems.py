"""What can go wrong with a request, each with its name and its sentence."""

from __future__ import annotations

from backend.core.problems import problem

CHANGED = problem(
    "dossier-changed",
    409,
    vi="Hồ sơ vừa có bước mới. Xin xem lại rồi làm tiếp.",
    en="Something has just happened to this request. Please look again before going on.",
)
NOT_NOW = problem(
    "dossier-step",
    409,
    vi="Hồ sơ đang ở bước không làm được việc này.",
    en="This cannot be done where the request stands now.",
)
ALREADY_OPEN = problem(
    "dossier-already-open",
    409,
    vi="Đã có hồ sơ {number} cùng loại của học sinh này đang giải quyết.",
    en="Request {number} of the same kind for this pupil is already under way.",
)
TOO_MANY_OPEN = problem(
    "dossier-too-many",
    409,
    vi="Học sinh này đang có quá nhiều hồ sơ chưa xong. Xin chờ nhà trường giải quyết bớt.",
    en="Too many requests for this pupil are still open. Please wait until the school has dealt with some.",
)

WORDS_NEEDED = ("Xin ghi rõ nội dung này.", "Please write this down.")
DETAILS_NEEDED = ("Xin ghi rõ cần gì và dùng vào việc gì.", "Please say what you need and what for.")
NOTHING_ADDED = ("Đính kèm giấy tờ hoặc ghi lời nhắn.", "Attach a paper or write a word.")
NO_SUCH_KIND = ("Trường không nhận loại hồ sơ này trên ứng dụng.", "The school does not take this kind in the app.")
NO_SUCH_GUARDIAN = (
    "Người này không phải phụ huynh được quyền làm thay cho học sinh.",
    "This person is no guardian who may act for the pupil.",
)
DAY_NEEDED = ("Chọn ngày hẹn mới, từ mai trở đi.", "Choose a new day, from tomorrow on.")
DAY_TOO_FAR = ("Ngày hẹn quá xa: nhiều nhất 200 ngày.", "Too far ahead: 200 days at most.")
NO_HOMEROOM = (
    "Loại hồ sơ nhạy cảm chỉ văn phòng được xem.",
    "A sensitive kind is for the office alone.",
)
