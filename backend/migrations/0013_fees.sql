-- Fee items with their legal ground, plans that bill them, who is exempt, what was spent.

CREATE TABLE fee_items (
  school_id      bigint NOT NULL REFERENCES schools,
  item_id        uuid NOT NULL,
  title          text NOT NULL CHECK (title <> ''),
  category       text NOT NULL CHECK (category IN ('tuition', 'service', 'collected_on_behalf', 'agreed', 'voluntary',
                                                   'parents_board', 'sponsorship')),
  obligatory     boolean NOT NULL,
  basis_document text,
  basis_article  text,
  basis_issuer   text,
  basis_on       date,
  cap_amount     bigint CHECK (cap_amount > 0),
  cap_document   text,
  unit           text NOT NULL CHECK (unit IN ('once', 'month', 'day', 'session', 'term', 'year')),
  unit_amount    bigint NOT NULL CHECK (unit_amount > 0),
  previous_amount bigint CHECK (previous_amount > 0),
  receiver       text NOT NULL CHECK (receiver IN ('school', 'parents_board', 'social_insurance', 'third_party')),
  receiver_name  text,
  bank_account_id bigint REFERENCES bank_accounts,
  document_type  text NOT NULL CHECK (document_type IN ('receipt', 'e_receipt', 'e_invoice', 'none')),
  equal_share    boolean NOT NULL DEFAULT true,
  for_foreigners boolean NOT NULL DEFAULT false,
  absence_hour   smallint CHECK (absence_hour BETWEEN 0 AND 23),
  planned_use    text NOT NULL DEFAULT '',
  valid_from     date NOT NULL,
  valid_to       date NOT NULL,
  created_by     uuid NOT NULL,
  created_at     timestamptz NOT NULL,
  closed_at      timestamptz,
  PRIMARY KEY (school_id, item_id),
  CHECK (valid_from <= valid_to)
);

-- One publication of an item to its audience. Its bills are unique by plan, part and pupil, so a second click adds nothing.
CREATE TABLE fee_plans (
  school_id      bigint NOT NULL,
  plan_id        uuid NOT NULL,
  item_id        uuid NOT NULL,
  title          text NOT NULL CHECK (title <> ''),
  school_year    text NOT NULL,
  terms          jsonb NOT NULL,
  created_by     uuid NOT NULL,
  created_at     timestamptz NOT NULL,
  published_by   uuid,
  published_at   timestamptz,
  PRIMARY KEY (school_id, plan_id),
  FOREIGN KEY (school_id, item_id) REFERENCES fee_items,
  FOREIGN KEY (school_id, school_year) REFERENCES school_years
);

ALTER TABLE fees DROP CONSTRAINT fees_category_check;

ALTER TABLE fees ADD CONSTRAINT fees_category_check CHECK (category IN ('tuition', 'service', 'collected_on_behalf',
  'agreed', 'voluntary', 'parents_board', 'sponsorship'));

-- Silence is an answer to these: nobody owes them.
ALTER TABLE fees ADD COLUMN voluntary boolean NOT NULL
  GENERATED ALWAYS AS (category IN ('voluntary', 'parents_board', 'sponsorship')) STORED;

ALTER TABLE fees ADD COLUMN plan_id uuid;

ALTER TABLE fees ADD COLUMN item_id uuid;

ALTER TABLE fees ADD COLUMN part smallint NOT NULL DEFAULT 1;

ALTER TABLE fees ADD FOREIGN KEY (school_id, plan_id) REFERENCES fee_plans;

ALTER TABLE fees ADD FOREIGN KEY (school_id, item_id) REFERENCES fee_items;

ALTER TABLE invoices ADD COLUMN plan_id uuid;

ALTER TABLE invoices ADD COLUMN part smallint NOT NULL DEFAULT 1;

-- How the amount came about, line by line, as it was worked out when the bill was made.
ALTER TABLE invoices ADD COLUMN made_of jsonb NOT NULL DEFAULT '[]';

CREATE UNIQUE INDEX invoices_by_plan ON invoices (school_id, plan_id, part, pupil_id);

-- Who pays less or nothing, on which paper. Percent of the item, or a sum off each bill of it.
CREATE TABLE fee_exemptions (
  school_id      bigint NOT NULL,
  exemption_id   uuid NOT NULL,
  pupil_id       uuid NOT NULL,
  item_id        uuid,
  kind           text NOT NULL CHECK (kind IN ('exemption', 'support')),
  ground         text NOT NULL CHECK (ground IN ('poor', 'near_poor', 'disabled', 'orphan', 'merit', 'martyr', 'ethnic', 'other')),
  percent        smallint CHECK (percent BETWEEN 1 AND 100),
  amount         bigint CHECK (amount > 0),
  document       text NOT NULL CHECK (document <> ''),
  document_on    date NOT NULL,
  valid_from     date NOT NULL,
  valid_to       date NOT NULL,
  granted_by     uuid NOT NULL,
  granted_at     timestamptz NOT NULL,
  revoked_at     timestamptz,
  revoked_by     uuid,
  PRIMARY KEY (school_id, exemption_id),
  FOREIGN KEY (school_id, pupil_id) REFERENCES pupils,
  FOREIGN KEY (school_id, item_id) REFERENCES fee_items,
  CHECK ((percent IS NULL) <> (amount IS NULL)),
  CHECK (valid_from <= valid_to)
);

CREATE INDEX fee_exemptions_by_pupil ON fee_exemptions (school_id, pupil_id);

-- A day's lunch that was given back, once and for ever.
CREATE TABLE absence_credits (
  school_id      bigint NOT NULL,
  item_id        uuid NOT NULL,
  pupil_id       uuid NOT NULL,
  absent_on      date NOT NULL,
  amount         bigint NOT NULL CHECK (amount > 0),
  plan_id        uuid NOT NULL,
  PRIMARY KEY (school_id, item_id, pupil_id, absent_on),
  FOREIGN KEY (school_id, item_id) REFERENCES fee_items,
  FOREIGN KEY (school_id, pupil_id) REFERENCES pupils,
  FOREIGN KEY (school_id, plan_id) REFERENCES fee_plans
);

-- What an item's money was spent on; a mistake is met by a line with the opposite sign.
CREATE TABLE item_spendings (
  school_id      bigint NOT NULL,
  spending_id    uuid NOT NULL,
  item_id        uuid NOT NULL,
  spent_on       date NOT NULL,
  amount         bigint NOT NULL CHECK (amount <> 0),
  purpose        text NOT NULL CHECK (purpose <> ''),
  document       text NOT NULL CHECK (document <> ''),
  corrects       uuid,
  made_by        uuid NOT NULL,
  made_at        timestamptz NOT NULL,
  PRIMARY KEY (school_id, spending_id),
  FOREIGN KEY (school_id, item_id) REFERENCES fee_items
);

CREATE INDEX item_spendings_by_item ON item_spendings (school_id, item_id, spent_on);
