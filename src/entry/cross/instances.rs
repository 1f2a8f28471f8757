//! The types that a generic entry is used with, as notes, and the function that chooses one of them.
//!
//! Input: the places that name the entry, with the types that rustc inferred. Output: [`Told`]. Refuses
//! nothing: what is not known is said to be unknown.

use std::collections::{BTreeMap, BTreeSet};

use crate::id::ItemId;
use crate::oracle::instances::Use;
use crate::syntax::{FnSig, ItemTree, Payload, Ty};
use crate::workspace::Workspace;

/// Instances that a refusal lists before it says how many more there are.
const SHOWN: usize = 8;

/// What a refusal adds.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Told {
    /// One line an instance.
    pub(super) notes: Vec<String>,
    /// A function with the types of the first instance.
    pub(super) offer: Option<String>,
}

/// The instances of `entry`; those that hold a parameter of the caller come last.
pub(super) fn told(workspace: &Workspace, tree: &ItemTree, entry: ItemId, uses: &[Use]) -> Told {
    let mut known: BTreeMap<(bool, String), (BTreeSet<String>, BTreeSet<String>)> = BTreeMap::new();
    let mut unknown = BTreeSet::new();
    let mut offers = BTreeMap::new();
    for site in uses {
        let place = tree.place_at(workspace, site.file, site.offset);
        let place = format!("{}:{}", place.file, place.line);
        let Some(ty) = site.ty.as_deref().and_then(Instance::parse) else {
            unknown.insert(place);
            continue;
        };
        let open = open_parameters(tree, site.from, &ty.name);
        let key = (!open.is_empty(), ty.name.clone());
        let (places, parameters) = known.entry(key.clone()).or_default();
        places.insert(place);
        parameters.extend(open.iter().map(|p| {
            let caller = tree.local_name(site.from).join("::");
            format!("`{p}` is a parameter of `{caller}`")
        }));
        if let (true, Some(sig)) = (open.is_empty(), tree.raw(entry).signature()) {
            offers.entry(key).or_insert_with(|| ty.wrapper(sig));
        }
    }
    let joined = |words: &BTreeSet<String>| words.iter().cloned().collect::<Vec<_>>().join(", ");
    let mut notes: Vec<String> = known
        .iter()
        .take(SHOWN)
        .map(|((_, name), (places, open))| {
            let open = if open.is_empty() {
                String::new()
            } else {
                format!(", where {}", joined(open))
            };
            format!("used as `{name}` at {}{open}", joined(places))
        })
        .collect();
    if known.len() > SHOWN {
        notes.push(format!("and with {} other types", known.len() - SHOWN));
    }
    if !unknown.is_empty() {
        notes.push(format!(
            "used at {}, with types that rustc was not asked for (a method call, or inside a macro)",
            joined(&unknown)
        ));
    }
    if uses.is_empty() {
        notes.push("nothing in the workspace calls it".to_owned());
    }
    Told {
        notes,
        offer: offers.into_values().flatten().next(),
    }
}

/// The generic parameters of the item that uses it, as far as the instance names them.
fn open_parameters(tree: &ItemTree, user: ItemId, name: &str) -> BTreeSet<String> {
    let mut parameters = BTreeSet::new();
    let mut at = Some(user);
    while let Some(item) = at {
        match &tree.raw(item).payload {
            Payload::Fn(sig) => parameters.extend(sig.generics.iter().map(|g| g.name.clone())),
            Payload::Impl(head) => parameters.extend(head.generics.iter().cloned()),
            _ => {}
        }
        at = tree.item(item).parent;
    }
    let words: BTreeSet<&str> = name
        .split(|c: char| !(c.is_alphanumeric() || c == '_'))
        .collect();
    parameters.retain(|p| words.contains(p.as_str()));
    parameters
}

/// `for<'a> fn(&'a Tea) -> u32 {one::<Tea>}` taken apart.
#[derive(Debug, PartialEq, Eq)]
struct Instance {
    /// `one::<Tea>`, lifetimes left out.
    name: String,
    lifetimes: String,
    params: Vec<String>,
    output: Option<String>,
}

impl Instance {
    fn parse(ty: &str) -> Option<Self> {
        let (head, name) = ty.strip_suffix('}')?.split_at(open_brace(ty)?);
        let name = name
            .trim_start_matches([' ', '{'])
            .replace("'_, ", "")
            .replace("::<'_>", "");
        let name = short(&name);
        let (lifetimes, head) = match head.strip_prefix("for<") {
            Some(rest) => rest.split_once("> ")?,
            None => ("", head),
        };
        let rest = head.trim_end().strip_prefix("fn(")?;
        let mut depth = 0i32;
        let mut before = ' ';
        let close = rest.find(|c: char| {
            let arrow = c == '>' && before == '-';
            before = c;
            match c {
                '(' | '[' | '{' | '<' => depth += 1,
                ']' | '}' => depth -= 1,
                '>' if !arrow => depth -= 1,
                ')' if depth == 0 => return true,
                ')' => depth -= 1,
                _ => {}
            }
            false
        })?;
        let (params, output) = rest.split_at(close);
        let output = output.strip_prefix(") -> ").map(str::to_owned);
        Some(Self {
            name,
            lifetimes: lifetimes.to_owned(),
            params: split(params),
            output,
        })
    }

    /// A function of one line that calls this instance; `None` where its types have no names.
    fn wrapper(&self, sig: &FnSig) -> Option<String> {
        let nameless = |text: &String| text.contains("{closure") || text.contains("...");
        if self.params.iter().any(nameless) || nameless(&self.name) || sig.is_unsafe {
            return None;
        }
        let mut output = self.output.clone();
        if sig.is_async {
            let future = output
                .as_deref()
                .and_then(|o| o.strip_prefix("impl Future<Output = "));
            output = Some(future?.strip_suffix('>')?.to_owned()).filter(|o| o != "()");
        }
        // A lifetime that is written once, or the only one, need not be named.
        let all = self.params.join(", ");
        let written = |text: &str, lifetime: &str| {
            text.split(|c: char| !(c.is_alphanumeric() || c == '_' || c == '\''))
                .filter(|word| *word == lifetime)
                .count()
        };
        let lifetimes = self.lifetimes.split(", ").filter(|l| !l.is_empty());
        let (plain_ones, named): (Vec<&str>, Vec<&str>) = lifetimes.partition(|lifetime| {
            let comes_back = output.as_deref().is_some_and(|o| written(o, lifetime) > 0);
            let alone = all.matches('&').count() == 1;
            written(&all, lifetime) <= 1 && (alone || !comes_back)
        });
        let plain = |text: &str| {
            plain_ones.iter().fold(text.to_owned(), |text, one| {
                text.replace(&format!("&{one} "), "&").replace(one, "'_")
            })
        };
        let mut names: Vec<String> = sig
            .params
            .iter()
            .enumerate()
            .map(|(at, p)| p.name.clone().unwrap_or_else(|| format!("arg{}", at + 1)))
            .collect();
        if sig.receiver.is_some() {
            names.insert(0, "this".to_owned());
        }
        if names.len() != self.params.len() {
            return None;
        }
        let params: Vec<String> = names
            .iter()
            .zip(&self.params)
            .map(|(name, ty)| format!("{name}: {}", plain(ty)))
            .collect();
        // Types for `impl Trait` cannot be written out.
        let opaque = sig.params.iter().any(|p| holds_impl(&p.ty));
        let callee = if opaque {
            without_arguments(&self.name)
        } else {
            self.name.clone()
        };
        Some(format!(
            "pub {}fn {}{}({}){} {{ {callee}({}){} }}",
            if sig.is_async { "async " } else { "" },
            self.own_name(),
            if named.is_empty() {
                String::new()
            } else {
                format!("<{}>", named.join(", "))
            },
            params.join(", "),
            output
                .map(|o| format!(" -> {}", plain(&o)))
                .unwrap_or_default(),
            names.join(", "),
            if sig.is_async { ".await" } else { "" },
        ))
    }

    /// `sum_tea` for `sum::<Tea, _>`.
    fn own_name(&self) -> String {
        let bare = without_arguments(&self.name);
        let own = bare.rsplit("::").next().unwrap_or(&bare).to_owned();
        let first = self
            .name
            .split_once("::<")
            .map(|(_, arguments)| arguments)
            .and_then(|arguments| {
                arguments
                    .split(|c: char| !(c.is_alphanumeric() || c == '_'))
                    .find(|word| !word.is_empty() && *word != "mut" && *word != "dyn")
            });
        format!(
            "{own}_{}",
            crate::text::kebab(first.unwrap_or("entry")).replace('-', "_")
        )
    }
}

fn holds_impl(ty: &Ty) -> bool {
    match ty {
        Ty::ImplTrait(..) => true,
        Ty::Ref { inner, .. } | Ty::Slice(inner) | Ty::Array(inner, _) => holds_impl(inner),
        Ty::Tuple(of) | Ty::Path { args: of, .. } => of.iter().any(holds_impl),
        _ => false,
    }
}

/// Where the part in braces at the end begins; the braces of closures' names are inside of it or before it.
fn open_brace(ty: &str) -> Option<usize> {
    let mut depth = 0i32;
    ty.char_indices().rev().find_map(|(at, c)| {
        match c {
            '}' => depth += 1,
            '{' => depth -= 1,
            _ => {}
        }
        (c == '{' && depth == 0).then_some(at)
    })
}

/// Without the modules that rustc writes to tell a name from others.
fn short(name: &str) -> String {
    let head = name.find("::<").unwrap_or(name.len());
    let (head, rest) = name.split_at(head);
    let segments: Vec<&str> = head.split("::").collect();
    let last = segments.len() - 1;
    let is_module = |(at, s): &(usize, &&str)| *at < last && s.starts_with(char::is_lowercase);
    let kept = segments.iter().enumerate().skip_while(is_module);
    let kept: Vec<&str> = kept.map(|(_, segment)| *segment).collect();
    format!("{}{rest}", kept.join("::"))
}

/// At the commas that lie in no brackets.
fn split(list: &str) -> Vec<String> {
    let mut out = vec![String::new()];
    let mut depth = 0i32;
    let mut before = ' ';
    for c in list.chars() {
        match c {
            '(' | '[' | '<' | '{' => depth += 1,
            '>' if before == '-' => {}
            ')' | ']' | '>' | '}' => depth -= 1,
            ',' if depth == 0 => {
                out.push(String::new());
                before = c;
                continue;
            }
            _ => {}
        }
        before = c;
        if let Some(last) = out.last_mut() {
            last.push(c);
        }
    }
    out.iter()
        .map(|piece| piece.trim().to_owned())
        .filter(|piece| !piece.is_empty())
        .collect()
}

fn without_arguments(text: &str) -> String {
    let mut depth = 0;
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '<' => depth += 1,
            '>' => depth -= 1,
            _ if depth == 0 => out.push(c),
            _ => {}
        }
    }
    out.replace("::::", "::").trim_end_matches("::").to_owned()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]

    use super::Instance;
    use crate::entry::cross::fixture::Fixture;

    #[track_caller]
    fn offers(source: &str, ty: &str, expected: Option<&str>) {
        let fixture = Fixture::new(source);
        let sig = fixture.tree.raw(fixture.item("f")).signature().unwrap();
        let found = Instance::parse(ty).unwrap().wrapper(sig);
        assert_eq!(found.as_deref(), expected);
    }

    #[test]
    fn functions_that_choose_the_types() {
        offers(
            "pub fn f<P, I: IntoIterator<Item = P>>(all: I) -> u32 { 0 }",
            "fn([&Tea; 1]) -> u32 {f::<'_, Tea, [&Tea; 1]>}",
            Some("pub fn f_tea(all: [&Tea; 1]) -> u32 { f::<Tea, [&Tea; 1]>(all) }"),
        );
        offers(
            "pub fn f(p: &impl Price) -> &str { \"\" }",
            "for<'a> fn(&'a Tea) -> &'a str {f::<Tea>}",
            Some("pub fn f_tea(p: &Tea) -> &str { f(p) }"),
        );
        offers(
            "pub fn f<'a, T>(a: &'a T, b: &T) -> &'a T { a }",
            "for<'a, 'b> fn(&'a Tea, &'b Tea) -> &'a Tea {f::<Tea>}",
            Some("pub fn f_tea<'a>(a: &'a Tea, b: &Tea) -> &'a Tea { f::<Tea>(a, b) }"),
        );
        offers(
            "pub async fn f<T>(t: T) -> u32 { 0 }",
            "fn(Tea) -> impl Future<Output = u32> {f::<Tea>}",
            Some("pub async fn f_tea(t: Tea) -> u32 { f::<Tea>(t).await }"),
        );
        offers(
            "pub struct Pot<T>(T); impl<T> Pot<T> { pub fn f(t: T) -> Self { Pot(t) } }",
            "fn(Tea) -> Pot<Tea> {Pot::<Tea>::f}",
            Some("pub fn f_tea(t: Tea) -> Pot<Tea> { Pot::<Tea>::f(t) }"),
        );
    }

    #[test]
    fn modules_are_left_out() {
        assert_eq!(super::short("shop::sum::<a::Tea>"), "sum::<a::Tea>");
        assert_eq!(super::short("shop::Cart::add::<Tea>"), "Cart::add::<Tea>");
        assert_eq!(super::short("Pot::<Tea>::new"), "Pot::<Tea>::new");
    }

    #[test]
    fn a_closure_has_no_name() {
        offers(
            "pub fn f<T>(t: T) -> u32 { 0 }",
            "fn({closure@src/lib.rs:14:73: 14:80}) -> u32 {f::<{closure@src/lib.rs:14:73: 14:80}>}",
            None,
        );
    }
}
