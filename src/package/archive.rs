//! The archive: one file, `bootstrap`, that may be executed.
//!
//! Input: a program's bytes. Output: the zip's bytes, the same for the same program: no time, no owner, and
//! one compressor on every machine. Refuses what the zip format cannot hold.

use std::io::{Cursor, Write as _};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, System, ZipWriter};

use super::PROGRAM;

/// Everyone may read and run it, its owner replace it.
pub const MODE: u32 = 0o755;

/// A build is packed once and started often.
const LEVEL: i64 = 9;

/// The zip of a program.
///
/// # Errors
/// When the program is larger than a zip can hold.
pub fn zip(program: &[u8]) -> std::io::Result<Vec<u8>> {
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .compression_level(Some(LEVEL))
        .last_modified_time(DateTime::default())
        .system(System::Unix)
        .unix_permissions(MODE);
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    writer.start_file(PROGRAM, options)?;
    writer.write_all(program)?;
    Ok(writer.finish()?.into_inner())
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use std::io::Read as _;

    use proptest::prelude::*;
    use zip::ZipArchive;

    use super::*;

    proptest! {
        #[test]
        fn the_same_program_gives_the_same_zip(program in proptest::collection::vec(any::<u8>(), 0..4096)) {
            let first = zip(&program).unwrap();
            prop_assert_eq!(&first, &zip(&program).unwrap());
            let mut archive = ZipArchive::new(Cursor::new(first)).unwrap();
            prop_assert_eq!(archive.len(), 1);
            let mut file = archive.by_index(0).unwrap();
            prop_assert_eq!(file.name(), "bootstrap");
            prop_assert_eq!(file.unix_mode().map(|mode| mode & 0o7777), Some(MODE));
            let time = file.last_modified().unwrap();
            prop_assert_eq!((time.year(), time.month(), time.day(), time.hour()), (1980, 1, 1, 0));
            let mut back = Vec::new();
            file.read_to_end(&mut back).unwrap();
            prop_assert_eq!(back, program);
        }
    }

    /// The bytes are part of what is promised: a change of theirs is a change for whoever compares packages.
    #[test]
    fn the_bytes_do_not_change_by_themselves() {
        let zip = zip(b"#!/bin/sh\necho hello hello hello hello\n").unwrap();
        assert_eq!(
            crate::review::lockfile::sha256(&zip),
            "25791d3b7ba1d9d6683cc7359a7ec8a2a98a0579d7747e8d10047a5ea1eb0af6"
        );
    }
}
