CREATE TABLE products (
    sku TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    price TEXT NOT NULL,
    category TEXT NOT NULL,
    weight_grams INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE customers (
    id INTEGER PRIMARY KEY,
    email TEXT NOT NULL UNIQUE,
    password_hash TEXT NOT NULL,
    profile TEXT NOT NULL,
    admin INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE orders (
    id INTEGER PRIMARY KEY,
    customer INTEGER NOT NULL REFERENCES customers (id),
    placed_on TEXT NOT NULL,
    status TEXT NOT NULL,
    quote TEXT NOT NULL
) STRICT;

CREATE INDEX orders_by_customer ON orders (customer, placed_on);
