INSERT INTO products (sku, name, price, category, weight_grams) VALUES
    ('TEAPOT-1L', 'Stoneware teapot, 1 l', '34.90 EUR', 'kitchen', 950),
    ('MUG-BLUE', 'Blue mug', '9.50 EUR', 'kitchen', 320),
    ('BOOK-HERBS', 'A History of Herbs', '24.00 EUR', 'books', 610),
    ('SPADE-S', 'Small spade', '18.75 EUR', 'garden', 1200),
    ('OOLONG-250', 'Oolong tea, 250 g', '17.45 EUR', 'food', 280);

INSERT INTO coupons (code, percent, max_discount, valid_until, minimum_spend) VALUES
    ('WELCOME', 10, '15.00 EUR', NULL, NULL),
    ('SUMMER25', 25, NULL, '2025-08-31', '60.00 EUR');
