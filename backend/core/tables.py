"""The one list of tables and their kind. Migrations, row-level security, the distribution script and the schema tests read it.

tenant:    keyed and distributed by school_id, under row-level security
reference: small, seldom written, copied to every node
directory: keyed by what is looked up (a phone, a token, a chat), no foreign key; the same transaction keeps it true
"""

from __future__ import annotations

TENANT = (
    "audit_events",
    "school_years", "terms", "closed_days", "classes", "class_subjects", "pupils", "enrolments", "guardians", "guardianships",
    "family_versions", "staff", "staff_roles", "assignments", "roster_imports",
    "roll_calls", "roll_marks", "roll_history", "marks", "mark_history", "announcements",
    "notices", "notice_recipients", "deliveries", "delivery_attempts", "notice_receipts",
    "past_deliveries", "paid_sends", "channel_budgets", "channel_spendings", "call_list", "notice_orphans",
    "fee_items", "fee_plans", "fee_exemptions", "absence_credits",
    "fees", "invoices", "bank_transactions", "item_spendings", "allocations", "ledger_transfers", "tills", "receipt_counters", "payment_receipts",
    "receipt_cancellations", "account_openings", "day_closes", "document_accounts", "tax_documents", "accounting_numbers",
    "invoice_adjustments", "payment_codes", "payment_code_bills", "virtual_accounts", "transaction_codes",
    "refunds", "period_changes", "write_off_limits",
    "asking_rules", "reminders", "fraud_cases", "fraud_reports",
    "statement_files", "statement_lines", "statement_balances", "statement_mappings",
    "chat_handoffs", "chat_unanswered", "unanswered_set_aside", "child_nicknames",
    "chat_words", "chat_word_sends", "inbox_settings", "canned_answers", "inbox_alerts",
    "files", "file_variants", "announcement_rules", "announcement_drafts", "announcement_versions", "pupil_groups", "pupil_group_members",
    "announcement_templates", "announcement_events", "announcement_reminders",
    "forms", "form_versions", "form_pupils", "form_signatures", "form_answers", "form_reminders", "form_rules", "family_claims",
    "message_settings", "quiet_hours", "duty_turns", "threads", "group_messages", "messages", "message_texts", "message_reads",
    "message_requests", "message_reports", "thread_mutes", "message_blocks", "message_rules_accepted", "question_offers",
    "staff_alerts", "message_translations", "message_report_decisions", "late_reads",
    "feed_settings", "feed_consents", "feed_posts", "feed_photos", "feed_photo_pupils", "feed_comments", "feed_thanks", "feed_reports",
    "feed_report_decisions",
    "bell_times", "timetables", "timetable_lessons", "lesson_changes", "timetable_imports",
    "homework", "homework_pupils", "homework_versions", "homework_done", "homework_looks", "homework_rings",
    "dossier_kind_versions", "dossier_counters", "dossiers", "dossier_steps",
)  # fmt: skip

REFERENCE = (
    "provinces",
    "schools",
    "subjects",
    "subject_periods",
    "public_holidays",
    "bank_accounts",
    "official_contacts",
    "bank_hooks",
    "knowledge_stamps",
    "knowledge_versions",
    "knowledge_published",
    "knowledge_facts",
    "knowledge_deeds",
)

# Directory table → the column it is distributed by.
DIRECTORY = {
    "accounts": "account_id",
    "phone_accounts": "phone_e164",
    "phone_directory": "phone_e164",
    "account_persons": "account_id",
    "account_areas": "account_id",
    "one_time_codes": "phone_e164",
    "sessions": "session_id",
    "refresh_tokens": "token_hash",
    "devices": "account_id",
    "device_tokens": "token_hash",
    "channel_states": "channel",
    "notice_preferences": "account_id",
    "digest_items": "account_id",
    "digests": "account_id",
    "channel_tokens": "account",
    "zalo_followers": "user_id",
    "dead_addresses": "address_hash",
    "account_emails": "account_id",
    "sent_texts": "provider_id",
    "account_events": "account_id",
    "bank_events": "hook_key",
    "gateway_pulls": "hook_key",
    "gateway_orders": "hook_key",
    "virtual_account_owners": "virtual_account",
    "chat_updates": "chat_id",
    "chat_turns": "chat_id",
    "chat_links": "chat_id",
    "account_chats": "account_id",
    "chat_link_codes": "code_hash",
    "chat_states": "chat_id",
    "chat_confirmations": "chat_id",
    "web_chats": "chat_id",
    "web_lines": "chat_id",
    "phone_chats": "phone_e164",
    "phone_releases": "phone_e164",
    "chat_pictures": "name_hash",
    "area_letters": "letter_id",
    "area_sendings": "letter_id",
    "area_files": "file_id",
    "area_tellings": "person_hash",
    "area_file_variants": "file_id",
    "area_forms": "form_id",
    "area_form_askings": "form_id",
}

# What the chat's door may write (database.py): what was said, whose turn it is, and where the talk stands.
CHAT_TURNS = ("chat_updates", "chat_turns", "chat_states")

# Never changed, and only of these rows may any go, when their time is over: what cost money is accounting's and stays
# (docs/decisions/outbox-over-arq.md).
FADING = {
    "delivery_attempts": "channel NOT IN ('zns', 'sms')",
    # What was said with a family, once its conversation is marked as forgotten (bots/forgetting.py).
    "chat_words": "EXISTS (SELECT FROM chat_handoffs h WHERE h.school_id = chat_words.school_id"
    " AND h.handoff_id = chat_words.handoff_id AND h.forgotten_at IS NOT NULL)",
}

# UPDATE and DELETE are revoked on these: corrections are additions.
APPEND_ONLY = (
    "audit_events", "account_events", "roll_history", "mark_history", "notice_receipts",
    "ledger_transfers", "allocations", "invoice_adjustments", "transaction_codes",
    "payment_receipts", "receipt_cancellations", "account_openings", "day_closes", "fraud_reports",
    "absence_credits", "item_spendings",
    "statement_lines", "statement_balances",
    "form_versions", "form_signatures", "announcement_versions",
    "messages", "message_texts", "message_reads", "group_messages", "message_rules_accepted", "message_translations",
    "feed_consents", "message_report_decisions",
    "knowledge_versions", "knowledge_deeds",
    "homework_versions",
    "dossier_kind_versions", "dossier_steps",
)  # fmt: skip

ALL = (*TENANT, *REFERENCE, *DIRECTORY)
