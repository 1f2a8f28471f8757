//! Which functions a linker left in a program.
//!
//! Input: the bytes of an ELF file. Output: their names, as Rust writes them, without hashes. Refuses, with a sentence,
//! what is no ELF file, and one whose names were stripped.

use std::collections::BTreeSet;

use object::read::elf::ElfFile64;
use object::{Endianness, Object as _, ObjectSymbol as _, SymbolKind};

/// The functions of a program.
///
/// # Errors
/// A sentence that says why they are not known.
pub fn functions(program: &[u8]) -> Result<BTreeSet<String>, String> {
    let file = ElfFile64::<Endianness>::parse(program).map_err(|error| error.to_string())?;
    let symbols = file.symbols();
    let functions = symbols.filter(|s| s.is_definition() && s.kind() == SymbolKind::Text);
    let names = functions.filter_map(|symbol| symbol.name().ok().map(str::to_owned));
    let names: BTreeSet<String> = names
        .map(|name| format!("{:#}", rustc_demangle::demangle(&name)))
        .collect();
    if names.is_empty() {
        return Err("it has no names of functions".to_owned());
    }
    Ok(names)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    /// The test's own program has its functions' names.
    #[test]
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    fn this_program() {
        let program = std::fs::read(std::env::current_exe().unwrap()).unwrap();
        let functions = functions(&program).unwrap();
        assert!(functions.contains("extract::oracle::linked::functions"));
        assert!(super::functions(b"MZ").is_err());
    }
}
