//! The `extract` binary.
fn main() -> std::process::ExitCode {
    if let Some(code) = extract::oracle::wrapper::intercept() { return code; }
    let mut sink = extract::diag::Sink::default();
    let req = extract::workspace::Request { manifest_path: std::env::args().nth(1).map(Into::into), package: std::env::args().nth(3), ..Default::default() };
    let ws = extract::workspace::load(&req).map_err(|e| format!("{e:?}"));
    let ws = match ws { Ok(w) => w, Err(e) => { eprintln!("{e}"); return 2.into(); } };
    let t = std::time::Instant::now();
    let tree = extract::syntax::load(&ws, &mut sink);
    for d in sink.diagnostics() { eprintln!("{d:?}"); }
    let r = extract::oracle::references::references(&ws, &tree, &mut sink, &|_| {});
    let r = match r { Err(e) => { for d in e.diagnostics { eprintln!("{}", d.message); for n in d.notes { eprintln!("  {n}"); } } return 2.into(); }, Ok(r) => r };
        eprintln!("oracle {:?} refs {} unmarked {} cached {} crates {:?}", t.elapsed(), r.list.len(), r.unmarked.len(), r.cached, r.crates);
        let g = extract::graph::verified::graph(&tree, &r);
        eprintln!("graph {:?} open {}", g.counts(), g.open.len());
    let rules = extract::slice::Rules::new(&tree, &g);
    let Some(name) = std::env::args().nth(2) else { return 0.into() };
    let es: Vec<_> = tree.items.iter().filter(|i| i.active && tree.raw(i.id).signature().is_some() && (tree.path(i.id) == name || tree.path(i.id).ends_with(&format!("::{name}")))).map(|i| i.id).collect();
    eprintln!("entries {:?}", es.iter().map(|e| tree.path(*e)).collect::<Vec<_>>());
    let entries = vec![extract::cut::Entry { item: es[0], name: "fn-entry".into(), path: tree.path(es[0]), crossing: None }];
    let job = extract::cut::Job { workspace: &ws, tree: &tree, graph: &g, rules: &rules, references: &r, entries: &entries, foreign_features: &Default::default(), derives: &Default::default(), exposed: &Default::default() };
    let t = std::time::Instant::now();
    match extract::cut::cut(&job, &|m| if m.starts_with("check ") { eprintln!("{m} {:?}", t.elapsed()) }) {
        Err(e) => { for d in e.diagnostics { eprintln!("FAILED {}", d.message); for n in d.notes { eprintln!("  {n}"); } for n in d.help { eprintln!("  {n}"); } } }
        Ok(c) => { eprintln!("OK {:?} checks {} items {} of {} files {}", t.elapsed(), c.checks, c.slice.kept.len(), tree.items.len(), c.files.len());
            eprintln!("forced {:?} blocked {} dropped {} allow_dead {} unused {:?} lints {:?} whole {:?}", c.state.seeds.forced.iter().map(|i| tree.path(*i)).collect::<Vec<_>>(), c.state.seeds.blocked.len(), c.state.leaves.dropped.len(), c.state.allow_dead.len(), c.state.unused, c.state.allow_lints, c.state.whole_crates);
            let out = std::path::Path::new("/tmp/out"); let _ = std::fs::remove_dir_all(out);
            for (p, b) in &c.files { let p = out.join(p); std::fs::create_dir_all(p.parent().unwrap()).unwrap(); std::fs::write(p, b).unwrap(); } }
    }
    0.into()
}
