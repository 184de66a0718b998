-- A search begins with the few threads of whoever asks, and reads their texts.
CREATE INDEX message_texts_by_thread ON message_texts (school_id, thread_id);
