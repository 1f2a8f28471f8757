//! Diagnostics: every problem the tool can report has one [`Code`], a place, a reason and a way out.
//!
//! Input: findings of the stages. Output: [`Diagnostic`] values in a [`Sink`], and [`Refused`], the
//! error that carries them through `Result`. Rendering them is the duty of [`crate::report`].

use std::collections::BTreeSet;

use camino::Utf8PathBuf;
use serde::Serialize;

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $severity:ident, $title:literal;)*) => {
        /// What a diagnostic is about. The text form (`X0101`) is stable.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code { $($(#[$doc])* #[doc = $title] $name,)* }

        impl Code {
            /// All codes, in the order of their numbers.
            pub const ALL: &'static [Code] = &[$(Code::$name,)*];

            /// The stable text form.
            pub fn as_str(self) -> &'static str {
                match self { $(Code::$name => $code,)* }
            }

            /// One line that names the problem.
            pub fn title(self) -> &'static str {
                match self { $(Code::$name => $title,)* }
            }

            /// Whether it stops the command.
            pub fn severity(self) -> Severity {
                match self { $(Code::$name => Severity::$severity,)* }
            }
        }
    };
}

codes! {
    NoManifest = "X0101", Error, "no Cargo.toml was found";
    NotAMember = "X0102", Error, "the package is not a member of the workspace";
    CargoFailed = "X0103", Error, "cargo is missing, too old, or rejects the manifest";
    DoesNotCompile = "X0104", Error, "the monolith does not compile";
    DoesNotParse = "X0105", Warning, "a source file does not parse";
    UnreadableSource = "X0106", Error, "a source file cannot be read";
    OutsideWorkspace = "X0107", Error, "a path leaves the workspace through a symlink";
    BadConfig = "X0108", Error, "extract.toml is not valid";
    EntryNotFound = "X0201", Error, "the entry was not found";
    EntryAmbiguous = "X0202", Error, "the entry name fits several functions";
    EntryNotFunction = "X0203", Error, "the entry is not a function";
    EntryInProcMacro = "X0204", Error, "the entry lies in a proc-macro crate";
    EntryConstInTypes = "X0205", Error, "the entry is a const fn that types depend on";
    EntryGeneric = "X0206", Error, "the entry is generic";
    EntryImplTrait = "X0207", Error, "the entry takes `impl Trait`";
    EntryCfgOff = "X0208", Error, "the entry is not compiled with these features";
    EntryUnsafe = "X0209", Error, "the entry is an unsafe or foreign function";
    EntryNone = "X0210", Error, "no entry was named";
    EntryTest = "X0211", Error, "the entry is a test or a main function";
    SelfNotSendable = "X0301", Error, "the entry takes a `self` that cannot be sent";
    ParamRawPointer = "X0302", Error, "a parameter is a raw pointer";
    ParamClosure = "X0303", Error, "a parameter is a closure or a function pointer";
    ParamMutable = "X0304", Error, "a parameter is `&mut`";
    ParamNoSerde = "X0305", Error, "a parameter's type cannot be deserialized";
    ParamDyn = "X0306", Error, "a parameter is a trait object";
    ReturnNoSerde = "X0307", Error, "the return type cannot be serialized";
    FieldSkipped = "X0308", Warning, "a field does not cross and takes its default";
    MacroGenerated = "X0309", Error, "the entry is produced by a macro";
    SerdeUnknown = "X0310", Note, "what the dependencies offer for serde is not known";
    ParamUnfed = "X0311", Error, "a trigger's events have nothing for a parameter";
    BadBinding = "X0312", Error, "a binding does not fit";
    MadeAtStart = "X0313", Note, "a parameter is made once, before the first event";
    NoVariant = "X0314", Error, "what is to be tried again is no variant of the error";
    OutputNotOurs = "X0401", Error, "the output folder exists and was not made by extract";
    OutputInSource = "X0402", Error, "the output folder lies inside a source folder";
    WriteFailed = "X0403", Error, "the output could not be written";
    NoOutput = "X0404", Error, "there is no output";
    CrateChoice = "X0405", Error, "a crate cannot be kept whole or slimmed as asked";
    BadCases = "X0406", Error, "the cases of an equivalence run cannot be used";
    NotRecorded = "X0407", Warning, "calls of an entry were not recorded";
    ProofFailed = "X0501", Error, "the cut does not compile";
    ProofWarns = "X0502", Warning, "the cut compiles with a warning that the monolith has too";
    BindingDiffers = "X0503", Error, "a name in moved code means something else";
    OpenEdge = "X0601", Note, "a reference that cannot be followed";
    Approximate = "X0602", Note, "the graph is approximate";
    NothingToDo = "X0603", Note, "the output is up to date";
    FeatureLost = "X0604", Warning, "a shared dependency loses a feature that the monolith unified";
    NothingToPackage = "X0701", Error, "there is no such function to package";
    DoesNotBuild = "X0702", Error, "the functions do not build";
    CannotBuildFor = "X0703", Error, "this machine cannot build for that architecture";
    WillNotStart = "X0704", Error, "a function would not start on Lambda";
    TooLarge = "X0705", Error, "a function is larger than Lambda takes";
    LargeArchive = "X0706", Warning, "an archive is too large to be uploaded directly";
    NeedsLibrary = "X0707", Warning, "a function needs a library that Lambda may not have";
    DeployUnfit = "X0801", Error, "a template lacks what it cannot do without";
    PermissionsUnknown = "X0802", Warning, "a permission could not be derived";
}

/// How much a diagnostic weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The command stops; exit status 2.
    Error,
    /// The result stands, a person should look.
    Warning,
    /// For completeness.
    Note,
}

/// Where in the user's files a diagnostic points.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Place {
    /// The file, relative to the workspace root where it lies inside.
    pub file: Utf8PathBuf,
    /// 1-based line; 0 when the whole file is meant.
    pub line: usize,
    /// 1-based column in characters; 0 when the whole line is meant.
    pub column: usize,
    /// The source line, for display; empty when there is none.
    pub source: String,
}

/// One finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// What it is about.
    pub code: Code,
    /// The sentence that a person reads.
    pub message: String,
    /// Where, if it has a place.
    pub place: Option<Place>,
    /// More context, a line each (rustc's own words, candidates, …).
    pub notes: Vec<String>,
    /// The way out.
    pub help: Vec<String>,
}

impl Diagnostic {
    /// A finding without place, notes or help.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            place: None,
            notes: Vec::new(),
            help: Vec::new(),
        }
    }

    /// Adds the place.
    #[must_use]
    pub fn at(mut self, place: Place) -> Self {
        self.place = Some(place);
        self
    }

    /// Adds a line of context.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    /// Adds a way out.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help.push(help.into());
        self
    }
}

/// Collects what the stages find; a stage goes on after a finding, the command stops at a gate.
#[derive(Debug, Default)]
pub struct Sink {
    diagnostics: Vec<Diagnostic>,
}

impl Sink {
    /// Adds a finding.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    /// Everything found so far.
    pub fn diagnostics(&self) -> &[Diagnostic] {
        &self.diagnostics
    }

    /// Stops when an error was found: the errors and all else go to the caller.
    ///
    /// # Errors
    /// [`Refused`] with all diagnostics when one of them is an error.
    pub fn gate(&mut self) -> Result<(), Refused> {
        if self
            .diagnostics
            .iter()
            .any(|d| d.code.severity() == Severity::Error)
        {
            return Err(Refused {
                diagnostics: std::mem::take(&mut self.diagnostics),
                ..Refused::default()
            });
        }
        Ok(())
    }
}

/// A command that stopped: at least one diagnostic is an error.
#[derive(Debug, Default)]
pub struct Refused {
    /// What was found, errors and the rest.
    pub diagnostics: Vec<Diagnostic>,
    /// Names of foreign types that a parameter holds and that serde cannot read, which rustc alone knew: with this
    /// known, another plan may do.
    pub unreadable: BTreeSet<String>,
}

impl Refused {
    /// A refusal with one reason.
    pub fn one(diagnostic: Diagnostic) -> Self {
        Self {
            diagnostics: vec![diagnostic],
            ..Self::default()
        }
    }
}

impl From<Diagnostic> for Refused {
    fn from(diagnostic: Diagnostic) -> Self {
        Self::one(diagnostic)
    }
}

/// The result of a stage that can refuse.
pub type Outcome<T> = Result<T, Refused>;
