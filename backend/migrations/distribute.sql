-- Made by backend/core/distribute.py from the list in backend/core/tables.py; do not edit by hand.
-- Run once on a Citus coordinator after the migrations: python -m backend distribute. Loaded tables are moved, not emptied.

SET LOCAL citus.enable_local_reference_table_foreign_keys = off;

SET LOCAL citus.multi_shard_modify_mode = 'sequential';

SELECT create_reference_table('provinces');

SELECT create_reference_table('schools');

SELECT create_reference_table('subjects');

SELECT create_reference_table('subject_periods');

SELECT create_reference_table('public_holidays');

SELECT create_reference_table('bank_accounts');

SELECT create_reference_table('official_contacts');

SELECT create_reference_table('bank_hooks');

SELECT create_reference_table('knowledge_stamps');

SELECT create_reference_table('knowledge_versions');

SELECT create_reference_table('knowledge_published');

SELECT create_reference_table('knowledge_facts');

SELECT create_reference_table('knowledge_deeds');

SELECT create_distributed_table('pupils', 'school_id', colocate_with => 'none');

SELECT create_distributed_table('audit_events', 'school_id', colocate_with => 'pupils');

SELECT create_distributed_table('school_years', 'school_id', colocate_with => 'pupils');

SELECT create_distributed_table('terms', 'school_id', colocate_with => 'pupils');

SELECT create_distributed_table('closed_days', 'school_id', colocate_with => 'pupils');

SELECT create_distributed_table('classes', 'school_id', colocate_with => 'pupils');

SELECT create_distributed_table('class_subjects', 'school_id', colocate_with => 'pupils');

SELECT create_distributed_table('enrolments', 'school_id', colocate_with => 'pupils');

SELECT create_distributed_table('guardians', 'school_id', colocate_with => 'pupils');

SELECT create_distributed_table('guardianships', 'school_id', colocate_with => 'pupils');

SELECT create_distributed_table('family_versions', 'school_id', colocate_with => 'pupils');

SELECT create_distributed_table('staff', 'school_id', colocate_with => 'pupils');

SELECT create_distributed_table('staff_roles', 'school_id', colocate_with => 'pupils');

SELECT create_distributed_table('assignments', 'school_id', colocate_with => 'pupils');

SELECT create_distributed_table('roster_imports', 'school_id', colocate_with => 'pupils');

SELECT create_distributed_table('roll_calls', 'school_id', colocate_with => 'pupils');

SELECT create_distributed_table('roll_marks', 'school_id', colocate_with => 'pupils');

SELECT create_distributed_table('roll_history', 'school_id', colocate_with => 'pupils');

SELECT create_distributed_table('marks', 'school_id', colocate_with => 'pupils');

SELECT create_distributed_table('mark_history', 'school_id', colocate_with => 'pupils');

SELECT create_distributed_table('announcements', 'school_id', colocate_with => 'pupils');

SELECT create_distributed_table('notices', 'school_id', colocate_with => 'pupils');

SELECT create_distributed_table('notice_recipients', 'school_id', colocate_with => 'pupils');

SELECT create_distributed_table('deliveries', 'school_id', colocate_with => 'pupils');

SELECT create_distributed_table('delivery_attempts', 'school_id', colocate_with => 'pupils');

SELECT create_distributed_table('notice_receipts', 'school_id', colocate_with => 'pupils');

SELECT create_distributed_table('past_deliveries', 'school_id', colocate_with => 'pupils');

SELECT create_distributed_table('paid_sends', 'school_id', colocate_with => 'pupils');

SELECT create_distributed_table('channel_budgets', 'school_id', colocate_with => 'pupils');

SELECT create_distributed_table('channel_spendings', 'school_id', colocate_with => 'pupils');

SELECT create_distributed_table('call_list', 'school_id', colocate_with => 'pupils');

SELECT create_distributed_table('notice_orphans', 'school_id', colocate_with => 'pupils');

SELECT create_distributed_table('fee_items', 'school_id', colocate_with => 'pupils');

SELECT create_distributed_table('fee_plans', 'school_id', colocate_with => 'pupils');

SELECT create_distributed_table('fee_exemptions', 'school_id', colocate_with => 'pupils');

SELECT create_distributed_table('absence_credits', 'school_id', colocate_with => 'pupils');

SELECT create_distributed_table('fees', 'school_id', colocate_with => 'pupils');

SELECT create_distributed_table('invoices', 'school_id', colocate_with => 'pupils');

SELECT create_distributed_table('bank_transactions', 'school_id', colocate_with => 'pupils');

SELECT create_distributed_table('item_spendings', 'school_id', colocate_with => 'pupils');

SELECT create_distributed_table('allocations', 'school_id', colocate_with => 'pupils');

SELECT create_distributed_table('ledger_transfers', 'school_id', colocate_with => 'pupils');

SELECT create_distributed_table('tills', 'school_id', colocate_with => 'pupils');

SELECT create_distributed_table('receipt_counters', 'school_id', colocate_with => 'pupils');

SELECT create_distributed_table('payment_receipts', 'school_id', colocate_with => 'pupils');

SELECT create_distributed_table('receipt_cancellations', 'school_id', colocate_with => 'pupils');

SELECT create_distributed_table('account_openings', 'school_id', colocate_with => 'pupils');

SELECT create_distributed_table('day_closes', 'school_id', colocate_with => 'pupils');

SELECT create_distributed_table('document_accounts', 'school_id', colocate_with => 'pupils');

SELECT create_distributed_table('tax_documents', 'school_id', colocate_with => 'pupils');

SELECT create_distributed_table('accounting_numbers', 'school_id', colocate_with => 'pupils');

SELECT create_distributed_table('invoice_adjustments', 'school_id', colocate_with => 'pupils');

SELECT create_distributed_table('payment_codes', 'school_id', colocate_with => 'pupils');

SELECT create_distributed_table('payment_code_bills', 'school_id', colocate_with => 'pupils');

SELECT create_distributed_table('virtual_accounts', 'school_id', colocate_with => 'pupils');

SELECT create_distributed_table('transaction_codes', 'school_id', colocate_with => 'pupils');

SELECT create_distributed_table('refunds', 'school_id', colocate_with => 'pupils');

SELECT create_distributed_table('period_changes', 'school_id', colocate_with => 'pupils');

SELECT create_distributed_table('write_off_limits', 'school_id', colocate_with => 'pupils');

SELECT create_distributed_table('asking_rules', 'school_id', colocate_with => 'pupils');

SELECT create_distributed_table('reminders', 'school_id', colocate_with => 'pupils');

SELECT create_distributed_table('fraud_cases', 'school_id', colocate_with => 'pupils');

SELECT create_distributed_table('fraud_reports', 'school_id', colocate_with => 'pupils');

SELECT create_distributed_table('statement_files', 'school_id', colocate_with => 'pupils');

SELECT create_distributed_table('statement_lines', 'school_id', colocate_with => 'pupils');

SELECT create_distributed_table('statement_balances', 'school_id', colocate_with => 'pupils');

SELECT create_distributed_table('statement_mappings', 'school_id', colocate_with => 'pupils');

SELECT create_distributed_table('chat_handoffs', 'school_id', colocate_with => 'pupils');

SELECT create_distributed_table('chat_unanswered', 'school_id', colocate_with => 'pupils');

SELECT create_distributed_table('unanswered_set_aside', 'school_id', colocate_with => 'pupils');

SELECT create_distributed_table('child_nicknames', 'school_id', colocate_with => 'pupils');

SELECT create_distributed_table('chat_words', 'school_id', colocate_with => 'pupils');

SELECT create_distributed_table('chat_word_sends', 'school_id', colocate_with => 'pupils');

SELECT create_distributed_table('inbox_settings', 'school_id', colocate_with => 'pupils');

SELECT create_distributed_table('canned_answers', 'school_id', colocate_with => 'pupils');

SELECT create_distributed_table('inbox_alerts', 'school_id', colocate_with => 'pupils');

SELECT create_distributed_table('files', 'school_id', colocate_with => 'pupils');

SELECT create_distributed_table('file_variants', 'school_id', colocate_with => 'pupils');

SELECT create_distributed_table('announcement_rules', 'school_id', colocate_with => 'pupils');

SELECT create_distributed_table('announcement_drafts', 'school_id', colocate_with => 'pupils');

SELECT create_distributed_table('announcement_versions', 'school_id', colocate_with => 'pupils');

SELECT create_distributed_table('pupil_groups', 'school_id', colocate_with => 'pupils');

SELECT create_distributed_table('pupil_group_members', 'school_id', colocate_with => 'pupils');

SELECT create_distributed_table('announcement_templates', 'school_id', colocate_with => 'pupils');

SELECT create_distributed_table('announcement_events', 'school_id', colocate_with => 'pupils');

SELECT create_distributed_table('announcement_reminders', 'school_id', colocate_with => 'pupils');

SELECT create_distributed_table('forms', 'school_id', colocate_with => 'pupils');

SELECT create_distributed_table('form_versions', 'school_id', colocate_with => 'pupils');

SELECT create_distributed_table('form_pupils', 'school_id', colocate_with => 'pupils');

SELECT create_distributed_table('form_signatures', 'school_id', colocate_with => 'pupils');

SELECT create_distributed_table('form_answers', 'school_id', colocate_with => 'pupils');

SELECT create_distributed_table('form_reminders', 'school_id', colocate_with => 'pupils');

SELECT create_distributed_table('form_rules', 'school_id', colocate_with => 'pupils');

SELECT create_distributed_table('family_claims', 'school_id', colocate_with => 'pupils');

SELECT create_distributed_table('message_settings', 'school_id', colocate_with => 'pupils');

SELECT create_distributed_table('quiet_hours', 'school_id', colocate_with => 'pupils');

SELECT create_distributed_table('duty_turns', 'school_id', colocate_with => 'pupils');

SELECT create_distributed_table('threads', 'school_id', colocate_with => 'pupils');

SELECT create_distributed_table('group_messages', 'school_id', colocate_with => 'pupils');

SELECT create_distributed_table('messages', 'school_id', colocate_with => 'pupils');

SELECT create_distributed_table('message_texts', 'school_id', colocate_with => 'pupils');

SELECT create_distributed_table('message_reads', 'school_id', colocate_with => 'pupils');

SELECT create_distributed_table('message_requests', 'school_id', colocate_with => 'pupils');

SELECT create_distributed_table('message_reports', 'school_id', colocate_with => 'pupils');

SELECT create_distributed_table('thread_mutes', 'school_id', colocate_with => 'pupils');

SELECT create_distributed_table('message_blocks', 'school_id', colocate_with => 'pupils');

SELECT create_distributed_table('message_rules_accepted', 'school_id', colocate_with => 'pupils');

SELECT create_distributed_table('question_offers', 'school_id', colocate_with => 'pupils');

SELECT create_distributed_table('staff_alerts', 'school_id', colocate_with => 'pupils');

SELECT create_distributed_table('message_translations', 'school_id', colocate_with => 'pupils');

SELECT create_distributed_table('message_report_decisions', 'school_id', colocate_with => 'pupils');

SELECT create_distributed_table('late_reads', 'school_id', colocate_with => 'pupils');

SELECT create_distributed_table('feed_settings', 'school_id', colocate_with => 'pupils');

SELECT create_distributed_table('feed_consents', 'school_id', colocate_with => 'pupils');

SELECT create_distributed_table('feed_posts', 'school_id', colocate_with => 'pupils');

SELECT create_distributed_table('feed_photos', 'school_id', colocate_with => 'pupils');

SELECT create_distributed_table('feed_photo_pupils', 'school_id', colocate_with => 'pupils');

SELECT create_distributed_table('feed_comments', 'school_id', colocate_with => 'pupils');

SELECT create_distributed_table('feed_thanks', 'school_id', colocate_with => 'pupils');

SELECT create_distributed_table('feed_reports', 'school_id', colocate_with => 'pupils');

SELECT create_distributed_table('feed_report_decisions', 'school_id', colocate_with => 'pupils');

SELECT create_distributed_table('bell_times', 'school_id', colocate_with => 'pupils');

SELECT create_distributed_table('timetables', 'school_id', colocate_with => 'pupils');

SELECT create_distributed_table('timetable_lessons', 'school_id', colocate_with => 'pupils');

SELECT create_distributed_table('lesson_changes', 'school_id', colocate_with => 'pupils');

SELECT create_distributed_table('timetable_imports', 'school_id', colocate_with => 'pupils');

SELECT create_distributed_table('homework', 'school_id', colocate_with => 'pupils');

SELECT create_distributed_table('homework_pupils', 'school_id', colocate_with => 'pupils');

SELECT create_distributed_table('homework_versions', 'school_id', colocate_with => 'pupils');

SELECT create_distributed_table('homework_done', 'school_id', colocate_with => 'pupils');

SELECT create_distributed_table('homework_looks', 'school_id', colocate_with => 'pupils');

SELECT create_distributed_table('homework_rings', 'school_id', colocate_with => 'pupils');

SELECT create_distributed_table('dossier_kind_versions', 'school_id', colocate_with => 'pupils');

SELECT create_distributed_table('dossier_counters', 'school_id', colocate_with => 'pupils');

SELECT create_distributed_table('dossiers', 'school_id', colocate_with => 'pupils');

SELECT create_distributed_table('dossier_steps', 'school_id', colocate_with => 'pupils');

SELECT create_distributed_table('accounts', 'account_id', colocate_with => 'none');

SELECT create_distributed_table('phone_accounts', 'phone_e164', colocate_with => 'none');

SELECT create_distributed_table('phone_directory', 'phone_e164', colocate_with => 'none');

SELECT create_distributed_table('account_persons', 'account_id', colocate_with => 'none');

SELECT create_distributed_table('account_areas', 'account_id', colocate_with => 'none');

SELECT create_distributed_table('one_time_codes', 'phone_e164', colocate_with => 'none');

SELECT create_distributed_table('sessions', 'session_id', colocate_with => 'none');

SELECT create_distributed_table('refresh_tokens', 'token_hash', colocate_with => 'none');

SELECT create_distributed_table('devices', 'account_id', colocate_with => 'none');

SELECT create_distributed_table('device_tokens', 'token_hash', colocate_with => 'none');

SELECT create_distributed_table('channel_states', 'channel', colocate_with => 'none');

SELECT create_distributed_table('notice_preferences', 'account_id', colocate_with => 'none');

SELECT create_distributed_table('digest_items', 'account_id', colocate_with => 'none');

SELECT create_distributed_table('digests', 'account_id', colocate_with => 'none');

SELECT create_distributed_table('channel_tokens', 'account', colocate_with => 'none');

SELECT create_distributed_table('zalo_followers', 'user_id', colocate_with => 'none');

SELECT create_distributed_table('dead_addresses', 'address_hash', colocate_with => 'none');

SELECT create_distributed_table('account_emails', 'account_id', colocate_with => 'none');

SELECT create_distributed_table('sent_texts', 'provider_id', colocate_with => 'none');

SELECT create_distributed_table('account_events', 'account_id', colocate_with => 'none');

SELECT create_distributed_table('bank_events', 'hook_key', colocate_with => 'none');

SELECT create_distributed_table('gateway_pulls', 'hook_key', colocate_with => 'none');

SELECT create_distributed_table('gateway_orders', 'hook_key', colocate_with => 'none');

SELECT create_distributed_table('virtual_account_owners', 'virtual_account', colocate_with => 'none');

SELECT create_distributed_table('chat_updates', 'chat_id', colocate_with => 'none');

SELECT create_distributed_table('chat_turns', 'chat_id', colocate_with => 'chat_updates');

SELECT create_distributed_table('chat_links', 'chat_id', colocate_with => 'chat_updates');

SELECT create_distributed_table('account_chats', 'account_id', colocate_with => 'none');

SELECT create_distributed_table('chat_link_codes', 'code_hash', colocate_with => 'none');

SELECT create_distributed_table('chat_states', 'chat_id', colocate_with => 'chat_updates');

SELECT create_distributed_table('chat_confirmations', 'chat_id', colocate_with => 'chat_updates');

SELECT create_distributed_table('web_chats', 'chat_id', colocate_with => 'chat_updates');

SELECT create_distributed_table('web_lines', 'chat_id', colocate_with => 'chat_updates');

SELECT create_distributed_table('phone_chats', 'phone_e164', colocate_with => 'none');

SELECT create_distributed_table('phone_releases', 'phone_e164', colocate_with => 'none');

SELECT create_distributed_table('chat_pictures', 'name_hash', colocate_with => 'none');

SELECT create_distributed_table('area_letters', 'letter_id', colocate_with => 'none');

SELECT create_distributed_table('area_sendings', 'letter_id', colocate_with => 'none');

SELECT create_distributed_table('area_files', 'file_id', colocate_with => 'none');

SELECT create_distributed_table('area_tellings', 'person_hash', colocate_with => 'none');

SELECT create_distributed_table('area_file_variants', 'file_id', colocate_with => 'none');

SELECT create_distributed_table('area_forms', 'form_id', colocate_with => 'none');

SELECT create_distributed_table('area_form_askings', 'form_id', colocate_with => 'none');

SELECT truncate_local_data_after_distributing_table('pupils');
