//! What a lock file holds for the sake of one dependency.
//!
//! Input: a lock file's text. Output: how many packages go with a dependency. Refuses nothing: of a text that is no lock
//! file nothing is known.

use std::collections::{BTreeMap, BTreeSet};

use toml::{Table, Value};

/// How many packages the members of a workspace do not need any more without these dependencies, each from one package
/// to another; `None` when the text does not tell.
pub(super) fn saved(
    lock: &str,
    members: &BTreeSet<String>,
    dependencies: &BTreeSet<(String, String)>,
) -> Option<usize> {
    let lock: Table = lock.parse().ok()?;
    let packages = lock.get("package").and_then(Value::as_array)?;
    let text = |package: &Value, key: &str| {
        let value = package.get(key).and_then(Value::as_str);
        value.map(str::to_owned)
    };
    // Where several versions are there, a dependency is named with its own.
    let mut found: BTreeMap<String, Vec<(String, &Value)>> = BTreeMap::new();
    for package in packages {
        let (name, version) = (text(package, "name")?, text(package, "version")?);
        found.entry(name).or_default().push((version, package));
    }
    let needs = |package: &Value| -> Vec<String> {
        let list = package.get("dependencies").and_then(Value::as_array);
        let names = list.into_iter().flatten().filter_map(Value::as_str);
        names.map(str::to_owned).collect()
    };
    let reached = |without: bool| {
        let own = members.iter().filter_map(|name| found.get(name));
        let mut queue: Vec<&Value> = own.flatten().map(|(_, package)| *package).collect();
        let mut seen: BTreeSet<(String, String)> = BTreeSet::new();
        while let Some(package) = queue.pop() {
            let (Some(name), Some(version)) = (text(package, "name"), text(package, "version"))
            else {
                continue;
            };
            if !seen.insert((name.clone(), version)) {
                continue;
            }
            for need in needs(package) {
                let mut words = need.split(' ');
                let (on, version) = (words.next().unwrap_or_default(), words.next());
                if without && dependencies.contains(&(name.clone(), on.to_owned())) {
                    continue;
                }
                let all = found.get(on).into_iter().flatten();
                let meant = all.filter(|(have, _)| version.is_none_or(|wanted| wanted == have));
                queue.extend(meant.map(|(_, package)| *package));
            }
        }
        seen.len()
    };
    Some(reached(false).saturating_sub(reached(true)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_another_needs_stays() {
        let lock = r#"
            [[package]]
            name = "shop"
            version = "0.1.0"
            dependencies = ["web", "small 1.0.0"]

            [[package]]
            name = "web"
            version = "2.0.0"
            source = "registry"
            dependencies = ["hyper", "small 2.0.0"]

            [[package]]
            name = "hyper"
            version = "1.0.0"
            source = "registry"

            [[package]]
            name = "small"
            version = "1.0.0"
            source = "registry"

            [[package]]
            name = "small"
            version = "2.0.0"
            source = "registry"
            dependencies = ["small 1.0.0"]
        "#;
        let members = BTreeSet::from(["shop".to_owned()]);
        let on = |names: &[&str]| {
            let names = names
                .iter()
                .map(|name| ("shop".to_owned(), (*name).to_owned()));
            saved(lock, &members, &names.collect())
        };
        assert_eq!(on(&["web"]), Some(3));
        assert_eq!(on(&["small"]), Some(0));
        assert_eq!(on(&["web", "small"]), Some(4));
        assert_eq!(on(&[]), Some(0));
        assert_eq!(saved("no = [", &members, &BTreeSet::new()), None);
    }
}
