//! Languages and what is different about them.

use std::str::FromStr;

use thiserror::Error;

/// A language the shop does not speak.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("unknown locale `{0}`")]
pub struct UnknownLocale(String);

/// A language together with its way to write numbers and dates.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Locale {
    #[default]
    English,
    French,
    German,
}

impl FromStr for Locale {
    type Err = UnknownLocale;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        // `de-AT` is good enough as German.
        match text.split(['-', '_']).next() {
            Some("en") => Ok(Self::English),
            Some("fr") => Ok(Self::French),
            Some("de") => Ok(Self::German),
            _ => Err(UnknownLocale(text.to_owned())),
        }
    }
}

impl Locale {
    /// The language as HTML wants it.
    pub const fn language(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::French => "fr",
            Self::German => "de",
        }
    }

    /// Between thousands, and before the decimals.
    pub(crate) const fn separators(self) -> (char, char) {
        match self {
            Self::English => (',', '.'),
            // A narrow space that does not break.
            Self::French => ('\u{202f}', ','),
            Self::German => ('.', ','),
        }
    }

    pub(crate) const fn labels(self) -> &'static Labels {
        match self {
            Self::English => &ENGLISH,
            Self::French => &FRENCH,
            Self::German => &GERMAN,
        }
    }
}

/// The fixed words of an invoice.
#[derive(Debug)]
pub(crate) struct Labels {
    pub title: &'static str,
    pub issued: &'static str,
    pub due: &'static str,
    pub item: &'static str,
    pub quantity: &'static str,
    pub price: &'static str,
    pub amount: &'static str,
    pub tax: &'static str,
    pub total: &'static str,
}

static ENGLISH: Labels = Labels {
    title: "Invoice",
    issued: "Issued",
    due: "Due",
    item: "Item",
    quantity: "Quantity",
    price: "Price",
    amount: "Amount",
    tax: "VAT",
    total: "Total",
};

static FRENCH: Labels = Labels {
    title: "Facture",
    issued: "Émise le",
    due: "Échéance",
    item: "Article",
    quantity: "Quantité",
    price: "Prix",
    amount: "Montant",
    tax: "TVA",
    total: "Total",
};

static GERMAN: Labels = Labels {
    title: "Rechnung",
    issued: "Datum",
    due: "Zahlbar bis",
    item: "Artikel",
    quantity: "Menge",
    price: "Preis",
    amount: "Betrag",
    tax: "USt.",
    total: "Gesamt",
};
