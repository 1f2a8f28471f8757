//! What can be typed: the arguments as clap knows them.
//!
//! Input: arguments. Output: [`Cli`]. One definition feeds parser, help and completions.

use camino::Utf8PathBuf;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Parser, Subcommand, ValueEnum, ValueHint};

use crate::binding::Bound;
use crate::config::deploy;
use crate::diag::Code;
use crate::oracle::release::{Arch, Builder};
use crate::report::explain;
use crate::target::Target;
use crate::text::did_you_mean;
use crate::trigger::Sender;
use crate::workspace::{FeatureChoice, Request};

const EXAMPLES: &str = "\
Examples:
  extract analyze                          which functions can be cut, and what each takes along
  extract analyze --quick                  the same without rustc: fast and approximate
  extract why Money --entry render         why an entry needs an item
  extract split --entry shop::render       cut a function into a crate of its own, with a shim
  extract verify                           prove that a finished split is what the monolith is
  extract package                          build the functions, and zip each for Lambda
  extract explain X0305                    what a refusal means and the way out

Exit status: 0 all is well, 1 `split --dry-run` or `verify` found a difference, 2 wrong use or failure.";

const ANALYZE_EXAMPLES: &str = "\
Examples:
  extract analyze
  extract analyze --quick --limit 50
  extract analyze --entry shop::invoice::render
  extract analyze --entry shop::invoice::render --format dot | dot -Tsvg > slice.svg
  extract analyze --format json | jq '.candidates[].path'";

const WHY_EXAMPLES: &str = "\
Examples:
  extract why Money --entry shop::invoice::render
  extract why shop::db::Pool --entry render --quick";

const SPLIT_EXAMPLES: &str = "\
Examples:
  extract split --entry shop::invoice::render
  extract split --entry Invoice::render --entry hash_password --out lambdas
  extract split                            entries from extract.toml and `// extract: entry` comments
  extract split --dry-run                  in CI: status 1 when the output would change

Without --entry, the entries come from extract.toml at the workspace root and from comments
`// extract: entry` directly above functions.";

const VERIFY_EXAMPLES: &str = "\
Examples:
  extract verify                     the output in `extracted`
  extract verify lambdas --format json
  extract verify --cases cases.json  call both sides with these events, and compare the answers
  extract verify --generate 500      call both sides with 500 events of its own making
  extract verify --record            call both sides with what the monolith's tests call them with

Exit status: 0 the output is what the monolith is, 1 something differs, 2 wrong use or failure.";

const PACKAGE_EXAMPLES: &str = "\
Examples:
  extract package                              the output in `extracted`
  extract package lambdas --arch arm64         for Graviton
  extract package --function render-invoice    one function, or some
  extract package --format json | jq -r '.functions[].zip'

The archives lie where cargo-lambda puts its own: target/lambda/NAME/bootstrap.zip in the output.
cargo-zigbuild or cargo-lambda builds where it is installed, otherwise cargo.

Exit status: 0 all archives are there, 2 wrong use or failure.";

const EXPLAIN_EXAMPLES: &str = "\
Examples:
  extract explain           all codes
  extract explain X0201";

/// Cuts the hot functions out of a Rust monolith into small crates of their own.
#[derive(Debug, Parser)]
#[command(name = "extract", version, max_term_width = 100, after_help = EXAMPLES)]
pub(super) struct Cli {
    #[command(flatten)]
    pub(super) global: Global,
    #[command(subcommand)]
    pub(super) command: Command,
}

/// Arguments of every command.
#[derive(Debug, Args)]
pub(super) struct Global {
    /// The workspace's Cargo.toml, or the folder that holds it
    #[arg(long, global = true, value_name = "PATH", value_hint = ValueHint::FilePath)]
    manifest_path: Option<Utf8PathBuf>,
    /// The package to build; its dependencies in the workspace come with it
    #[arg(short, long, global = true, value_name = "NAME")]
    package: Option<String>,
    /// Features to build with, separated by commas or spaces
    #[arg(short = 'F', long, global = true, value_name = "FEATURES")]
    features: Vec<String>,
    /// Build with all features
    #[arg(long, global = true)]
    all_features: bool,
    /// Build without the default features
    #[arg(long, global = true)]
    no_default_features: bool,
    /// When to use colours; NO_COLOR is honoured
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub(super) color: Colour,
    /// Show the answer and errors only
    #[arg(short, long, global = true)]
    pub(super) quiet: bool,
}

impl Global {
    /// What to load.
    pub(super) fn request(&self) -> Request {
        let split = |text: &String| -> Vec<String> {
            text.split([',', ' '])
                .filter(|f| !f.is_empty())
                .map(str::to_owned)
                .collect()
        };
        Request {
            manifest_path: self.manifest_path.clone(),
            package: self.package.clone(),
            features: FeatureChoice {
                features: self.features.iter().flat_map(split).collect(),
                all: self.all_features,
                no_default: self.no_default_features,
            },
        }
    }
}

/// When to use colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Colour {
    /// On a terminal.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// How an answer is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Human,
    Json,
    Dot,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum PlainFormat {
    /// Text for people
    Human,
    /// One JSON object; errors too
    Json,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum GraphFormat {
    /// Text for people
    Human,
    /// One JSON object; errors too
    Json,
    /// A graph for graphviz
    Dot,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Show which functions can be cut, what each takes along, and what stands in its way
    #[command(after_help = ANALYZE_EXAMPLES)]
    Analyze(AnalyzeArgs),
    /// Show the shortest chain from an entry to an item that it needs
    #[command(after_help = WHY_EXAMPLES)]
    Why(WhyArgs),
    /// Cut functions into crates of their own, and prove that they compile
    #[command(after_help = SPLIT_EXAMPLES)]
    Split(SplitArgs),
    /// Check a finished split: is it whole, does it build, does every name mean what it meant
    #[command(after_help = VERIFY_EXAMPLES)]
    Verify(VerifyArgs),
    /// Build the functions of a split, and write each as an archive for Lambda
    #[command(after_help = PACKAGE_EXAMPLES)]
    Package(PackageArgs),
    /// Explain a code such as X0201, or list all
    #[command(after_help = EXPLAIN_EXAMPLES)]
    Explain(ExplainArgs),
    /// Print the completion script for a shell
    #[command(
        after_help = "Examples:\n  extract completions bash > ~/.local/share/bash-completion/completions/extract"
    )]
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
}

impl Command {
    /// How its answer is written.
    pub(super) fn format(&self) -> Format {
        let plain = |format: PlainFormat| match format {
            PlainFormat::Human => Format::Human,
            PlainFormat::Json => Format::Json,
        };
        match self {
            Self::Analyze(args) => match args.format {
                GraphFormat::Human => Format::Human,
                GraphFormat::Json => Format::Json,
                GraphFormat::Dot => Format::Dot,
            },
            Self::Why(args) => plain(args.format),
            Self::Split(args) => plain(args.format),
            Self::Verify(args) => plain(args.format),
            Self::Package(args) => plain(args.format),
            Self::Explain(args) => plain(args.format),
            Self::Completions { .. } => Format::Human,
        }
    }
}

#[derive(Debug, Args)]
pub(super) struct AnalyzeArgs {
    /// Do not ask rustc: names are resolved by syntax, the numbers are approximate
    #[arg(long)]
    pub(super) quick: bool,
    /// How many functions to show; 0 for all
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub(super) limit: usize,
    /// Only this function, with its slice; can be given more than once
    #[arg(short, long, value_name = "FN")]
    pub(super) entry: Vec<String>,
    /// How to write the answer
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    pub(super) format: GraphFormat,
}

#[derive(Debug, Args)]
pub(super) struct WhyArgs {
    /// The item: a path or an unambiguous tail of it
    pub(super) item: String,
    /// The entry: a path or an unambiguous tail of it
    #[arg(short, long, value_name = "FN")]
    pub(super) entry: String,
    /// Do not ask rustc: names are resolved by syntax, the answer is approximate
    #[arg(long)]
    pub(super) quick: bool,
    /// How to write the answer
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    pub(super) format: PlainFormat,
}

#[derive(Debug, Args)]
pub(super) struct SplitArgs {
    /// The function: a path or an unambiguous tail of it; can be given more than once
    #[arg(short, long, value_name = "FN")]
    pub(super) entry: Vec<String>,
    /// What sends the functions events; can be given more than once
    #[arg(short, long, value_name = "KIND", value_delimiter = ',', value_parser = trigger())]
    pub(super) trigger: Vec<Sender>,
    /// Where the functions run [default: lambda]
    #[arg(long, value_name = "PLATFORM", value_parser = target())]
    pub(super) target: Option<Target>,
    /// Where a parameter comes from, when not from the request, or (as `return`) where the result goes; can be given more than once
    #[arg(short, long, value_name = "PARAM=SOURCE", value_parser = bound)]
    pub(super) bind: Vec<Bound>,
    /// The variants of the functions' errors that are worth another try; can be given more than once
    #[arg(long, value_name = "VARIANT", value_delimiter = ',')]
    pub(super) retry_on: Vec<String>,
    /// The output folder [default: `extracted` in the workspace root]
    #[arg(short, long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(super) out: Option<Utf8PathBuf>,
    /// Keep this workspace crate whole, as a path dependency; can be given more than once
    #[arg(long, value_name = "CRATE")]
    pub(super) keep: Vec<String>,
    /// Slim this workspace crate even where it would be kept whole; can be given more than once
    #[arg(long, value_name = "CRATE")]
    pub(super) slim: Vec<String>,
    /// Drop impls of foreign traits that alone hold an external crate, where rustc and the linker agree that nothing uses them
    #[arg(long)]
    pub(super) lean: bool,
    /// Make libraries only, without Lambda shims
    #[arg(long)]
    pub(super) no_shim: bool,
    /// Leave the tests behind
    #[arg(long)]
    pub(super) no_tests: bool,
    /// Write templates that deploy the functions: sam, serverless, terraform, cdk, cargo-lambda, workflow, docker
    #[arg(long, value_name = "FORMAT", value_delimiter = ',')]
    pub(super) deploy: Vec<deploy::Format>,
    /// Do everything but write; status 1 when the output would change
    #[arg(long)]
    pub(super) dry_run: bool,
    /// How to write the answer
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    pub(super) format: PlainFormat,
    /// Refused: a cut needs rustc
    #[arg(long, hide = true)]
    pub(super) quick: bool,
}

#[derive(Debug, Args)]
pub(super) struct VerifyArgs {
    /// The output folder [default: where `split` writes]
    #[arg(value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(super) dir: Option<Utf8PathBuf>,
    /// Do not run the tests that came along
    #[arg(long)]
    pub(super) no_tests: bool,
    /// Call the functions and the monolith with the events of this JSON file, and compare
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(super) cases: Option<Utf8PathBuf>,
    /// The same with this many events for each function, made from the types of its parameters
    #[arg(long, value_name = "N")]
    pub(super) generate: Option<usize>,
    /// The same with what the monolith's own tests call each function with
    #[arg(long)]
    pub(super) record: bool,
    /// What --generate starts from: the same number, the same events
    #[arg(long, value_name = "S", default_value_t = 0)]
    pub(super) seed: u64,
    /// How long a call may take
    #[arg(long, value_name = "SECONDS", default_value_t = 10)]
    pub(super) time_limit: u64,
    /// How to write the answer
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    pub(super) format: PlainFormat,
}

/// What functions run on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Architecture {
    /// Intel and AMD
    #[value(name = "x86_64", alias = "x86-64")]
    X86,
    /// Graviton
    #[value(name = "arm64", alias = "aarch64")]
    Arm64,
}

impl Architecture {
    pub(super) fn arch(self) -> Arch {
        match self {
            Self::X86 => Arch::X86,
            Self::Arm64 => Arch::Arm64,
        }
    }
}

/// What builds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum BuildTool {
    /// `cargo build`: links against this machine's glibc
    Cargo,
    /// `cargo zigbuild`: against the platform's
    CargoZigbuild,
    /// `cargo lambda build`: the same
    CargoLambda,
}

impl BuildTool {
    pub(super) fn builder(self) -> Builder {
        match self {
            Self::Cargo => Builder::Cargo,
            Self::CargoZigbuild => Builder::CargoZigbuild,
            Self::CargoLambda => Builder::CargoLambda,
        }
    }
}

#[derive(Debug, Args)]
pub(super) struct PackageArgs {
    /// The output folder [default: the current folder's output, or where `split` writes]
    #[arg(value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(super) dir: Option<Utf8PathBuf>,
    /// What the functions run on [default: as this machine]
    #[arg(long, value_name = "ARCH")]
    pub(super) arch: Option<Architecture>,
    /// What builds [default: the first of cargo-zigbuild, cargo-lambda, cargo that is installed]
    #[arg(long, value_name = "TOOL")]
    pub(super) builder: Option<BuildTool>,
    /// Where the archives go, a folder for each function [default: `target/lambda` in the output]
    #[arg(short, long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(super) out: Option<Utf8PathBuf>,
    /// Only these functions, by name; can be given more than once
    #[arg(long, value_name = "NAME")]
    pub(super) function: Vec<String>,
    /// How to write the answer
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    pub(super) format: PlainFormat,
}

#[derive(Debug, Args)]
pub(super) struct ExplainArgs {
    /// The code, such as X0201
    #[arg(value_parser = code)]
    pub(super) code: Option<Code>,
    /// How to write the answer
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    pub(super) format: PlainFormat,
}

/// A trigger as typed; help and completions list them.
fn trigger() -> impl TypedValueParser<Value = Sender> {
    PossibleValuesParser::new(Sender::NAMES).try_map(|name| name.parse::<Sender>())
}

/// The same for targets.
fn target() -> impl TypedValueParser<Value = Target> {
    PossibleValuesParser::new(Target::ALL.map(Target::as_str))
        .try_map(|name| name.parse::<Target>())
}

/// A parameter and its source as typed.
fn bound(text: &str) -> Result<Bound, String> {
    let (name, source) = text
        .split_once('=')
        .ok_or("a parameter and its source are wanted, such as `key=s3:key`")?;
    Bound::of(name.trim(), source)
}

/// A code as typed.
fn code(text: &str) -> Result<Code, String> {
    explain::code(text).ok_or_else(|| {
        let near = did_you_mean(
            &text.to_ascii_uppercase(),
            Code::ALL.iter().map(|c| c.as_str()),
        );
        let near = near
            .map(|near| format!("did you mean `{near}`? "))
            .unwrap_or_default();
        format!("there is no such code; {near}`extract explain` lists all")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    /// The examples that help shows are commands that can be typed.
    #[test]
    fn examples_parse() {
        let mut commands = vec![Cli::command()];
        commands.extend(Cli::command().get_subcommands().cloned());
        let mut count = 0;
        for command in commands {
            let help = command.get_after_help().map(ToString::to_string);
            for line in help.unwrap_or_default().lines() {
                let Some(typed) = line.strip_prefix("  extract") else {
                    continue;
                };
                // The explanation stands behind two blanks, what the shell does behind a sign of its own.
                let typed = typed.trim_start().split("  ").next().unwrap_or_default();
                let typed = typed.split(['|', '>']).next().unwrap_or_default();
                let words = ["extract"].into_iter().chain(typed.split_whitespace());
                let parsed = Cli::try_parse_from(words);
                assert!(parsed.is_ok(), "{line}: {parsed:?}");
                count += 1;
            }
        }
        assert!(count > 10, "{count} examples");
    }

    #[test]
    fn the_arguments_are_consistent() {
        Cli::command().debug_assert();
    }
}
