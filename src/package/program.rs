//! What a program asks of the system it starts on: its machine, its libraries, its newest glibc.
//!
//! Input: the bytes of an ELF file. Output: [`Asks`]. Refuses, with a sentence, what is no ELF file.

use object::elf::{self, FileHeader64};
use object::read::elf::{FileHeader as _, SectionTable};
use object::{Endianness, read};

use crate::oracle::release::Arch;

type Header = FileHeader64<Endianness>;

/// A version of glibc, and the symbols that ask for it.
pub type Version = ((u32, u32), Vec<String>);

/// What a program asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asks {
    /// The machine; `None` for one that no function runs on.
    pub arch: Option<Arch>,
    /// Shared libraries, in the program's order.
    pub libraries: Vec<String>,
    /// What it asks of glibc, the newest first.
    pub glibc: Vec<Version>,
}

impl Asks {
    /// The newest glibc that it asks for; none when it is static.
    pub fn newest_glibc(&self) -> Option<(u32, u32)> {
        self.glibc.first().map(|(version, _)| *version)
    }
}

/// Reads a program.
///
/// # Errors
/// A sentence that says why it is none.
pub fn asks(program: &[u8]) -> Result<Asks, String> {
    read(program).map_err(|error| error.to_string())
}

fn read(program: &[u8]) -> read::Result<Asks> {
    let header = Header::parse(program)?;
    let endian = header.endian()?;
    let sections = header.sections(endian, program)?;
    let arch = match header.e_machine(endian) {
        elf::EM_X86_64 => Some(Arch::X86),
        elf::EM_AARCH64 => Some(Arch::Arm64),
        _ => None,
    };
    Ok(Asks {
        arch,
        libraries: libraries(&sections, endian, program)?,
        glibc: glibc(&sections, endian, program)?,
    })
}

fn libraries(
    sections: &SectionTable<'_, Header>,
    endian: Endianness,
    program: &[u8],
) -> read::Result<Vec<String>> {
    let table = sections.dynamic_table(endian, program)?;
    let needed = table.iter().filter(|entry| entry.tag == elf::DT_NEEDED);
    needed.map(|entry| Ok(text(table.string(entry)?))).collect()
}

/// The versions in the table of needed ones, each with the symbols that have it.
fn glibc(
    sections: &SectionTable<'_, Header>,
    endian: Endianness,
    program: &[u8],
) -> read::Result<Vec<Version>> {
    let mut found = Vec::new();
    let Some((needs, link)) = sections.gnu_verneed(endian, program)? else {
        return Ok(found);
    };
    let strings = sections.strings(endian, program, link)?;
    for need in needs {
        let (_, versions) = need?;
        for version in versions {
            let name = text(version?.name(endian, strings)?);
            if let Some(version) = version_of(&name) {
                found.push((version, Vec::new()));
            }
        }
    }
    found.sort();
    found.dedup();
    found.reverse();
    let symbols = sections.symbols(endian, program, elf::SHT_DYNSYM)?;
    if let Some(versions) = sections.versions(endian, program)? {
        for (index, symbol) in symbols.enumerate() {
            let version = versions.version(versions.version_index(endian, index).index())?;
            let version = version.and_then(|version| version_of(&text(version.name())));
            let list = found.iter_mut().find(|(have, _)| Some(*have) == version);
            if let Some((_, list)) = list {
                list.push(text(symbols.symbol_name(endian, symbol)?));
            }
        }
    }
    for (_, symbols) in &mut found {
        symbols.sort();
        symbols.dedup();
    }
    Ok(found)
}

/// `2.34` of `GLIBC_2.34` and of `GLIBC_2.3.4`, whose last number does not matter here. Private and named
/// versions are none.
fn version_of(name: &str) -> Option<(u32, u32)> {
    let mut numbers = name.strip_prefix("GLIBC_")?.split('.').map(str::parse);
    Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    #[test]
    fn versions() {
        assert_eq!(version_of("GLIBC_2.34"), Some((2, 34)));
        assert_eq!(version_of("GLIBC_2.2.5"), Some((2, 2)));
        for other in ["GLIBC_PRIVATE", "GCC_3.3", "GLIBC_ABI_DT_RELR", ""] {
            assert_eq!(version_of(other), None, "{other}");
        }
    }

    /// The test's own program asks for what this machine has.
    #[test]
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    fn this_program() {
        let program = std::fs::read(std::env::current_exe().unwrap()).unwrap();
        let asks = asks(&program).unwrap();
        assert_eq!(asks.arch, Some(Arch::host()));
        assert!(asks.libraries.iter().any(|l| l == "libc.so.6"), "{asks:?}");
        let newest = asks.newest_glibc().unwrap();
        assert!(((2, 17)..(3, 0)).contains(&newest), "{newest:?}");
        assert!(asks.glibc.is_sorted_by(|a, b| a.0 > b.0));
        let named = |name: &str| {
            asks.glibc
                .iter()
                .any(|(_, list)| list.iter().any(|s| s == name))
        };
        assert!(named("malloc") && named("memcpy"), "{asks:?}");
    }

    #[test]
    fn what_is_no_program() {
        for bytes in [&b""[..], b"MZ", b"\x7fELF", &[0; 200]] {
            assert!(asks(bytes).is_err());
        }
    }
}
