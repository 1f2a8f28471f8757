//! The plan and the cut, and the plan once more when rustc knew better.
//!
//! Input: what was found, and a stage that plans with what is known of foreign types. Output: a plan and its cut.
//! Whether serde can read a foreign type is often known to rustc alone. Then the first plan sends what no event can
//! bring, and a second one may have it made at the start. Refuses what the last of them refuses; where the second
//! has no way either, in the words of the first.

use std::collections::BTreeSet;

use crate::binding::Source;
use crate::cut::Cut;
use crate::diag::{Refused, Sink};
use crate::entry::cross::Start;
use crate::entry::plan::Planned;

/// Plans and cuts until no more is learnt.
pub(super) fn cutting(
    mut plan: impl FnMut(&BTreeSet<String>, &mut Sink) -> Planned,
    mut cut: impl FnMut(&Planned) -> Result<Cut, Refused>,
    sink: &mut Sink,
) -> Result<(Planned, Cut), Refused> {
    let mut unreadable = BTreeSet::new();
    let mut first: Option<Refused> = None;
    loop {
        let mut said = Sink::default();
        let mut planned = plan(&unreadable, &mut said);
        let refused = said.gate().err();
        if let (Some(_), Some(first)) = (&refused, first.take()) {
            return Err(first);
        }
        let found = refused.map_or_else(|| said.diagnostics().to_vec(), |r| r.diagnostics);
        if !unreadable.is_empty() {
            say_what_is_made(&mut planned);
        }
        let mut all = Sink::default();
        let before = sink.diagnostics().iter().chain(&found);
        before.for_each(|diagnostic| all.push(diagnostic.clone()));
        let made = all.gate().and_then(|()| cut(&planned));
        match made {
            Ok(cut) => {
                *sink = all;
                return Ok((planned, cut));
            }
            Err(refused) if refused.unreadable.is_subset(&unreadable) => {
                *sink = all;
                return Err(refused);
            }
            Err(refused) => {
                unreadable.extend(refused.unreadable.iter().cloned());
                first = Some(refused);
            }
        }
    }
}

/// Binds what is made at the start as a person would: who reads the lock file does not know what rustc said.
fn say_what_is_made(planned: &mut Planned) {
    for entry in &mut planned.entries {
        for input in entry.crossing.iter().flat_map(|crossing| &crossing.inputs) {
            let Some(Start::Made(make)) = &input.start else {
                continue;
            };
            let source = format!("init:{}", make.said()).parse::<Source>();
            let bind = entry.wishes.bind.entry(input.field.clone()).or_default();
            if bind.is_empty() {
                bind.extend(source);
            }
        }
    }
}
