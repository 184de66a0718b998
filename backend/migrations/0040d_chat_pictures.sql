-- A picture in a conversation with a person, from the family or from the school; it is kept with the school's files.

ALTER TABLE chat_words ADD COLUMN file_id uuid;
