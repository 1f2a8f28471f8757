//! Texts for types that cannot be looked into, guessed by their names: dates, addresses, codes.
//!
//! Input: a type's path. Output: a text, or none for a name that says nothing. A guess that is wrong makes a
//! case that both sides reject.

use fastrand::Rng;

/// A text that the type may read.
pub fn guess(rng: &mut Rng, path: &str) -> Option<String> {
    let krate = path.split("::").next().unwrap_or("");
    let name = path.rsplit("::").next().unwrap_or("");
    let number = rng.u32(..);
    let (a, b, c) = (number % 12 + 1, number % 28 + 1, number % 24);
    let mut one_of = |list: &[&str]| rng.choice(list).copied().unwrap_or("").to_owned();
    let text = match name {
        "Uuid" => format!("{number:08x}-0000-4000-8000-0000{number:08x}"),
        "DateTime" | "Timestamp" | "OffsetDateTime" | "Utc" => {
            format!("20{b:02}-{a:02}-{b:02}T{c:02}:30:00Z")
        }
        "NaiveDateTime" | "PrimitiveDateTime" => {
            format!("20{b:02}-{a:02}-{b:02}T{c:02}:30:00")
        }
        "NaiveDate" | "Date" => format!("20{b:02}-{a:02}-{b:02}"),
        "NaiveTime" | "Time" => format!("{c:02}:{b:02}:00"),
        "Version" => format!("{a}.{b}.{c}"),
        "VersionReq" => format!("^{a}.{b}"),
        "IpAddr" | "Ipv4Addr" => format!("10.{a}.{b}.{c}"),
        "Ipv6Addr" => format!("::{number:x}"),
        "SocketAddr" | "SocketAddrV4" => format!("10.{a}.{b}.{c}:{}", 8000 + a),
        "SocketAddrV6" => format!("[::{number:x}]:{}", 8000 + a),
        "Decimal" | "BigDecimal" => format!("{}.{:02}", number % 1000, number % 100),
        "Country" | "CountryCode" => one_of(&["DE", "FR", "GB", "JP"]),
        "Currency" | "CurrencyCode" => one_of(&["EUR", "USD", "GBP", "JPY"]),
        "Locale" | "Language" | "Lang" => one_of(&["en", "de", "en-GB", "fr-FR"]),
        _ if krate == "url" || name.contains("Url") || name.contains("Uri") => {
            format!("https://example.com/{}", word(rng))
        }
        _ if name.contains("Email") => format!("{}@{}.example", word(rng), word(rng)),
        _ if name.contains("Color") || name.contains("Colour") => {
            format!("#{:06x}", number % 0x0100_0000)
        }
        _ => return None,
    };
    Some(text)
}

/// Whether a type's name is that of something numbered or counted.
pub fn may_count(path: &str) -> bool {
    let ends = [
        "Id", "Key", "No", "Num", "Number", "Count", "Index", "Size", "Level",
    ];
    ends.iter().any(|end| path.ends_with(end))
}

/// A word of small letters.
pub fn word(rng: &mut Rng) -> String {
    let length = rng.usize(1..=9);
    (0..length).map(|_| rng.lowercase()).collect()
}
