"""What can go wrong with a form, each with its name and its sentence."""

from __future__ import annotations

from backend.core.problems import problem

FORM_CLOSED = problem(
    "form-closed",
    409,
    vi="Phiếu này đã đóng nên không ký hay rút được nữa. Cần thay đổi xin liên hệ nhà trường.",
    en="This form is closed, so nothing can be signed or withdrawn any more. Please ask the school.",
)
FORM_CHANGED = problem(
    "form-changed",
    409,
    vi="Nhà trường vừa sửa nội dung phiếu. Xin đọc lại rồi ký.",
    en="The school has just changed the form. Please read it again before signing.",
)
FORM_ANSWERED = problem(
    "form-answered",
    409,
    vi="Đã có người trả lời nên nội dung không sửa tại chỗ được; hãy lập phiên bản mới, các gia đình sẽ được hỏi lại.",
    en="Somebody has answered, so the words stay; make a new version, and families will be asked again.",
)
NOT_SIGNED = problem(
    "form-not-signed",
    409,
    vi="Bạn chưa ký phiếu này nên không có gì để rút.",
    en="You have not signed this form, so there is nothing to withdraw.",
)
SIGNED_IN_APP = problem(
    "form-signed-in-app",
    409,
    vi="Người này đã tự trả lời trên ứng dụng; bản giấy không thay câu trả lời đó được.",
    en="This person has answered in the app; a paper slip cannot replace that answer.",
)
FORM_OF_AREA = problem(
    "form-of-area",
    403,
    vi="Phiếu này của cơ quan quản lý. Trường xem ai còn thiếu và nhắc; lời phiếu, hạn và việc đóng do cơ quan quản lý.",
    en="This form is the area's. The school sees who is missing and reminds them; its words, last day and end are the area's.",
)
STILL_OPEN = problem("form-open", 409, vi="Phiếu này đang mở.", en="This form is open.")

LATER_ONLY = ("Hạn mới phải sau hạn đang có.", "The new last day must be after the present one.")
PAST = ("Ngày này đã qua.", "This day is past.")
TOO_FAR = ("Hạn quá xa: nhiều nhất một năm.", "Too far ahead: one year at most.")
EMPTY = ("Mục này còn trống.", "This field is empty.")
NOTHING_ASKED = (
    "Phiếu không ký thì cần ít nhất một câu hỏi.",
    "A form without a signature needs at least one question.",
)
NAME_NEEDED = ("Ghi họ tên của bạn để ký.", "Write your full name to sign.")
DRAWING_UNREADABLE = (
    "Không đọc được chữ ký vẽ tay, xin vẽ lại.",
    "The drawn signature cannot be read, please draw it again.",
)
