//! Invoices as customers get to see them.

use shop_domain::prelude::*;
use shop_domain::pricing::AppliedDiscount;
use shop_render::invoice::{OutputFormat, RenderError, RenderOptions, render_invoice};
use shop_render::locale::Locale;

fn eur(minor: i64) -> Money {
    Money::new(minor, Currency::Eur)
}

fn party(name: &str) -> Party {
    Party {
        name: name.into(),
        address: Address {
            street: "Rue du Lac 3".into(),
            postal_code: "74000".into(),
            city: "Annecy".into(),
            region: Region::France,
        },
        email: None,
        tax_number: None,
    }
}

fn invoice() -> Invoice {
    Invoice {
        id: InvoiceId::new(12),
        order: OrderId::new(34),
        issued_on: "2025-03-09".parse().unwrap(),
        due_on: "2025-03-23".parse().unwrap(),
        seller: party("Shop"),
        buyer: party("Tom & <b>Jo</b>"),
        lines: vec![InvoiceLine {
            sku: "KETTLE".parse().unwrap(),
            description: "Kettle \"Boil\"".into(),
            quantity: 20,
            unit_price: eur(10_000),
            tax_rate: Rate::percent(20),
            amount: eur(200_000),
        }],
        discounts: vec![AppliedDiscount {
            reason: "5 % volume discount".into(),
            amount: eur(10_000),
        }],
        taxes: vec![TaxAmount {
            rate: Rate::percent(20),
            base: eur(190_000),
            tax: eur(38_000),
        }],
        total: eur(228_000),
        note: None,
    }
}

#[test]
fn html_is_escaped_and_localized() {
    let options = RenderOptions {
        locale: Locale::German,
        logo_url: Some("https://shop.example/logo.png".into()),
        ..RenderOptions::default()
    };
    let html = render_invoice(&invoice(), &options).unwrap();
    assert!(html.contains("<html lang=\"de\">"));
    assert!(html.contains("Rechnung inv_12"));
    assert!(html.contains("Tom &amp; &lt;b&gt;Jo&lt;/b&gt;"));
    assert!(html.contains("2.280,00\u{a0}€"));
    assert!(html.contains("09.03.2025"));
    assert!(html.contains("logo.png"));
    assert!(!html.contains("{{"));
}

#[test]
fn text_lists_every_part_of_the_price() {
    let options = RenderOptions {
        format: OutputFormat::Text,
        ..RenderOptions::default()
    };
    let text = render_invoice(&invoice(), &options).unwrap();
    assert!(text.contains("20 x Kettle \"Boil\" (€100.00): €2,000.00\n"));
    assert!(text.contains("5 % volume discount: -€100.00\n"));
    assert!(text.contains("VAT 20 % (€1,900.00): €380.00\n"));

    let brief = RenderOptions {
        tax_breakdown: false,
        ..options
    };
    assert!(!render_invoice(&invoice(), &brief).unwrap().contains("VAT"));
}

#[test]
fn wrong_bills_are_not_rendered() {
    let mut invoice = invoice();
    invoice.total = eur(1);
    let error = render_invoice(&invoice, &RenderOptions::default()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "invoice inv_12 says 0.01 EUR but adds up to 2280.00 EUR"
    );

    invoice.lines.clear();
    let error = render_invoice(&invoice, &RenderOptions::default()).unwrap_err();
    assert!(matches!(error, RenderError::Empty(_)));
}
