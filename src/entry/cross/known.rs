//! What is known of types that the workspace does not own: which std types serde handles, which crates
//! have a `serde` feature and which have none.
//!
//! Input: names. Output: verdicts. Refuses nothing.

/// What serde can do with a std type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// Both ways.
    Crosses,
    /// A map: its keys become JSON object keys.
    Map,
    /// Only outwards: a cell that the caller would expect to see changed.
    Outwards,
    /// Both ways with serde's `rc` feature.
    Shared,
    /// Neither way: it means nothing in another process.
    Never,
    /// Neither way: serde has no impls for it.
    NoImpl,
}

const PRIMITIVES: &[&str] = &[
    "bool", "char", "f32", "f64", "i8", "i16", "i32", "i64", "i128", "isize", "str", "u8", "u16",
    "u32", "u64", "u128", "usize",
];

/// `(name, module, fate)`; an empty module is the prelude.
const STD: &[(&str, &str, Fate)] = &[
    ("String", "", Fate::Crosses),
    ("Vec", "", Fate::Crosses),
    ("Option", "", Fate::Crosses),
    ("Result", "", Fate::Crosses),
    ("Box", "", Fate::Crosses),
    ("HashMap", "std::collections", Fate::Map),
    ("BTreeMap", "std::collections", Fate::Map),
    ("HashSet", "std::collections", Fate::Crosses),
    ("BTreeSet", "std::collections", Fate::Crosses),
    ("BinaryHeap", "std::collections", Fate::Crosses),
    ("VecDeque", "std::collections", Fate::Crosses),
    ("LinkedList", "std::collections", Fate::Crosses),
    ("Cow", "std::borrow", Fate::Crosses),
    ("Duration", "std::time", Fate::Crosses),
    ("SystemTime", "std::time", Fate::Crosses),
    ("Path", "std::path", Fate::Crosses),
    ("PathBuf", "std::path", Fate::Crosses),
    ("OsStr", "std::ffi", Fate::Crosses),
    ("OsString", "std::ffi", Fate::Crosses),
    ("CStr", "std::ffi", Fate::Crosses),
    ("CString", "std::ffi", Fate::Crosses),
    ("IpAddr", "std::net", Fate::Crosses),
    ("Ipv4Addr", "std::net", Fate::Crosses),
    ("Ipv6Addr", "std::net", Fate::Crosses),
    ("SocketAddr", "std::net", Fate::Crosses),
    ("SocketAddrV4", "std::net", Fate::Crosses),
    ("SocketAddrV6", "std::net", Fate::Crosses),
    ("Wrapping", "std::num", Fate::Crosses),
    ("Saturating", "std::num", Fate::Crosses),
    ("NonZero", "std::num", Fate::Crosses),
    ("NonZeroI8", "std::num", Fate::Crosses),
    ("NonZeroI16", "std::num", Fate::Crosses),
    ("NonZeroI32", "std::num", Fate::Crosses),
    ("NonZeroI64", "std::num", Fate::Crosses),
    ("NonZeroI128", "std::num", Fate::Crosses),
    ("NonZeroIsize", "std::num", Fate::Crosses),
    ("NonZeroU8", "std::num", Fate::Crosses),
    ("NonZeroU16", "std::num", Fate::Crosses),
    ("NonZeroU32", "std::num", Fate::Crosses),
    ("NonZeroU64", "std::num", Fate::Crosses),
    ("NonZeroU128", "std::num", Fate::Crosses),
    ("NonZeroUsize", "std::num", Fate::Crosses),
    ("Reverse", "std::cmp", Fate::Crosses),
    ("Range", "std::ops", Fate::Crosses),
    ("RangeInclusive", "std::ops", Fate::Crosses),
    ("RangeFrom", "std::ops", Fate::Crosses),
    ("RangeTo", "std::ops", Fate::Crosses),
    ("Bound", "std::ops", Fate::Crosses),
    ("PhantomData", "std::marker", Fate::Crosses),
    ("RandomState", "std::hash", Fate::Crosses),
    ("Rc", "std::rc", Fate::Shared),
    ("Arc", "std::sync", Fate::Shared),
    ("Cell", "std::cell", Fate::Outwards),
    ("RefCell", "std::cell", Fate::Outwards),
    ("AtomicBool", "std::sync::atomic", Fate::Outwards),
    ("AtomicI32", "std::sync::atomic", Fate::Outwards),
    ("AtomicI64", "std::sync::atomic", Fate::Outwards),
    ("AtomicIsize", "std::sync::atomic", Fate::Outwards),
    ("AtomicU32", "std::sync::atomic", Fate::Outwards),
    ("AtomicU64", "std::sync::atomic", Fate::Outwards),
    ("AtomicUsize", "std::sync::atomic", Fate::Outwards),
    ("Instant", "std::time", Fate::Never),
    ("Mutex", "std::sync", Fate::Never),
    ("RwLock", "std::sync", Fate::Never),
    ("Condvar", "std::sync", Fate::Never),
    ("OnceLock", "std::sync", Fate::Never),
    ("LazyLock", "std::sync", Fate::Never),
    ("OnceCell", "std::cell", Fate::Never),
    ("UnsafeCell", "std::cell", Fate::Never),
    ("Receiver", "std::sync::mpsc", Fate::Never),
    ("Sender", "std::sync::mpsc", Fate::Never),
    ("SyncSender", "std::sync::mpsc", Fate::Never),
    ("JoinHandle", "std::thread", Fate::Never),
    ("File", "std::fs", Fate::Never),
    ("TcpStream", "std::net", Fate::Never),
    ("TcpListener", "std::net", Fate::Never),
    ("UdpSocket", "std::net", Fate::Never),
    ("Pin", "std::pin", Fate::Never),
];

/// Std types (and generics over any argument) that have `Default`.
const STD_DEFAULT: &[&str] = &[
    "String",
    "Vec",
    "Option",
    "HashMap",
    "BTreeMap",
    "HashSet",
    "BTreeSet",
    "BinaryHeap",
    "VecDeque",
    "LinkedList",
    "Duration",
    "PathBuf",
    "OsString",
    "CString",
    "PhantomData",
    "Mutex",
    "RwLock",
    "RefCell",
    "Cell",
    "Arc",
    "Rc",
    "Box",
    "Condvar",
    "OnceCell",
    "OnceLock",
    "AtomicBool",
    "AtomicI32",
    "AtomicI64",
    "AtomicIsize",
    "AtomicU32",
    "AtomicU64",
    "AtomicUsize",
];

/// Crates whose types serde knows without a feature.
/// The last three give std's maps other hashers, by alias.
const NATIVE: &[&str] = &[
    "serde_json",
    "serde_bytes",
    "serde_yaml",
    "serde_value",
    "toml",
    "fnv",
    "fxhash",
    "rustc_hash",
];

/// Crates whose types have no serde impls (or stand for something that cannot be sent).
const NONE: &[&str] = &[
    "actix_web",
    "aho_corasick",
    "anyhow",
    "aws_config",
    "aws_sdk_dynamodb",
    "aws_sdk_s3",
    "axum",
    "crossbeam",
    "crossbeam_channel",
    "csv",
    "deadpool_postgres",
    "diesel",
    "eyre",
    "flume",
    "futures",
    "http",
    "hyper",
    "libc",
    "log",
    "memmap2",
    "moka",
    "mongodb",
    "once_cell",
    "parking_lot",
    "quinn",
    "r2d2",
    "rand",
    "rayon",
    "redis",
    "regex",
    "reqwest",
    "rocket",
    "rusqlite",
    "rustls",
    "sea_orm",
    "sqlx",
    "syn",
    "tempfile",
    "tera",
    "tokio",
    "tokio_postgres",
    "tokio_util",
    "tower",
    "tracing",
    "warp",
    "zip",
];

/// Crates with a feature for serde, by the name in code.
const FEATURE: &[(&str, &str)] = &[
    ("ahash", "serde"),
    ("arrayvec", "serde"),
    ("bigdecimal", "serde"),
    ("bit_set", "serde"),
    ("bit_vec", "serde"),
    ("bitflags", "serde"),
    ("bstr", "serde"),
    ("bytes", "serde"),
    ("bytestring", "serde"),
    ("camino", "serde1"),
    ("chrono", "serde"),
    ("chrono_tz", "serde"),
    ("compact_str", "serde"),
    ("dashmap", "serde"),
    ("ecow", "serde"),
    ("either", "serde"),
    ("enumset", "serde"),
    ("fixedbitset", "serde"),
    ("geo_types", "serde"),
    ("glam", "serde"),
    ("half", "serde"),
    ("hashbrown", "serde"),
    ("heapless", "serde"),
    ("indexmap", "serde"),
    ("ipnet", "serde"),
    ("jiff", "serde"),
    ("kurbo", "serde"),
    ("nalgebra", "serde-serialize"),
    ("ndarray", "serde"),
    ("num_bigint", "serde"),
    ("num_complex", "serde"),
    ("num_rational", "serde"),
    ("ordered_float", "serde"),
    ("petgraph", "serde-1"),
    ("phf", "serde"),
    ("rgb", "serde"),
    ("roaring", "serde"),
    ("rust_decimal", "serde"),
    ("secrecy", "serde"),
    ("semver", "serde"),
    ("slab", "serde"),
    ("slotmap", "serde"),
    ("smallvec", "serde"),
    ("smartstring", "serde"),
    ("smol_str", "serde"),
    ("text_size", "serde"),
    ("time", "serde"),
    ("tinyvec", "serde"),
    ("ulid", "serde"),
    ("url", "serde"),
    ("uuid", "serde"),
];

/// What is known of a foreign crate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Foreign {
    /// No feature is needed.
    Native,
    /// This feature brings the impls.
    Feature(&'static str),
    /// There are none.
    None,
    /// Not in the tables: `serde` is assumed.
    Assumed,
}

/// What is known of the crate with this name in code.
pub(super) fn foreign(krate: &str) -> Foreign {
    if NATIVE.contains(&krate) {
        Foreign::Native
    } else if let Some((_, feature)) = FEATURE.iter().find(|(name, _)| *name == krate) {
        Foreign::Feature(feature)
    } else if NONE.contains(&krate) {
        Foreign::None
    } else {
        Foreign::Assumed
    }
}

/// Types that crates of [`NONE`] pass on: the crate, the type, where it comes from.
const PASSED_ON: &[(&str, &str, &str)] = &[
    ("reqwest", "Url", "url"),
    ("sea_orm", "Decimal", "rust_decimal"),
    ("sea_orm", "Json", "serde_json"),
    ("sea_orm", "JsonValue", "serde_json"),
    ("sea_orm", "Uuid", "uuid"),
    ("sqlx", "JsonValue", "serde_json"),
    ("sqlx", "Uuid", "uuid"),
    ("tera", "Map", "serde_json"),
    ("tera", "Number", "serde_json"),
    ("tera", "Value", "serde_json"),
];

/// The crate that a type comes from, by its full path: not always the first name, for crates pass others' types
/// on, and whole crates (`sqlx::types::chrono::NaiveDate`).
pub(super) fn origin(path: &[String]) -> &str {
    let (Some(first), Some(last)) = (path.first(), path.last()) else {
        return "";
    };
    let mut passed = PASSED_ON.iter();
    if let Some((_, _, from)) = passed.find(|(by, name, _)| by == first && name == last) {
        return from;
    }
    let inner = path
        .get(1..path.len().saturating_sub(1))
        .unwrap_or_default();
    let known = |name: &&String| matches!(foreign(name), Foreign::Native | Foreign::Feature(_));
    inner.iter().rev().find(known).unwrap_or(first)
}

/// Whether a path is std's by its first segment.
pub(super) fn is_std(path: &[String]) -> bool {
    path.first()
        .is_some_and(|first| matches!(first.as_str(), "std" | "core" | "alloc"))
}

/// Whether `name` is a primitive type.
pub(super) fn is_primitive(name: &str) -> bool {
    PRIMITIVES.contains(&name)
}

/// Whether the std type with this name has `Default` where what it holds has it.
pub(super) fn wraps_default(name: &str) -> bool {
    matches!(
        name,
        "Mutex" | "RwLock" | "RefCell" | "Cell" | "Arc" | "Rc" | "Box"
    )
}

/// Traits of std's prelude.
const PRELUDE_TRAITS: &[&str] = &[
    "AsMut",
    "AsRef",
    "Clone",
    "Copy",
    "Default",
    "DoubleEndedIterator",
    "Drop",
    "Eq",
    "ExactSizeIterator",
    "Extend",
    "Fn",
    "FnMut",
    "FnOnce",
    "From",
    "FromIterator",
    "Into",
    "IntoIterator",
    "Iterator",
    "Ord",
    "PartialEq",
    "PartialOrd",
    "Send",
    "Sized",
    "Sync",
    "ToOwned",
    "ToString",
    "TryFrom",
    "TryInto",
    "Unpin",
];

/// Whether a single name is a primitive type's or in std's prelude.
pub fn is_prelude(name: &str) -> bool {
    let in_std = STD
        .iter()
        .any(|(known, home, _)| *known == name && home.is_empty());
    is_primitive(name) || in_std || PRELUDE_TRAITS.contains(&name)
}

/// Whether the std type with this name has `Default`.
pub(super) fn std_default(name: &str) -> bool {
    (is_primitive(name) && name != "str") || STD_DEFAULT.contains(&name)
}

/// The one spelling of a path: primitives and the prelude by name, other std types by full path, the rest
/// unchanged.
pub(super) fn canonical(path: &[String]) -> Vec<String> {
    let Some(name) = path.last() else {
        return Vec::new();
    };
    if path.len() > 1 && !is_std(path) {
        return path.to_vec();
    }
    if is_primitive(name) {
        return vec![name.clone()];
    }
    // `tokio::sync::Mutex` never comes here; `std::io::Result` must not become the prelude's.
    let module = path
        .split_last()
        .map(|(_, module)| module.join("::"))
        .unwrap_or_default();
    match STD.iter().find(|(known, _, _)| known == name) {
        Some((_, "", _)) if module.is_empty() || in_prelude(&module) => vec![name.clone()],
        Some((_, home, _)) if !home.is_empty() => {
            let mut full: Vec<String> = home.split("::").map(str::to_owned).collect();
            full.push(name.clone());
            full
        }
        _ => path.to_vec(),
    }
}

fn in_prelude(module: &str) -> bool {
    let tail = module.split_once("::").map_or("", |(_, tail)| tail);
    matches!(tail, "string" | "vec" | "option" | "result" | "boxed")
}

/// What serde does with a std or primitive type in canonical spelling; `None` when it is not std's.
pub(super) fn fate(path: &[String]) -> Option<Fate> {
    let name = path.last()?;
    if path.len() == 1 && is_primitive(name) {
        return Some(Fate::Crosses);
    }
    if path.len() > 1 && !is_std(path) {
        return None;
    }
    match STD.iter().find(|(known, _, _)| known == name) {
        Some((_, _, fate)) => Some(*fate),
        None if is_std(path) => Some(Fate::NoImpl),
        None => None,
    }
}
