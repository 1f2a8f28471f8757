//! The pages behind `extract explain`: one a code, the same text that the documentation shows.
//!
//! Input: a code. Output: its page in Markdown; a code without one has its title. A test
//! says that every code has one. Refuses nothing.

use crate::diag::Code;

macro_rules! pages {
    ($($code:literal)*) => {
        &[$(($code, include_str!(concat!("../../docs/src/codes/", $code, ".md"))),)*]
    };
}

/// The pages by code.
const PAGES: &[(&str, &str)] = pages! {
    "X0101" "X0102" "X0103" "X0104" "X0105" "X0106" "X0107" "X0108" "X0201"
    "X0202" "X0203" "X0204" "X0205" "X0206" "X0207" "X0208" "X0209" "X0210"
    "X0211" "X0301" "X0302" "X0303" "X0304" "X0305" "X0306" "X0307" "X0308"
    "X0309" "X0310" "X0311" "X0312" "X0313" "X0314" "X0401" "X0402" "X0403" "X0404" "X0405" "X0406" "X0407" "X0501" "X0502" "X0503" "X0601"
    "X0602" "X0603" "X0604"
    "X0701" "X0702" "X0703" "X0704" "X0705" "X0706" "X0707" "X0801" "X0802"
};

/// The page of a code.
pub fn page(code: Code) -> String {
    match PAGES.iter().find(|(name, _)| *name == code.as_str()) {
        Some((_, text)) => (*text).to_owned(),
        None => format!("# {}: {}\n", code.as_str(), code.title()),
    }
}

/// The code that a person typed, in any case, with or without the `X`.
pub fn code(text: &str) -> Option<Code> {
    let text = text.trim().to_ascii_uppercase();
    let text = text.strip_prefix('X').unwrap_or(&text);
    Code::ALL
        .iter()
        .copied()
        .find(|code| code.as_str().strip_prefix('X') == Some(text))
}

/// All codes, a line each.
pub fn list() -> String {
    let mut out = String::new();
    for code in Code::ALL {
        out.push_str(&format!(
            "{}  {}\n",
            super::style::bold(code.as_str()),
            code.title()
        ));
    }
    out.push_str("\n`extract explain CODE` tells more about one.\n");
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_its_page() {
        let pages: Vec<&str> = PAGES.iter().map(|(code, _)| *code).collect();
        let codes: Vec<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
        assert_eq!(pages, codes);
        for (code, text) in PAGES {
            assert!(text.contains(code), "{code} does not name itself");
        }
    }

    #[test]
    fn codes_are_read_in_any_case() {
        assert_eq!(code("x0201"), Some(Code::EntryNotFound));
        assert_eq!(code("0201"), Some(Code::EntryNotFound));
        assert_eq!(code("X9999"), None);
    }
}
