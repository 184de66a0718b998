"""The staff's doors, page by page."""

from __future__ import annotations

from typing import Any

from backend.console.about import ROUTES as ABOUT
from backend.console.account import ROUTES as ACCOUNT
from backend.console.announcements import ROUTES as ANNOUNCEMENTS
from backend.console.area import ROUTES as AREA
from backend.console.area_forms import ROUTES as AREA_FORMS
from backend.console.area_letters import ROUTES as AREA_LETTERS
from backend.console.asking import ROUTES as ASKING
from backend.console.audit import ROUTES as AUDIT
from backend.console.bank_accounts import ROUTES as BANK_ACCOUNTS
from backend.console.bank_feeds import ROUTES as BANK_FEEDS
from backend.console.books import ROUTES as BOOKS
from backend.console.calendar import ROUTES as CALENDAR
from backend.console.classes import ROUTES as CLASSES
from backend.console.contacts import ROUTES as CONTACTS
from backend.console.conversation import ROUTES as CONVERSATION
from backend.console.counter import ROUTES as COUNTER
from backend.console.dossiers import ROUTES as DOSSIERS
from backend.console.drafts import ROUTES as DRAFTS
from backend.console.fee_exemptions import ROUTES as FEE_EXEMPTIONS
from backend.console.fee_items import ROUTES as FEE_ITEMS
from backend.console.feed import ROUTES as FEED
from backend.console.fees import ROUTES as FEES
from backend.console.following import ROUTES as FOLLOWING
from backend.console.form_results import ROUTES as FORM_RESULTS
from backend.console.forms import ROUTES as FORMS
from backend.console.fraud import ROUTES as FRAUD
from backend.console.groups import ROUTES as GROUPS
from backend.console.home import ROUTES as HOME
from backend.console.homework import ROUTES as HOMEWORK
from backend.console.inbox import ROUTES as INBOX
from backend.console.knowledge import ROUTES as KNOWLEDGE
from backend.console.letter_deeds import ROUTES as LETTER_DEEDS
from backend.console.letter_settings import ROUTES as LETTER_SETTINGS
from backend.console.marks import ROUTES as MARKS
from backend.console.messages import ROUTES as MESSAGES
from backend.console.messages_order import ROUTES as MESSAGES_ORDER
from backend.console.periods import ROUTES as PERIODS
from backend.console.pupils import ROUTES as PUPILS
from backend.console.queue import ROUTES as QUEUE
from backend.console.reaching import ROUTES as REACHING
from backend.console.refunds import ROUTES as REFUNDS
from backend.console.reports import ROUTES as REPORTS
from backend.console.roll import ROUTES as ROLL
from backend.console.roster_import import ROUTES as ROSTER_IMPORT
from backend.console.staff import ROUTES as STAFF
from backend.console.statements import ROUTES as STATEMENTS
from backend.console.timetable import ROUTES as TIMETABLE
from backend.console.timetable_change import ROUTES as TIMETABLE_CHANGE
from backend.console.timetable_edit import ROUTES as TIMETABLE_EDIT
from backend.console.timetable_import import ROUTES as TIMETABLE_IMPORT
from backend.console.transfers import ROUTES as TRANSFERS
from backend.console.unanswered import ROUTES as UNANSWERED
from backend.console.write_offs import ROUTES as WRITE_OFFS

ROUTES: list[Any] = [
    *HOME,
    *HOMEWORK,
    *AREA,
    *KNOWLEDGE,
    *UNANSWERED,
    *ABOUT,
    *ROLL,
    *MARKS,
    *AREA_LETTERS,
    *AREA_FORMS,
    *ANNOUNCEMENTS,
    *REACHING,
    *DRAFTS,
    *LETTER_DEEDS,
    *LETTER_SETTINGS,
    *GROUPS,
    *FOLLOWING,
    *FEED,
    *FORMS,
    *FORM_RESULTS,
    *DOSSIERS,
    *FEES,
    *FEE_ITEMS,
    *FEE_EXEMPTIONS,
    *TRANSFERS,
    *QUEUE,
    *REFUNDS,
    *WRITE_OFFS,
    *PERIODS,
    *REPORTS,
    *COUNTER,
    *STATEMENTS,
    *BANK_ACCOUNTS,
    *BANK_FEEDS,
    *ASKING,
    *ACCOUNT,
    *CLASSES,
    *BOOKS,
    *PUPILS,
    *STAFF,
    *ROSTER_IMPORT,
    *TIMETABLE,
    *TIMETABLE_EDIT,
    *TIMETABLE_CHANGE,
    *TIMETABLE_IMPORT,
    *CALENDAR,
    *CONTACTS,
    *FRAUD,
    *AUDIT,
    *INBOX,
    *CONVERSATION,
    *MESSAGES,
    *MESSAGES_ORDER,
]
