CREATE TABLE coupons (
    code TEXT PRIMARY KEY,
    percent INTEGER NOT NULL,
    max_discount TEXT,
    valid_until TEXT,
    minimum_spend TEXT
) STRICT;
