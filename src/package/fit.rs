//! Whether a program fits the platform: it starts there, and it is not too large.
//!
//! Input: a function's program and archive. Output: [`Packed`], and warnings in the sink. Refuses what would
//! not start ([`Code::WillNotStart`]) and what is too large ([`Code::TooLarge`]).

use super::program::{self, Asks};
use super::{Packed, archive};
use crate::diag::{Code, Diagnostic, Sink};
use crate::oracle::release::{Arch, Builder, GLIBC};

const MB: usize = 1024 * 1024;
/// The largest archive that can be sent with the call that makes the function.
const ZIP_LIMIT: usize = 50 * MB;
/// The largest that the platform unpacks.
const LIMIT: usize = 250 * MB;

/// Symbols that a refusal names.
const NAMED: usize = 5;

/// What every Linux of the platform has: glibc and gcc's runtime.
const LIBRARIES: &[&str] = &[
    "libc.so.",
    "libm.so.",
    "libgcc_s.so.",
    "libpthread.so.",
    "libdl.so.",
    "librt.so.",
    "libutil.so.",
    "libresolv.so.",
    "ld-linux",
];

/// Packs a function, if it fits.
///
/// # Errors
/// [`Code::WillNotStart`], [`Code::TooLarge`], or [`Code::WriteFailed`] for what no zip can hold.
pub fn pack(
    name: &str,
    program: Vec<u8>,
    arch: Arch,
    builder: Builder,
    sink: &mut Sink,
) -> Result<Packed, Diagnostic> {
    let asks = program::asks(&program).map_err(|why| {
        let message = format!("the program of `{name}` is none for Linux: {why}");
        Diagnostic::new(Code::WillNotStart, message)
    })?;
    starts(name, &asks, arch, builder)?;
    if let Some(diagnostic) = libraries(name, &asks) {
        sink.push(diagnostic);
    }
    small_enough(name, program.len())?;
    let zip = archive::zip(&program)
        .map_err(|error| Diagnostic::new(Code::WriteFailed, format!("`{name}`: {error}")))?;
    if let Some(diagnostic) = large_archive(name, zip.len()) {
        sink.push(diagnostic);
    }
    Ok(Packed {
        glibc: asks.newest_glibc(),
        program,
        zip,
    })
}

fn starts(name: &str, asks: &Asks, arch: Arch, builder: Builder) -> Result<(), Diagnostic> {
    if asks.arch != Some(arch) {
        let message = format!("the program of `{name}` is not for {}", arch.as_str());
        return Err(Diagnostic::new(Code::WillNotStart, message));
    }
    let newer: Vec<_> = asks
        .glibc
        .iter()
        .filter(|(have, _)| *have > GLIBC)
        .collect();
    let Some(((major, minor), _)) = newer.first() else {
        return Ok(());
    };
    let (has_major, has_minor) = GLIBC;
    let mut diagnostic = Diagnostic::new(
        Code::WillNotStart,
        format!(
            "`{name}` needs glibc {major}.{minor}; `provided.al2023` has {has_major}.{has_minor}"
        ),
    );
    for ((major, minor), symbols) in &newer {
        let shown = symbols.iter().take(NAMED).map(String::as_str);
        let mut list = shown.collect::<Vec<_>>().join(", ");
        if symbols.len() > NAMED {
            list.push_str(&format!(" and {} more", symbols.len() - NAMED));
        }
        if list.is_empty() {
            list.push_str("no symbol of its own");
        }
        diagnostic = diagnostic.note(format!("glibc {major}.{minor}: {list}"));
    }
    Err(match builder {
        Builder::Cargo => diagnostic
            .help("install cargo-zigbuild or cargo-lambda: with either, `extract package` links against the platform's glibc")
            .help("or run it on a machine with an older glibc, such as a container of amazonlinux:2023"),
        Builder::CargoZigbuild | Builder::CargoLambda => {
            diagnostic.help("a library that is linked in was built for a newer system: build it from source, or leave it out")
        }
    })
}

fn libraries(name: &str, asks: &Asks) -> Option<Diagnostic> {
    let known = |library: &String| LIBRARIES.iter().any(|known| library.starts_with(known));
    let others: Vec<&str> = asks
        .libraries
        .iter()
        .filter(|library| !known(library))
        .map(String::as_str)
        .collect();
    (!others.is_empty()).then(|| {
        Diagnostic::new(
            Code::NeedsLibrary,
            format!("`{name}` needs {}, which the archive does not hold", others.join(", ")),
        )
        .help("link it statically: many crates have a feature for it, such as `vendored` or `bundled`")
        .help("or bring it with a layer or a container image")
    })
}

fn small_enough(name: &str, program: usize) -> Result<(), Diagnostic> {
    if program > LIMIT {
        let message = format!(
            "`{name}` is {} MB; Lambda unpacks at most {} MB",
            program.div_ceil(MB),
            LIMIT / MB
        );
        return Err(Diagnostic::new(Code::TooLarge, message)
            .help("read data at run time that is built in now (`include_bytes!`), or keep `strip` in the release profile")
            .help("or run the function from a container image, which may have 10 GB"));
    }
    Ok(())
}

fn large_archive(name: &str, zip: usize) -> Option<Diagnostic> {
    (zip > ZIP_LIMIT).then(|| {
        let message = format!(
            "the archive of `{name}` is {} MB; {} MB can be uploaded directly",
            zip.div_ceil(MB),
            ZIP_LIMIT / MB
        );
        Diagnostic::new(Code::LargeArchive, message)
            .help("upload it to S3 and deploy it from there; SAM, Terraform and CDK can")
    })
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    fn asks(glibc: &[((u32, u32), &[&str])], libraries: &[&str]) -> Asks {
        let list = |names: &[&str]| names.iter().map(ToString::to_string).collect();
        Asks {
            arch: Some(Arch::X86),
            libraries: list(libraries),
            glibc: glibc.iter().map(|(v, names)| (*v, list(names))).collect(),
        }
    }

    #[test]
    fn a_newer_glibc_is_refused_with_the_symbols_that_ask_for_it() {
        let asks = asks(
            &[
                ((2, 38), &["__isoc23_strtol"]),
                ((2, 36), &["arc4random"]),
                ((2, 34), &["dlsym"]),
            ],
            &["libc.so.6"],
        );
        let refused = starts("f", &asks, Arch::X86, Builder::Cargo).unwrap_err();
        assert_eq!(refused.code, Code::WillNotStart);
        assert_eq!(
            refused.message,
            "`f` needs glibc 2.38; `provided.al2023` has 2.34"
        );
        assert_eq!(
            refused.notes,
            ["glibc 2.38: __isoc23_strtol", "glibc 2.36: arc4random"]
        );
        assert!(refused.help.iter().any(|h| h.contains("cargo-zigbuild")));
    }

    #[test]
    fn the_platforms_glibc_and_a_static_program_are_fine() {
        let same = asks(
            &[((2, 34), &["dlsym"]), ((2, 2), &["malloc"])],
            &["libc.so.6"],
        );
        for asks in [same, asks(&[], &[])] {
            assert!(starts("f", &asks, Arch::X86, Builder::Cargo).is_ok());
            assert_eq!(libraries("f", &asks), None);
            assert!(starts("f", &asks, Arch::Arm64, Builder::Cargo).is_err());
        }
    }

    #[test]
    fn other_libraries_are_named() {
        let asks = asks(
            &[],
            &[
                "libssl.so.3",
                "libgcc_s.so.1",
                "ld-linux-x86-64.so.2",
                "libpq.so.5",
            ],
        );
        let warned = libraries("f", &asks).unwrap();
        assert_eq!(warned.code, Code::NeedsLibrary);
        assert!(
            warned.message.contains("libssl.so.3, libpq.so.5"),
            "{}",
            warned.message
        );
    }

    #[test]
    fn sizes() {
        assert!(small_enough("f", LIMIT).is_ok());
        assert_eq!(large_archive("f", ZIP_LIMIT), None);
        let warned = large_archive("f", ZIP_LIMIT + 1).unwrap();
        assert_eq!(warned.code, Code::LargeArchive);
        assert!(
            warned.message.contains("51 MB; 50 MB"),
            "{}",
            warned.message
        );
        let refused = small_enough("f", LIMIT + 1).unwrap_err();
        assert_eq!(refused.code, Code::TooLarge);
    }

    #[test]
    fn what_is_no_program_is_refused() {
        let mut sink = Sink::default();
        let refused = pack(
            "f",
            b"#!/bin/sh".to_vec(),
            Arch::X86,
            Builder::Cargo,
            &mut sink,
        );
        assert_eq!(refused.unwrap_err().code, Code::WillNotStart);
    }
}
