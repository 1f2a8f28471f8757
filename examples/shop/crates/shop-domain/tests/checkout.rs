//! From the basket to the invoice.

use shop_domain::prelude::*;
use shop_domain::price_basket;
use shop_domain::pricing::split_evenly;

fn catalog() -> Catalog {
    let product = |sku: &str, name, price: &str, category| {
        Product::new(sku.parse().unwrap(), name, price.parse().unwrap(), category)
    };
    Catalog::with_products(
        Currency::Eur,
        [
            product("TEAPOT", "Teapot", "34.90 EUR", Category::Kitchen),
            product("HERBAL", "A History of Herbs", "24.00 EUR", Category::Books),
            product("OOLONG", "Oolong, 250 g", "17.45 EUR", Category::Food),
        ],
    )
    .unwrap()
}

fn address(city: &str) -> Address {
    Address {
        street: "Lange Straße 1".into(),
        postal_code: "04109".into(),
        city: city.into(),
        region: Region::Germany,
    }
}

#[test]
fn a_basket_becomes_an_invoice_that_adds_up() {
    let day: Date = "2025-11-20".parse().unwrap();
    let mut basket = Basket::new(Region::Germany, day).for_tier(Tier::Silver);
    basket
        .add("TEAPOT".parse().unwrap(), 3)
        .add("HERBAL".parse().unwrap(), 5)
        .add("OOLONG".parse().unwrap(), 7);
    let coupon = Coupon::new(
        "winter",
        CouponKind::Capped {
            rate: Rate::percent(20),
            limit: "15.00 EUR".parse().unwrap(),
        },
    );
    let quote = price_basket(&basket, &catalog(), Some(&coupon)).unwrap();
    let reasons: Vec<_> = quote.discounts.iter().map(|d| d.reason.as_str()).collect();
    assert_eq!(
        reasons,
        [
            "4 for 3 on books",
            "5 % volume discount",
            "Loyalty discount",
            "Coupon WINTER"
        ]
    );

    let customer = Customer {
        id: CustomerId::new(7),
        name: "Ada".into(),
        email: "ada@example.org".to_owned().try_into().unwrap(),
        address: address("Leipzig"),
        tier: Tier::Silver,
    };
    let mut order = Order::place(OrderId::new(1), customer.id, day, quote);
    order.advance(OrderStatus::Paid).unwrap();
    assert!(order.advance(OrderStatus::Delivered).is_err());

    let seller = Party {
        name: "Shop".into(),
        address: address("Halle"),
        email: None,
        tax_number: Some("DE123456789".into()),
    };
    let invoice = Invoice::for_order(InvoiceId::new(1), &order, seller, &customer, day);
    assert_eq!(invoice.computed_total(), Ok(order.total()));
    assert!(!invoice.is_overdue(day.plus_days(14)));
    assert!(invoice.is_overdue(day.plus_days(15)));

    let instalments = split_evenly(invoice.total, 7);
    assert_eq!(Money::total(Currency::Eur, instalments), Ok(invoice.total));
}

#[test]
fn a_quote_survives_json() {
    let mut basket = Basket::new(Region::France, "2025-01-02".parse().unwrap());
    basket.add("HERBAL".parse().unwrap(), 2);
    let quote = price_basket(&basket, &catalog(), None).unwrap();
    let json = serde_json::to_string(&quote).unwrap();
    assert_eq!(serde_json::from_str::<Quote>(&json).unwrap(), quote);
    assert!(json.contains(r#""unit_price":{"minor":2400,"currency":"EUR"}"#));
}
