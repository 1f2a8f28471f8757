//! Invoices as web pages and as plain text.

use serde::{Deserialize, Serialize};
use shop_domain::prelude::*;
use shop_domain::pricing::AppliedDiscount;
use thiserror::Error;

use crate::format;
use crate::locale::Locale;
use crate::template::{Context, Escape, Template, TemplateError, escape_html, escape_nothing};

const HTML_TEMPLATE: &str = include_str!("../templates/invoice.html");
const TEXT_TEMPLATE: &str = include_str!("../templates/invoice.txt");

/// What an invoice is rendered to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OutputFormat {
    #[default]
    Html,
    Text,
}

impl OutputFormat {
    /// The type to send the result with.
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Html => "text/html; charset=utf-8",
            Self::Text => "text/plain; charset=utf-8",
        }
    }

    fn template(self) -> (&'static str, Escape) {
        match self {
            Self::Html => (HTML_TEMPLATE, escape_html),
            Self::Text => (TEXT_TEMPLATE, escape_nothing),
        }
    }
}

/// How an invoice is rendered.
#[derive(Clone, Debug, PartialEq)]
pub struct RenderOptions {
    pub format: OutputFormat,
    pub locale: Locale,
    /// Lists the tax of every rate instead of only the total.
    pub tax_breakdown: bool,
    pub logo_url: Option<String>,
}

impl Default for RenderOptions {
    fn default() -> Self {
        Self {
            format: OutputFormat::default(),
            locale: Locale::default(),
            tax_breakdown: true,
            logo_url: None,
        }
    }
}

/// Why an invoice cannot be rendered.
#[derive(Debug, Error)]
pub enum RenderError {
    #[error("invoice {0} has no lines")]
    Empty(InvoiceId),
    #[error("invoice {id} says {stated} but adds up to {computed}")]
    WrongTotal {
        id: InvoiceId,
        stated: Money,
        computed: Money,
    },
    #[error("the amounts of the invoice do not add up: {0}")]
    Money(#[from] MoneyError),
    #[error("the template is broken: {0}")]
    Template(#[from] TemplateError),
}

/// Renders an invoice.
///
/// # Errors
///
/// If the invoice contradicts itself. A wrong bill must not leave the house.
pub fn render_invoice(invoice: &Invoice, options: &RenderOptions) -> Result<String, RenderError> {
    check(invoice)?;
    let (source, escape) = options.format.template();
    let template = Template::parse(source)?;
    Ok(template.render(&context(invoice, options), escape)?)
}

fn check(invoice: &Invoice) -> Result<(), RenderError> {
    if invoice.lines.is_empty() {
        return Err(RenderError::Empty(invoice.id));
    }
    let computed = invoice.computed_total()?;
    if computed != invoice.total {
        return Err(RenderError::WrongTotal {
            id: invoice.id,
            stated: invoice.total,
            computed,
        });
    }
    Ok(())
}

fn context(invoice: &Invoice, options: &RenderOptions) -> Context {
    let locale = options.locale;
    let taxes: &[TaxAmount] = if options.tax_breakdown {
        &invoice.taxes
    } else {
        &[]
    };
    with_labels(Context::default(), locale)
        .text("number", invoice.id.to_string())
        .maybe("logo", options.logo_url.as_deref())
        .list("seller", party_lines(&invoice.seller))
        .list("buyer", party_lines(&invoice.buyer))
        .text("issued_on", format::date(invoice.issued_on, locale))
        .text("due_on", format::date(invoice.due_on, locale))
        .list(
            "lines",
            invoice.lines.iter().map(|line| line_context(line, locale)),
        )
        .list(
            "discounts",
            invoice
                .discounts
                .iter()
                .map(|discount| discount_context(discount, locale)),
        )
        .list("taxes", taxes.iter().map(|tax| tax_context(tax, locale)))
        .text("total", format::money(invoice.total, locale))
        .maybe("note", invoice.note.as_deref())
}

fn with_labels(context: Context, locale: Locale) -> Context {
    let labels = locale.labels();
    context
        .text("language", locale.language())
        .text("title", labels.title)
        .text("label_issued", labels.issued)
        .text("label_due", labels.due)
        .text("label_item", labels.item)
        .text("label_quantity", labels.quantity)
        .text("label_price", labels.price)
        .text("label_amount", labels.amount)
        .text("label_tax", labels.tax)
        .text("label_total", labels.total)
}

fn party_lines(party: &Party) -> impl Iterator<Item = Context> {
    std::iter::once(party.name.clone())
        .chain(party.address.lines())
        .chain(party.email.as_ref().map(ToString::to_string))
        .chain(party.tax_number.clone())
        .map(|line| Context::default().text("line", line))
}

fn line_context(line: &InvoiceLine, locale: Locale) -> Context {
    Context::default()
        .text("description", line.description.as_str())
        .text("quantity", line.quantity.to_string())
        .text("unit_price", format::money(line.unit_price, locale))
        .text("amount", format::money(line.amount, locale))
}

fn discount_context(discount: &AppliedDiscount, locale: Locale) -> Context {
    Context::default()
        .text("reason", discount.reason.as_str())
        .text("amount", format::money(-discount.amount, locale))
}

fn tax_context(tax: &TaxAmount, locale: Locale) -> Context {
    Context::default()
        .text("rate", format::rate(tax.rate, locale))
        .text("base", format::money(tax.base, locale))
        .text("amount", format::money(tax.tax, locale))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_templates_parse() {
        for format in [OutputFormat::Html, OutputFormat::Text] {
            let (source, _) = format.template();
            Template::parse(source).unwrap();
        }
    }
}
