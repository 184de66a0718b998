"""What a notice says: on a lock screen, where anybody may look, and after signing in. It knows no channel and no table.

A lock screen never shows a mark, a sum, a debt or an illness (Personal Data Protection Law; education authorities' advice):
it says that there is something new, about which child by its short name, and where to read it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import msgspec

from backend.core.catalogue import entries, say
from schemas.money import format_dong, is_dong

_PUSH_BODY_MAX = 150
_TEXT_SUMMARY_MAX = 90
_TEXT_SCHOOL_MAX = 50


class Words(msgspec.Struct, frozen=True):
    title: str
    body: str


def on_lock_screen(
    kind: str,
    language: str,
    *,
    school_name: str,
    title: str | None,
    params: dict[str, Any],
    children: Sequence[str],
    urgent: bool,
) -> Words:
    """`children` are full names. What a whole class may read shows its title; whatever is about one child does not."""
    if kind == "announcement" and title and not params.get("personal"):
        body = title
    elif kind == "reminder" and "of" in params:
        body = say("notifications.push_again", language, child=_names(children, language))
    elif kind == "reminder":
        shown = title if title and not params.get("personal") else say("notifications.announcement_title", language)
        body = say("notifications.push_tomorrow", language, title=shown)
    elif kind == "announcement" and not children:
        body = say("notifications.push_announcement", language)
    elif kind == "digest":
        body = say(
            "notifications.push_digest", language, child=_names(children, language), counts=_counts(params, language)
        )
    elif kind == "message":
        key = "push_decided" if params.get("decided") else "push_message"
        child = _names(children, language)
        body = say(f"notifications.{key}", language, sender=_sender(params, language), child=child)
    else:
        key = "announcement_about" if kind == "announcement" else _key_of(kind, params)
        body = say(f"notifications.push_{key}", language, child=_names(children, language))
    if urgent and kind == "announcement":
        body = say("notifications.push_urgent", language, text=body)
    return Words(school_name, _clipped(body, _PUSH_BODY_MAX))


def _counts(params: dict[str, Any], language: str) -> str:
    """`2 thông báo, 1 kết quả học tập`: by kind, never what they say."""
    return ", ".join(say(f"notifications.digest_{kind}", language, count=n) for kind, n in params["counts"].items())


def _key_of(kind: str, params: dict[str, Any]) -> str:
    if not params.get("reminder"):
        return kind
    return "form_reminder" if kind == "form" else "reminder"


def text_summary(
    kind: str, language: str, *, title: str | None, params: dict[str, Any], children: Sequence[str]
) -> str:
    """A short sentence for texts with a link beside them, as guarded as a lock screen."""
    if kind == "announcement" and title and not params.get("personal"):
        return _clipped(title, _TEXT_SUMMARY_MAX)
    if kind == "announcement" and not children:
        return say("notifications.text_announcement", language)
    key = f"notifications.text_{_key_of(kind, params)}"
    known = key if key in entries() and kind != "announcement" else "notifications.text_other"
    return say(known, language, child=_names(children, language))


def text_message(
    kind: str,
    language: str,
    *,
    school_name: str,
    title: str | None,
    params: dict[str, Any],
    children: Sequence[str],
    link: str,
) -> str:
    """An SMS: the school first, since the brand name in front may be another; marks go when it leaves."""
    summary = text_summary(kind, language, title=title, params=params, children=children)
    school = _clipped(school_name, _TEXT_SCHOOL_MAX)
    return say("notifications.sms_line", language, school=school, summary=summary, link=link)


def short_names(children: Sequence[str], language: str) -> str:
    """For a field of a template: the children as their class calls them."""
    return _names(children, language)


def in_full(
    kind: str, language: str, *, title: str | None, body: str | None, params: dict[str, Any], children: Sequence[str]
) -> Words:
    """For a reader who has signed in. What somebody wrote is shown as written; the rest is said from `params`.

    absence {on, session}; mark {subject}; invoice {fee, amount, due_on, seal},
    or {reminder, bills, amount, due_on, lines: [{title, amount, seal}]}; payment {amount};
    form {forms: [{form_id, title, due_on}], reminder | changed}; message {sender_vi, sender_en};
    event {timetable: week | day, class, on, lines: [{vi, en}]};
    dossier {number, said, title_vi, title_en, promised_on}. Whatever is missing is left unsaid.
    """
    child = _names(children, language)
    match kind:
        case "announcement":
            return Words(title or say("notifications.announcement_title", language), body or "")
        case "reminder":
            said_title = title or say("notifications.announcement_title", language)
            key = "again_title" if "of" in params else "tomorrow_title"
            return Words(say(f"notifications.{key}", language, title=said_title), body or "")
        case "absence":
            said = _absence(params, language, child)
        case "mark":
            said = _mark(params, language, child)
        case "invoice":
            said = _invoice(params, language, child)
        case "form":
            said = _form(params, language, child)
        case "message":
            said = _message(params, language, child)
        case "feed":
            said = _feed(params, language, child)
        case "event":
            said = _timetable(params, language, child)
        case "homework":
            said = _homework(params, language, child)
        case "dossier":
            said = _dossier(params, language, child)
        case _:
            said = _payment(params, language, child)
    return Words(title or said.title, body or said.body)


def _absence(params: dict[str, Any], language: str, child: str) -> Words:
    session, on = params.get("session"), _day(params.get("on"))
    when = say(f"notifications.session_{session}", language) if session in ("morning", "afternoon") else ""
    key = "absence_body" if on else "absence_body_plain"
    body = say(f"notifications.{key}", language, child=_capital(child), session=when, on=on)
    return Words(say("notifications.absence_title", language), " ".join(body.split()))


def _mark(params: dict[str, Any], language: str, child: str) -> Words:
    subject = params.get("subject_en" if language == "en" else "subject_vi") or params.get("subject")
    key = "mark_body" if subject else "mark_body_plain"
    body = say(f"notifications.{key}", language, child=_capital(child), subject=subject)
    return Words(say("notifications.mark_title", language), body)


def _invoice(params: dict[str, Any], language: str, child: str) -> Words:
    if params.get("reminder"):
        return _reminder(params, language, child)
    fee, amount, due_on = params.get("fee"), _dong(params.get("amount")), _day(params.get("due_on"))
    title_key = "invoice_title" if fee else "invoice_title_plain"
    body_key = "invoice_body" if amount and due_on else "invoice_body_plain"
    body = say(f"notifications.{body_key}", language, child=_capital(child), amount=amount, due_on=due_on)
    if amount and (seal := params.get("seal")):
        # It proves the amount, so it stands only beside it.
        body = f"{body} {say('notifications.invoice_seal', language, seal=seal)}"
    return Words(say(f"notifications.{title_key}", language, fee=fee), body)


def _reminder(params: dict[str, Any], language: str, child: str) -> Words:
    """Folded over all children and bills, each with its seal; whoever has just paid is asked to forget it."""
    amount, due_on, bills = _dong(params.get("amount")), _day(params.get("due_on")), params.get("bills")
    body = say(
        "notifications.reminder_body", language, child=_capital(child), amount=amount, bills=bills, due_on=due_on
    )
    lines = [
        say(
            "notifications.reminder_line",
            language,
            title=line["title"],
            amount=_dong(line["amount"]),
            seal=line["seal"],
        )
        for line in params.get("lines") or ()
    ]
    if lines:
        body = "\n".join((body, *lines, say("notifications.reminder_seals", language)))
    return Words(say("notifications.reminder_title", language), body)


def _form(params: dict[str, Any], language: str, child: str) -> Words:
    """`params` name the forms; a reminder may be about several, and words that were changed ask everybody who signed again."""
    forms = params.get("forms") or [{}]
    about = {"child": _capital(child), "due_on": _day(min(str(form.get("due_on", "")) for form in forms))}
    if len(forms) > 1:
        listed = "\n".join(f"– {form.get('title')} ({_day(form.get('due_on'))})" for form in forms)
        said = say("notifications.form_several_body", language, count=len(forms), listed=listed, **about)
        return Words(say("notifications.form_several_title", language), said)
    title = str(forms[0].get("title") or say("notifications.form_several_title", language))
    key = "changed" if params.get("changed") else "reminder" if params.get("reminder") else "new"
    return Words(
        say(f"notifications.form_{key}_title", language, title=title),
        say(f"notifications.form_{key}_body", language, title=title, **about),
    )


def _payment(params: dict[str, Any], language: str, child: str) -> Words:
    amount = _dong(params.get("amount"))
    key = "payment_body" if amount else "payment_body_plain"
    return Words(
        say("notifications.payment_title", language), say(f"notifications.{key}", language, child=child, amount=amount)
    )


def _feed(params: dict[str, Any], language: str, child: str) -> Words:
    """Not a word or picture of the post: whether they may be seen is asked when the feed is opened."""
    key = "feed_praise" if params.get("praise") else "feed"
    return Words(
        say(f"notifications.{key}_title", language), say(f"notifications.{key}_body", language, child=_capital(child))
    )


def _timetable(params: dict[str, Any], language: str, child: str) -> Words:
    """A new week, or one day with what is different about it, line by line as the timetable says it in each language."""
    kind = "day" if params.get("timetable") == "day" else "week"
    named = {"class_name": params.get("class", ""), "on": _day(params.get("on")), "child": _capital(child)}
    lines = [f"– {line.get(language, '')}" for line in params.get("lines") or ()]
    body = say(f"notifications.timetable_{kind}_body", language, **named)
    return Words(say(f"notifications.timetable_{kind}_title", language, **named), "\n".join((body, *lines)))


def _homework(params: dict[str, Any], language: str, child: str) -> Words:
    """Not what is to be done: other teachers of the day add to it."""
    due_on = _day(params.get("due_on"))
    key = "homework_body" if due_on else "homework_body_plain"
    body = say(f"notifications.{key}", language, child=_capital(child), due_on=due_on)
    return Words(say("notifications.homework_title", language), body)


def _dossier(params: dict[str, Any], language: str, child: str) -> Words:
    """By number; what a sensitive one is about was never put into `params`. Reasons and missing papers are read in the request itself."""
    title = params.get("title_en" if language == "en" else "title_vi")
    number = str(params.get("number", ""))
    named = f"{number} – {title}" if title else number
    said = params.get("said", "in_work")
    about = {"number": named, "child": child, "day": _day(params.get("promised_on"))}
    state = say("dossiers.step_postpone" if said == "postponed" else f"dossiers.state_{said}", language)
    return Words(
        say("notifications.dossier_title", language, number=number, state=state),
        say(f"notifications.dossier_{said}", language, **about),
    )


def _message(params: dict[str, Any], language: str, child: str) -> Words:
    """Not a word of what was written: it is read in its own conversation."""
    key = "decided_body" if params.get("decided") else "message_body"
    body = say(f"notifications.{key}", language, sender=_sender(params, language), child=child)
    return Words(say("notifications.message_title", language), body)


def _sender(params: dict[str, Any], language: str) -> str:
    sender = params.get("sender_en" if language == "en" else "sender_vi")
    return str(sender or say("notifications.the_school", language))


def short_name(full_name: str) -> str:
    """How a class calls a child: the last two words, `Nguyễn Thị Minh An` → `Minh An`."""
    return " ".join(full_name.split()[-2:])


def _names(children: Sequence[str], language: str) -> str:
    names = [short_name(name) for name in children]
    if not names:
        return say("notifications.my_child", language)
    if len(names) == 1:
        return names[0]
    return say("notifications.and", language, first=", ".join(names[:-1]), last=names[-1])


def _day(value: object) -> str:
    try:
        return date.fromisoformat(str(value)).strftime("%d/%m/%Y")
    except ValueError:
        return ""


def _dong(value: object) -> str:
    return format_dong(value) if is_dong(value) else ""  # type: ignore[arg-type]


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _clipped(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"


def notice_path(school_id: int, notice_id: object) -> str:
    """Where a family reads a notice, in the web app and as the deep link of every channel. A digest is of no school: its home."""
    return f"/app/{school_id}/notices/{notice_id}" if school_id else "/app"
