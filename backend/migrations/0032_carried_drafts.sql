-- Forms and messages to a class wait under the rules of letters: the same draft, with what it carries beside its words.

-- Exactly what is opened or sent once it may leave (schemas.drafts.Carried); a letter carries nothing.
ALTER TABLE announcement_versions ADD COLUMN carries jsonb;
