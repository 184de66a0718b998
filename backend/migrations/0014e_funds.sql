-- What was spent of voluntary funds: a part of money that left an account, for what, by which paper. A correction is a row below nothing.
CREATE TABLE fund_spendings (
  school_id      bigint NOT NULL,
  spending_id    uuid NOT NULL,
  transaction_id uuid NOT NULL,
  fund           text NOT NULL CHECK (fund <> ''),
  amount         bigint NOT NULL CHECK (amount <> 0),
  purpose        text NOT NULL CHECK (purpose <> ''),
  document       text,
  made_by        uuid NOT NULL,
  made_at        timestamptz NOT NULL,
  PRIMARY KEY (school_id, spending_id),
  FOREIGN KEY (school_id, transaction_id) REFERENCES bank_transactions
);

CREATE INDEX fund_spendings_by_transaction ON fund_spendings (school_id, transaction_id);
