-- A class's feed: pictures, praise and comments for its families, under the school's approval and each child's consent.

-- Without a row: an administrator approves, comments wait for a look, and posts go thirty days after the school year.
CREATE TABLE feed_settings (
  school_id      bigint PRIMARY KEY REFERENCES schools,
  approval       text NOT NULL CHECK (approval IN ('none', 'admin', 'teacher')),
  moderate_comments boolean NOT NULL,
  keep_days      smallint NOT NULL CHECK (keep_days BETWEEN 0 AND 365),
  changed_by     uuid NOT NULL,
  changed_at     timestamptz NOT NULL
);

-- What each guardian wishes for a child, wish by wish; the newest of each guardian holds, the strictest of them counts.
-- photo: pictures on which the child can be recognised, before its own class or also before other classes. praise: before its class.
CREATE TABLE feed_consents (
  school_id      bigint NOT NULL,
  pupil_id       uuid NOT NULL,
  guardian_id    uuid NOT NULL,
  purpose        text NOT NULL CHECK (purpose IN ('photo', 'praise')),
  version        integer NOT NULL CHECK (version > 0),
  wish           text NOT NULL CHECK (wish IN ('none', 'class', 'school')),
  -- From seven years on the child is asked, too.
  child_agreed   boolean NOT NULL,
  account_id     uuid NOT NULL,
  wished_at      timestamptz NOT NULL,
  PRIMARY KEY (school_id, pupil_id, guardian_id, purpose, version),
  FOREIGN KEY (school_id, pupil_id) REFERENCES pupils,
  FOREIGN KEY (school_id, guardian_id) REFERENCES guardians,
  CHECK (purpose = 'photo' OR wish <> 'school')
);

CREATE TABLE feed_posts (
  school_id      bigint NOT NULL,
  post_id        uuid NOT NULL,
  class_id       uuid NOT NULL,
  author_staff_id uuid NOT NULL,
  author_account_id uuid NOT NULL,
  kind           text NOT NULL CHECK (kind IN ('news', 'class_praise', 'pupil_praise')),
  pupil_id       uuid,
  body           text NOT NULL,
  comments_allowed boolean NOT NULL,
  state          text NOT NULL CHECK (state IN ('draft', 'waiting', 'published', 'hidden')),
  made_at        timestamptz NOT NULL,
  changed_at     timestamptz NOT NULL,
  decided_by     uuid,
  decided_at     timestamptz,
  decision_note  text,
  published_at   timestamptz,
  notice_id      uuid,
  PRIMARY KEY (school_id, post_id),
  FOREIGN KEY (school_id, class_id) REFERENCES classes,
  FOREIGN KEY (school_id, author_staff_id) REFERENCES staff,
  FOREIGN KEY (school_id, pupil_id) REFERENCES pupils,
  CHECK ((kind = 'pupil_praise') = (pupil_id IS NOT NULL)),
  CHECK ((state IN ('published', 'hidden')) = (published_at IS NOT NULL))
);

CREATE INDEX feed_posts_by_class ON feed_posts (school_id, class_id, published_at);

CREATE INDEX feed_posts_waiting ON feed_posts (school_id, changed_at) WHERE state = 'waiting';

-- held_at: a family says its child is on it; nobody but staff sees it until that is decided.
CREATE TABLE feed_photos (
  school_id      bigint NOT NULL,
  post_id        uuid NOT NULL,
  file_id        uuid NOT NULL,
  place          smallint NOT NULL CHECK (place BETWEEN 0 AND 9),
  nobody_recognisable boolean NOT NULL,
  held_at        timestamptz,
  PRIMARY KEY (school_id, post_id, file_id),
  FOREIGN KEY (school_id, post_id) REFERENCES feed_posts,
  FOREIGN KEY (school_id, file_id) REFERENCES files
);

CREATE INDEX feed_photos_by_file ON feed_photos (school_id, file_id);

CREATE TABLE feed_photo_pupils (
  school_id      bigint NOT NULL,
  post_id        uuid NOT NULL,
  file_id        uuid NOT NULL,
  pupil_id       uuid NOT NULL,
  tagged_by      uuid NOT NULL,
  tagged_at      timestamptz NOT NULL,
  PRIMARY KEY (school_id, post_id, file_id, pupil_id),
  FOREIGN KEY (school_id, post_id, file_id) REFERENCES feed_photos,
  FOREIGN KEY (school_id, pupil_id) REFERENCES pupils
);

CREATE INDEX feed_photo_pupils_by_pupil ON feed_photo_pupils (school_id, pupil_id);

-- A guardian's words under a post, in its role for a child of the class. What was withdrawn or hidden keeps its place.
CREATE TABLE feed_comments (
  school_id      bigint NOT NULL,
  comment_id     uuid NOT NULL,
  post_id        uuid NOT NULL,
  guardian_id    uuid NOT NULL,
  pupil_id       uuid NOT NULL,
  account_id     uuid NOT NULL,
  body           text NOT NULL CHECK (body <> ''),
  state          text NOT NULL CHECK (state IN ('waiting', 'shown', 'refused', 'withdrawn', 'hidden')),
  made_at        timestamptz NOT NULL,
  decided_by     uuid,
  decided_at     timestamptz,
  PRIMARY KEY (school_id, comment_id),
  FOREIGN KEY (school_id, post_id) REFERENCES feed_posts,
  FOREIGN KEY (school_id, guardian_id) REFERENCES guardians,
  FOREIGN KEY (school_id, pupil_id) REFERENCES pupils
);

CREATE INDEX feed_comments_by_post ON feed_comments (school_id, post_id, made_at);

CREATE INDEX feed_comments_waiting ON feed_comments (school_id, made_at) WHERE state = 'waiting';

-- A thank-you. Nobody sees whose; only the author sees how many.
CREATE TABLE feed_thanks (
  school_id      bigint NOT NULL,
  post_id        uuid NOT NULL,
  guardian_id    uuid NOT NULL,
  thanked_at     timestamptz NOT NULL,
  PRIMARY KEY (school_id, post_id, guardian_id),
  FOREIGN KEY (school_id, post_id) REFERENCES feed_posts,
  FOREIGN KEY (school_id, guardian_id) REFERENCES guardians
);

CREATE TABLE feed_reports (
  school_id      bigint NOT NULL,
  report_id      uuid NOT NULL,
  post_id        uuid NOT NULL,
  file_id        uuid,
  comment_id     uuid,
  reason         text NOT NULL,
  note           text,
  reported_by    uuid NOT NULL,
  reported_at    timestamptz NOT NULL,
  state          text NOT NULL CHECK (state IN ('waiting', 'kept', 'hidden')),
  decided_by     uuid,
  decided_at     timestamptz,
  decision_note  text,
  PRIMARY KEY (school_id, report_id),
  FOREIGN KEY (school_id, post_id) REFERENCES feed_posts,
  FOREIGN KEY (school_id, comment_id) REFERENCES feed_comments,
  CHECK (file_id IS NULL OR comment_id IS NULL),
  CHECK ((state = 'waiting') = (decided_at IS NULL))
);

CREATE INDEX feed_reports_waiting ON feed_reports (school_id, reported_at) WHERE state = 'waiting';
