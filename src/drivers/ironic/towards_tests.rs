use super::*;

fn node(state: Provision) -> Observed {
    Observed { provision_state: state, ..Observed::default() }
}

/// One line per state: what a fresh step does, and what it does after it has asked for what it would ask for.
fn table(next: impl Fn(&Observed, &Tried) -> Move) -> String {
    let line = |state: Provision| {
        let first = next(&node(state), &Tried::default());
        let tried = match first {
            Move::Ask(verb) | Move::AskAgain(verb) => Tried { asked: vec![verb], forgiven: false },
            _ => return format!("{}: {first:?}\n", state.name()),
        };
        let later = next(&node(state), &tried);
        let error = "The x state can't be resumed by conductor lab. Moving to fail state.";
        let restarted = Observed { last_error: Some(error.into()), ..node(state) };
        let after_restart = next(&restarted, &tried);
        let forgiven = next(&restarted, &Tried { forgiven: true, ..tried });
        format!(
            "{}: {first:?}, then {later:?}, Ironic restarted {after_restart:?}, then {forgiven:?}\n",
            state.name()
        )
    };
    Provision::ALL.into_iter().map(line).collect()
}

#[test]
fn towards_manageable() {
    insta::assert_snapshot!(table(manageable), @"");
}

#[test]
fn towards_inspected() {
    insta::assert_snapshot!(table(|node, tried| inspected(node, tried, Timestamp::UNIX_EPOCH)), @"");
}

#[test]
fn towards_active() {
    insta::assert_snapshot!(table(active), @"");
}

#[test]
fn towards_undeployed() {
    insta::assert_snapshot!(table(undeployed), @"");
}

#[test]
fn a_fresh_inspection_is_enough() {
    let at = |second| Some(Timestamp::from_second(second).unwrap());
    let since = Timestamp::from_second(100).unwrap();
    let done = Observed { inspection_finished_at: at(100), ..node(Provision::Manageable) };
    assert_eq!(inspected(&done, &Tried::default(), since), Move::Done);
    let old = Observed { inspection_finished_at: at(99), ..node(Provision::Manageable) };
    assert_eq!(inspected(&old, &Tried::default(), since), Move::Ask(Verb::Inspect));
}
