//! The `extract` binary.
fn main() {
    let mut sink = extract::diag::Sink::default();
    let req = extract::workspace::Request { manifest_path: std::env::args().nth(1).map(Into::into), ..Default::default() };
    let t = std::time::Instant::now();
    let ws = extract::workspace::load(&req).map_err(|e| format!("{e:?}"));
    let ws = match ws { Ok(w) => w, Err(e) => { eprintln!("{e}"); return; } };
    eprintln!("meta {:?}", t.elapsed());
    let t = std::time::Instant::now();
    let tree = extract::syntax::load(&ws, &mut sink);
    eprintln!("syntax {:?} files {} items {} bytes {} refs {}", t.elapsed(), tree.files.len(), tree.items.len(), tree.files.iter().map(|f| f.text.len()).sum::<usize>(), tree.files.iter().flat_map(|f| &f.syntax.items).map(|i| i.refs.len()).sum::<usize>());
    for d in sink.diagnostics() { eprintln!("{d:?}"); }
}
